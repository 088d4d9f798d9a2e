import type { Compiled } from "../core/config.ts";
import type { Delivery, DeliveryStatus, Reason } from "../core/delivery.ts";
import type { ReasonCode } from "../core/reason.ts";
import { downReason, FAILING_LIMIT, failingAfter, retrySettings, type Transition, transition } from "../core/retry.ts";
import type { LeafReason, LeafRef } from "../core/leaf.ts";
import type { ChannelState, Flow, Outcome, Stamp, View } from "../ports.ts";

/** One try of a delivery, or its end without one. */
export type Try =
  | {
      readonly kind: "tried";
      readonly delivery: string;
      readonly channel: string;
      /** Number of the try, from 1: what the delivery had counted when it was sent, and one. */
      readonly n: number;
      readonly outcome: Outcome;
      /** SHA-256 of the rendered parts; absent where nothing was rendered. */
      readonly payload?: string;
    }
  | {
      readonly kind: "ended";
      readonly delivery: string;
      readonly channel: string;
      readonly status: "dead" | "dropped";
      readonly reason: Reason;
    };

/** Tries of one tenant, in the order in which they ended. */
export interface AttemptInput {
  readonly tries: readonly Try[];
}

/** What a try came to; `isRecorded` is false where there was nothing to record (channel down, a repeat, no such delivery). */
export interface AttemptAnswer {
  readonly delivery: string;
  readonly isRecorded: boolean;
  /** Absent for a delivery that is not known. */
  readonly status?: DeliveryStatus;
  readonly dueAt?: number;
}

const ACTOR = "job:deliver";
const OPEN: ReadonlySet<DeliveryStatus> = new Set(["pending", "retrying", "deferred", "held"]);

/** Records tries: deliveries, their leaves, and whether their channels are up. A repeat of a recorded try changes nothing. */
export const attempt: Flow<AttemptInput, readonly AttemptAnswer[]> = {
  prepare: ({ tenant, index }, { tries }) => ({
    cells: [
      ...tries.map(({ delivery }) => ({ noun: "delivery", tenant, key: delivery }) as const),
      ...[...new Set(tries.map(({ channel }) => channel))].flatMap((key) => [
        { noun: "channel", tenant, key } as const,
        { noun: "usage", tenant, key } as const,
      ]),
    ],
    decide: (view, stamp) => tries.map((one) => record(one, { tenant, index, view, stamp })),
  }),
};

interface Recording {
  readonly tenant: string;
  readonly index: Compiled;
  readonly view: View;
  readonly stamp: Stamp;
}
type Tried = Extract<Try, { kind: "tried" }>;
/** The other side had the message. */
type Answer = Exclude<Outcome, { kind: "down" }>;

function record(one: Try, at: Recording): AttemptAnswer {
  const delivery = at.view.get("delivery", at.tenant, one.delivery);
  if (delivery === undefined) return { delivery: one.delivery, isRecorded: false };
  return one.kind === "ended" ? recordEnd(delivery, one, at) : recordTry(delivery, one, at);
}

/** A delivery that cannot be sent any more; one that has already ended stays as it is. */
function recordEnd(
  delivery: Delivery,
  { status, reason }: Extract<Try, { kind: "ended" }>,
  at: Recording,
): AttemptAnswer {
  if (!OPEN.has(delivery.status)) return answerOf(delivery, false);
  const leaf = {
    type: "delivery.change",
    actor: ACTOR,
    cfg: at.index.cfg,
    id: delivery.id,
    delivery: delivery.id,
    status,
    reason: { ...reason },
    ref: refOf(delivery),
  } as const;
  const seq = at.view.leaf(at.tenant, leaf);
  const { dueAt: _, ...rest } = delivery;
  return put({ ...rest, status, reason, failureReason: reason.code, leaves: [...delivery.leaves, seq] }, at);
}

function recordTry(delivery: Delivery, tried: Tried, at: Recording): AttemptAnswer {
  const state: ChannelState = at.view.get("channel", at.tenant, delivery.channel) ?? { failing: [] };
  const { outcome } = tried;
  const isParked = state.down !== undefined;
  if (outcome.kind === "down") parkChannel(delivery, outcome, state, at);
  if (outcome.kind === "down" || (outcome.kind === "failed" && isParked)) return answerOf(delivery, false); // a parked channel counts nothing
  if (tried.n <= delivery.attempts) return answerOf(delivery, false); // this try has been recorded
  const answer = recordAttempt(delivery, outcome, tried.payload ?? delivery.payload, at);
  countUse(delivery.channel, outcome.kind === "sent", at);
  settleChannel(delivery, outcome, state, at);
  return answer;
}

/** What the site itself says of a channel: people mend it, and then go by what else keeps it from sending. */
const OWN_REASONS: ReadonlySet<string> = new Set<ReasonCode>(["unbound", "channel-disabled"]);

/** A channel is parked once, and probes say nothing; but what the site mended is no reason any more. */
function parkChannel(delivery: Delivery, outcome: Outcome, { down, failing }: ChannelState, at: Recording): void {
  const reason = downReason(outcome.out.code);
  if (down === undefined) {
    countUse(delivery.channel, false, at);
    return goDown(delivery, outcome, { reason, failing }, at);
  }
  const isOther = down.reason !== reason && (OWN_REASONS.has(reason) || OWN_REASONS.has(down.reason));
  if (isOther) goDown(delivery, outcome, { reason, failing, since: down.since }, at);
}

/** Tries of a parked channel count nothing: of an outage, the one that parked it does. */
function countUse(channel: string, isSent: boolean, { view, tenant, stamp: { now } }: Recording): void {
  const held = view.get("usage", tenant, channel) ?? { successCount: 0, failureCount: 0 };
  view.put("usage", tenant, channel, {
    ...held,
    lastUsedAt: now,
    ...(isSent ? { successCount: held.successCount + 1 } : { failureCount: held.failureCount + 1, lastFailureAt: now }),
  });
}

function recordAttempt(delivery: Delivery, outcome: Answer, told: string | undefined, at: Recording): AttemptAnswer {
  const { attempts, dueAt, ...moved } = afterTry(delivery, outcome, at);
  const seq = at.view.leaf(at.tenant, {
    type: "delivery.attempt",
    actor: ACTOR,
    cfg: at.index.cfg,
    id: delivery.id,
    delivery: delivery.id,
    n: attempts,
    status: moved.status,
    ...(dueAt === undefined ? {} : { due: dueAt }),
    out: outOf(outcome),
    ...(moved.reason === undefined ? {} : { reason: reasonOf(moved.reason) }),
    ...(told === undefined ? {} : { payload: told }),
    ref: refOf(delivery),
  });
  const { dueAt: _due, reason: _reason, failureReason, ...rest } = delivery;
  const isSent = outcome.kind === "sent";
  const failure = isSent || !OPEN.has(delivery.status) ? failureReason : `${outcome.out.code} ${outcome.out.st}`.trim();
  return put(
    {
      ...rest,
      ...moved,
      attempts,
      ...(isSent ? { deliveredAt: delivery.deliveredAt ?? at.stamp.now } : {}),
      ...(isSent || failure === undefined ? {} : { failureReason: failure }),
      ...(dueAt === undefined ? {} : { dueAt }),
      ...(told === undefined ? {} : { payload: told }),
      leaves: [...delivery.leaves, seq],
    },
    at,
  );
}

/** What a try makes of a delivery. One that ended meanwhile stays ended, unless the message did go out: that is then the truth. */
function afterTry(delivery: Delivery, outcome: Answer, at: Recording): Transition {
  const attempts = delivery.attempts + 1;
  if (!OPEN.has(delivery.status) && outcome.kind !== "sent") {
    return { status: delivery.status, attempts, ...(delivery.reason === undefined ? {} : { reason: delivery.reason }) };
  }
  return transition(delivery, retrySettings(at.index.channels.get(delivery.channel)?.channel), outcome, at.stamp.now);
}

/** A parked channel whose try was answered is up again; five failed messages in a row park it. */
function settleChannel(delivery: Delivery, outcome: Answer, state: ChannelState, at: Recording): void {
  const failing = failingAfter(state.failing, delivery.id, outcome.kind);
  if (state.down !== undefined) {
    const leaf = {
      type: "channel.up",
      actor: ACTOR,
      cfg: at.index.cfg,
      id: delivery.channel,
      reason: { code: "recovered" },
      body: { delivery: delivery.id },
    } as const;
    at.view.leaf(at.tenant, leaf);
    return at.view.put("channel", at.tenant, delivery.channel, { failing });
  }
  if (failing.length >= FAILING_LIMIT)
    return goDown(delivery, outcome, { reason: "failing-messages", failing: [] }, at);
  if (failing.length > 0 || state.failing.length > 0) at.view.put("channel", at.tenant, delivery.channel, { failing });
}

interface Parking {
  readonly reason: ReasonCode;
  readonly failing: readonly string[];
  /** Where it was parked before for another reason. */
  readonly since?: number;
}

function goDown(delivery: Delivery, outcome: Outcome, why: Parking, at: Recording): void {
  at.view.leaf(at.tenant, {
    type: "channel.down",
    actor: ACTOR,
    cfg: at.index.cfg,
    id: delivery.channel,
    reason: { code: why.reason },
    body: { delivery: delivery.id, out: outOf(outcome) },
  });
  at.view.put("channel", at.tenant, delivery.channel, {
    down: { since: why.since ?? at.stamp.now, reason: why.reason },
    failing: why.failing,
  });
}

function put(delivery: Delivery, at: Recording): AttemptAnswer {
  at.view.put("delivery", at.tenant, delivery.id, delivery);
  return answerOf(delivery, true);
}

function answerOf({ id, status, dueAt }: Delivery, isRecorded: boolean): AttemptAnswer {
  return { delivery: id, isRecorded, status, ...(dueAt === undefined ? {} : { dueAt }) };
}

/** A leaf holds whole numbers only. */
function outOf({ out }: Outcome): { readonly code: string; readonly st: string; readonly ms: number } {
  return { code: out.code, ms: Math.max(0, Math.round(out.ms)), st: out.st };
}

function reasonOf({ code, by }: Reason): LeafReason {
  return by === undefined ? { code } : { code, by };
}

function refOf({ id, event, rule, template }: Delivery): LeafRef {
  return {
    ...(event === undefined ? { digest: id } : { event }),
    rule,
    ...(template === undefined ? {} : { template: `${template.id}@${template.hash.slice(0, 12)}` }),
  };
}
