/**
 * How deliveries are counted: under their rule and status, and, once at their end, under the hour of their making.
 * @module
 */
import type { Delivery, DeliveryStatus } from "../core/delivery.ts";
import type { DeliveryCounts } from "../ports.ts";
import { compareText } from "./key-order.ts";

const HOUR_MS = 3_600_000;
/** The hour of what is not at its end: after all others, so it is counted however old it is. */
export const OPEN_HOUR = 1_000_000_000;
/** Statuses of deliveries that are not at their end; `sending` is never stored. */
const OPEN: ReadonlySet<string> = new Set<DeliveryStatus>(["pending", "held", "deferred", "retrying"]);

/** What a delivery is counted under. `hour` is hours since the epoch, OPEN_HOUR while it is open; `rule` is the rule's id. */
export interface CountKey {
  readonly hour: number;
  readonly rule: string;
  readonly status: string;
}

/** Where a delivery is counted. */
export function countKey({
  rule,
  status,
  createdAt,
}: Pick<Delivery, "rule" | "createdAt"> & { status: string }): CountKey {
  const hour = OPEN.has(status) ? OPEN_HOUR : hourOf(createdAt);
  const at = rule.indexOf("@");
  return { hour, rule: at < 0 ? rule : rule.slice(0, at), status };
}

/** The whole hour that holds an instant (epoch ms), in hours since the epoch. */
export function hourOf(instant: number): number {
  return Math.max(0, Math.floor(instant / HOUR_MS));
}

/** Adds up what is counted: open deliveries of any time, others from an hour on. Rows come in any order. */
export class CountSum {
  private readonly from: number;
  private readonly byStatus = new Map<string, number>();
  private readonly byRule = new Map<string, Map<string, number>>();
  private backlog = 0;

  /** `from`: hours since the epoch. */
  constructor(from: number) {
    this.from = from;
  }

  add({ hour, rule, status }: CountKey, count: number): void {
    if (hour < this.from) return;
    if (OPEN.has(status)) this.backlog += count;
    const ofRule = this.byRule.get(rule) ?? new Map<string, number>();
    this.byRule.set(rule, ofRule);
    for (const counts of [this.byStatus, ofRule]) counts.set(status, (counts.get(status) ?? 0) + count);
  }

  /** The sum; rules in order of their ids. What adds up to nothing is left out. */
  sum(): DeliveryCounts {
    const rules = [...this.byRule].toSorted(([left], [right]) => compareText(left, right));
    const counted = rules.map(([rule, counts]) => ({ rule, byStatus: present(counts) }));
    return {
      since: this.from * HOUR_MS,
      byStatus: present(this.byStatus),
      backlog: this.backlog,
      byRule: counted.filter(({ byStatus }) => Object.keys(byStatus).length > 0),
    };
  }
}

function present(counts: ReadonlyMap<string, number>): Record<string, number> {
  const found = [...counts].filter(([, count]) => count !== 0);
  return Object.fromEntries(found.toSorted(([left], [right]) => compareText(left, right)));
}
