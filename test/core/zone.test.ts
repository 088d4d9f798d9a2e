import { spawnSync } from "node:child_process";
import * as path from "node:path";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { CoreError } from "../../src/core/error.ts";
import {
  addDays,
  instantOf,
  instantOfWall,
  isZone,
  localOf,
  offsetAt,
  startOfDay,
  wallReachedAt,
} from "../../src/core/zone.ts";

const HOUR = 3_600_000;
const ms = (text: string): number => Date.parse(text);
const iso = (instant: number): string => new Date(instant).toISOString().replace(".000Z", "Z");

test.each([
  ["UTC", true],
  ["Etc/UTC", true],
  ["Etc/GMT+3", true],
  ["Europe/Berlin", true],
  ["Asia/Kathmandu", true],
  ["Asia/Katmandu", true], // an old name of the database
  ["America/Argentina/ComodRivadavia", true],
  ["America/Port-au-Prince", true],
  ["Antarctica/DumontDUrville", true],
  ["NZ-CHAT", true],
  ["EST", true],
  ["europe/berlin", false],
  ["Europe/BERLIN", false],
  ["utc", false],
  ["+02:00", false],
  ["UTC+1", false],
  ["Z", false],
  ["PST", false], // a word of ICU
  ["Etc/Unknown", false],
  ["Mars/Olympus", false],
  ["Europe/Berlin ", false],
  ["Europe/Berlin[u-ca=iso8601]", false],
  ["2026-01-01T00:00[Europe/Berlin]", false],
  ["", false],
])("whether %j is a zone: %s", (name, expected) => {
  expect(isZone(name)).toBe(expected);
});

test.each([
  ["UTC", "2026-06-01T00:00:00Z", 0],
  ["Asia/Kathmandu", "2026-06-01T00:00:00Z", 5.75],
  ["Europe/Berlin", "2026-03-29T00:59:59.999Z", 1],
  ["Europe/Berlin", "2026-03-29T01:00:00Z", 2],
  ["Europe/Berlin", "2026-10-25T00:59:59.999Z", 2],
  ["Europe/Berlin", "2026-10-25T01:00:00Z", 1],
  ["America/New_York", "2026-03-08T06:59:59.999Z", -5],
  ["America/New_York", "2026-03-08T07:00:00Z", -4],
  ["Australia/Lord_Howe", "2026-04-04T14:59:59.999Z", 11],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z", 10.5],
  ["Africa/Monrovia", "1971-06-01T00:00:00Z", -(44 * 60 + 30) / 3600],
])("the walls of %s at %s are %d hours ahead", (zone, at, hours) => {
  expect(offsetAt(zone, ms(at))).toBe(hours * HOUR);
});

test("offsets are those of the platform's own conversion, in every zone, to 2040", () => {
  const zones = Intl.supportedValuesOf("timeZone");
  const anyInstant = fc.integer({ min: 0, max: ms("2040-01-01T00:00:00Z") / 1000 });
  fc.assert(
    fc.property(fc.constantFrom(...zones), anyInstant, (zone, seconds) => {
      expect([zone, offsetAt(zone, seconds * 1000)]).toEqual([zone, platformOffset(zone, seconds * 1000)]);
    }),
    { numRuns: 1500 },
  );
});

function platformOffset(zone: string, instant: number): number {
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  return ms(`${shown.format(instant).replace(" ", "T")}Z`) - instant;
}

// Each: the zone, what its wall shows, the first instant at which that is reached.
const REACHED: readonly (readonly [zone: string, date: string, time: string, instant: string, why: string])[] = [
  ["UTC", "2026-06-01", "10:00", "2026-06-01T10:00:00Z", "as written"],
  ["UTC", "2026-06-01", "10:00:07", "2026-06-01T10:00:07Z", "with seconds"],
  ["Asia/Kathmandu", "2026-06-01", "00:00", "2026-05-31T18:15:00Z", "three quarters of an hour"],
  ["Europe/Berlin", "2026-03-29", "01:59:59", "2026-03-29T00:59:59Z", "before the gap"],
  ["Europe/Berlin", "2026-03-29", "02:00", "2026-03-29T01:00:00Z", "skipped"],
  ["Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00:00Z", "skipped"],
  ["Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00:00Z", "after the gap"],
  ["Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30:00Z", "the first of two"],
  ["Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T02:00:00Z", "shown once"],
  ["America/New_York", "2026-03-08", "02:15", "2026-03-08T07:00:00Z", "skipped"],
  ["America/New_York", "2026-11-01", "01:15", "2026-11-01T05:15:00Z", "the first of two"],
  ["Australia/Lord_Howe", "2026-10-04", "02:00", "2026-10-03T15:30:00Z", "half an hour is skipped"],
  ["Australia/Lord_Howe", "2026-10-04", "02:29:59", "2026-10-03T15:30:00Z", "half an hour is skipped"],
  ["Australia/Lord_Howe", "2026-04-05", "01:30", "2026-04-04T14:30:00Z", "half an hour is repeated"],
  ["Australia/Lord_Howe", "2026-04-05", "02:00", "2026-04-04T15:30:00Z", "shown once, after the repeated half hour"],
  ["America/Sao_Paulo", "2018-11-04", "00:00", "2018-11-04T03:00:00Z", "midnight is skipped"],
  ["Asia/Beirut", "2026-03-29", "00:30", "2026-03-28T22:00:00Z", "midnight is skipped"],
  ["America/Havana", "2026-11-01", "00:00", "2026-11-01T04:00:00Z", "midnight is repeated"],
  ["Atlantic/Azores", "2026-10-25", "00:00", "2026-10-25T00:00:00Z", "midnight is repeated"],
  ["America/Sao_Paulo", "2018-02-18", "00:00", "2018-02-18T03:00:00Z", "back from midnight to 23:00: shown once"],
  ["America/St_Johns", "2006-10-29", "00:00", "2006-10-29T02:30:00Z", "back at 00:01: shown twice, an hour apart"],
  ["Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00:00Z", "a day that never was"],
  ["Pacific/Apia", "2011-12-31", "00:00", "2011-12-30T10:00:00Z", "the day after it"],
];

test.each(REACHED)("%s shows %s %s at %s: %s", (zone, date, time, instant) => {
  expect(iso(instantOf(zone, { date, time }))).toBe(instant);
});

test.each([
  ["2026-02-29", "10:00"],
  ["2026-06-01", "24:00"],
  ["2026-06-01", "10"],
  ["", ""],
])("%s %s is no date and time", (date, time) => {
  expect(() => instantOf("UTC", { date, time })).toThrow(
    new CoreError("bad-range", `${date} ${time} is no date and time`),
  );
});

test.each([
  ["UTC", "2026-06-01T10:00:00.5Z", "2026-06-01T00:00:00Z"],
  ["Asia/Kathmandu", "2026-06-01T18:14:59Z", "2026-05-31T18:15:00Z"],
  ["America/New_York", "2026-03-09T03:59:59Z", "2026-03-08T05:00:00Z"],
  ["America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04T03:00:00Z"],
  ["America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z"], // in the second of its first hours
  ["America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z"], // 23:30 again, of the day of 25 hours
])("the day of %s at %s began at %s", (zone, at, expected) => {
  expect(iso(startOfDay(zone, ms(at)))).toBe(expected);
});

test.each([
  ["UTC", "1970-01-01T00:00:00Z", { date: "1970-01-01", time: "00:00:00", weekday: 3 }],
  ["America/New_York", "1970-01-01T00:00:00Z", { date: "1969-12-31", time: "19:00:00", weekday: 2 }],
  ["Asia/Kathmandu", "2026-06-01T18:15:09Z", { date: "2026-06-02", time: "00:00:09", weekday: 1 }],
  ["Europe/Berlin", "2026-10-25T01:30:00Z", { date: "2026-10-25", time: "02:30:00", weekday: 6 }],
  ["UTC", "1969-12-22T00:00:00Z", { date: "1969-12-22", time: "00:00:00", weekday: 0 }],
])("the wall of %s at %s", (zone, at, expected) => {
  expect(localOf(zone, ms(at))).toEqual(expected);
});

test.each([
  ["2026-02-28", 1, "2026-03-01"],
  ["2028-02-28", 1, "2028-02-29"],
  ["2026-01-01", -1, "2025-12-31"],
  ["2026-01-01", 0, "2026-01-01"],
  ["2026-01-01", 365, "2027-01-01"],
])("%s and %d days is %s", (date, days, expected) => {
  expect(addDays(date, days)).toBe(expected);
});

test("a date that is none has no days after it", () => {
  expect(() => addDays("2026-02-30", 1)).toThrow(CoreError);
});

describe("the wall time reached", () => {
  test.each([
    ["Europe/Berlin", "2026-10-25T00:59:59.999Z", "2026-10-25T02:59:59.999Z"],
    ["Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T02:59:59.999Z"], // the wall shows 02:00 again
    ["Europe/Berlin", "2026-10-25T01:59:59.999Z", "2026-10-25T02:59:59.999Z"],
    ["Europe/Berlin", "2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"],
    ["Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"],
    ["Australia/Lord_Howe", "2026-04-04T15:29:00Z", "2026-04-05T01:59:59.999Z"],
  ])("in %s at %s is %s", (zone, at, expected) => {
    expect(wallReachedAt(zone, ms(at))).toBe(ms(expected));
  });

  test("grows with the instants, and a wall time is reached from its instant on and not before", () => {
    const zones = REACHED.map(([zone, , , instant]) => [zone, ms(instant)] as const);
    const around = fc.integer({ min: -30 * HOUR, max: 30 * HOUR });
    fc.assert(
      fc.property(fc.constantFrom(...zones), around, around, ([zone, base], one, other) => {
        const [wall, at] = [base + offsetAt(zone, base) + one, base + other];
        expect(instantOfWall(zone, wall) <= at).toBe(wallReachedAt(zone, at) >= wall);
        expect(wallReachedAt(zone, at)).toBeGreaterThanOrEqual(wallReachedAt(zone, at - 1));
      }),
      { numRuns: 3000 },
    );
  });
});

test.each([
  ["Mars/Olympus", 0],
  ["UTC", Number.NaN],
  ["Europe/Berlin", Number.POSITIVE_INFINITY],
  ["UTC", 1e17],
])("%s at %d is refused", (zone, instant) => {
  expect(() => offsetAt(zone, instant)).toThrow(expect.objectContaining({ name: "CoreError", code: "bad-range" }));
});

test("many years of one zone read the same again", () => {
  const years = Array.from({ length: 90 }, (_, at) => Date.UTC(1980 + at, 6, 1));
  const read = (): readonly number[] =>
    years.flatMap((at) =>
      [0, 40, 80, 120, 160, 200, 240].map((day) => offsetAt("Europe/Berlin", at + day * 24 * HOUR)),
    );
  expect(read()).toEqual(read());
});

test("no clock is asked", () => {
  const now = vi.spyOn(Date, "now").mockImplementation(() => {
    throw new Error("a clock was asked");
  });
  try {
    expect(iso(instantOf("America/Chicago", { date: "2031-07-04", time: "12:00" }))).toBe("2031-07-04T17:00:00Z");
  } finally {
    now.mockRestore();
  }
});

test("the zone of the process changes nothing", () => {
  const rooms = path.resolve("src/core");
  const script = `
    import { instantOf, localOf, startOfDay } from "${rooms}/zone.ts";
    import { nextBoundary } from "${rooms}/cadence.ts";
    import { compileCalendar, quietUntil } from "${rooms}/calendar.ts";
    const calendar = { schema: "calendar/v1", id: "c", ranges: [{ from: "2026-03-28", to: "2026-03-29" }] };
    const at = 1774731600000;
    const told = ["Europe/Berlin", "America/New_York", "UTC"].map((zone) => [
      localOf(zone, at), startOfDay(zone, at), instantOf(zone, { date: "2026-03-29", time: "02:30" }),
      nextBoundary("1h", zone, at), nextBoundary("1d", zone, at), quietUntil(compileCalendar(calendar, zone), at),
    ]);
    console.log(JSON.stringify(told));`;
  const told = ["UTC", "America/New_York", "Pacific/Chatham"].map((TZ) => {
    const run = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      env: { ...process.env, TZ },
    });
    expect(run.status, run.stderr).toBe(0);
    return run.stdout;
  });
  expect(told[0]).toContain('"date":"2026-03-28","time":"22:00:00"');
  expect(new Set(told).size).toBe(1);
});
