import { flushed } from "../core/flap.ts";
import { putOff } from "../core/quiet.ts";
import { actionOf } from "../core/rule-kept.ts";
import { flushWindow } from "../core/window-flush.ts";
import type { Flow, TimerInput } from "../ports.ts";
import { windowTimer } from "./digest-flush.ts";

/** A timer: a count or a cooldown is over, and one message tells what it swallowed, unless something mutes it by now. */
export const flapFlush: Flow<TimerInput, null> = windowTimer("flap-flush", (record, asked) => {
  const action = actionOf(record, asked);
  if (putOff(record, action, asked) === undefined) flushed(flushWindow(record, asked), action.debounce, asked);
});
