/**
 * Findings of scans: what changed, what of it is known to be exploited, and how grave that is.
 * @module
 */
import { z } from "zod";
import type { Severity } from "../event.ts";
import { Count, optional, present, VulnId } from "./fields.ts";

/** Known exploited vulnerabilities: whether there are any, how many, or which. */
export const Kev = z.union([z.boolean(), Count, z.array(VulnId).max(10_000)]);
type Kev = z.infer<typeof Kev>;

const COUNTED = ["newCritical", "newHigh", "newMedium", "newLow", "resolved", "quieted", "total"] as const;
type Counted = (typeof COUNTED)[number];

/** Counts of what changed since the last look. */
export const Delta = z.looseObject({
  newCritical: optional(Count),
  newHigh: optional(Count),
  newMedium: optional(Count),
  newLow: optional(Count),
  resolved: optional(Count),
  quieted: optional(Count),
  total: optional(Count),
  kev: optional(Kev),
});
type Delta = z.infer<typeof Delta>;

/** The counts of a delta, known exploited ones included; undefined where there are none. */
export function countsOf(
  delta: Delta | null | undefined,
  more: { readonly [Name in Counted]?: number | null | undefined } = {},
): Readonly<Record<string, number>> | undefined {
  const kev = delta?.kev === undefined || delta.kev === null ? undefined : kevCount(delta.kev);
  const counts = present({
    ...more,
    ...present(Object.fromEntries(COUNTED.map((name) => [name, delta?.[name]]))),
    kev,
  });
  return Object.keys(counts).length === 0 ? undefined : counts;
}

/** How many known exploited vulnerabilities a field tells of; `true` is at least one. */
function kevCount(kev: Kev): number {
  if (typeof kev === "boolean") return kev ? 1 : 0;
  return typeof kev === "number" ? kev : kev.length;
}

/** Whether any of the fields tells of a known exploited vulnerability; undefined where none says. */
export function hasKev(...fields: readonly (Kev | null | undefined)[]): boolean | undefined {
  const said = fields.filter((field) => field !== null && field !== undefined);
  return said.length === 0 ? undefined : said.some((field) => kevCount(field) > 0);
}

/** Grave is what is new and critical, or known to be exploited; both is graver. */
export function severityOfFindings({
  hasKev: isExploited,
  counts = {},
  isRefused = false,
}: {
  hasKev: boolean;
  counts?: Readonly<Record<string, number>> | undefined;
  isRefused?: boolean;
}): Severity {
  const { newCritical = 0, newHigh = 0, newMedium = 0 } = counts;
  if (isExploited) return newCritical > 0 ? "critical" : "high";
  if (newCritical > 0) return "high";
  if (newHigh > 0 || isRefused) return "medium";
  return newMedium > 0 ? "low" : "info";
}
