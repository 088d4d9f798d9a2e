import type { Delivery, Reason } from "../core/delivery.ts";
import type { Flow, TimerInput, View, WindowRecord } from "../ports.ts";

const FLOW = "member-settle";
/** Members that one step takes. */
const STEP = 200;

/**
 * A timer: held deliveries of a released window become part of its message, or are dropped where they were too old to be
 * told. The window's leaf says so of all of them by their root; so this leaves none, and takes them in steps.
 */
export const memberSettle: Flow<TimerInput, null> = {
  prepare: ({ tenant }, { key, due }) => {
    const at = key.lastIndexOf("#");
    const window = key.slice(0, at);
    const from = Number(key.slice(at + 1));
    return {
      cells: [{ noun: "window", tenant, key: window }],
      decide: (view) => {
        const record = view.get("window", tenant, window);
        if (record === undefined || record.state === "open") return null;
        view.members(tenant, window, from, STEP).forEach(({ deliveries }, n) => {
          for (const id of deliveries) settle(view, { tenant, id }, reasonOf(record, from + n));
        });
        const next = from + STEP;
        if (next < record.count) view.setTimer(tenant, { due, flow: FLOW, key: `${window}#${next}` });
        return null;
      },
    };
  },
};

function reasonOf({ id, stale = 0 }: WindowRecord, n: number): Reason {
  return n < stale ? { code: "stale", by: id } : { code: "coalesced", by: id };
}

function settle(view: View, { tenant, id }: { tenant: string; id: string }, reason: Reason): void {
  const delivery: Delivery | undefined = view.get("delivery", tenant, id);
  if (delivery?.status !== "held") return;
  const status = reason.code === "stale" ? "dropped" : "coalesced";
  view.put("delivery", tenant, id, { ...delivery, status, reason });
}
