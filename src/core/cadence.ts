import { DAY_MS, instantOfWall, offsetSpanAt } from "./zone.ts";

/** How often a digest is sent. */
export const CADENCES = ["5m", "15m", "1h", "1d"] as const;
export type Cadence = (typeof CADENCES)[number];

const STEP_MS: Readonly<Record<Cadence, number>> = { "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "1d": DAY_MS };

/**
 * The first boundary after `now` (epoch ms) on the walls of a zone: multiples of the cadence from midnight. One that is
 * skipped is the first instant after the gap, a repeated hour has its boundaries twice, a day begins once.
 */
export function nextBoundary(cadence: Cadence, zone: string, now: number): number {
  return cadence === "1d" ? nextDay(zone, now) : nextStep(STEP_MS[cadence], zone, now);
}

function nextDay(zone: string, now: number): number {
  let midnight = Math.floor((now + offsetSpanAt(zone, now).offset) / DAY_MS) * DAY_MS;
  for (;;) {
    midnight += DAY_MS;
    const start = instantOfWall(zone, midnight);
    if (start > now) return start; // it is not where the clock was put back over a midnight that it had shown
  }
}

function nextStep(step: number, zone: string, now: number): number {
  let span = offsetSpanAt(zone, now);
  let wall = Math.floor((now + span.offset) / step) * step + step;
  while (wall - span.offset >= span.until) {
    const next = offsetSpanAt(zone, span.until);
    const shown = next.from + next.offset;
    if (wall < shown || shown % step === 0) return next.from;
    wall = Math.floor(shown / step) * step + step;
    span = next;
  }
  return wall - span.offset;
}
