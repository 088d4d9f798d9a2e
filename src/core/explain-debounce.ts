/**
 * What debouncing said: which repeat it is, of what, and what tells of it.
 * @module
 */
import type { TraceEntry } from "./delivery.ts";
import { severityRank } from "./event.ts";
import type { Telling } from "./explain-stages.ts";
import { windowWords } from "./explain-windows.ts";
import { at, counted, ordinal, span } from "./explain-words.ts";

/** The sentence of the debounce stage. */
export function repeatSentence(entry: TraceEntry, telling: Telling): string {
  const { by = "", until = 0 } = entry;
  const { draft, known } = telling;
  const told = known.deliveries.get(by);
  const first = told === undefined ? by : `${by} of ${at(told.createdAt)}`;
  if (entry.code === "pass") return passedSentence(entry, telling, first);
  const { window = "" } = draft.delivery;
  const later = `One message tells of the repeats: window ${window} ${windowWords(window, known)}.`;
  if (isCooldown(entry, telling))
    return `It repeats what ${first} told, whose cooldown runs until ${at(until)}. ${later}`;
  return `It is the ${placeWords(entry, telling)} what ${first} told. ${later}`;
}

function passedSentence(entry: TraceEntry, { draft, known, action }: Telling, first: string): string {
  const { event, delivery } = draft;
  const { have = 0, by = "" } = entry;
  const told = known.deliveries.get(by);
  if (event?.alertState === "resolved") return `It ends what ${first} told: a resolution passes.`;
  if (told !== undefined && severityRank(delivery.severity) > severityRank(told.severity))
    return `It passes because its severity ${delivery.severity} is above the ${told.severity} that ${first} told.`;
  const swallowed = delivery.window === undefined ? 0 : (known.windows.get(delivery.window)?.count ?? 0);
  const of = swallowed === 0 ? "" : `, and of ${counted(swallowed, "repeat")} before it`;
  const cooldown = action?.debounce === undefined ? "" : ` for ${span(action.debounce.cooldown)}`;
  return `It is the ${ordinal(have + 1)} of its kind since ${first}: it tells of itself${of}; then repeats wait${cooldown}.`;
}

/** `3rd within 30 s of`. */
function placeWords({ have = 0 }: TraceEntry, { action }: Telling): string {
  const within = action?.debounce === undefined ? "since" : `within ${span(action.debounce.window)} of`;
  return `${ordinal(have + 1)} ${within}`;
}

/**
 * The trace names the end of the count or of the cooldown, not which of them it was: a count ends within its span of its
 * first message, and has 1 to `after` - 1 events when one is swallowed.
 */
function isCooldown(
  { have = 0, limit = 0, until = 0, by = "" }: TraceEntry,
  { draft, known, action }: Telling,
): boolean {
  if (have === 0 || have >= limit) return true;
  const length = action?.debounce?.window;
  if (length === undefined) return false;
  const told = known.deliveries.get(by)?.createdAt ?? until;
  return until - draft.delivery.createdAt > length || until - told > length;
}
