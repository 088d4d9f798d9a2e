import { quietUntil } from "../calendar.ts";
import { isInstant } from "../action.ts";
import { severityRank } from "../event.ts";
import { PASS, type Stage } from "../stage.ts";
import { joinWindow, windowTarget } from "../windows.ts";

/** Holds what would be sent at once during the quiet hours of its action; it is released as one message at their end. */
export const quietStage: Stage = {
  name: "quiet",
  check: (draft, deciding) => {
    const { action, event } = draft;
    const { calendar } = action;
    if (calendar === undefined || !isInstant(action)) return PASS;
    const { id, zone, times } = calendar;
    const until = quietUntil(times, deciding.stamp.now);
    const saw = { by: id, zone, ...(until === undefined ? {} : { until }) };
    if (until === undefined || severityRank(event.severity) >= action.bypassRank) return { verdict: "pass", saw };
    const target = windowTarget(draft, "quiet", deciding);
    const take = (): void => {
      joinWindow(target, draft, { due: until - deciding.offset }, deciding);
    };
    const reason = { code: "quiet-hours", by: id } as const;
    return { verdict: "hold", status: "held", reason, saw, window: target.id, take };
  },
};
