import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";

/** The instant that was due and the one that the clock shows, epoch ms. */
export interface ClockJumpInput {
  readonly from: number;
  readonly to: number;
}

/** Tenants at most, as many as a store has logs. */
const MAX_TENANTS = 8192;

/** Records that the clock was set, and shifts timers and open deliveries of all tenants by the difference. The store asks it. */
export const clockJump: Flow<ClockJumpInput, null> = {
  alone: true,
  prepare: (_context, { from, to }) => ({
    cells: [],
    decide: (view) => {
      view.sweep({ sweep: "shift-due", by: to - from });
      const tenants = view.list("tenant", SITE_TENANT, "", MAX_TENANTS).map(([tenant]) => tenant);
      const sizes = [...new Set([SITE_TENANT, ...tenants])].map((tenant) => ({ tenant, size: view.logSize(tenant) }));
      view.put("clock", SITE_TENANT, "current", { from, to, sizes });
      view.leaf(SITE_TENANT, { type: "clock.jump", actor: "job:clock", body: { from, to } });
      return null;
    },
  }),
};
