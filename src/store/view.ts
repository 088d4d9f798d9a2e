import { leafLine } from "../core/leaf.ts";
import type { View } from "../ports.ts";
import { rangeOf } from "./cell-range.ts";
import type { Overlay } from "./overlay.ts";

/** The start of the process that leaves name, and whole ms since then. */
export interface Boot {
  readonly boot: string;
  readonly mono: number;
}

/** What a batch's questions decide over. `leaf` and `event` throw StoreError `refused-row` for a tenant without a log. */
export function createView(overlay: Overlay, { boot, mono }: Boot): View {
  return {
    get: (noun, tenant, key) => overlay.slot(noun, tenant, key).value,
    list: (noun, tenant, range, limit) => overlay.list({ noun, tenant, ...rangeOf(range), limit }),
    put: (noun, tenant, key, value) => overlay.cells.write({ noun, tenant, key }, value),
    remove: (noun, tenant, key) => overlay.cells.write({ noun, tenant, key }, undefined),
    openLog: (tenant, origin) => overlay.append(tenant).open(origin),
    leaf: (tenant, leaf, openings) => {
      const part = overlay.append(tenant);
      const seq = part.nextSeq;
      const line = leafLine(leaf, { log: part.log(), seq, t: overlay.stamp.t, boot, mono });
      part.addLeaf(openings === undefined ? { seq, line } : { seq, line, openings });
      return seq;
    },
    event: (accepted) => overlay.append(accepted.event.tenant).addEvent(accepted),
    setTimer: (tenant, timer) => overlay.append(tenant).timers.setTimer(timer),
    clearTimer: (tenant, timer) => overlay.append(tenant).timers.clearTimer(timer),
    member: (tenant, member) => overlay.append(tenant).members.add(member),
    members: (tenant, window, from, limit) => {
      return overlay.members({ tenant, window, from, limit }).map(({ body }) => body);
    },
    logSize: (tenant) => overlay.part(tenant).nextSeq,
    sweep: (sweep) => overlay.sweep(sweep),
  };
}
