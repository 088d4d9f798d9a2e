import type { HttpContext } from "./context.ts";
import { HttpError } from "./error.ts";

const DISK_LOOK_MS = 1000;
const MINUTE_MS = 60_000;

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

/** Counts one request of a principal; throws HttpError `rate-limited` beyond the limit. */
export type RateGate = (id: string) => void;

/** Requests a minute and principal (GCRA, a whole minute's burst); 0 turns it off. */
export function createRateGate({ limits, clock }: Pick<HttpContext, "limits" | "clock">): RateGate {
  const { requestsPerMinute: count } = limits;
  if (count === 0) return () => undefined;
  const step = MINUTE_MS / count;
  /** By principal: when its bucket will be full again. Only known tokens get here, so it stays small. */
  const full = new Map<string, number>();
  return (id) => {
    const now = clock.mono();
    const at = Math.max(full.get(id) ?? now, now) + step;
    if (at - now > MINUTE_MS) throw rateLimited(count, at - now - MINUTE_MS);
    full.set(id, at);
  };
}

function rateLimited(count: number, waitMs: number): HttpError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const headers = {
    "retry-after": String(seconds),
    "ratelimit-policy": `"token";q=${count};w=60`,
    ratelimit: `"token";r=0;t=${seconds}`,
  };
  return new HttpError("rate-limited", `${count} requests a minute are allowed with one token`, { headers });
}
