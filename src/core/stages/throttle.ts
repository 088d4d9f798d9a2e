import { PASS, type Stage } from "../stage.ts";
import { admission } from "../throttle.ts";

/** Refuses what would be sent now beyond the action's bucket, its rule's limit or the tenant's quotas; all are charged or none. */
export const throttleStage: Stage = {
  name: "throttle",
  passesResolutions: true,
  check: ({ action }, deciding) => {
    const { refused, saw } = admission(action, deciding);
    if (refused !== undefined)
      return { verdict: "drop", status: "throttled", reason: refused.reason, saw: refused.saw };
    return saw === undefined ? PASS : { verdict: "pass", saw };
  },
  settle: ({ action }, { status }, deciding) => {
    if (status !== "pending") return;
    const { refused, charge } = admission(action, deciding);
    if (refused === undefined) charge(); // a resolution that passes a full bucket is not charged
  },
};
