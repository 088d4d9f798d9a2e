import type { Pause } from "../../src/core/steps.ts";

/** Never pauses. */
export const noPause: Pause = () => undefined;

export interface Gate {
  readonly pause: Pause;
  /** Holds the work that comes to a pause next, after letting through so many; what comes later passes. */
  readonly hold: (after: number) => void;
  /** Whether work is held now. */
  readonly isHolding: () => boolean;
  readonly open: () => void;
}

/** A pause that holds work in its midst for as long as the test likes. */
export function gate(): Gate {
  let left = Number.POSITIVE_INFINITY;
  let held: PromiseWithResolvers<void> | undefined;
  return {
    pause: () => {
      if (left-- > 0) return undefined;
      left = Number.POSITIVE_INFINITY;
      held = Promise.withResolvers();
      return held.promise;
    },
    hold: (after) => {
      left = after;
    },
    isHolding: () => held !== undefined,
    open: () => {
      left = Number.POSITIVE_INFINITY;
      held?.resolve();
      held = undefined;
    },
  };
}
