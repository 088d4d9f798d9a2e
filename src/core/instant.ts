/**
 * Instants as people and sources write them: RFC 3339 date-times. Without a calendar object, because core sees no clock.
 * @module
 */
import { kitInstant, kitInstantMs } from "./kit-time.ts";
import { Line } from "./object.ts";

const FORM = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const MINUTE_MS = 60_000;

/** Epoch ms of an RFC 3339 date-time, cut to the ms; undefined where the text is none. */
export function instantMs(text: string): number | undefined {
  const found = FORM.exec(text);
  if (found === null) return undefined;
  const [, date = "", time = "", fraction = "", sign, hours = "0", minutes = "0"] = found;
  const base = kitInstantMs(`${date}T${time}Z`);
  if (base === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS * (sign === "-" ? -1 : 1);
  return base + Number(fraction.slice(0, 3).padEnd(3, "0")) - offset;
}

/** `YYYY-MM-DDTHH:MM:SS.mmmZ` of epoch ms, without `.mmm` where that is nought. */
export function instantText(ms: number): string {
  const text = kitInstant(ms);
  const rest = ((ms % 1000) + 1000) % 1000;
  return rest === 0 ? text : `${text.slice(0, -1)}.${String(rest).padStart(3, "0")}Z`;
}

/** Text of an RFC 3339 date-time. */
export const InstantText = Line(40).refine(
  (text) => instantMs(text) !== undefined,
  "a date-time such as 2026-06-01T10:00:00Z",
);
