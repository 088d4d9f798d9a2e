import type { Flow, TimerInput } from "../ports.ts";
import { flushOrPutOff, windowTimer } from "./window-timer.ts";

/** A timer: the time of a digest or a group has come. In quiet hours it is put off to their end. */
export const digestFlush: Flow<TimerInput, null> = windowTimer("digest-flush", flushOrPutOff);
