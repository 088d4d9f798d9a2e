/**
 * What became of an event in one sentence: who was told, or the one cause why nobody was.
 * @module
 */
import type { Delivery, DeliveryStatus } from "./delivery.ts";
import type { EventFacts, FiringFacts } from "./explain.ts";
import { type Cause, causeOf } from "./explain-cause.ts";
import { isFollowed, type Known } from "./explain-facts.ts";
import { closestRule, type RuleVerdict } from "./explain-rules.ts";
import { afterColon, at, counted, ruleOf } from "./explain-words.ts";

/** The cause, and what else may have been expected. */
export interface EventCause {
  readonly cause: Cause;
  readonly also: readonly string[];
}

/** What `also` holds at most of a kind. */
const MAX_ALSO = 10;
const ARRIVED: ReadonlySet<DeliveryStatus> = new Set(["sent", "digested", "dry-run"]);

/** How a status reads after "what it made for channel X". */
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
  throttled: "was throttled",
  coalesced: "was gathered with others",
  dropped: "was dropped",
};

/** Why the event came to what it came to. */
export function eventCause(facts: EventFacts): EventCause {
  const { drafts, left, event, asked } = facts;
  if (asked !== undefined && asked.verdict !== "matched" && !isFollowed(event, facts.known.decided))
    return { cause: missedCause(asked), also: [] };
  const followed = isFollowed(event, facts.known.decided);
  const near = followed ? [] : facts.rules.filter(({ wouldMatch }) => wouldMatch === true);
  const deliveries = drafts.flatMap((draft) => draft.deliveries);
  const [any] = deliveries;
  const first = unsentOf(deliveries, facts.known) ?? any;
  if (first === undefined) return { cause: nobodyCause(facts), also: alsoWords(near.slice(1), left) };
  const [missed] = ARRIVED.has(first.status) ? near : [];
  if (missed !== undefined) return { cause: besidesCause(missed, deliveries), also: alsoWords(near.slice(1), left) };
  const own = draftCause(first, facts);
  const sentence = deliveries.length === 1 ? own.sentence : `${tally(deliveries)} ${own.sentence}`;
  return { cause: { ...own, sentence }, also: [...restWords(deliveries, first, facts), ...alsoWords(near, left)] };
}

/** The first that reached nobody, also not by its window's message; else the first that waits or waited; else none. */
function unsentOf(deliveries: readonly Delivery[], known: Known): Delivery | undefined {
  const unsent = deliveries.filter(({ status }) => !ARRIVED.has(status));
  return unsent.find((one) => causeOf(one, known).code !== "told") ?? unsent[0];
}

function alsoWords(near: readonly RuleVerdict[], left: number): string[] {
  const rules = near.slice(0, MAX_ALSO).map(nearWords);
  if (left === 0) return rules;
  const messages = counted(left, "further message");
  return [...rules, `${messages} of this event went over the limit of one event and were dropped (draft-limit).`];
}

/** `Rule "disk" matched; what it made for channel "ops-mail" was silenced: ...`. */
function draftCause(delivery: Delivery, facts: EventFacts): Cause {
  const cause = causeOf(delivery, facts.known);
  const sentence = `${originWords(delivery, facts)} ${BECAME[delivery.status]}: ${afterColon(cause.sentence)}`;
  return { ...cause, sentence };
}

/** Why the one rule that was asked about made nothing. */
function missedCause(asked: RuleVerdict): Cause {
  const { id, failed, sentence, wouldMatch } = asked;
  if (asked.verdict === "not-asked") return { code: "stopped", sentence: nearWords(asked), next: stopNext(asked) };
  if (wouldMatch === true) return { code: "no-rule", sentence: nearWords(asked), next: nearNext(asked) };
  const pointer = failed?.pointer ?? "";
  return {
    code: "no-rule",
    sentence: `Rule "${id}" did not match, at ${pointer}: ${afterColon(sentence)}`,
    next: matchNext(asked),
  };
}

/** All was sent; a rule that was kept from it is then what is missed. */
function besidesCause(missed: RuleVerdict, deliveries: readonly Delivery[]): Cause {
  const sentence = `It was told (${statuses(deliveries)}), but ${afterColon(nearWords(missed))}`;
  if (missed.verdict === "not-asked") return { code: "stopped", sentence, next: stopNext(missed) };
  return { code: "no-rule", sentence, next: nearNext(missed) };
}

/** `Rule "disk" matched; what it made for channel "ops-mail"`. */
function originWords({ rule, channel }: Delivery, { event, known }: EventFacts): string {
  const { id } = ruleOf(rule);
  return isFollowed(event, known.decided)
    ? `Its firing went to channel "${channel}" by rule "${id}"; what tells there of the end`
    : `Rule "${id}" matched; what it made for channel "${channel}"`;
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

function nearWords({ id, verdict, sentence, by = "", failed }: RuleVerdict): string {
  if (verdict === "not-asked")
    return `Rule "${id}" would have matched too and was not asked: rule "${by}" matched before it and stops.`;
  if (failed?.pointer === "/isEnabled") return `Rule "${id}" would have matched if it were switched on.`;
  return `Rule "${id}" would have matched within its validity: ${afterColon(sentence)}`;
}

function stopNext({ id, by = "" }: RuleVerdict): string {
  return `Give rule "${id}" a lower priority number than "${by}", or take \`stop\` off that.`;
}

function matchNext({ id, failed }: RuleVerdict): string {
  return `Correct what the source sends, or change ${failed?.pointer ?? ""} of rule "${id}".`;
}

function nearNext({ id, failed }: RuleVerdict): string {
  return failed?.pointer === "/isEnabled"
    ? `Switch rule "${id}" on.`
    : `Change validFrom or validUntil of rule "${id}".`;
}

/** Nothing was made of the event. */
function nobodyCause({ event, rules, known, firing, left }: EventFacts): Cause {
  if (left > 0) return { code: "draft-limit", sentence: "It would have made more messages than one event may." };
  if (firing !== undefined) return firingCause(firing, event.correlationId);
  if (known.decided.state === "purged")
    return {
      code: "no-rule",
      sentence: "No rule matched it; why cannot be told, because the configuration that decided is not kept.",
    };
  const closest = closestRule(rules);
  if (closest === undefined)
    return { code: "no-rule", sentence: "No rule matched it: there was none.", next: "Create a rule." };
  if (closest.wouldMatch === true)
    return { code: "no-rule", sentence: `No rule matched it. ${nearWords(closest)}`, next: nearNext(closest) };
  const pointer = closest.failed?.pointer ?? "";
  const sentence = `No rule matched it. Closest came rule "${closest.id}", which failed at ${pointer}: ${afterColon(closest.sentence)}`;
  return { code: "no-rule", sentence, next: matchNext(closest) };
}

/** A resolution goes only where its firing was told. */
function firingCause(facts: FiringFacts, key: string): Cause {
  const head = "It is a resolution, and goes only where its firing was told:";
  if (facts.found === "none") {
    const among = `among the ${counted(facts.looked, "event")} of its source before it`;
    const sentence = `${head} no firing with its correlation key "${key}" is ${among}.`;
    return { code: "no-firing", sentence, next: "See that firing and resolution carry the same correlation key." };
  }
  if (facts.found === "resolved") {
    const { id, receivedAt } = facts.by;
    return {
      code: "no-firing",
      sentence: `${head} the same alert was resolved before by ${id} of ${at(receivedAt)}, and did not fire since.`,
    };
  }
  const { firing, cause, isTold } = facts;
  if (isTold)
    return {
      code: "no-firing",
      sentence: `${head} where ${firing.id} of ${at(firing.receivedAt)} was told is not known any more.`,
    };
  const sentence = `${head} its firing ${firing.id} of ${at(firing.receivedAt)} was told to nobody. Of that firing: ${afterColon(cause.sentence)}`;
  return { code: "no-firing", sentence, ...(cause.next === undefined ? {} : { next: cause.next }) };
}
