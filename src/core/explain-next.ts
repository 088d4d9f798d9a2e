/**
 * What to do about a cause, in the words of an operator: the object by its name, the command as it is typed.
 * @module
 */
import type { Delivery } from "./delivery.ts";
import { actionOfDelivery, type Known } from "./explain-facts.ts";
import { at, ruleOf, span } from "./explain-words.ts";
import { FOREVER, type MuteRecord, muteState } from "./mute.ts";

/** What to do about the cause of this code; nothing where there is nothing to be done. */
export function nextOf(code: string, delivery: Delivery, known: Known): { readonly next?: string } {
  const advice = ADVICE[code];
  if (advice === undefined) return {};
  return { next: typeof advice === "string" ? advice : advice(delivery, known) };
}

const GONE = "This one is not sent any more";

type Advice = string | ((delivery: Delivery, known: Known) => string);

const ADVICE: Readonly<Record<string, Advice>> = {
  deduplicated: dedupeAdvice,
  silenced: mutedBy("silence", "silence", ({ silences }) => silences),
  maintenance: mutedBy("maintenance window", "maintenance", ({ maintenance }) => maintenance),
  "rule-suppressed": mutedBy("suppression", "silence", ({ suppressions }) => suppressions),
  throttled: ({ action }) => tooFew(`the throttle of action "${action}"`),
  "rule-limit": ({ rule }) => tooFew(`the limit of rule "${ruleOf(rule).id}"`),
  "tenant-quota": tooFew("the quotas of the tenant's policy"),
  "channel-missing": ({ channel }) => againWith(`Create channel "${channel}", or name another one in the action`),
  "channel-disabled": ({ channel }) => againWith(`Switch channel "${channel}" on, or name another one in the action`),
  "no-recipient": againWith("Name an addressee in the action or in its channel"),
  stale: ({ action }) =>
    `To have such sent all the same, let the staleness of action "${action}" fold instead of drop.`,
  temporary: "It is tried again by itself; if it goes on, see to what the other side answers.",
  refused: "See to what the other side answered, and send the event again.",
  permanent: "Correct the addressee, and send the event again.",
  exhausted: "See to what the other side answered, and send the event again.",
  "template-missing": "Create the template, or name another one in the action.",
  "render-failed": "Correct the template, and send the event again.",
};

function dedupeAdvice(delivery: Delivery, known: Known): string {
  const length = actionOfDelivery(known, delivery)?.dedupe;
  const now = length === undefined ? "" : ` (now ${span(length)})`;
  return `Nothing, if one message is enough; else shorten the dedupe window of action "${delivery.action}"${now}.`;
}

function tooFew(limit: string): string {
  return `${GONE}. If too little is sent, raise ${limit}, or gather its messages in a digest.`;
}

/** What was dropped stays so, whatever is set right. */
function againWith(remedy: string): string {
  return `${remedy}. ${GONE}; send the event again.`;
}

function mutedBy(
  what: string,
  noun: "silence" | "maintenance",
  of: (known: Known) => ReadonlyMap<string, MuteRecord>,
): Advice {
  return ({ reason }, known) => {
    const id = reason?.by ?? "";
    const record = of(known).get(id);
    const state = record === undefined ? "expired" : muteState(record, known.now);
    if (record === undefined || state === "expired")
      return `${GONE}; the ${what} has ended, so the next ones are sent.`;
    if (state === "pending") return `${GONE}; the ${what} mutes nothing at this moment, ${againWords(record, known)}.`;
    return `${GONE}; to have the next ones sent, end the ${what}: sealpost ${noun} expire ${id}`;
  };
}

/** When what is pending mutes: from its beginning on, or at its next weekly time. */
function againWords(record: MuteRecord, { now }: Known): string {
  if (now < record.startsAt) return `and mutes from ${at(record.startsAt)} on`;
  return `and mutes again at its next weekly time${record.endsAt >= FOREVER ? "" : ` before ${at(record.endsAt)}`}`;
}
