import { type Deciding, deciding, steadyNow } from "../core/deciding.ts";
import { putOff } from "../core/quiet.ts";
import { actionOf } from "../core/rule-kept.ts";
import { flushWindow } from "../core/window-flush.ts";
import type { Flow, TimerInput, WindowRecord } from "../ports.ts";

/** A timer of a window that is open and due; another one is of a time that was moved, and does nothing. */
export function windowTimer(
  flow: string,
  end: (record: WindowRecord, asked: Deciding) => void,
): Flow<TimerInput, null> {
  return {
    prepare: (context, { key, due }) => ({
      cells: [{ noun: "window", tenant: context.tenant, key }],
      decide: (view, stamp) => {
        const asked = deciding(context, { view, stamp }, { actor: `timer:${flow}`, at: due });
        const record = view.get("window", context.tenant, key);
        if (record?.state === "open" && record.due <= steadyNow(asked)) end(record, asked);
        return null;
      },
    }),
  };
}

/** Ends a window whose time has come, or puts it off to the end of the quiet hours that its time fell into. */
export function flushOrPutOff(record: WindowRecord, asked: Deciding): void {
  if (putOff(record, actionOf(record, asked), asked) === undefined) flushWindow(record, asked);
}
