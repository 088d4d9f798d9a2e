import type { Flow, TimerInput } from "../ports.ts";
import { flushOrPutOff, windowTimer } from "./window-timer.ts";

/** A timer: quiet hours end, what they held is released as one. Where the calendar was edited they may go on. */
export const quietRelease: Flow<TimerInput, null> = windowTimer("quiet-release", flushOrPutOff);
