/**
 * Time zones: what clocks on the wall show, and when. The only door to the zones' data.
 * Wall times are whole ms since 1970-01-01T00:00 on that wall. What is looked up is kept: the same for the same arguments.
 * @module
 */
import { Temporal } from "temporal-polyfill";
import { CoreError } from "./error.ts";
import { kitInstant, kitInstantMs } from "./kit-time.ts";

export const DAY_MS = 86_400_000;
/** No offset is that far from UTC. */
const MAX_OFFSET_MS = 16 * 3_600_000;
/** No clock was ever put back by more than a day. */
const MAX_SET_BACK_MS = DAY_MS;
/** The data are read in pieces so long, once in so many ms: since 1970 each offset of each zone lasted a week or more. */
const PIECE_MS = 32 * DAY_MS;
const SAMPLE_MS = 4 * DAY_MS;
/** Pieces kept of one zone: 44 years. */
const MAX_PIECES = 512;
const MS_OF_NS = 1_000_000;

/** Instants [from, until) of one offset; it may go on after them. All ms. */
export interface OffsetSpan {
  readonly from: number;
  readonly until: number;
  readonly offset: number;
}

/** A date and a time as a wall shows them: `YYYY-MM-DD`, and `HH:MM` or `HH:MM:SS`. */
export interface WallTime {
  readonly date: string;
  readonly time: string;
}

/** In order, at least one. */
type Piece = readonly [OffsetSpan, ...(readonly OffsetSpan[])];
const piecesOf = new Map<string, Map<number, Piece>>();

/** Whether a name stands for a zone of the IANA database, written as it is there (`UTC` too; no offset as `+02:00`). */
export function isZone(name: string): boolean {
  if (!/^[A-Z]/.test(name)) return false;
  try {
    return new Temporal.ZonedDateTime(0n, name).timeZoneId === name;
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

/** The span of one offset that holds an instant (epoch ms). Throws CoreError `bad-range` for what is no zone. */
export function offsetSpanAt(zone: string, instant: number): OffsetSpan {
  const spans = pieceOf(zone, Math.floor(instant / PIECE_MS));
  let found = spans[0];
  for (const span of spans) if (span.from <= instant) found = span;
  return found;
}

/** Ms that the walls of a zone are ahead of UTC at an instant (epoch ms). Throws CoreError `bad-range`. */
export function offsetAt(zone: string, instant: number): number {
  return offsetSpanAt(zone, instant).offset;
}

/** The latest wall time that was shown up to an instant (epoch ms): it waits while a repeated time runs again. */
export function wallReachedAt(zone: string, instant: number): number {
  let span = offsetSpanAt(zone, instant);
  let reached = instant + span.offset;
  while (span.from > instant - MAX_SET_BACK_MS) {
    const last = span.from - 1;
    span = offsetSpanAt(zone, last);
    reached = Math.max(reached, last + span.offset);
  }
  return reached;
}

/** The first instant (epoch ms) at which a wall time is reached: the first of two, the end of the gap of a skipped one. */
export function instantOfWall(zone: string, wall: number): number {
  let span = offsetSpanAt(zone, wall - MAX_OFFSET_MS);
  while (wall - span.offset >= span.until) span = offsetSpanAt(zone, span.until);
  return Math.max(span.from, wall - span.offset);
}

/** The first instant (epoch ms) of the wall's day at an instant. */
export function startOfDay(zone: string, instant: number): number {
  const wall = instant + offsetAt(zone, instant);
  return instantOfWall(zone, Math.floor(wall / DAY_MS) * DAY_MS);
}

/** The first instant (epoch ms) of a date and time on the wall. Throws CoreError `bad-range` where there is no such date or time. */
export function instantOf(zone: string, { date, time }: WallTime): number {
  const wall = kitInstantMs(`${date}T${time}${time.length === 5 ? ":00" : ""}Z`);
  if (wall === undefined) throw new CoreError("bad-range", `${date} ${time} is no date and time`);
  return instantOfWall(zone, wall);
}

/** What the wall shows at an instant (epoch ms, years 0 to 9999): time as `HH:MM:SS`, weekday 0 (Monday) to 6. */
export function localOf(zone: string, instant: number): WallTime & { readonly weekday: number } {
  const wall = instant + offsetAt(zone, instant);
  const text = kitInstant(wall);
  return { date: text.slice(0, 10), time: text.slice(11, 19), weekday: weekdayOf(wall) };
}

/** The date `days` after (or before) a date, both `YYYY-MM-DD` of the years 0 to 9999. Throws CoreError `bad-range`. */
export function addDays(date: string, days: number): string {
  const wall = kitInstantMs(`${date}T00:00:00Z`);
  if (wall === undefined) throw new CoreError("bad-range", `${date} is no date`);
  return kitInstant(wall + days * DAY_MS).slice(0, 10);
}

/** Weekday of a wall time: 0 (Monday) to 6. */
function weekdayOf(wall: number): number {
  const day = Math.floor(wall / DAY_MS) + 3; // 1970-01-01 was a Thursday
  return ((day % 7) + 7) % 7;
}

function pieceOf(zone: string, number: number): Piece {
  const known = piecesOf.get(zone)?.get(number);
  if (known !== undefined) return known;
  const made = readPiece(zone, number);
  const pieces = piecesOf.get(zone) ?? new Map<number, Piece>();
  if (pieces.size >= MAX_PIECES) pieces.clear();
  piecesOf.set(zone, pieces.set(number, made));
  return made;
}

function readPiece(zone: string, number: number): Piece {
  const end = (number + 1) * PIECE_MS;
  const spans: OffsetSpan[] = [];
  let until = end;
  let offset = readOffset(zone, end - 1);
  for (let at = end - SAMPLE_MS; at >= end - PIECE_MS; at -= SAMPLE_MS) {
    const before = readOffset(zone, at);
    if (before === offset) continue;
    const from = changeBetween(zone, at, Math.min(at + SAMPLE_MS, end - 1));
    spans.unshift({ from, until, offset });
    until = from;
    offset = before;
  }
  return [{ from: end - PIECE_MS, until, offset }, ...spans];
}

/** The first instant of (before, after] with the offset of `after`. */
function changeBetween(zone: string, before: number, after: number): number {
  const old = readOffset(zone, before);
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (readOffset(zone, middle) === old) low = middle;
    else high = middle;
  }
  return high;
}

function readOffset(zone: string, instant: number): number {
  try {
    return new Temporal.ZonedDateTime(BigInt(instant) * BigInt(MS_OF_NS), zone).offsetNanoseconds / MS_OF_NS;
  } catch (cause) {
    throw new CoreError("bad-range", `${zone} at ${instant} is no zone and instant`, { cause });
  }
}
