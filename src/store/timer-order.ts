import { SITE_TENANT, type TimerRow } from "../ports.ts";
import { compareText } from "./key-order.ts";

/** A timer and whose it is. */
export interface TenantTimer {
  readonly tenant: string;
  readonly timer: TimerRow;
}

/** When the first timer of a tenant is due, epoch ms. */
export interface FirstTimer {
  readonly tenant: string;
  readonly due: number;
}

/** Order of one tenant's timers: (due, flow, key). */
export function compareTimers(left: TimerRow, right: TimerRow): number {
  return left.due - right.due || compareText(left.flow, right.flow) || compareText(left.key, right.key);
}

/** Order of all tenants' first timers: (due, tenant), the site's after all others of an instant, since they see every tenant. */
export function compareFirsts(left: FirstTimer, right: FirstTimer): number {
  return (
    left.due - right.due ||
    Number(left.tenant === SITE_TENANT) - Number(right.tenant === SITE_TENANT) ||
    compareText(left.tenant, right.tenant)
  );
}

/** A timer among those of its tenant, as a text. */
export function timerName({ due, flow, key }: TimerRow): string {
  return `${due}\u0000${flow}\u0000${key}`;
}
