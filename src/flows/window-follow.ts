import { CADENCES, nextBoundary } from "../core/cadence.ts";
import { quietUntil } from "../core/calendar.ts";
import { type Deciding, deciding, steadyNow } from "../core/deciding.ts";
import { blockedUntil } from "../core/quiet.ts";
import { actionOf } from "../core/rule-kept.ts";
import { flushWindow } from "../core/window-flush.ts";
import { keepRule, setDue } from "../core/windows.ts";
import type { Flow, TimerInput, View, WindowRecord } from "../ports.ts";

const FLOW = "window-follow";
/** Open windows that one step looks at. */
const STEP = 200;

/** Has a tenant's open windows looked at, once what was changed is adopted. */
export function followWindows(
  view: View,
  { tenant, due, why }: { readonly tenant: string; readonly due: number; readonly why: "clock" | "config" },
): void {
  if (view.list("open", tenant, "", 1).length > 0) view.setTimer(tenant, { due, flow: FLOW, key: why });
}

/**
 * A timer, after a change of configuration or of the clock: windows whose action is gone are sent at once, those whose
 * calendar was edited are due now, and after a jump those that close by the wall clock close by the new one. Steps in order
 * of the windows' keys: the timer's key is why, and from the second on `#` and the key that the step follows.
 */
export const windowFollow: Flow<TimerInput, null> = {
  prepare: (context, { key, due }) => {
    const { tenant } = context;
    const at = key.indexOf("#");
    const why = at < 0 ? key : key.slice(0, at);
    const range = at < 0 ? "" : { prefix: "", after: key.slice(at + 1) };
    return {
      cells: [],
      decide: (view, stamp) => {
        const asked = deciding(context, { view, stamp }, { actor: `timer:${FLOW}`, at: due });
        const open = view.list("open", tenant, range, STEP);
        for (const [, { id }] of open) follow(id, why, asked);
        const last = open.at(-1)?.[0];
        if (open.length === STEP) view.setTimer(tenant, { due, flow: FLOW, key: `${why}#${last}` });
        return null;
      },
    };
  },
};

function follow(id: string, why: string, asked: Deciding): void {
  const record = asked.view.get("window", asked.tenant, id);
  if (record?.state !== "open") return;
  if (why === "clock") followClock(record, asked);
  else followConfig(record, asked);
}

function followConfig(record: WindowRecord, asked: Deciding): void {
  const action = asked.index.actions.get(record.action);
  if (action === undefined) return void flushWindow(record, asked);
  if (action.ref !== record.rule) {
    keepRule(action, asked);
    const { channel } = action.action;
    asked.view.put("window", asked.tenant, record.id, { ...record, rule: action.ref, channel });
  }
  const isWaiting = record.kind === "quiet" || record.isPutOff === true;
  if (!isWaiting || !isCalendarEdited(record, asked)) return;
  const kept = asked.view.get("window", asked.tenant, record.id) ?? record;
  setDue(kept, steadyNow(asked), asked);
}

/** Whether the quiet hours that a window waits for are others now: the calendar, or the policy's zone where it has none. */
function isCalendarEdited({ calendar, due }: WindowRecord, { index, stamp, offset }: Deciding): boolean {
  if (calendar === undefined) return false;
  const found = index.calendars.get(calendar.id);
  if (found?.hash !== calendar.hash) return true;
  return (quietUntil(found.times, stamp.now) ?? stamp.now) - offset !== due;
}

/** Digests close at the next boundary of the new time; what waits for quiet hours to end is due at their end as it is now. */
function followClock(record: WindowRecord, asked: Deciding): void {
  const { stamp, index, offset } = asked;
  const action = actionOf(record, asked);
  if (record.kind === "quiet" || record.isPutOff === true) {
    setDue(record, (blockedUntil(record, action, asked) ?? stamp.now) - offset, asked);
    return;
  }
  const cadence = CADENCES.find((known) => known === record.window);
  if (cadence !== undefined) setDue(record, nextBoundary(cadence, index.policy.zone, stamp.now) - offset, asked);
}
