/**
 * What became of an event in one sentence: what was sent, or the one cause why nothing was.
 * @module
 */
import type { Delivery, DeliveryStatus } from "./delivery.ts";
import type { EventFacts } from "./explain.ts";
import { type Cause, causeOf } from "./explain-cause.ts";
import { asksRules, decidingRule, isFollowed, type Known } from "./explain-facts.ts";
import { besidesCause, missedCause, nearWords, nobodyCause } from "./explain-missed.ts";
import type { RuleVerdict } from "./explain-rules.ts";
import { afterColon, counted, ruleOf } from "./explain-words.ts";
import { isHandSent, SEND_RULE } from "./hand-sent.ts";

/** The cause, and what else may have been expected. */
export interface EventCause {
  readonly cause: Cause;
  readonly also: readonly string[];
}

/** What `also` holds at most of a kind. */
const MAX_ALSO = 10;
const ARRIVED: ReadonlySet<DeliveryStatus> = new Set(["sent", "digested", "dry-run"]);

/** How a status reads after "its message for channel X". */
const BECAME: Readonly<Record<DeliveryStatus, string>> = {
  pending: "is not sent yet",
  sending: "is being sent",
  retrying: "is not sent yet",
  deferred: "is not sent yet",
  held: "is held",
  sent: "was sent",
  digested: "was sent",
  "dry-run": "was made for a trial",
  failed: "went over to the fallback",
  dead: "was given up",
  deduplicated: "was dropped as a repeat",
  silenced: "was silenced",
  suppressed: "was suppressed",
  debounced: "was debounced",
  throttled: "was dropped, not delayed (throttled)",
  coalesced: "was coalesced",
  dropped: "was dropped",
};

/** Why the event came to what it came to. */
export function eventCause(facts: EventFacts): EventCause {
  const { drafts, event, asked } = facts;
  const isAsked = asksRules(event, facts.known.decided);
  if (asked !== undefined && asked.verdict !== "matched" && isAsked)
    return { cause: missedCause(asked, facts), also: [] };
  const near = !isAsked ? [] : facts.rules.filter(({ wouldMatch }) => wouldMatch === true);
  const deliveries = drafts.flatMap((draft) => draft.deliveries);
  const [any] = deliveries;
  const first = unsentOf(deliveries, facts.known) ?? any;
  if (first === undefined) return { cause: nobodyCause(facts), also: alsoWords(near.slice(1), facts) };
  const missed = ARRIVED.has(first.status) ? near.find((one) => reachesMore(one, deliveries, facts.known)) : undefined;
  if (missed !== undefined) {
    const others = near.filter((one) => one !== missed);
    return { cause: besidesCause(missed, deliveries, facts.known), also: alsoWords(others, facts) };
  }
  const own = draftCause(first, facts);
  const sentence = deliveries.length === 1 ? own.sentence : `${tally(deliveries)} ${own.sentence}`;
  return { cause: { ...own, sentence }, also: [...restWords(deliveries, first, facts), ...alsoWords(near, facts)] };
}

/** Whether a rule would have sent to a channel that got nothing; so it is taken where the rule is not known any more. */
function reachesMore({ id }: RuleVerdict, deliveries: readonly Delivery[], known: Known): boolean {
  const actions = decidingRule(known, id)?.rule.actions ?? [];
  return (
    actions.length === 0 || actions.some((action) => deliveries.every(({ channel }) => channel !== action.channel))
  );
}

/** The first that reached nobody, also not by its window's message; else the first that waits or waited; else none. */
function unsentOf(deliveries: readonly Delivery[], known: Known): Delivery | undefined {
  const unsent = deliveries.filter(({ status }) => !ARRIVED.has(status));
  return unsent.find((one) => causeOf(one, known).code !== "told") ?? unsent[0];
}

function alsoWords(near: readonly RuleVerdict[], { left, known }: EventFacts): string[] {
  const rules = near.slice(0, MAX_ALSO).map((verdict) => nearWords(verdict, known));
  if (left === 0) return rules;
  const messages = counted(left, "further message");
  return [...rules, `${messages} of this event went over the limit of one event and were dropped (draft-limit).`];
}

/** `Rule "disk" matched; its message for channel "ops-mail" was silenced: ...`. */
function draftCause(delivery: Delivery, facts: EventFacts): Cause {
  const cause = causeOf(delivery, facts.known);
  const isSent = delivery.status === "sent" || delivery.status === "digested";
  const became = isSent
    ? cause.sentence.replace(/^It /, "")
    : `${BECAME[delivery.status]}: ${afterColon(cause.sentence)}`;
  return { ...cause, sentence: `${originWords(delivery, facts, isSent)} ${became}` };
}

/** `Rule "disk" matched; its message for channel "ops-mail"`; the channel is left out where it follows. */
function originWords({ rule, channel }: Delivery, { event, known }: EventFacts, isSent: boolean): string {
  const { id } = ruleOf(rule);
  if (isHandSent(event)) {
    const by = id === SEND_RULE ? "" : ` by rule "${id}"`;
    return `A person sent it by hand${by}; its message${isSent ? "" : ` for channel "${channel}"`}`;
  }
  return isFollowed(event, known.decided)
    ? `Its firing went to channel "${channel}" by rule "${id}"; the message of its end`
    : `Rule "${id}" matched; its message${isSent ? "" : ` for channel "${channel}"`}`;
}

/** `3 messages: 2 sent, 1 silenced.` */
function tally(deliveries: readonly Delivery[]): string {
  return `${counted(deliveries.length, "message")}: ${statuses(deliveries)}.`;
}

function statuses(deliveries: readonly Delivery[]): string {
  const counts = Map.groupBy(deliveries, ({ status }) => status);
  return [...counts].map(([status, list]) => `${list.length} ${status}`).join(", ");
}

/** One line for each other draft that did not arrive: its first such delivery stands for it. */
function restWords(deliveries: readonly Delivery[], first: Delivery, facts: EventFacts): string[] {
  const others = new Map<string, Delivery>();
  for (const one of deliveries)
    if (one.action !== first.action && !ARRIVED.has(one.status) && !others.has(one.action)) others.set(one.action, one);
  return [...others.values()].slice(0, MAX_ALSO).map((one) => draftCause(one, facts).sentence);
}
