import fc from "fast-check";
import { expect, test } from "vitest";
import { CADENCES, type Cadence, nextBoundary } from "../../src/core/cadence.ts";
import { firstShowing, TURNS, type WallTable, wallTable } from "../support/wall-model.ts";

const MINUTE = 60_000;
const STEP: Readonly<Record<Cadence, number>> = { "5m": 5, "15m": 15, "1h": 60, "1d": 1440 };
const ms = (text: string): number => Date.parse(text);
const iso = (instant: number): string => new Date(instant).toISOString().replace(".000Z", "Z");

/** The boundaries after `from`, one after the other. */
function boundaries(cadence: Cadence, zone: string, [from, count]: readonly [string, number]): readonly string[] {
  const found: number[] = [];
  for (let at = ms(from); found.length < count; at = found.at(-1) ?? at) found.push(nextBoundary(cadence, zone, at));
  return found.map(iso);
}

test.each([
  ["5m", "UTC", "2026-06-01T10:01:00Z", "2026-06-01T10:05:00Z"],
  ["15m", "UTC", "2026-06-01T21:50:00Z", "2026-06-01T22:00:00Z"],
  ["15m", "UTC", "2026-06-02T07:00:00Z", "2026-06-02T07:15:00Z"],
  ["1h", "UTC", "2026-06-01T10:05:00Z", "2026-06-01T11:00:00Z"],
  ["1h", "UTC", "2026-06-01T10:59:59.999Z", "2026-06-01T11:00:00Z"],
  ["1h", "UTC", "2026-06-01T11:00:00Z", "2026-06-01T12:00:00Z"],
  ["1d", "UTC", "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"],
  ["1d", "America/New_York", "2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z"],
  ["1d", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"],
  // Kathmandu is 5:45 ahead: its full hours are at a quarter past of UTC.
  ["5m", "Asia/Kathmandu", "2026-06-01T10:01:00Z", "2026-06-01T10:05:00Z"],
  ["15m", "Asia/Kathmandu", "2026-06-01T10:01:00Z", "2026-06-01T10:15:00Z"],
  ["1h", "Asia/Kathmandu", "2026-06-01T10:01:00Z", "2026-06-01T10:15:00Z"],
  ["1h", "Asia/Kathmandu", "2026-06-01T10:15:00Z", "2026-06-01T11:15:00Z"],
  ["1d", "Asia/Kathmandu", "2026-06-01T10:15:00Z", "2026-06-01T18:15:00Z"],
] as const)("%s in %s after %s is %s", (cadence, zone, now, expected) => {
  expect(iso(nextBoundary(cadence, zone, ms(now)))).toBe(expected);
});

test.each([
  // 02:00 to 02:45 are skipped: all four are 03:00, which is a boundary itself.
  ["15m", "Europe/Berlin", "2026-03-29T00:30:00Z", ["00:45", "01:00", "01:15"]],
  ["1h", "Europe/Berlin", "2026-03-29T00:00:00Z", ["01:00", "02:00"]],
  // 02:00 summer time, 02:00 winter time, 03:00.
  ["1h", "Europe/Berlin", "2026-10-24T23:30:00Z", ["00:00", "01:00", "02:00"]],
  ["15m", "Europe/Berlin", "2026-10-25T00:40:00Z", ["00:45", "01:00", "01:15"]],
  ["1h", "America/New_York", "2026-03-08T06:00:00Z", ["07:00", "08:00"]],
  ["1h", "America/New_York", "2026-11-01T04:30:00Z", ["05:00", "06:00", "07:00"]],
  // Lord Howe, autumn. The wall shows 01:00 (+11) at 14:00 UTC. At 15:00 UTC it would show 02:00 (+11) but goes back to
  // 01:30 (+10:30), which is no full hour. 02:00 (+10:30) is shown at 15:30 UTC, once: this hour lasts 90 minutes.
  ["1h", "Australia/Lord_Howe", "2026-04-04T13:30:00Z", ["14:00", "15:30", "16:30"]],
  // By quarters: 01:45 (+11) at 14:45, then 01:30 again at 15:00 and 01:45 again at 15:15, 02:00 at 15:30.
  ["15m", "Australia/Lord_Howe", "2026-04-04T14:30:00Z", ["14:45", "15:00", "15:15", "15:30"]],
  // Spring. At 15:30 UTC it would show 02:00 (+10:30) but goes on to 02:30 (+11): the skipped 02:00 is that instant,
  // though it shows no full hour. 03:00 (+11) is at 16:00 UTC: this hour lasts 30 minutes.
  ["1h", "Australia/Lord_Howe", "2026-10-03T14:00:00Z", ["14:30", "15:30", "16:00", "17:00"]],
] as const)("%s in %s from %s on", (cadence, zone, from, expected) => {
  const found = boundaries(cadence, zone, [from, expected.length]);
  expect(found.map((at) => at.slice(11, 16))).toEqual(expected);
});

test.each([
  ["Europe/Berlin", "2026-03-28T12:00:00Z", ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"]],
  ["Europe/Berlin", "2026-10-24T12:00:00Z", ["2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"]],
  // Midnight is skipped: the day begins at 01:00.
  ["America/Sao_Paulo", "2018-11-03T12:00:00Z", ["2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"]],
  ["Asia/Beirut", "2026-03-28T12:00:00Z", ["2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"]],
  // Back from 01:00 to 00:00: the day begins with the first of them.
  ["America/Havana", "2026-10-31T12:00:00Z", ["2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"]],
  ["Atlantic/Azores", "2026-10-24T12:00:00Z", ["2026-10-25T00:00:00Z", "2026-10-26T01:00:00Z"]],
  // Back from 24:00 to 23:00: midnight is shown once.
  ["America/Sao_Paulo", "2018-02-17T12:00:00Z", ["2018-02-18T03:00:00Z", "2018-02-19T03:00:00Z"]],
  // Back from 00:01 to 23:01 of the day before: that midnight comes again, and is no second beginning.
  ["America/St_Johns", "2006-10-28T12:00:00Z", ["2006-10-29T02:30:00Z", "2006-10-30T03:30:00Z"]],
  ["America/St_Johns", "2006-10-29T02:45:00Z", ["2006-10-30T03:30:00Z"]],
  // 30 December never was.
  ["Pacific/Apia", "2011-12-29T12:00:00Z", ["2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"]],
] as const)("the days of %s after %s begin at %j", (zone, from, expected) => {
  expect(boundaries("1d", zone, [from, expected.length])).toEqual(expected);
});

/** Indices of the boundaries in a table of minutes. */
function boundariesIn(table: WallTable, step: number): readonly number[] {
  const { shown } = table;
  const begins = new Set<number>();
  if (step === STEP["1d"]) {
    const first = Math.ceil((shown[0] ?? 0) / step) * step;
    for (let midnight = first; midnight <= (shown.at(-1) ?? 0); midnight += step)
      begins.add(firstShowing(table, midnight));
  } else {
    shown.forEach((wall, at) => {
      const before = shown[at - 1] ?? wall - 1;
      for (let skipped = before + 1; skipped < wall; skipped++) if (skipped % step === 0) begins.add(at);
      if (wall % step === 0) begins.add(at);
    });
  }
  return [...begins].toSorted((a, b) => a - b);
}

test("boundaries are those of a wall that is read minute by minute", () => {
  const tables = TURNS.map(([zone, around]) => {
    const table = wallTable(zone, ms(around));
    const begins = Object.fromEntries(CADENCES.map((cadence) => [cadence, boundariesIn(table, STEP[cadence])]));
    return { table, begins, turn: (ms(around) - table.start) / MINUTE };
  });
  const anyNow = fc.oneof(
    fc.integer({ min: -90 * MINUTE, max: 90 * MINUTE }),
    fc.integer({ min: -8 * 1440 * MINUTE, max: 8 * 1440 * MINUTE }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...tables),
      fc.constantFrom(...CADENCES),
      anyNow,
      ({ table, begins, turn }, cadence, after) => {
        const now = table.start + turn * MINUTE + after;
        const next = begins[cadence]?.find((at) => table.start + at * MINUTE > now);
        expect(iso(nextBoundary(cadence, table.zone, now))).toBe(iso(table.start + (next ?? Number.NaN) * MINUTE));
      },
    ),
    { numRuns: 5000 },
  );
});
