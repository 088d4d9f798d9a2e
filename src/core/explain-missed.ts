/**
 * Why nothing was sent, or not by the rule that was expected to: rules that did not match, or were not asked.
 * @module
 */
import type { Delivery } from "./delivery.ts";
import type { EventFacts, FiringFacts } from "./explain.ts";
import type { Cause } from "./explain-cause.ts";
import { decidingRule, type Known } from "./explain-facts.ts";
import { closestRule, isOnlyMiss, type RuleVerdict } from "./explain-rules.ts";
import { afterColon, at, counted, labelWords } from "./explain-words.ts";
import { isHandSent } from "./hand-sent.ts";

/** Channels that are named of those that got a message. */
const MAX_CHANNELS = 3;

/** Why the one rule that was asked about made nothing. */
export function missedCause(asked: RuleVerdict, facts: EventFacts): Cause {
  const { id, failed, wouldMatch } = asked;
  const { known } = facts;
  if (asked.verdict === "not-asked")
    return { code: "stopped", sentence: nearWords(asked, known), next: stopNext(asked, known) };
  if (wouldMatch === true) return { code: "no-rule", sentence: nearWords(asked, known), next: nearNext(asked) };
  const pointer = failed?.pointer ?? "";
  return {
    code: "no-rule",
    sentence: `Rule "${id}" did not match, at ${pointer}: ${predicateWords(asked, facts)}`,
    next: matchNext(asked),
  };
}

/** All was sent; a rule that was kept from it is then what is missed. */
export function besidesCause(missed: RuleVerdict, deliveries: readonly Delivery[], known: Known): Cause {
  const channels = [...new Set(deliveries.map(({ channel }) => channel))];
  const shown = channels.slice(0, MAX_CHANNELS).map((id) => `"${id}"`);
  const more = channels.length - shown.length;
  const where = `${channels.length === 1 ? "channel" : "channels"} ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  const sentence = `It was sent only to ${where}: ${afterColon(nearWords(missed, known))}`;
  if (missed.verdict === "not-asked") return { code: "stopped", sentence, next: stopNext(missed, known) };
  return { code: "no-rule", sentence, next: nearNext(missed) };
}

/** That a rule fits the event, and what alone was in the way. */
export function nearWords({ id, verdict, sentence, by = "", failed, priority }: RuleVerdict, known: Known): string {
  if (verdict === "not-asked") {
    const stopper = decidingRule(known, by)?.rule.priority;
    const first = stopper === undefined ? "" : ` (priority ${stopper})`;
    return `Rule "${id}" (priority ${priority}) would have matched too and was not asked, because rule "${by}"${first} matched before it and stops.`;
  }
  if (failed?.pointer === "/isEnabled") return `Rule "${id}" would have matched if it were switched on.`;
  return `Rule "${id}" would have matched within its validity: ${afterColon(sentence)}`;
}

function stopNext({ id, by = "", priority }: RuleVerdict, known: Known): string {
  const stopper = decidingRule(known, by)?.rule.priority ?? priority;
  const order = stopper > 0 ? `give rule "${id}" one below ${stopper}` : `give rule "${by}" one above ${priority}`;
  return `The lower priority number is asked earlier: ${order}, or take \`stop\` off rule "${by}".`;
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
export function nobodyCause(facts: EventFacts): Cause {
  const { event, rules, known, firing, left } = facts;
  if (left > 0) return { code: "draft-limit", sentence: "It would have made more messages than one event may." };
  if (firing !== undefined) return firingCause(firing, event.correlationId);
  if (isHandSent(event))
    return { code: "no-rule", sentence: "A person sent it by hand and named who is told; this rule was not asked." };
  const { state } = known.decided;
  if (state === "purged" || state === "unfound") {
    const why = `the configuration that decided ${state === "purged" ? "is not kept" : "was not found"}`;
    return { code: "no-rule", sentence: `No rule matched it; why cannot be said, because ${why}.` };
  }
  const closest = closestRule(rules);
  if (closest === undefined)
    return { code: "no-rule", sentence: "No rule matched it: there was none.", next: "Create a rule." };
  if (closest.wouldMatch === true)
    return { code: "no-rule", sentence: `No rule matched it. ${nearWords(closest, known)}`, next: nearNext(closest) };
  const sentence = `No rule matched it. Rule "${closest.id}" came closest (${closeness(closest, facts)}): ${predicateWords(closest, facts)}`;
  return { code: "no-rule", sentence, next: matchNext(closest) };
}

/** What is meant by closest. */
function closeness({ id, failed }: RuleVerdict, { event, known }: EventFacts): string {
  const compiled = decidingRule(known, id);
  const isOnly = failed !== undefined && compiled !== undefined && isOnlyMiss(compiled, failed, event);
  return isOnly ? "all its other conditions hold" : "it failed last of all, and not by this condition alone";
}

/** The predicate that failed, as it goes on after a colon; of a label with all labels, so that a misspelt one is seen. */
function predicateWords({ sentence, failed }: RuleVerdict, { event, isFiring }: EventFacts): string {
  const words = afterColon(isFiring === true ? ofFiring(sentence) : sentence);
  if (failed?.pointer.startsWith("/match/labels/") !== true) return words;
  return `${words} The ${isFiring === true ? "firing" : "event"}'s labels: ${labelWords(event.labels)}.`;
}

/** A predicate's sentence of an event that is not the one that was asked about, but the firing before it. */
function ofFiring(sentence: string): string {
  return sentence
    .replace(/^The event('s [^";]*?)? (is|has) /, (_, what: string | undefined, verb: string) => {
      return `The firing${what ?? ""} ${verb === "is" ? "was" : "had"} `;
    })
    .replace(/^(The rule's expression [^:.]*) for this event/, "$1 for that firing");
}

/** A resolution goes only where its firing was sent. */
function firingCause(facts: FiringFacts, key: string): Cause {
  const head = "It is a resolution, and goes only where its firing was sent";
  if (facts.found === "none") {
    const events = counted(facts.looked, "event");
    const among = facts.isAll
      ? `among the ${events} of its source before it`
      : `among the last ${events} of its source before it; what lies further back was not looked at`;
    const sentence = `${head}: no firing with its correlation key "${key}" is ${among}.`;
    return { code: "no-firing", sentence, next: "See that firing and resolution carry the same correlation key." };
  }
  if (facts.found === "resolved") {
    const { id, receivedAt } = facts.by;
    return {
      code: "no-firing",
      sentence: `${head}: the same alert was resolved before by ${id} of ${at(receivedAt)}, and did not fire since.`,
    };
  }
  const { firing, cause, isTold } = facts;
  if (isTold)
    return {
      code: "no-firing",
      sentence: `${head}: where ${firing.id} of ${at(firing.receivedAt)} was sent is not known any more.`,
    };
  const sentence = `${head}. Its firing ${firing.id} of ${at(firing.receivedAt)} was sent to nobody: ${afterColon(cause.sentence)}`;
  return { code: "no-firing", sentence, ...(cause.next === undefined ? {} : { next: cause.next }) };
}
