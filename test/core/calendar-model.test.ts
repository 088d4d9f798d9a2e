import fc from "fast-check";
import { expect, test } from "vitest";
import { Calendar, compileCalendar, quietUntil } from "../../src/core/calendar.ts";
import { firstShowing, TURNS, type WallTable, wallTable } from "../support/wall-model.ts";

const MINUTE = 60_000;
const DAY = 1440;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const tables = TURNS.map(([zone, around]) => ({
  table: wallTable(zone, Date.parse(around)),
  turn: Date.parse(around),
}));

const dateOf = (wall: number): string => new Date(wall * MINUTE).toISOString().slice(0, 10);
const dateTimeOf = (instant: number): string => new Date(instant).toISOString();
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const two = (value: number): string => String(value).padStart(2, "0");
const startOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / MINUTE;

/** The calendar's intervals in minutes of the table, found by looking at the wall of each. */
function marked(table: WallTable, calendar: Calendar): readonly boolean[] {
  const quiet = table.shown.map(() => false);
  const mark = (from: number, until: number): void => void quiet.fill(true, Math.max(0, from), Math.max(0, until));
  const markWall = (from: number, until: number): void => mark(firstShowing(table, from), firstShowing(table, until));
  const firstDay = Math.floor((table.shown[0] ?? 0) / DAY) * DAY - 2 * DAY;
  for (let day = firstDay; day <= (table.shown.at(-1) ?? 0); day += DAY) {
    const name = DAYS[(day / DAY + 3) % 7] ?? "";
    for (const { days, from, to } of calendar.weekly ?? []) {
      const [begins, ends] = [minuteOf(from), minuteOf(to)];
      if (days.some((one) => one === name)) markWall(day + begins, day + ends + (ends <= begins ? DAY : 0));
    }
  }
  for (const date of calendar.holidays ?? []) markWall(startOf(date), startOf(date) + DAY);
  for (const { from, to } of calendar.ranges ?? []) {
    if (from.length === 10) markWall(startOf(from), startOf(to) + DAY);
    else mark((Date.parse(from) - table.start) / MINUTE, (Date.parse(to) - table.start) / MINUTE);
  }
  return quiet;
}

/** End of the quiet minutes that hold an instant; the table's end where they do not end in it. */
function modelUntil(table: WallTable, quiet: readonly boolean[], now: number): number | undefined {
  const at = Math.floor((now - table.start) / MINUTE);
  if (quiet[at] !== true) return undefined;
  const end = quiet.indexOf(false, at);
  return table.start + (end < 0 ? quiet.length : end) * MINUTE;
}

const anyTime = fc
  .tuple(
    fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 23 })),
    fc.constantFrom(0, 1, 10, 15, 30, 45, 59),
  )
  .map(([hour, minute]) => `${two(hour)}:${two(minute)}`);
const anyWeekly = fc.record({
  days: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1, maxLength: 7 }),
  from: anyTime,
  to: fc.oneof({ weight: 8, arbitrary: anyTime }, { weight: 1, arbitrary: fc.constant("24:00") }),
});
/** Dates and hours near the turn, so that what matters is met often. */
const anyCase = fc.constantFrom(...tables).chain(({ table, turn }) => {
  const day = Math.floor(turn / MINUTE / DAY) * DAY;
  const anyDate = fc.integer({ min: -3, max: 3 }).map((days) => dateOf(day + days * DAY));
  const anyDates = fc.tuple(anyDate, anyDate).map((pair) => pair.toSorted());
  const anyInstants = fc
    .tuple(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 1, max: 300 }))
    .map(([from, length]) => [dateTimeOf(turn + from * 10 * MINUTE), dateTimeOf(turn + (from + length) * 10 * MINUTE)]);
  return fc.record({
    table: fc.constant(table),
    calendar: fc.record({
      weekly: fc.array(anyWeekly, { maxLength: 3 }),
      holidays: fc.array(anyDate, { maxLength: 2 }),
      ranges: fc.array(
        fc.oneof(anyDates, anyInstants).map(([from, to]) => ({ from, to })),
        { maxLength: 2 },
      ),
    }),
    instants: fc.array(
      fc
        .oneof(fc.integer({ min: -5 * 3600, max: 5 * 3600 }), fc.integer({ min: -4 * 86_400, max: 2 * 86_400 }))
        .map((seconds) => turn + seconds * 1000),
      { minLength: 20, maxLength: 20 },
    ),
  });
});

test("quiet times end when those of a wall that is read minute by minute do", () => {
  let [quietSeen, freeSeen] = [0, 0];
  fc.assert(
    fc.property(anyCase, ({ table, calendar: given, instants }) => {
      const lists = Object.entries(given).filter(([, list]) => list.length > 0);
      const checked = Calendar.safeParse({ schema: "calendar/v1", id: "c", ...Object.fromEntries(lists) });
      fc.pre(checked.success);
      const calendar = Calendar.parse(checked.data);
      const [compiled, quiet] = [compileCalendar(calendar, table.zone), marked(table, calendar)];
      const tableEnd = table.start + table.shown.length * MINUTE;
      for (const now of instants) {
        const [found, expected] = [quietUntil(compiled, now), modelUntil(table, quiet, now)];
        if (expected === tableEnd) expect(found).toBeGreaterThanOrEqual(tableEnd);
        else expect(found).toBe(expected);
        if (expected === undefined) freeSeen++;
        else quietSeen++;
      }
    }),
    { numRuns: 1500 },
  );
  expect(Math.min(quietSeen, freeSeen)).toBeGreaterThan(3000);
});
