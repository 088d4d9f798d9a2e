/**
 * Why a delivery stands where it stands: one sentence that names the one cause, and what to do next.
 * @module
 */
import type { Delivery, DeliveryStatus } from "./delivery.ts";
import type { ChannelNow, Known, TriedOnce } from "./explain-facts.ts";
import { windowId } from "./explain-facts.ts";
import { stageSentence, tellingOf } from "./explain-stages.ts";
import { afterColon, at, quoted } from "./explain-words.ts";
import { windowWords } from "./explain-windows.ts";
import { isReasonCode, type ReasonCode, reasonText } from "./reason.ts";

/** Why, and what to do next. */
export interface Cause {
  /** The reason's code where one decided, else the status. */
  readonly code: ReasonCode | DeliveryStatus | "no-rule" | "no-firing" | "open" | "told" | "several" | "stopped";
  readonly sentence: string;
  readonly next?: string;
}

/** Steps from a member to its window to that window's message: no loop is that long. */
const MAX_STEPS = 3;

/** Why a delivery is what it is now. */
export function causeOf(delivery: Delivery, known: Known, steps = MAX_STEPS): Cause {
  switch (delivery.status) {
    case "sent":
    case "digested":
    case "dry-run":
      return toldCause(delivery, known);
    case "pending":
    case "retrying":
    case "deferred":
    case "sending":
      return waitingCause(delivery, known);
    case "dead":
    case "failed":
      return endedCause(delivery, known);
    case "held":
    case "coalesced":
    case "debounced":
      return gatheredCause(delivery, known, steps);
    case "deduplicated":
    case "silenced":
    case "suppressed":
    case "throttled":
    case "dropped":
      return decidedCause(delivery, known);
  }
}

function toldCause({ id, status, channel, deliveredAt, attempts }: Delivery, { tries }: Known): Cause {
  const last = tries.get(id)?.findLast(({ status: came }) => came === status);
  const answer = answerWords(last);
  const when = deliveredAt === undefined ? "" : ` at ${at(deliveredAt)}`;
  return {
    code: status,
    sentence: `It was sent${when} by channel "${channel}"${attempts > 1 ? ` at try ${attempts}` : ""}${answer === "" ? "" : `; the other side answered ${answer}`}.`,
    next: `It has left this site: ask the other side of channel "${channel}" for message ${id}.`,
  };
}

/** `"451 try later"`, or nothing. */
function answerWords(tried: TriedOnce | undefined): string {
  const text = tried?.out === undefined ? "" : `${tried.out.code} ${tried.out.st}`.trim();
  return text === "" ? "" : quoted(text);
}

function waitingCause(delivery: Delivery, known: Known): Cause {
  const { id, channel, attempts, dueAt, createdAt } = delivery;
  const closed = closedCause(channel, known.channels.get(channel));
  if (closed !== undefined) return closed;
  if (attempts > 0) {
    const last = known.tries.get(id)?.at(-1);
    const answer = answerWords(last);
    const failed = `Try ${attempts} failed${last === undefined ? "" : ` at ${at(last.at)}`}${answer === "" ? "" : ` (${answer})`}`;
    const again = dueAt === undefined ? "" : `; the next one is due at ${at(dueAt)}`;
    return { code: delivery.reason?.code ?? "retrying", sentence: `${failed}${again}.`, ...nextOf("temporary") };
  }
  if (dueAt !== undefined && dueAt > known.now)
    return { code: delivery.status, sentence: `It waits for its first try at ${at(dueAt)}.`, next: "Wait until then." };
  const sentence = `It was decided at ${at(createdAt)} and waits for its first try.`;
  return {
    code: delivery.status,
    sentence,
    next: "It is sent within seconds while the server runs: see that it does.",
  };
}

/** What keeps a channel from sending anything now; undefined where nothing does. */
function closedCause(id: string, now: ChannelNow | undefined): Cause | undefined {
  const compiled = now?.compiled;
  if (compiled === undefined) return undefined;
  if (!compiled.channel.isEnabled)
    return {
      code: "channel-disabled",
      sentence: `The channel "${id}" is switched off; the message is kept.`,
      next: `Switch the channel "${id}" on.`,
    };
  if (compiled.unbound.length > 0) {
    const values = compiled.unbound.map((name) => `${name}=...`).join(" ");
    return {
      code: "unbound",
      sentence: `The channel "${id}" needs values that this site has not filled in: ${compiled.unbound.join(", ")}; the message is kept.`,
      next: `Fill them in: sealpost channels bind ${id} ${values}`,
    };
  }
  const down = now?.state?.down;
  if (down === undefined) return undefined;
  const why = isReasonCode(down.reason)
    ? ` (${down.reason}: ${reasonText(down.reason).replace(/\.$/, "")})`
    : ` (${down.reason})`;
  return {
    code: "channel-down",
    sentence: `The channel "${id}" has been down since ${at(down.since)}${why}; the message is kept and goes out when it is back.`,
    next: `See to what channel "${id}" connects to: it is tried again by itself, and nothing is lost meanwhile.`,
  };
}

function endedCause(delivery: Delivery, { tries }: Known): Cause {
  const { id, status, reason, attempts, channel } = delivery;
  if (status === "failed")
    return { code: "failed", sentence: `Channel "${channel}" gave it up, and its fallback took over.` };
  const code = reason?.code ?? "exhausted";
  const answer = answerWords(tries.get(id)?.at(-1));
  const tried = attempts === 0 ? "" : ` at try ${attempts}`;
  return {
    code,
    sentence: `It was given up${tried}: ${afterColon(reasonText(code)).replace(/\.$/, "")}${answer === "" ? "" : ` (${answer})`}.`,
    next: NEXT[code] ?? `See to channel "${channel}", and send the event again.`,
  };
}

/** What sits, or sat, in a window: that it is there while it is open, then what became of its message. */
function gatheredCause(delivery: Delivery, known: Known, steps: number): Cause {
  const id = delivery.window ?? delivery.reason?.by ?? "";
  const record = known.windows.get(windowId(id));
  const code = delivery.reason?.code ?? delivery.status;
  const decided = gatheringWords(delivery, known, id);
  if (record === undefined) return { code, sentence: decided };
  if (record.state === "open") {
    const next = `Wait until then, or have it told now: POST /api/v1/digests/${record.actionKey}/flush`;
    return {
      code,
      sentence: decided,
      ...(record.kind === "digest" || record.kind === "group" ? { next } : { next: "Wait until then." }),
    };
  }
  const told = known.deliveries.get(record.deliveries?.[0] ?? "");
  if (told === undefined || told.id === delivery.id || steps === 0) return { code, sentence: decided };
  const { code: own, sentence, next } = causeOf(told, known, steps - 1);
  const isTold = told.status === "sent" || told.status === "digested";
  return {
    code: isTold ? "told" : own,
    sentence: `${decided} That message: ${afterColon(sentence)}`,
    ...(next === undefined ? {} : { next }),
  };
}

/** Why it was taken in: as the deciding stage says it; of a held one that was released, that it was. */
function gatheringWords(delivery: Delivery, known: Known, id: string): string {
  const { status, reason, trace, event } = delivery;
  const last = trace?.findLast(({ code }) => code !== "pass");
  const isHeld = last?.stage === "quiet";
  if (event !== undefined && last !== undefined && !isHeld)
    return stageSentence(last, tellingOf({ delivery, deliveries: [delivery], isResolution: false }, known));
  const window = `window ${id}, which ${windowWords(id, known)}`;
  if (event !== undefined && last !== undefined) {
    const quiet = stageSentence(last, tellingOf({ delivery, deliveries: [delivery], isResolution: false }, known));
    return status === "held"
      ? `${quiet} It waits in ${window}.`
      : `It was held in the quiet hours of calendar "${last.by ?? ""}", in ${window}.`;
  }
  const why = reason === undefined ? "It was gathered with others." : reasonText(reason.code);
  return `${why} It sits in ${window}.`;
}

/** What a stage ended, or what became of a window without a message. */
function decidedCause(delivery: Delivery, known: Known): Cause {
  const code = delivery.reason?.code ?? delivery.status;
  const last = delivery.trace?.findLast((entry) => entry.code === code);
  const more = nextOf(code);
  if (last !== undefined) {
    const draft = { delivery, deliveries: [delivery], isResolution: false };
    return { code, sentence: stageSentence(last, tellingOf(draft, known)), ...more };
  }
  const id = delivery.window ?? delivery.reason?.by ?? "";
  const isInWindow = delivery.event !== undefined && id.startsWith("digest:");
  const text = delivery.reason === undefined ? "It was not sent." : reasonText(delivery.reason.code);
  const by = delivery.reason?.by;
  const who = by === undefined || isInWindow || delivery.event !== undefined ? "" : ` (${by})`;
  const window = isInWindow ? ` Its window ${id} ${windowWords(id, known)}.` : "";
  return { code, sentence: `${text.replace(/\.$/, "")}${who}.${window}`, ...more };
}

function nextOf(code: string): { readonly next?: string } {
  const next = NEXT[code];
  return next === undefined ? {} : { next };
}

/** What to do about a cause. */
const NEXT: Readonly<Record<string, string>> = {
  deduplicated: "Nothing, if one message is enough; else shorten the dedupe window of the action.",
  silenced: "If it should be told, end the silence; what comes from then on is told.",
  maintenance: "If it should be told, end the maintenance window; what comes from then on is told.",
  "rule-suppressed": "If it should be told, end the suppression of the rule; what comes from then on is told.",
  throttled: "If too little is told, raise the throttle of the action, or gather its messages in a digest.",
  "rule-limit": "If too little is told, raise the limit of the rule, or gather its messages in a digest.",
  "tenant-quota": "If too little is told, raise the quotas of the tenant's policy, or gather messages in digests.",
  "channel-missing": "Create the channel, or name another one in the action.",
  "channel-disabled": "Switch the channel on, or name another one in the action.",
  "no-recipient": "Name an addressee in the action or in its channel.",
  stale: "If it should be told all the same, let the staleness of the action fold instead of drop.",
  temporary: "It is tried again by itself; if it goes on, see to what the other side answers.",
  refused: "See to what the other side answered, and send the event again.",
  permanent: "Correct the addressee, and send the event again.",
  exhausted: "See to what the other side answered, and send the event again.",
  "template-missing": "Create the template, or name another one in the action.",
  "render-failed": "Correct the template, and send the event again.",
};
