import { actionOf } from "../core/rule-kept.ts";
import { flushWindow, isMuted } from "../core/window-flush.ts";
import type { Flow, TimerInput } from "../ports.ts";
import { flushOrPutOff, windowTimer } from "./window-timer.ts";

/** A timer: a count or a cooldown is over, and one message tells what it swallowed; what is muted by now ends at once. */
export const flapFlush: Flow<TimerInput, null> = windowTimer("flap-flush", (record, asked) => {
  if (isMuted(record, actionOf(record, asked), asked)) flushWindow(record, asked);
  else flushOrPutOff(record, asked);
});
