import { setImmediate } from "node:timers/promises";
import type { Pause } from "../core/steps.ts";

/** How long the process may be held by one piece of work, ms: an event that comes meanwhile takes a few turns of the loop. */
const HELD_MS = 4;

let since = 0;

/** Lets the process turn to what came meanwhile, once it has been held for some ms. */
export const systemPause: Pause = () => {
  if (performance.now() - since < HELD_MS) return undefined;
  return turn();
};

async function turn(): Promise<void> {
  await setImmediate();
  since = performance.now();
}
