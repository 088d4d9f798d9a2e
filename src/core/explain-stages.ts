/**
 * What each stage said of a draft, in words, with the figures and the records that it looked at.
 * @module
 */
import type { CompiledAction } from "./action.ts";
import type { DeliveryStatus, TraceEntry } from "./delivery.ts";
import { type Severity, severityRank } from "./event.ts";
import { actionOfDelivery, type DraftFacts, type Known } from "./explain-facts.ts";
import { repeatSentence } from "./explain-debounce.ts";
import { digestSentence, joinedSentence, staleSentence } from "./explain-gathered.ts";
import { at, cutLine, localText, matcherWords, quoted, ruleOf, shownMatchers, span } from "./explain-words.ts";
import { windowWords } from "./explain-windows.ts";
import { instantText } from "./instant.ts";
import type { MuteRecord } from "./mute.ts";
import { reasonText } from "./reason.ts";
import { isHandSent } from "./hand-sent.ts";
import { SPARED_STAGES } from "./send.ts";
import { STAGES } from "./stages/index.ts";
import { DAY_MS } from "./zone.ts";

const MINUTE_MS = 60_000;

/** What one stage said. Figures as they stood when it decided; instants are ISO 8601 in UTC. */
export interface StageExplanation {
  readonly stage: string;
  /** `passed`, `not-asked` (a resolution passes this stage), or the status that the draft got from it. */
  readonly outcome: "passed" | "not-asked" | DeliveryStatus;
  readonly code?: TraceEntry["code"];
  readonly sentence: string;
  /** It passed without anything to look at: shown in JSON only. */
  readonly isSilent?: true;
  readonly by?: string;
  readonly have?: number;
  readonly limit?: number;
  readonly until?: string;
  /** `until` by the wall clock of the calendar's zone. */
  readonly untilLocal?: string;
  /** The record that people wrote: who, why, how long. */
  readonly record?: MuteShown;
}
/** What people wrote is on one line and cut: each stage that a mute decided shows it, and one event may have a thousand. */
export interface MuteShown {
  readonly id: string;
  readonly author: string;
  readonly comment: string;
  readonly startsAt: string;
  readonly endsAt: string;
  /** The first few. */
  readonly matchers?: readonly string[];
  /** Matchers beyond those. */
  readonly moreMatchers?: number;
  readonly rule?: string;
}

/** A draft, and all that is known. */
export interface Telling {
  readonly draft: DraftFacts;
  readonly known: Known;
  readonly action: CompiledAction | undefined;
}

export function tellingOf(draft: DraftFacts, known: Known): Telling {
  return { draft, known, action: actionOfDelivery(known, draft.delivery) };
}

/** What every stage said that was asked, in their order; of a window's message only those that had something to say. */
export function stageExplanations(telling: Telling): StageExplanation[] {
  const { delivery, event } = telling.draft;
  const trace = delivery.trace ?? [];
  const last = trace.find(({ code }) => code !== "pass");
  const isOfStages = event !== undefined && trace.every(({ stage }) => STAGES.some(({ name }) => name === stage));
  if (!isOfStages) return trace.map((entry) => traced(entry, telling));
  const told: StageExplanation[] = [];
  for (const { name, passesResolutions } of STAGES) {
    const entry = trace.find(({ stage }) => stage === name);
    if (entry !== undefined) told.push(traced(entry, telling));
    else told.push(silent(name, sparedWords(telling.draft, name, passesResolutions)));
    if (entry !== undefined && entry === last) break;
  }
  return told;
}

/** Why a stage was not asked; undefined where it was. */
function sparedWords(
  { event, isResolution }: DraftFacts,
  stage: string,
  passesResolutions: true | undefined,
): string | undefined {
  if (event !== undefined && isHandSent(event))
    return SPARED_STAGES.includes(stage) ? "What a person sends by hand passes without being asked." : undefined;
  return isResolution && passesResolutions === true
    ? "A resolution of what was announced passes without being asked."
    : undefined;
}

function silent(stage: string, spared: string | undefined): StageExplanation {
  if (spared !== undefined) return { stage, outcome: "not-asked", sentence: spared, isSilent: true };
  return { stage, outcome: "passed", sentence: SILENT[stage] ?? "There was nothing to look at.", isSilent: true };
}

const SILENT: Readonly<Record<string, string>> = {
  channel: "The channel was there, switched on, with an addressee.",
  dedupe: "It is off for this action.",
  silence: "No silence covered its labels.",
  maintenance: "No maintenance window covered its labels, and its rule was not suppressed.",
  quiet: "No calendar holds what this action sends at once.",
  debounce: "It is off for this event, or this was the first of its kind.",
  digest: "The action gathers nothing.",
  throttle: "Nothing limits this action.",
};

function traced(entry: TraceEntry, telling: Telling): StageExplanation {
  const { stage, code, by, have, limit, until, zone } = entry;
  const record = recordOf(entry, telling.known);
  const local = until === undefined ? undefined : zoneOf(entry, telling.known);
  return {
    stage,
    outcome: code === "pass" ? "passed" : outcomeOf(entry, telling),
    code,
    sentence: stageSentence(entry, telling),
    ...(by === undefined ? {} : { by }),
    ...(have === undefined ? {} : { have }),
    ...(limit === undefined ? {} : { limit }),
    ...(until === undefined ? {} : { until: instantText(until) }),
    ...(until === undefined || (zone ?? local) === undefined
      ? {}
      : { untilLocal: localText(until, zone ?? local ?? "UTC") }),
    ...(record === undefined ? {} : { record: shownOf(record) }),
  };
}

function shownOf(record: MuteRecord): MuteShown {
  const { id, startsAt, endsAt } = record;
  const head = {
    id,
    author: cutLine(record.author),
    comment: cutLine(record.comment),
    startsAt: instantText(startsAt),
    endsAt: instantText(endsAt),
  };
  if ("rule" in record) return { ...head, rule: record.rule };
  const { matchers, more } = shownMatchers(record.matchers);
  return { ...head, matchers, ...(more > 0 ? { moreMatchers: more } : {}) };
}

const OUTCOMES: Readonly<Record<string, DeliveryStatus>> = {
  deduplicated: "deduplicated",
  silenced: "silenced",
  maintenance: "suppressed",
  "rule-suppressed": "suppressed",
  "quiet-hours": "held",
  debounced: "debounced",
  coalesced: "coalesced",
  throttled: "throttled",
  "rule-limit": "throttled",
  "tenant-quota": "throttled",
};

/** The status that a code stands for when the draft was judged; it may have moved on since. */
function outcomeOf({ code }: TraceEntry, { draft }: Telling): DeliveryStatus {
  return OUTCOMES[code] ?? (draft.delivery.status === "pending" ? "pending" : "dropped");
}

/** What a stage said, as one or two sentences. */
export function stageSentence(entry: TraceEntry, telling: Telling): string {
  const tell = SENTENCES[entry.stage];
  if (tell !== undefined) return tell(entry, telling);
  return entry.code === "pass" ? "It passed." : reasonText(entry.code);
}

type Sentence = (entry: TraceEntry, telling: Telling) => string;

const SENTENCES: Readonly<Record<string, Sentence>> = {
  channel: channelSentence,
  dedupe: dedupeSentence,
  silence: muteSentence,
  maintenance: muteSentence,
  quiet: quietSentence,
  debounce: repeatSentence,
  digest: digestSentence,
  throttle: throttleSentence,
  resolution: joinedSentence,
  staleness: staleSentence,
};

function channelSentence({ code, by = "" }: TraceEntry): string {
  if (code === "channel-missing") return `The action names the channel "${by}", and there was none of that name.`;
  if (code === "channel-disabled") return `The channel "${by}" was switched off.`;
  return `Neither the action nor its channel "${by}" names an addressee.`;
}

function dedupeSentence({ code, by, until = 0 }: TraceEntry, { draft, known, action }: Telling): string {
  if (by === undefined) return `Nothing of its kind had been sent in the dedupe window that ends at ${at(until)}.`;
  const told = known.deliveries.get(by);
  const first = told === undefined ? `${by} (not kept any more)` : `${by} of ${at(told.createdAt)} (${told.status})`;
  if (code === "pass") return `It passes although it repeats ${first}: ${passWords(draft, told?.severity)}.`;
  const length = action?.dedupe;
  const run = length === undefined ? `until the dedupe window ends at ${at(until)}` : cutWords(until, length);
  const { by: decided = "" } = draft.delivery.reason ?? {};
  const window = decided.startsWith("digest:") ? ` What it repeats ${windowWords(decided, known)}.` : "";
  return `It repeats ${first}; repeats are dropped ${run}.${window}`;
}

/** From when to when a dedupe window runs: it is cut from the clock and does not begin with its first event. */
function cutWords(until: number, length: number): string {
  const shown = [0, 1, 2].map((n) => n * length).filter((ms) => ms < DAY_MS);
  const begins = shown.map((ms) => instantText(ms).slice(11, 16)).join(", ");
  const more = shown.length * length < DAY_MS ? " ..." : "";
  const isOfDay = DAY_MS % length === 0 && length % MINUTE_MS === 0;
  const cut = isOfDay ? `begin at ${begins}${more} UTC` : "follow the clock, not the first event";
  return `from ${at(until - length)} to ${at(until)} (dedupe windows of ${span(length)} ${cut})`;
}

function passWords({ event }: DraftFacts, told: Severity | undefined): string {
  if (event !== undefined && told !== undefined && severityRank(event.severity) > severityRank(told))
    return `its severity ${event.severity} is above the ${told} of that`;
  if (event?.alertState === "resolved") return "it is a resolution";
  return "that was resolved meanwhile, or reached nobody";
}

/** Silences, maintenance windows and suppressions, with who set them and why. */
function muteSentence(entry: TraceEntry, { draft, known }: Telling): string {
  const { code, by = "", until = 0 } = entry;
  const record = recordOf(entry, known);
  const noun = code === "silenced" ? "Silence" : code === "maintenance" ? "Maintenance window" : "Suppression";
  const who =
    record === undefined ? "not kept any more" : `${quoted(record.comment)}, set by ${cutLine(record.author)}`;
  const what =
    code === "rule-suppressed"
      ? `mutes rule "${ruleOf(draft.delivery.rule).id}"`
      : `covers ${record !== undefined && "matchers" in record ? `events with ${matcherWords(record.matchers)}` : "its labels"}`;
  const moved =
    record === undefined || record.endsAt === until || "weekly" in record
      ? ""
      : ` Its end was moved to ${at(record.endsAt)} since.`;
  return `${noun} ${by} (${who}) ${what} until ${at(until, zoneOf(entry, known))}.${moved}`;
}

function recordOf({ stage, code, by = "" }: TraceEntry, known: Known): MuteRecord | undefined {
  if (stage === "silence") return known.silences.get(by);
  if (stage !== "maintenance") return undefined;
  return code === "maintenance" ? known.maintenance.get(by) : known.suppressions.get(by);
}

/** The zone of weekly maintenance. */
function zoneOf({ stage, code, by = "" }: TraceEntry, known: Known): string | undefined {
  return stage === "maintenance" && code === "maintenance" ? known.maintenance.get(by)?.weekly?.zone : undefined;
}

function quietSentence({ code, by = "", until, zone }: TraceEntry, { draft, action }: Telling): string {
  if (until === undefined) {
    const { createdAt } = draft.delivery;
    return `Calendar "${by}" has no quiet hours at ${at(createdAt, zone)}.`;
  }
  const run = `Quiet hours of calendar "${by}" run until ${at(until, zone)}`;
  const from = action?.action.bypassFrom;
  if (code !== "pass")
    return `${run}${from === undefined ? "" : `; only ${from === "critical" ? from : `${from} and above`} passes them`}.`;
  return `${run}, and ${draft.delivery.severity} passes them${from === undefined ? "" : ` (from ${from} on)`}.`;
}

function throttleSentence(entry: TraceEntry, telling: Telling): string {
  const { code, by = "", have = 0, limit = 0, until } = entry;
  const { action } = telling;
  const next = until === undefined ? "" : `; the next one passes from ${at(until)} on`;
  const kind = code === "pass" ? passedGate(action) : code;
  if (kind === "throttled") {
    const back = action?.throttle === undefined ? "" : `, one more every ${span(action.throttle.interval)}`;
    const left = `Action "${by}" had ${have} of ${limit} messages left`;
    return code === "pass" ? `${left}.` : `${left} (${limit} at once${back})${next}.`;
  }
  const whose = kind === "rule-limit" ? `Rule "${by}"` : "The tenant";
  return `${whose} had sent ${have} of at most ${limit}${perWords(entry, telling)}${next}.`;
}

/** Which gate is told of where all passed: the first of those that are set. */
function passedGate(action: CompiledAction | undefined): string {
  if (action?.throttle !== undefined) return "throttled";
  return action?.limit === undefined ? "tenant-quota" : "rule-limit";
}

function perWords({ limit, by, code }: TraceEntry, { action, known }: Telling): string {
  const isTenant = code === "tenant-quota" || by === "tenant";
  const rates = isTenant ? known.decided.policy.quotas.filter(({ count }) => count === limit) : [action?.limit];
  const [rate] = rates;
  return rate === undefined || rates.length > 1 ? "" : ` in any ${span(rate.per)}`;
}
