import type { Timeout } from "../ports.ts";

/** The wall clock may be set, so a far instant is looked at again after this, ms. */
const LONGEST_SLEEP_MS = 60_000;

export interface Wake {
  /** Calls `fire` once when the instant (epoch ms) has come; undefined for never. Replaces the last call. */
  readonly at: (due: number | undefined) => void;
  /** No call for so many ms. */
  readonly hold: (ms: number) => void;
  readonly stop: () => void;
}

/** Wakes at the earliest of changing instants; `now` is epoch ms. */
export function createWake(timeout: Timeout, now: () => number, fire: () => void): Wake {
  let armed: number | undefined;
  let cancel: (() => void) | undefined;
  let held: (() => void) | undefined;
  let stopped = false;

  function sleep(): void {
    cancel?.();
    cancel = undefined;
    if (armed === undefined || held !== undefined || stopped) return;
    const ms = Math.min(Math.max(armed - now(), 0), LONGEST_SLEEP_MS);
    cancel = timeout(ms, () => {
      cancel = undefined;
      if (armed !== undefined && armed > now()) return sleep();
      armed = undefined;
      fire();
    });
  }

  return {
    at: (due) => {
      if (due === armed && (due === undefined || cancel !== undefined || held !== undefined)) return;
      armed = due;
      sleep();
    },
    hold: (ms) => {
      held?.();
      held = timeout(ms, () => {
        held = undefined;
        sleep();
      });
      sleep();
    },
    stop: () => {
      stopped = true;
      cancel?.();
      held?.();
    },
  };
}
