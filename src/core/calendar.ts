import { z } from "zod";
import { instantMs } from "./instant.ts";
import { kitInstantMs } from "./kit-time.ts";
import { Id, Line, Text } from "./object.ts";
import { DAYS, insideUntil, type Interval, isWholeWeek, type WallTimes, wallTimes } from "./wall-time.ts";
import { DAY_MS, isZone } from "./zone.ts";

const HOUR = "([01][0-9]|2[0-3])";

/** Times of every week by the wall clock; `to` at or before `from` is the next day's. */
const WeeklyTime = z.strictObject({
  days: z.array(z.enum(DAYS)).min(1).max(7),
  from: z.string().regex(new RegExp(`^${HOUR}:[0-5][0-9]$`), "a time from 00:00 to 23:59"),
  to: z.string().regex(new RegExp(`^(${HOUR}:[0-5][0-9]|24:00)$`), "a time from 00:00 to 24:00"),
});
export type WeeklyTime = z.infer<typeof WeeklyTime>;

/** Weekly times that do not cover the whole week. */
export const Weekly = z
  .array(WeeklyTime)
  .min(1)
  .max(100)
  .refine((weekly) => !isWholeWeek(weekly), "covers the whole week: this would never end");

/** The name of a time zone. */
export const Zone = Line(64).refine(isZone, "a time zone such as Europe/Berlin");

/** A date on the wall: 1970-01-01 to 9999-12-31. */
const LocalDate = z.string().refine((text) => dateMs(text) !== undefined, "a date such as 2026-12-24");

const Moment = z.string().refine(isMoment, "a date such as 2026-12-24 or a date-time such as 2026-12-24T18:00:00Z");

/** Two dates of the wall, the last included, or two date-times, the end not included. */
const Range = z.strictObject({ from: Moment, to: Moment }).superRefine((range, context) => {
  const detail = rangeFault(range);
  if (detail !== undefined) context.addIssue({ code: "custom", path: ["to"], message: detail });
});

/** `calendar/v1`: quiet times; without `zone` by the clock of the tenant's. */
export const Calendar = z
  .strictObject({
    schema: z.literal("calendar/v1"),
    id: Id,
    name: Line(200).optional(),
    description: Text(4000).optional(),
    zone: Zone.optional(),
    weekly: Weekly.optional(),
    ranges: z.array(Range).min(1).max(1000).optional(),
    /** Whole days of the wall. */
    holidays: z.array(LocalDate).min(1).max(1000).optional(),
  })
  .refine(
    ({ weekly, ranges, holidays }) => (weekly ?? ranges ?? holidays) !== undefined,
    "a calendar has weekly times, ranges or holidays",
  );
export type Calendar = z.infer<typeof Calendar>;

/** Weekly times of a zone, as maintenance windows have them. */
export interface WeeklyGrid {
  readonly zone: string;
  readonly weekly: readonly WeeklyTime[];
}

/** Quiet times as deciding reads them. */
export type CompiledCalendar = WallTimes;
/** Weekly times as deciding reads them. */
export type CompiledGrid = WallTimes;

/** Compiles a checked calendar; `zone` is its tenant's, for a calendar without one. Throws CoreError `bad-range` for one that never ends. */
export function compileCalendar(calendar: Calendar, zone: string): CompiledCalendar {
  const ranges = calendar.ranges ?? [];
  const days = [...ranges, ...(calendar.holidays ?? []).map((day) => ({ from: day, to: day }))];
  return wallTimes({
    zone: calendar.zone ?? zone,
    weekly: calendar.weekly ?? [],
    dates: days.flatMap((range) => intervalOf(range, dateMs, DAY_MS)),
    instants: ranges.flatMap((range) => intervalOf(range, instantMs, 0)),
  });
}

/** Compiles checked weekly times. Throws CoreError `bad-range` for such as never end. */
export function compileGrid({ zone, weekly }: WeeklyGrid): CompiledGrid {
  return wallTimes({ zone, weekly, dates: [], instants: [] });
}

/** The end (epoch ms) of the quiet times that hold `now` (epoch ms), all that touch taken as one; undefined outside. */
export function quietUntil(calendar: CompiledCalendar, now: number): number | undefined {
  return insideUntil(calendar, now);
}

/** The end (epoch ms) of the weekly times that hold `now` (epoch ms); undefined outside. */
export function insideWeekly(grid: CompiledGrid, now: number): { readonly until: number } | undefined {
  const until = insideUntil(grid, now);
  return until === undefined ? undefined : { until };
}

/** Wall time at which a date begins; undefined for other text. */
function dateMs(text: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? kitInstantMs(`${text}T00:00:00Z`) : undefined;
  return ms === undefined || ms < 0 ? undefined : ms;
}

interface RangeTexts {
  readonly from: string;
  readonly to: string;
}

function rangeFault({ from, to }: RangeTexts): string | undefined {
  const found = [...intervalOf({ from, to }, dateMs, DAY_MS), ...intervalOf({ from, to }, instantMs, 0)];
  if (found.length > 0) return found.every((one) => one.from < one.until) ? undefined : "is not after `from`";
  return isMoment(from) && isMoment(to) ? "is a date where `from` is one, and else a date-time" : undefined;
}

function isMoment(text: string): boolean {
  return dateMs(text) !== undefined || instantMs(text) !== undefined;
}

/** The interval of texts that `read` knows; its end is `after` later than what `to` says. */
function intervalOf({ from, to }: RangeTexts, read: (text: string) => number | undefined, after: number): Interval[] {
  const [start, end] = [read(from), read(to)];
  return start === undefined || end === undefined ? [] : [{ from: start, until: end + after }];
}
