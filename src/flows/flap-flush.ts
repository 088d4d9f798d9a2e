import { putOff } from "../core/quiet.ts";
import { actionOf } from "../core/rule-kept.ts";
import { flushWindow, isMuted } from "../core/window-flush.ts";
import type { Flow, TimerInput } from "../ports.ts";
import { windowTimer } from "./digest-flush.ts";

/** A timer: a count or a cooldown is over, and one message tells what it swallowed, unless something mutes it by now. */
export const flapFlush: Flow<TimerInput, null> = windowTimer("flap-flush", (record, asked) => {
  const action = actionOf(record, asked);
  if (isMuted(record, action, asked) || putOff(record, action, asked) === undefined) flushWindow(record, asked);
});
