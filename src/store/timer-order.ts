import { SITE_TENANT, type TimerRow } from "../ports.ts";
import { compareText } from "./key-order.ts";

/** A timer and whose it is. */
export interface TenantTimer {
  readonly tenant: string;
  readonly timer: TimerRow;
}

/** Order of one tenant's timers: (due, flow, key). */
export function compareTimers(left: TimerRow, right: TimerRow): number {
  return left.due - right.due || compareText(left.flow, right.flow) || compareText(left.key, right.key);
}

/** Order of all tenants' timers: (due, tenant, flow, key), the site's after all others of an instant, since they see every tenant. */
export function compareTenantTimers(left: TenantTimer, right: TenantTimer): number {
  return (
    left.timer.due - right.timer.due ||
    Number(left.tenant === SITE_TENANT) - Number(right.tenant === SITE_TENANT) ||
    compareText(left.tenant, right.tenant) ||
    compareTimers(left.timer, right.timer)
  );
}

/** A timer among those of its tenant, as a text. */
export function timerName({ due, flow, key }: TimerRow): string {
  return `${due}\u0000${flow}\u0000${key}`;
}
