import { mutesOf, suppressedBy } from "../mute.ts";
import { PASS, type Stage } from "../stage.ts";

/** Maintenance of what the labels name, else a rule that is suppressed for a while. */
export const maintenanceStage: Stage = {
  name: "maintenance",
  passesResolutions: true,
  check: ({ event, action }, { view, tenant, stamp }) => {
    const found = suppressedBy({ labels: event.labels, rule: action.rule }, mutesOf(view, tenant), stamp.now);
    if (found === undefined) return PASS;
    const { code, id: by, until } = found;
    return { verdict: "drop", status: "suppressed", reason: { code, by }, saw: { until } };
  },
};
