/**
 * Why a delivery stands where it stands: one sentence that names the one cause, and what to do next.
 * @module
 */
import type { Delivery, DeliveryStatus } from "./delivery.ts";
import { answerText, closedCause } from "./explain-channel.ts";
import { type Known, windowId } from "./explain-facts.ts";
import { nextOf } from "./explain-next.ts";
import { stageSentence, tellingOf } from "./explain-stages.ts";
import { afterColon, at, counted } from "./explain-words.ts";
import { dueWords, windowName, windowWords } from "./explain-windows.ts";
import { type ReasonCode, reasonText } from "./reason.ts";

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
  const answer = answerText(last?.out);
  const when = deliveredAt === undefined ? "" : ` at ${at(deliveredAt)}`;
  return {
    code: status,
    sentence: `It was sent${when} by channel "${channel}"${attempts > 1 ? ` at try ${attempts}` : ""}${answer === "" ? "" : `; the other side answered ${answer}`}.`,
    next: `It has left this site: ask the other side of channel "${channel}" for message ${id}.`,
  };
}

function waitingCause(delivery: Delivery, known: Known): Cause {
  const { id, channel, attempts, dueAt, createdAt } = delivery;
  const closed = closedCause(channel, known.channels.get(channel));
  if (closed !== undefined) return closed;
  if (attempts > 0) {
    const last = known.tries.get(id)?.at(-1);
    const answer = answerText(last?.out);
    const failed = `Try ${attempts} failed${last === undefined ? "" : ` at ${at(last.at)}`}${answer === "" ? "" : ` (${answer})`}`;
    const again = dueAt === undefined ? "" : `; the next one is due at ${at(dueAt)}`;
    return {
      code: delivery.reason?.code ?? "retrying",
      sentence: `${failed}${again}.`,
      ...nextOf("temporary", delivery, known),
    };
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

function endedCause(delivery: Delivery, known: Known): Cause {
  const { tries } = known;
  const { id, status, reason, attempts, channel } = delivery;
  if (status === "failed")
    return { code: "failed", sentence: `Channel "${channel}" gave it up, and its fallback took over.` };
  const code = reason?.code ?? "exhausted";
  const answer = answerText(tries.get(id)?.at(-1)?.out);
  const tried = attempts === 0 ? "" : ` at try ${attempts}`;
  return {
    code,
    sentence: `It was given up${tried}: ${afterColon(reasonText(code)).replace(/\.$/, "")}${answer === "" ? "" : ` (${answer})`}.`,
    next: `See to channel "${channel}", and send the event again.`,
    ...nextOf(code, delivery, known),
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
    const window = record.kind === "quiet" ? " --window quiet" : "";
    const now = `Wait until then, or have it sent now: sealpost digest flush ${record.actionKey}${window}`;
    return { code, sentence: decided, next: record.kind === "flap" ? "Wait until then." : now };
  }
  const told = known.deliveries.get(record.deliveries?.[0] ?? "");
  if (told === undefined || told.id === delivery.id || steps === 0) return { code, sentence: decided };
  const { code: own, sentence, next } = causeOf(told, known, steps - 1);
  const isSent = told.status === "sent" || told.status === "digested";
  return {
    code: isSent ? "told" : own,
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
  if (event !== undefined && last !== undefined) {
    const quiet = stageSentence(last, tellingOf({ delivery, deliveries: [delivery], isResolution: false }, known));
    if (status === "held") return `${quiet} ${heldWords(id, last.until, known)}`;
    return `It was held in the quiet hours of calendar "${last.by ?? ""}"; its ${windowName(id, known)} ${windowWords(id, known)}.`;
  }
  const why = reason === undefined ? "It was gathered with others." : reasonText(reason.code);
  return `${why} It sits in window ${id}, which ${windowWords(id, known)}.`;
}

/** When what quiet hours hold goes out. */
function heldWords(id: string, until: number | undefined, known: Known): string {
  const record = known.windows.get(windowId(id));
  if (record?.state !== "open") return `Its ${windowName(id, known)} ${windowWords(id, known)}.`;
  const others = record.count > 1 ? `, in one message with ${counted(record.count - 1, "other")}` : "";
  const isThen = record.due + known.offset === until && until > known.now;
  const end = isThen ? "sent when they end" : dueWords(record, "sent at", known);
  return `It waits in action "${record.action}" and is ${end}${others}.`;
}

/** What a stage ended, or what became of a window without a message. */
function decidedCause(delivery: Delivery, known: Known): Cause {
  const code = delivery.reason?.code ?? delivery.status;
  const last = delivery.trace?.findLast((entry) => entry.code === code);
  const more = nextOf(code, delivery, known);
  if (last !== undefined) {
    const draft = { delivery, deliveries: [delivery], isResolution: false };
    return { code, sentence: stageSentence(last, tellingOf(draft, known)), ...more };
  }
  const id = delivery.window ?? delivery.reason?.by ?? "";
  const isInWindow = delivery.event !== undefined && id.startsWith("digest:");
  const text = delivery.reason === undefined ? "It was not sent." : reasonText(delivery.reason.code);
  const by = delivery.reason?.by;
  const who = by === undefined || isInWindow || delivery.event !== undefined ? "" : ` (${by})`;
  const window = isInWindow ? ` Its ${windowName(id, known)} ${windowWords(id, known)}.` : "";
  return { code, sentence: `${text.replace(/\.$/, "")}${who}.${window}`, ...more };
}
