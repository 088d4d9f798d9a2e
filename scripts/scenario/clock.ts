// The clocks of a scenario's site, and the alarms that ring as time passes.
import type { Clock, Timeout } from "../../src/ports.ts";

interface Alarm {
  readonly at: number;
  readonly call: () => void;
}

/** A wall clock that may be set, a clock that never steps, and alarms on the latter. */
export interface ScenarioClock extends Clock {
  readonly timeout: Timeout;
  /** Time passes until the wall clock shows `wall` (epoch ms); each alarm rings at its instant, and is waited for. */
  readonly pass: (wall: number, rang: () => Promise<void>) => Promise<void>;
  /** Somebody sets the wall clock. */
  readonly set: (wall: number) => void;
  /** The process does not run until the wall clock shows `wall`: no alarm rings, and none is kept. */
  readonly sleep: (wall: number) => void;
}

/** Clocks that show `wall` at first. Without `rings` no alarm ever rings: what is due waits for the next question. */
export function createClock(first: number, rings: boolean): ScenarioClock {
  const waiting = new Set<Alarm>();
  let wall = first;
  let mono = 0;
  const move = (by: number): void => {
    if (by < 0) throw new Error(`the clock shows ${wall} already: inputs are not in order`);
    wall += by;
    mono += by;
  };
  return {
    now: () => wall,
    mono: () => mono,
    timeout: (ms, call) => {
      const alarm = { at: mono + ms, call };
      if (rings) waiting.add(alarm);
      return () => waiting.delete(alarm);
    },
    pass: async (to, rang) => {
      const end = mono + (to - wall);
      for (let next = earliest(waiting, end); next !== undefined; next = earliest(waiting, end)) {
        waiting.delete(next);
        move(Math.max(0, next.at - mono));
        next.call();
        await rang();
      }
      move(end - mono);
    },
    set: (to) => {
      wall = to;
    },
    sleep: (to) => {
      waiting.clear();
      move(to - wall);
    },
  };
}

function earliest(waiting: ReadonlySet<Alarm>, end: number): Alarm | undefined {
  let found: Alarm | undefined;
  for (const alarm of waiting) if (alarm.at <= end && (found === undefined || alarm.at < found.at)) found = alarm;
  return found;
}
