import type { Principal } from "./auth.ts";
import { bindings, type Context, type HttpContext } from "./context.ts";
import { HttpError } from "./error.ts";

const DISK_LOOK_MS = 1000;
const MINUTE_MS = 60_000;
/** What sums of steps may be off by, ms. */
const SPARE_MS = 1;

/** Throws HttpError `disk-full` while the disk has less room than the limit and `bytes`; looks at most once a second. */
export type DiskGate = (bytes?: number) => void;

/** The gate that refuses what must be stored while there is no room for it. */
export function createDiskGate({
  diskFree,
  limits,
  clock,
}: Pick<HttpContext, "diskFree" | "limits" | "clock">): DiskGate {
  let free = 0;
  let next = Number.NEGATIVE_INFINITY;
  return (bytes = 0) => {
    const now = clock.mono();
    if (now >= next) {
      free = diskFree();
      next = now + DISK_LOOK_MS;
    }
    if (free - bytes < limits.freeDiskBytes)
      throw new HttpError("disk-full", "nothing is accepted until there is room on the disk");
  };
}

/** Counts one request of a principal and tells it what is left; throws HttpError `rate-limited` beyond the limit. */
export type RateGate = (principal: Pick<Principal, "id" | "requestsPerMinute">, c: Context) => void;

/** Requests a minute and principal (GCRA, a whole minute's burst): its own limit, else that of the site; 0 turns it off. */
export function createRateGate({ limits, clock }: Pick<HttpContext, "limits" | "clock">): RateGate {
  /** By principal: when its bucket will be full again. Those that are full are forgotten every minute. */
  const full = new Map<string, number>();
  let next = Number.NEGATIVE_INFINITY;
  return ({ id, requestsPerMinute: count = limits.requestsPerMinute }, c) => {
    if (count === 0) return;
    const step = MINUTE_MS / count;
    const now = clock.mono();
    if (now >= next) {
      for (const [one, at] of full) if (at <= now) full.delete(one);
      next = now + MINUTE_MS;
    }
    const at = Math.max(full.get(id) ?? now, now) + step;
    const spare = Math.min(step / 2, SPARE_MS);
    if (at - now > MINUTE_MS + spare) throw rateLimited(count, at - now - MINUTE_MS);
    full.set(id, at);
    const { outgoing } = bindings(c);
    if (outgoing === undefined) return;
    outgoing.setHeader("ratelimit-policy", policyOf(count));
    const left = Math.max(0, Math.floor((MINUTE_MS + spare - (at - now)) / step));
    outgoing.setHeader("ratelimit", `"token";r=${left};t=${Math.ceil((at - now) / 1000)}`);
  };
}

function policyOf(count: number): string {
  return `"token";q=${count};w=60`;
}

function rateLimited(count: number, waitMs: number): HttpError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const headers = {
    "retry-after": String(seconds),
    "ratelimit-policy": policyOf(count),
    ratelimit: `"token";r=0;t=${seconds}`,
  };
  return new HttpError("rate-limited", `${count} requests a minute are allowed with this token`, { headers });
}
