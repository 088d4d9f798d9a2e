import { describe, expect, test } from "vitest";
import { Calendar, compileCalendar, compileGrid, insideWeekly, quietUntil, Weekly } from "../../src/core/calendar.ts";
import { pointerOf } from "../../src/core/pointer.ts";

const ms = (text: string): number => Date.parse(text);
const iso = (instant: number): string => new Date(instant).toISOString().replace(".000Z", "Z");
const EVERY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const WORKING = EVERY.slice(0, 5);
const every = (from: string, to: string): object => ({ days: EVERY, from, to });
const ofWeek = (...times: object[]): object => ({ weekly: times });
const calendar = (given: object): Calendar => Calendar.parse({ schema: "calendar/v1", id: "c", ...given });
const until = (given: object, now: string, zone = "UTC"): string | undefined => {
  const end = quietUntil(compileCalendar(calendar(given), zone), ms(now));
  return end === undefined ? undefined : iso(end);
};

describe("a calendar is refused", () => {
  test.each([
    ["no times at all", {}, "", "a calendar has weekly times, ranges or holidays"],
    ["empty lists", { weekly: [] }, "/weekly", ">=1"],
    ["no schema", { schema: undefined, holidays: ["2026-12-24"] }, "/schema", "calendar/v1"],
    ["a field of others", { holidays: ["2026-12-24"], rrule: "FREQ=DAILY" }, "", "rrule"],
    ["an unknown zone", { zone: "Mars/Olympus", holidays: ["2026-12-24"] }, "/zone", "a time zone such as"],
    ["an offset", { zone: "+02:00", holidays: ["2026-12-24"] }, "/zone", "a time zone such as"],
    ["no day", ofWeek({ days: [], from: "10:00", to: "11:00" }), "/weekly/0/days", ">=1"],
    ["an unknown day", ofWeek({ days: ["monday"], from: "10:00", to: "11:00" }), "/weekly/0/days/0", "mon"],
    ["from 24:00", ofWeek(every("24:00", "10:00")), "/weekly/0/from", "a time from 00:00 to 23:59"],
    ["from 9:00", ofWeek(every("9:00", "10:00")), "/weekly/0/from", "a time from 00:00 to 23:59"],
    ["to 24:01", ofWeek(every("10:00", "24:01")), "/weekly/0/to", "a time from 00:00 to 24:00"],
    ["to with seconds", ofWeek(every("10:00", "11:00:00")), "/weekly/0/to", "a time from 00:00 to 24:00"],
    ["a holiday that is none", { holidays: ["2026-12-24", "2026-02-29"] }, "/holidays/1", "a date such as"],
    ["a holiday with a time", { holidays: ["2026-12-24T00:00:00Z"] }, "/holidays/0", "a date such as"],
    ["a holiday before 1970", { holidays: ["1969-12-31"] }, "/holidays/0", "a date such as"],
    ["a range of nonsense", { ranges: [{ from: "2026-12-24", to: "soon" }] }, "/ranges/0/to", "a date such as"],
    ["dates backwards", { ranges: [{ from: "2026-12-24", to: "2026-12-23" }] }, "/ranges/0/to", "is not after"],
    [
      "an empty range",
      { ranges: [{ from: "2026-12-24T00:00:00Z", to: "2026-12-24T01:00:00+01:00" }] },
      "/ranges/0/to",
      "is not after",
    ],
    [
      "date and date-time",
      { ranges: [{ from: "2026-12-24", to: "2026-12-25T00:00:00Z" }] },
      "/ranges/0/to",
      "is a date where",
    ],
    [
      "date-time and date",
      { ranges: [{ from: "2026-12-24T00:00:00Z", to: "2026-12-25" }] },
      "/ranges/0/to",
      "is a date where",
    ],
    ["always, by whole days", ofWeek(every("00:00", "24:00")), "/weekly", "covers the whole week"],
    [
      "always, by day and night",
      ofWeek(every("08:00", "20:00"), every("20:00", "08:00")),
      "/weekly",
      "covers the whole week",
    ],
    ["always, from any hour to itself", ofWeek(every("05:30", "05:30")), "/weekly", "covers the whole week"],
    [
      "always, by overlap",
      ofWeek(
        { days: WORKING, from: "00:00", to: "00:00" },
        { days: ["fri", "sat", "sun"], from: "23:00", to: "23:00" },
        { days: ["sun"], from: "12:00", to: "12:00" },
      ),
      "/weekly",
      "covers the whole week",
    ],
  ])("%s", (_, given, pointer, says) => {
    const issues = Calendar.safeParse({ schema: "calendar/v1", id: "c", ...given }).error?.issues ?? [];
    expect(issues.map((issue) => [pointerOf(issue.path), issue.message])).toEqual([
      [pointer, expect.stringMatching(says)],
    ]);
  });

  test("a week but for one minute is none that is always quiet", () => {
    const weekly = [every("00:01", "00:00"), { days: EVERY.slice(1), from: "00:00", to: "00:01" }];
    expect(until({ weekly }, "2026-06-01T00:00:59Z")).toBeUndefined();
    expect(until({ weekly }, "2026-06-01T00:01:00Z")).toBe("2026-06-08T00:00:00Z");
  });
});

test("what was not checked and never ends is not compiled", () => {
  const unchecked = {
    ...calendar({ holidays: ["2026-12-24"] }),
    weekly: [{ days: [...EVERY], from: "00:00", to: "24:00" }],
  };
  expect(() => compileCalendar(unchecked, "UTC")).toThrow(expect.objectContaining({ code: "bad-range" }));
  expect(() => compileGrid({ zone: "UTC", weekly: unchecked.weekly })).toThrow(
    expect.objectContaining({ code: "bad-range" }),
  );
});

const nights = (zone: string, from = "22:00", to = "07:00"): object => ({ zone, weekly: [every(from, to)] });

test.each([
  ["before the night", nights("UTC"), "2026-06-01T21:59:59.999Z", undefined],
  ["at its start", nights("UTC"), "2026-06-01T22:00:00Z", "2026-06-02T07:00:00Z"],
  ["after midnight", nights("UTC"), "2026-06-02T06:59:59.999Z", "2026-06-02T07:00:00Z"],
  ["at its end", nights("UTC"), "2026-06-02T07:00:00Z", undefined],
  ["from Sunday into Monday", nights("UTC"), "2026-06-07T23:00:00Z", "2026-06-08T07:00:00Z"],
  ["Berlin, summer", nights("Europe/Berlin"), "2026-06-01T19:59:59Z", undefined],
  ["Berlin, summer", nights("Europe/Berlin"), "2026-06-01T20:00:00Z", "2026-06-02T05:00:00Z"],
  ["Berlin, summer", nights("Europe/Berlin"), "2026-06-02T05:00:00Z", undefined],
  ["Kathmandu", nights("Asia/Kathmandu"), "2026-06-01T16:15:00Z", "2026-06-02T01:15:00Z"],
  // Berlin, spring: 02:00 to 03:00 (01:00 UTC) is skipped.
  ["the end is skipped", nights("Europe/Berlin", "22:00", "02:30"), "2026-03-28T20:59:59Z", undefined],
  ["the end is skipped", nights("Europe/Berlin", "22:00", "02:30"), "2026-03-28T21:00:00Z", "2026-03-29T01:00:00Z"],
  ["the end is skipped", nights("Europe/Berlin", "22:00", "02:30"), "2026-03-29T01:00:00Z", undefined],
  ["the start is skipped", nights("Europe/Berlin", "02:30", "03:15"), "2026-03-29T00:59:59Z", undefined],
  ["the start is skipped", nights("Europe/Berlin", "02:30", "03:15"), "2026-03-29T01:00:00Z", "2026-03-29T01:15:00Z"],
  ["all is skipped", nights("Europe/Berlin", "02:10", "02:50"), "2026-03-29T01:00:00Z", undefined],
  [
    "the pause is skipped",
    { zone: "Europe/Berlin", weekly: [every("00:00", "02:00"), every("03:00", "05:00")] },
    "2026-03-29T00:30:00Z",
    "2026-03-29T03:00:00Z",
  ],
  [
    "the pause of other days",
    { zone: "Europe/Berlin", weekly: [every("00:00", "02:00"), every("03:00", "05:00")] },
    "2026-03-28T00:30:00Z",
    "2026-03-28T01:00:00Z",
  ],
  // Berlin, autumn: 02:00 to 03:00 is shown from 00:00 UTC and again from 01:00 UTC. The first of two counts.
  ["the end is repeated", nights("Europe/Berlin", "22:00", "02:30"), "2026-10-25T00:29:59Z", "2026-10-25T00:30:00Z"],
  ["the end is repeated", nights("Europe/Berlin", "22:00", "02:30"), "2026-10-25T01:15:00Z", undefined],
  ["the start is repeated", nights("Europe/Berlin", "02:30", "04:00"), "2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"],
  [
    "the wall shows 02:10 again",
    nights("Europe/Berlin", "02:30", "04:00"),
    "2026-10-25T01:10:00Z",
    "2026-10-25T03:00:00Z",
  ],
  ["New York, spring", nights("America/New_York", "01:00", "04:00"), "2026-03-08T06:00:00Z", "2026-03-08T08:00:00Z"],
  ["New York, autumn", nights("America/New_York", "01:00", "04:00"), "2026-11-01T05:00:00Z", "2026-11-01T09:00:00Z"],
  // Lord Howe: 22:00 (+11) to 06:00 (+10:30), half an hour longer; half an hour shorter in spring.
  ["Lord Howe, autumn", nights("Australia/Lord_Howe", "22:00", "06:00"), "2026-04-04T10:59:59Z", undefined],
  [
    "Lord Howe, autumn",
    nights("Australia/Lord_Howe", "22:00", "06:00"),
    "2026-04-04T11:00:00Z",
    "2026-04-04T19:30:00Z",
  ],
  ["Lord Howe, autumn", nights("Australia/Lord_Howe", "22:00", "06:00"), "2026-04-04T19:30:00Z", undefined],
  [
    "Lord Howe, spring",
    nights("Australia/Lord_Howe", "22:00", "06:00"),
    "2026-10-03T11:30:00Z",
    "2026-10-03T19:00:00Z",
  ],
])("%s: %j at %s", (_, given, now, expected) => {
  expect(until(given, now)).toBe(expected);
});

test.each([
  ["a holiday", { holidays: ["2026-12-24"] }, "2026-12-24T00:00:00Z", "2026-12-25T00:00:00Z"],
  ["the day before it", { holidays: ["2026-12-24"] }, "2026-12-23T23:59:59.999Z", undefined],
  ["two in a row", { holidays: ["2026-12-26", "2026-12-25"] }, "2026-12-25T12:00:00Z", "2026-12-27T00:00:00Z"],
  [
    "one of a zone",
    { zone: "Asia/Kathmandu", holidays: ["2026-12-24"] },
    "2026-12-23T18:15:00Z",
    "2026-12-24T18:15:00Z",
  ],
  [
    "one of 23 hours",
    { zone: "America/New_York", holidays: ["2026-03-08"] },
    "2026-03-08T05:00:00Z",
    "2026-03-09T04:00:00Z",
  ],
  [
    "one without midnight",
    { zone: "America/Sao_Paulo", holidays: ["2018-11-04"] },
    "2018-11-04T03:00:00Z",
    "2018-11-05T02:00:00Z",
  ],
  [
    "one with two midnights",
    { zone: "America/Havana", holidays: ["2026-11-01"] },
    "2026-11-01T04:00:00Z",
    "2026-11-02T05:00:00Z",
  ],
  ["one that never was", { zone: "Pacific/Apia", holidays: ["2011-12-30"] }, "2011-12-30T10:00:00Z", undefined],
  [
    "dates, the last included",
    { ranges: [{ from: "2026-12-24", to: "2026-12-26" }] },
    "2026-12-24T00:00:00Z",
    "2026-12-27T00:00:00Z",
  ],
  ["one date", { ranges: [{ from: "2026-12-24", to: "2026-12-24" }] }, "2026-12-24T12:00:00Z", "2026-12-25T00:00:00Z"],
  [
    "date-times",
    { ranges: [{ from: "2026-12-24T12:00:00+01:00", to: "2026-12-24T15:00:00Z" }] },
    "2026-12-24T11:00:00Z",
    "2026-12-24T15:00:00Z",
  ],
  [
    "the end of date-times",
    { ranges: [{ from: "2026-12-24T12:00:00+01:00", to: "2026-12-24T15:00:00Z" }] },
    "2026-12-24T15:00:00Z",
    undefined,
  ],
  ["two years", { ranges: [{ from: "2026-01-01", to: "2027-12-31" }] }, "2026-01-01T00:00:00Z", "2028-01-01T00:00:00Z"],
  [
    "to the end of time",
    { ranges: [{ from: "2026-01-01", to: "9999-12-31" }] },
    "2026-01-01T00:00:00Z",
    "+010000-01-01T00:00:00Z",
  ],
])("%s: %j at %s", (_, given, now, expected) => {
  expect(until(given, now)).toBe(expected);
});

const closed = {
  zone: "Europe/Berlin",
  weekly: [
    { days: WORKING, from: "18:00", to: "08:00" },
    { days: ["sat", "sun"], from: "00:00", to: "24:00" },
  ],
  holidays: ["2026-12-24", "2026-12-25"],
  ranges: [
    { from: "2026-12-28", to: "2026-12-31" },
    { from: "2027-01-01T08:00:00+01:00", to: "2027-01-01T10:00:00+01:00" },
    { from: "2027-01-01T10:00:00+01:00", to: "2027-01-01T18:00:00+01:00" },
  ],
};

test("what touches is one, whatever it is", () => {
  const end = "2027-01-03T23:00:00Z"; // a night, Christmas, a weekend, the dates between, New Year by the hour, a weekend
  expect(until(closed, "2026-12-23T16:59:59Z")).toBeUndefined();
  expect(until(closed, "2026-12-23T17:00:00Z")).toBe(end);
  expect(until(closed, "2026-12-30T12:00:00Z")).toBe(end);
  expect(until(closed, end)).toBeUndefined();
});

test("free Sundays that are holidays for years end where the holidays do", () => {
  const sundays = Array.from({ length: 300 }, (_, at) =>
    iso(ms("2026-06-07T00:00:00Z") + at * 7 * 86_400_000).slice(0, 10),
  );
  const given = { weekly: [{ days: EVERY.slice(0, 6), from: "00:00", to: "24:00" }], holidays: sundays };
  expect(until(given, "2026-06-01T00:00:00Z", "Europe/Berlin")).toBe("2032-03-06T23:00:00Z");
});

test("a calendar without a zone goes by its tenant's", () => {
  const given = { holidays: ["2026-12-24"] };
  expect(until(given, "2026-12-24T12:00:00Z", "America/New_York")).toBe("2026-12-25T05:00:00Z");
  expect(until({ ...given, zone: "UTC" }, "2026-12-24T12:00:00Z", "America/New_York")).toBe("2026-12-25T00:00:00Z");
});

test("answers do not depend on what was asked before", () => {
  const compiled = compileCalendar(calendar(closed), "UTC");
  const instants = Array.from({ length: 400 }, (_, at) => ms("2026-12-20T00:00:00Z") + ((at * 7919) % 400) * 3_600_000);
  for (const now of instants)
    expect(quietUntil(compiled, now)).toBe(quietUntil(compileCalendar(calendar(closed), "UTC"), now));
});

describe("weekly times of maintenance", () => {
  const grid = compileGrid({ zone: "Europe/Berlin", weekly: [{ days: ["sun"], from: "22:00", to: "02:30" }] });

  test.each([
    ["2026-03-29T19:59:59Z", undefined],
    ["2026-03-29T20:00:00Z", "2026-03-30T00:30:00Z"],
    ["2026-03-30T00:30:00Z", undefined],
    ["2026-03-30T20:00:00Z", undefined],
  ])("at %s until %s", (now, expected) => {
    const found = insideWeekly(grid, ms(now));
    expect(found).toEqual(expected === undefined ? undefined : { until: ms(expected) });
  });

  test("always on is refused", () => {
    expect(Weekly.safeParse([{ days: EVERY, from: "12:00", to: "12:00" }]).error?.issues).toEqual([
      expect.objectContaining({ path: [], message: expect.stringContaining("covers the whole week") }),
    ]);
  });
});
