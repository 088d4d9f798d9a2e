/**
 * Times by the wall clock of a zone, as intervals that hold their start and not their end: of every week, of dates, and
 * of instants. Deciding asks whether one holds `now` and when all that touch it have ended.
 * @module
 */
import { CoreError } from "./error.ts";
import { DAY_MS, instantOfWall, wallReachedAt } from "./zone.ts";

const WEEK_MS = 7 * DAY_MS;
const MINUTE_MS = 60_000;
/** A wall time at which a week begins: Monday 1970-01-05. */
const MONDAY_MS = 4 * DAY_MS;

/** Names of the days, in the order of weeks. */
export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** [from, until) in ms. */
export interface Interval {
  readonly from: number;
  readonly until: number;
}

/** Times of every week: days, and `HH:MM` on the wall (`to` also `24:00`; at or before `from` it is the next day's). */
export interface DayTimes {
  readonly days: readonly (typeof DAYS)[number][];
  readonly from: string;
  readonly to: string;
}

/** Intervals of each kind in any order; they may overlap. */
export interface WallTimesGiven {
  readonly zone: string;
  readonly weekly: readonly DayTimes[];
  /** Between wall times (see zone.ts). */
  readonly dates: readonly Interval[];
  /** Between instants, epoch ms. */
  readonly instants: readonly Interval[];
}

/** Compiled: each list in order, with no two that touch. */
export interface WallTimes {
  readonly zone: string;
  /** In ms since Monday 00:00. */
  readonly week: readonly Interval[];
  readonly dates: readonly Interval[];
  readonly instants: readonly Interval[];
  /** What was found last; it holds in all of [from, until). */
  known: { readonly from: number; readonly until: number; readonly end: number | undefined };
}

/** Compiles times of a zone. Throws CoreError `bad-range` where they never end. */
export function wallTimes({ zone, weekly, dates, instants }: WallTimesGiven): WallTimes {
  if (isWholeWeek(weekly)) throw new CoreError("bad-range", "times that never end");
  return {
    zone,
    week: weekOf(weekly),
    dates: merged(dates),
    instants: merged(instants),
    known: { from: 0, until: 0, end: undefined },
  };
}

/** Whether times of every week leave nothing of it out. */
export function isWholeWeek(weekly: readonly DayTimes[]): boolean {
  const [first] = weekOf(weekly);
  return first !== undefined && first.from === 0 && first.until === WEEK_MS;
}

/** The end (epoch ms) of the times that hold `now` (epoch ms), taking together all that touch; undefined outside. */
export function insideUntil(times: WallTimes, now: number): number | undefined {
  const { known } = times;
  if (known.from <= now && now < known.until) return known.end;
  let end = now;
  for (let next = endAt(times, end); next !== undefined; next = endAt(times, end)) end = next;
  const isInside = end > now;
  times.known = { from: now, until: isInside ? end : startAfter(times, now), end: isInside ? end : undefined };
  return times.known.end;
}

/** The end of one interval that holds an instant. */
function endAt({ zone, week, dates, instants }: WallTimes, instant: number): number | undefined {
  const given = at(instants, instant);
  if (given !== undefined && given.from <= instant) return given.until;
  const wall = wallReachedAt(zone, instant);
  const monday = mondayOf(wall);
  const date = at(dates, wall);
  if (date !== undefined && date.from <= wall) return instantOfWall(zone, date.until);
  const weekly = at(week, wall - monday);
  return weekly === undefined || weekly.from > wall - monday ? undefined : instantOfWall(zone, monday + weekly.until);
}

/** The first start after an instant that none holds. */
function startAfter({ zone, week, dates, instants }: WallTimes, instant: number): number {
  const wall = wallReachedAt(zone, instant);
  const monday = mondayOf(wall);
  const weekly = at(week, wall - monday)?.from ?? WEEK_MS + (week[0]?.from ?? Number.POSITIVE_INFINITY);
  const start = Math.min(monday + weekly, at(dates, wall)?.from ?? Number.POSITIVE_INFINITY);
  const given = at(instants, instant)?.from ?? Number.POSITIVE_INFINITY;
  return Number.isFinite(start) ? Math.min(instantOfWall(zone, start), given) : given;
}

function mondayOf(wall: number): number {
  return Math.floor((wall - MONDAY_MS) / WEEK_MS) * WEEK_MS + MONDAY_MS;
}

/** The first of ordered intervals that ends after a point. */
function at(intervals: readonly Interval[], point: number): Interval | undefined {
  let [low, high] = [0, intervals.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((intervals[middle]?.until ?? point) > point) high = middle;
    else low = middle + 1;
  }
  return intervals[low];
}

function weekOf(weekly: readonly DayTimes[]): readonly Interval[] {
  return merged(weekly.flatMap((times) => times.days.flatMap((day) => withinWeek(intervalOf(times, day)))));
}

function intervalOf({ from, to }: DayTimes, day: DayTimes["days"][number]): Interval {
  const start = DAYS.indexOf(day) * DAY_MS;
  const [begins, ends] = [timeMs(from), timeMs(to)];
  return { from: start + begins, until: start + ends + (ends <= begins ? DAY_MS : 0) };
}

/** What runs past Sunday goes on at the week's beginning. */
function withinWeek({ from, until }: Interval): readonly Interval[] {
  if (until <= WEEK_MS) return [{ from, until }];
  return [
    { from, until: WEEK_MS },
    { from: 0, until: until - WEEK_MS },
  ];
}

function timeMs(time: string): number {
  return (Number(time.slice(0, 2)) * 60 + Number(time.slice(3))) * MINUTE_MS;
}

function merged(intervals: readonly Interval[]): readonly Interval[] {
  const found: Interval[] = [];
  for (const next of intervals.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last === undefined || next.from > last.until) found.push(next);
    else found[found.length - 1] = { from: last.from, until: Math.max(last.until, next.until) };
  }
  return found;
}
