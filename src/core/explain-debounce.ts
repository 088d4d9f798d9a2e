/**
 * What debouncing said: which repeat it is, of what, and when the summary goes out.
 * @module
 */
import type { TraceEntry } from "./delivery.ts";
import { severityRank } from "./event.ts";
import type { Telling } from "./explain-stages.ts";
import { type Known, windowId } from "./explain-facts.ts";
import { dueWords, windowWords } from "./explain-windows.ts";
import { at, counted, ordinal, span } from "./explain-words.ts";

/** The sentence of the debounce stage. */
export function repeatSentence(entry: TraceEntry, telling: Telling): string {
  const { by = "", until = 0 } = entry;
  const { draft, known } = telling;
  const sent = known.deliveries.get(by);
  const first = sent === undefined ? by : `${by} of ${at(sent.createdAt)}`;
  if (entry.code === "pass") return passedSentence(entry, telling, first);
  const before = sent === undefined ? first : `${first} (${sent.status})`;
  const later = summaryWords(draft.delivery.window ?? "", known);
  if (isCooldown(entry, telling)) return `It repeats ${before}, whose cooldown runs until ${at(until)}${later}.`;
  return `It is the ${placeWords(entry, telling)}, a repeat of ${before}${later}.`;
}

/** When the one message goes out, or went out, that stands for the repeats. */
function summaryWords(id: string, known: Known): string {
  const record = known.windows.get(windowId(id));
  if (record?.state === "open") return `; the repeats wait in one summary, ${dueWords(record, "due", known)}`;
  return `; the summary of the repeats ${record === undefined ? `(window ${id}) ` : ""}${windowWords(id, known)}`;
}

function passedSentence(entry: TraceEntry, { draft, known, action }: Telling, first: string): string {
  const { event, delivery } = draft;
  const { have = 0, by = "" } = entry;
  const told = known.deliveries.get(by);
  if (event?.alertState === "resolved") return `It ends what ${first} announced: a resolution passes.`;
  if (told !== undefined && severityRank(delivery.severity) > severityRank(told.severity))
    return `It passes because its severity ${delivery.severity} is above the ${told.severity} of ${first}.`;
  const swallowed = delivery.window === undefined ? 0 : (known.windows.get(delivery.window)?.count ?? 0);
  const of = swallowed === 0 ? "" : `, also for the ${counted(swallowed, "repeat")} before it`;
  const cooldown = action?.debounce === undefined ? "" : ` for ${span(action.debounce.cooldown)}`;
  return `It is the ${ordinal(have + 1)} occurrence since ${first}: it is sent${of}; then repeats wait${cooldown}.`;
}

/** `3rd occurrence within 30 s`. */
function placeWords({ have = 0 }: TraceEntry, { action }: Telling): string {
  const within = action?.debounce === undefined ? "" : ` within ${span(action.debounce.window)}`;
  return `${ordinal(have + 1)} occurrence${within}`;
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
