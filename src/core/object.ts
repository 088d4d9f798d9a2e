import { z } from "zod";

/** Ids of sites, tenants, objects and actions. */
export const Id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "an id is 1 to 63 of a-z, 0-9 and -, and begins with a letter or digit");

/** Text that people read: no control characters but tab and line feed, well-formed. */
export const Text = (max: number): z.ZodString =>
  z.string().max(max).refine(isPlainText, "holds a control character or half a surrogate pair");

/** One line of text. */
export const Line = (max: number): z.ZodString =>
  Text(max).refine((text) => !/[\n\r\t]/.test(text), "must be a single line");

/** A language tag. */
export const LanguageTag = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "a language tag such as en or bg-BG");

/** What an instant may be moved by and stay one that every store keeps exactly: ten years, ms. */
const MAX_DURATION_MS = 3650 * 86_400_000;

/** A duration `<n>(ms|s|m|h|d)` of ten years (`3650d`) at most, as text; `durationMs` gives its length. */
export const Duration = z
  .string()
  .regex(/^[1-9][0-9]{0,8}(ms|s|m|h|d)$/, "a duration is a whole number and ms, s, m, h or d")
  .refine((text) => !(durationMs(text) > MAX_DURATION_MS), "a duration is 3650d at most");

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Length of a checked duration in ms. */
export function durationMs(duration: string): number {
  const unit = duration.replace(/^[0-9]+/, "");
  return Number.parseInt(duration, 10) * (UNIT_MS[unit] ?? 1);
}

function isPlainText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.isWellFormed() && !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text);
}
