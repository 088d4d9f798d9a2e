import { MAX_TENANTS } from "../core/tenants.ts";
import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { followWindows } from "./window-follow.ts";

/** The instant that was due and the one that the clock shows, epoch ms. */
export interface ClockJumpInput {
  readonly from: number;
  readonly to: number;
}

/**
 * Records that the clock was set. Timers and open deliveries of all tenants move by the difference, and so do running
 * cells, which keep steady instants; dedupe claims lapse; what waits for the calendar is looked at anew. The store asks it.
 */
export const clockJump: Flow<ClockJumpInput, null> = {
  alone: true,
  prepare: (_context, { from, to }) => ({
    cells: [],
    decide: (view, stamp) => {
      view.sweep({ sweep: "shift-due", by: to - from });
      const tenants = view.list("tenant", SITE_TENANT, "", MAX_TENANTS).map(([tenant]) => tenant);
      const sizes = [...new Set([SITE_TENANT, ...tenants])].map((tenant) => ({ tenant, size: view.logSize(tenant) }));
      const offset = (view.get("clock", SITE_TENANT, "current")?.offset ?? 0) + (to - from);
      view.put("clock", SITE_TENANT, "current", { from, to, offset, sizes });
      for (const tenant of tenants) {
        followWindows(view, { tenant, due: stamp.now, why: "clock" });
        const hasMutes = to < from && view.get("mutes", tenant, "current") !== undefined;
        if (hasMutes) view.setTimer(tenant, { due: stamp.now, flow: "expire", key: "mutes-again" });
      }
      view.leaf(SITE_TENANT, { type: "clock.jump", actor: "job:clock", body: { from, to } });
      return null;
    },
  }),
};
