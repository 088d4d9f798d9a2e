/**
 * Explains an event, a delivery or a window: what decided, from what was recorded, and what became of it since.
 * @module
 */
import type { Delivery, DeliveryStatus } from "./delivery.ts";
import type { AlertState, Event, Severity } from "./event.ts";
import { type Cause, causeOf } from "./explain-cause.ts";
import { eventCause } from "./explain-event-cause.ts";
import {
  asksRules,
  type ChannelNow,
  type DecidedBy,
  type DraftFacts,
  type Known,
  type TriedOnce,
} from "./explain-facts.ts";
import type { RuleVerdict } from "./explain-rules.ts";
import { type StageExplanation, stageExplanations, tellingOf } from "./explain-stages.ts";
import { afterColon, at, counted, ruleOf } from "./explain-words.ts";
import { type WindowExplanation, windowExplanation, windowWords } from "./explain-windows.ts";
import { instantText } from "./instant.ts";
import { isReasonCode, reasonText } from "./reason.ts";
import { isHandSent } from "./hand-sent.ts";

/** What is told of an event. Instants of explanations are ISO 8601 in UTC. */
export interface EventBrief {
  readonly id: string;
  readonly type: string;
  readonly severity: Severity;
  readonly source: string;
  readonly subject?: string;
  readonly alertState?: AlertState;
  readonly receivedAt: string;
}

/** One delivery as it is now. */
export interface DeliveryState {
  readonly id: string;
  /** Address; absent where the channel needs none. */
  readonly recipient?: string;
  readonly status: DeliveryStatus;
  readonly reason?: { readonly code: string; readonly text: string; readonly by?: string };
  readonly attempts: number;
  readonly dueAt?: string;
  readonly deliveredAt?: string;
  readonly failureReason?: string;
  readonly cause: Cause;
}

/** One (rule, action) with what each stage said of it. */
export interface DraftExplanation {
  readonly rule: { readonly id: string; readonly version: string };
  readonly action: string;
  readonly channel: string;
  /** It tells the end of what was announced there. */
  readonly isResolution?: true;
  readonly stages: readonly StageExplanation[];
  readonly window?: WindowExplanation;
  readonly deliveries: readonly DeliveryState[];
}

/** Which configuration decided, and whether it is kept. */
export interface ConfigExplanation {
  readonly cfg: string;
  readonly state: DecidedBy["state"];
  readonly missing: readonly string[];
  readonly sentence: string;
}

/** When the question was asked: what is said of the present is said of then. */
interface Asked {
  readonly askedAt?: string;
}

export interface EventExplanation extends Asked {
  readonly kind: "event";
  readonly id: string;
  readonly event: EventBrief;
  readonly cause: Cause;
  /** What else may have been expected: rules that were in the way of others, further messages. */
  readonly also: readonly string[];
  readonly config: ConfigExplanation;
  /** In the order in which they were asked; of a followed resolution and of what a person sent, which ask none, what they would have said. */
  readonly rules: readonly RuleVerdict[];
  readonly rulesDecided: boolean;
  /** A person named the rule or the channels. */
  readonly isHandSent?: true;
  readonly drafts: readonly DraftExplanation[];
}

export interface DeliveryExplanation extends Asked {
  readonly kind: "delivery";
  readonly id: string;
  readonly cause: Cause;
  readonly event?: EventBrief;
  readonly config: ConfigExplanation;
  readonly draft: DraftExplanation;
  readonly tries: readonly {
    readonly n: number;
    readonly at: string;
    readonly status: string;
    readonly answer?: string;
  }[];
  readonly channel: ChannelExplanation;
}
export interface ChannelExplanation {
  readonly id: string;
  readonly state: "up" | "down" | "disabled" | "unbound" | "missing";
  readonly since?: string;
  readonly reason?: { readonly code: string; readonly text: string };
  /** `host:port` of the other side, where it is this tenant's to read. */
  readonly address?: string;
  /** What the other side answered, or why it could not, when the channel went down. */
  readonly answer?: string;
}

/** A window that has no delivery of its id. */
export interface GatheringExplanation extends Asked {
  readonly kind: "window";
  readonly id: string;
  readonly cause: Cause;
  readonly window: WindowExplanation;
}
export type Explanation = EventExplanation | DeliveryExplanation | GatheringExplanation;

/** What is known of the firing that a resolution without a message would have ended. */
export type FiringFacts =
  /** `isAll`: no event of its source lies further back than those that were looked at. */
  | { readonly found: "none"; readonly looked: number; readonly isAll: boolean }
  /** An earlier resolution of the same alert, and no firing since. */
  | { readonly found: "resolved"; readonly by: Event }
  | { readonly found: "firing"; readonly firing: Event; readonly cause: Cause; readonly isTold: boolean };

export interface EventFacts {
  readonly event: Event;
  readonly rules: readonly RuleVerdict[];
  readonly drafts: readonly DraftFacts[];
  readonly known: Known;
  /** The one rule that was asked about: only it and what it made are told. */
  readonly asked?: RuleVerdict;
  /** Deliveries beyond the limit of one event. */
  readonly left: number;
  /** Of a followed resolution without a draft. */
  readonly firing?: FiringFacts;
  /** It is not the event that was asked about, but the firing before it. */
  readonly isFiring?: true;
}

/** Explains an event. */
export function explainEvent(facts: EventFacts): EventExplanation {
  const { event, rules, drafts, known } = facts;
  const { cause, also } = eventCause(facts);
  return {
    kind: "event",
    id: event.id,
    askedAt: instantText(known.now),
    event: briefOf(event),
    cause,
    also,
    config: configOf(known.decided),
    rules,
    rulesDecided: asksRules(event, known.decided),
    ...(isHandSent(event) ? { isHandSent: true } : {}),
    drafts: drafts.map((draft) => draftExplanation(draft, known)),
  };
}

/** Explains one delivery, from the stages to what the other side said. */
export function explainDelivery(draft: DraftFacts, known: Known): DeliveryExplanation {
  const { delivery, event } = draft;
  return {
    kind: "delivery",
    id: delivery.id,
    askedAt: instantText(known.now),
    cause: deliveryCause(delivery, known),
    ...(event === undefined ? {} : { event: briefOf(event) }),
    config: configOf(known.decided),
    draft: draftExplanation(draft, known),
    tries: (known.tries.get(delivery.id) ?? []).map(triedOf),
    channel: channelOf(delivery.channel, known.channels.get(delivery.channel)),
  };
}

/** The cause with the state in front of it, so that the sentence stands for itself; what was sent says so anyhow. */
function deliveryCause(delivery: Delivery, known: Known): Cause {
  const cause = causeOf(delivery, known);
  const { status } = delivery;
  if (status === "sent" || status === "digested") return cause;
  const what = status === "throttled" ? "throttled (dropped, not delayed)" : status;
  return { ...cause, sentence: `It is ${what}: ${afterColon(cause.sentence)}` };
}

/** Explains a window by its id; undefined where it is not kept. */
export function explainWindow(id: string, known: Known): GatheringExplanation | undefined {
  const window = windowExplanation(id, known);
  if (window === undefined) return undefined;
  const told = known.deliveries.get(window.deliveries[0]?.id ?? "");
  const words = `Window ${id} ${windowWords(id, known)}.`;
  const head = { kind: "window", id, askedAt: instantText(known.now) } as const;
  if (told === undefined || window.state === "open")
    return { ...head, cause: { code: "open", sentence: words, next: "Its message is made when it closes." }, window };
  const { code, sentence, next } = causeOf(told, known);
  const cause = {
    code,
    sentence: `${words} That message: ${afterColon(sentence)}`,
    ...(next === undefined ? {} : { next }),
  };
  return { ...head, cause, window };
}

function briefOf({ id, type, severity, source, subject, alertState, receivedAt }: Event): EventBrief {
  return {
    id,
    type,
    severity,
    source,
    ...(subject === undefined ? {} : { subject }),
    ...(alertState === undefined ? {} : { alertState }),
    receivedAt: instantText(receivedAt),
  };
}

function configOf(decided: DecidedBy): ConfigExplanation {
  const { cfg, state, missing } = decided;
  return { cfg, state, missing, sentence: configSentence(decided) };
}

function configSentence({ cfg, state, missing, looked = 0 }: DecidedBy): string {
  if (state === "unfound") {
    const among = `among the ${counted(looked, "configuration")} looked at, the newest of those that are kept`;
    return `Configuration ${cfg} decided, and it was not found ${among}: its rules cannot be asked again.`;
  }
  if (state === "purged")
    return `Configuration ${cfg} decided, and it is not kept any more: its rules cannot be asked again.`;
  const now = state === "current" ? "it is in force now" : "it was replaced since";
  const gone = missing.length === 0 ? "" : `; ${counted(missing.length, "object")} of it purged: ${missing.join(", ")}`;
  return `Configuration ${cfg} decided; ${now}${gone}.`;
}

function draftExplanation(draft: DraftFacts, known: Known): DraftExplanation {
  const { delivery, deliveries, isResolution } = draft;
  const window =
    delivery.window ?? (delivery.reason?.by?.startsWith("digest:") === true ? delivery.reason.by : undefined);
  const told = window === undefined ? undefined : windowExplanation(window, known);
  return {
    rule: ruleOf(delivery.rule),
    action: delivery.action,
    channel: delivery.channel,
    ...(isResolution ? { isResolution } : {}),
    stages: stageExplanations(tellingOf(draft, known)),
    ...(told === undefined ? {} : { window: told }),
    deliveries: deliveries.map((one) => stateOf(one, known)),
  };
}

function stateOf(delivery: Delivery, known: Known): DeliveryState {
  const { id, to, status, reason, attempts, dueAt, deliveredAt, failureReason } = delivery;
  return {
    id,
    ...(to === "" ? {} : { recipient: to }),
    status,
    ...(reason === undefined ? {} : { reason: { ...reason, text: reasonText(reason.code) } }),
    attempts,
    ...(dueAt === undefined ? {} : { dueAt: instantText(dueAt) }),
    ...(deliveredAt === undefined ? {} : { deliveredAt: instantText(deliveredAt) }),
    ...(failureReason === undefined ? {} : { failureReason }),
    cause: causeOf(delivery, known),
  };
}

function triedOf({ n, at: tried, status, out }: TriedOnce): DeliveryExplanation["tries"][number] {
  const answer = out === undefined ? "" : `${out.code} ${out.st}`.trim();
  return { n, at: at(tried), status, ...(answer === "" ? {} : { answer }) };
}

function channelOf(id: string, now: ChannelNow | undefined): ChannelExplanation {
  const { compiled, state, address, answer } = now ?? {};
  const head = { id, ...(address === undefined ? {} : { address }) };
  if (compiled === undefined) return { ...head, state: "missing" };
  if (!compiled.channel.isEnabled) return { ...head, state: "disabled" };
  if (compiled.unbound.length > 0) return { ...head, state: "unbound" };
  if (state?.down === undefined) return { ...head, state: "up" };
  const { since, reason: code } = state.down;
  return {
    ...head,
    state: "down",
    since: instantText(since),
    reason: { code, text: isReasonCode(code) ? reasonText(code) : code },
    ...(answer === undefined ? {} : { answer: `${answer.code} ${answer.st}`.trim() }),
  };
}
