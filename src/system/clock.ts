import type { Clock } from "../ports.ts";

/** The clock of the machine, in whole ms. */
export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => Math.floor(performance.now()),
};
