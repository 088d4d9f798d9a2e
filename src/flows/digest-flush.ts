import { type Deciding, deciding, steadyNow } from "../core/deciding.ts";
import { putOff } from "../core/quiet.ts";
import { actionOf } from "../core/rule-kept.ts";
import { flushWindow } from "../core/window-flush.ts";
import type { Flow, TimerInput, WindowRecord } from "../ports.ts";

/** A timer: the time of a digest or a group has come. In quiet hours it is put off to their end. */
export const digestFlush: Flow<TimerInput, null> = windowTimer("digest-flush", (record, asked) => {
  if (putOff(record, actionOf(record, asked), asked) === undefined) flushWindow(record, asked);
});

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
