/**
 * What may be sent now: a bucket for each action (GCRA), a window for each rule and for the tenant; whole ms, exact.
 * @module
 */
import type { CompiledAction } from "./action.ts";
import type { Cells } from "./cells.ts";
import { type Deciding, steadyNow } from "./deciding.ts";
import type { Reason } from "./delivery.ts";
import type { Bucket, Rate } from "./gate.ts";
import type { ReasonCode } from "./reason.ts";
import type { Saw } from "./stage.ts";

/** Whether one message of an action may be sent at this instant; `charge` takes it from all that count it, or is not called. */
export interface Admission {
  readonly refused?: { readonly reason: Reason; readonly saw: Saw };
  /** What explain shows where nothing refused. */
  readonly saw?: Saw;
  readonly charge: () => void;
}

interface Gate {
  readonly code: ReasonCode;
  readonly by: string;
  readonly isFull: boolean;
  readonly have: number;
  readonly limit: number;
  /** Steady instant from which one more is taken. */
  readonly until: number;
  readonly charge: () => void;
}

/** Asks the action's bucket, its rule's limit and the tenant's quotas, in this order; the first that is full refuses. */
export function admission(action: CompiledAction, deciding: Deciding): Admission {
  const { throttle, limit } = action;
  const gates: Gate[] = [];
  if (throttle !== undefined) gates.push(bucketGate(action.id, throttle, deciding));
  if (limit !== undefined)
    gates.push(rateGate({ code: "rule-limit", by: action.rule, key: `rule:${action.rule}` }, limit, deciding));
  for (const quota of deciding.index.policy.quotas)
    gates.push(rateGate({ code: "tenant-quota", by: "tenant", key: `quota:${quota.per}` }, quota, deciding));
  const charge = (): void => {
    for (const gate of gates) gate.charge();
  };
  const full = gates.find(({ isFull }) => isFull);
  if (full !== undefined) {
    const { code, by } = full;
    return { refused: { reason: { code, by }, saw: sawOf(full, deciding) }, charge };
  }
  const [first] = gates;
  return first === undefined ? { charge } : { saw: sawOf(first, deciding), charge };
}

function sawOf({ by, have, limit, until, isFull }: Gate, { offset }: Deciding): Saw {
  return { by, have, limit, ...(isFull ? { until: until + offset } : {}) };
}

/** Tokens come back one by one; `tat` is when the bucket would be full again. */
function bucketGate(id: string, bucket: Bucket, deciding: Deciding): Gate {
  const { view, tenant } = deciding;
  const now = steadyNow(deciding);
  const tat = Math.max(view.get("bucket", tenant, id)?.tat ?? now, now);
  const ahead = tat - now;
  return {
    code: "throttled",
    by: id,
    isFull: ahead > bucket.tolerance,
    have: ahead > bucket.tolerance ? 0 : Math.floor((bucket.tolerance - ahead) / bucket.interval) + 1,
    limit: bucket.burst,
    until: tat - bucket.tolerance,
    charge: () => view.put("bucket", tenant, id, { tat: tat + bucket.interval }),
  };
}

interface RateName {
  readonly code: ReasonCode;
  readonly by: string;
  readonly key: string;
}

/** At most `count` in (now - per, now]. */
function rateGate({ code, by, key }: RateName, { count, per }: Rate, deciding: Deciding): Gate {
  const { view, tenant } = deciding;
  const now = steadyNow(deciding);
  const { sent, have } = within(view.get("limit", tenant, key), now - per);
  return {
    code,
    by,
    isFull: have >= count,
    have,
    limit: count,
    until: untilRoom(sent, have - count) + per,
    charge: () => view.put("limit", tenant, key, { count: have + 1, sent: withOne(sent, now) }),
  };
}

/** What was sent after an instant; the same list where nothing is older. */
function within(cell: Cells["limit"] | undefined, after: number): { sent: Cells["limit"]["sent"]; have: number } {
  const kept = cell?.sent ?? [];
  let have = cell?.count ?? 0;
  let gone = 0;
  for (const [at, n] of kept) {
    if (at > after) break;
    have -= n;
    gone++;
  }
  return { sent: gone === 0 ? kept : kept.slice(gone), have };
}

/** The instant whose leaving makes room for one more, where `over` are too many already. */
function untilRoom(sent: Cells["limit"]["sent"], over: number): number {
  let gone = 0;
  for (const [at, n] of sent) {
    gone += n;
    if (gone > over) return at;
  }
  return 0;
}

function withOne(sent: Cells["limit"]["sent"], now: number): Cells["limit"]["sent"] {
  const last = sent.at(-1);
  if (last === undefined || last[0] < now) return [...sent, [now, 1]];
  return [...sent.slice(0, -1), [last[0], last[1] + 1]];
}
