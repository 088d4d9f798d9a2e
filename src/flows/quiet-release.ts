import { putOff } from "../core/quiet.ts";
import { actionOf } from "../core/rule-kept.ts";
import { flushWindow } from "../core/window-flush.ts";
import type { Flow, TimerInput } from "../ports.ts";
import { windowTimer } from "./digest-flush.ts";

/** A timer: quiet hours end, what they held is released as one. Where the calendar was edited they may go on. */
export const quietRelease: Flow<TimerInput, null> = windowTimer("quiet-release", (record, asked) => {
  if (putOff(record, actionOf(record, asked), asked) === undefined) flushWindow(record, asked);
});
