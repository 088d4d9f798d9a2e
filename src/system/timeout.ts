import type { Timeout } from "../ports.ts";

/** What setTimeout takes at most; it calls back at once for more. */
const LONGEST = 2 ** 31 - 1;

/** Timers of the process: waits of any length, in ms; calling the answer cancels. They do not keep a process alive. */
export const systemTimeout: Timeout = (ms, call) => {
  let timer: NodeJS.Timeout;
  const wait = (left: number): void => {
    const step = Math.min(Math.max(left, 0), LONGEST);
    timer = setTimeout(() => (left > step ? wait(left - step) : call()), step);
    timer.unref();
  };
  wait(ms);
  return () => clearTimeout(timer);
};

/** Waits `ms`, or until `signal` is aborted; answers whether the whole time has passed. Keeps the process alive. */
export function sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve(false);
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve(true);
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
