/**
 * What walls show, minute by minute, by the platform's own conversion: a slow and independent model of zones.
 * @module
 */
const MINUTE = 60_000;
const DAYS_EACH_SIDE = 11;

/** Minutes of 22 days; `shown[i]` is what the wall shows at `start + i` minutes, as minutes since 1970-01-01T00:00. */
export interface WallTable {
  readonly zone: string;
  /** Epoch ms. */
  readonly start: number;
  readonly shown: readonly number[];
  /** For each minute of the wall from `shown[0]` on, the first index at which the wall shows it or a later one. */
  readonly first: readonly number[];
}

/** The table of a zone around an instant (epoch ms). */
export function wallTable(zone: string, around: number): WallTable {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
  const start = Math.floor(around / MINUTE) * MINUTE - DAYS_EACH_SIDE * 1440 * MINUTE;
  const shown = Array.from({ length: 2 * DAYS_EACH_SIDE * 1440 }, (_, minute) => {
    const text = format.format(start + minute * MINUTE);
    return Date.parse(`${text.replace(" ", "T")}:00Z`) / MINUTE;
  });
  const first: number[] = [];
  shown.forEach((wall, at) => {
    while (first.length <= wall - (shown[0] ?? 0)) first.push(at);
  });
  return { zone, start, shown, first };
}

/** Index of the first minute at which the wall shows `wall` or later; the table's length if none does. */
export function firstShowing({ shown, first }: WallTable, wall: number): number {
  return first[Math.max(0, wall - (shown[0] ?? 0))] ?? shown.length;
}

/** Zones and instants around which their clocks are put forward or back (or, for comparison, are not). */
export const TURNS: readonly (readonly [zone: string, around: string])[] = [
  ["UTC", "2026-06-01T00:00:00Z"],
  ["Asia/Kathmandu", "2026-06-01T00:00:00Z"],
  ["Europe/Berlin", "2026-03-29T01:00:00Z"],
  ["Europe/Berlin", "2026-10-25T01:00:00Z"],
  ["America/New_York", "2026-03-08T07:00:00Z"],
  ["America/New_York", "2026-11-01T06:00:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
  ["Pacific/Chatham", "2026-04-04T14:00:00Z"],
  ["America/Sao_Paulo", "2018-11-04T03:00:00Z"],
  ["America/Sao_Paulo", "2018-02-18T02:00:00Z"],
  ["Asia/Beirut", "2026-03-28T22:00:00Z"],
  ["America/Havana", "2026-11-01T05:00:00Z"],
  ["Atlantic/Azores", "2026-10-25T01:00:00Z"],
  ["America/St_Johns", "2006-10-29T02:31:00Z"],
  ["Pacific/Apia", "2011-12-30T10:00:00Z"],
];
