import type { Clock, Timeout } from "../ports.ts";

const TICK_MS = 100;

interface Waiting {
  readonly due: number;
  readonly call: () => void;
}

/**
 * Timeouts for bodies, at most TICK_MS late: one timer of the process serves all that wait, because almost every body
 * has arrived before a timer of its own would have been of use.
 */
export function coarseTimeout({
  timeout,
  clock,
}: {
  readonly timeout: Timeout;
  readonly clock: Pick<Clock, "mono">;
}): Timeout {
  const waiting = new Set<Waiting>();
  let isTicking = false;
  const tick = (): void => {
    const now = clock.mono();
    for (const one of waiting) {
      if (one.due > now) continue;
      waiting.delete(one);
      one.call();
    }
    isTicking = waiting.size > 0;
    if (isTicking) timeout(TICK_MS, tick);
  };
  return (ms, call) => {
    const one: Waiting = { due: clock.mono() + ms, call };
    waiting.add(one);
    if (!isTicking) timeout(TICK_MS, tick);
    isTicking = true;
    return () => void waiting.delete(one);
  };
}
