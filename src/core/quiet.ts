import type { CompiledAction } from "./action.ts";
import { quietUntil } from "./calendar.ts";
import type { WindowRecord } from "./window-record.ts";
import type { Deciding } from "./deciding.ts";
import { calendarRef, setDue } from "./windows.ts";

/** End of the quiet hours (wall clock) that a window's message must wait for now; undefined where it need not. */
export function blockedUntil(record: WindowRecord, action: CompiledAction, { stamp }: Deciding): number | undefined {
  if (action.calendar === undefined || record.isUrgent === true) return undefined;
  return quietUntil(action.calendar.times, stamp.now);
}

/** Whether the action has quiet hours now. */
export function isQuiet({ calendar }: CompiledAction, { stamp }: Deciding): boolean {
  return calendar !== undefined && quietUntil(calendar.times, stamp.now) !== undefined;
}

/** Puts a window off to the end of quiet hours, if its time falls into them; undefined where it does not. */
export function putOff(record: WindowRecord, action: CompiledAction, deciding: Deciding): WindowRecord | undefined {
  const until = blockedUntil(record, action, deciding);
  const { calendar } = action;
  if (until === undefined || calendar === undefined) return undefined;
  const waiting: WindowRecord = { ...record, isPutOff: true, calendar: calendarRef(calendar) };
  return setDue(waiting, until - deciding.offset, deciding);
}
