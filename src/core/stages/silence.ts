import { mutesOf, silencedBy } from "../mute.ts";
import { PASS, type Stage } from "../stage.ts";

/** Labels that people silenced: the event's own, and nothing else of it. */
export const silenceStage: Stage = {
  name: "silence",
  passesResolutions: true,
  check: ({ event }, { view, tenant, stamp }) => {
    const found = silencedBy(event.labels, mutesOf(view, tenant), stamp.now);
    if (found === undefined) return PASS;
    const { id: by, until } = found;
    return { verdict: "drop", status: "silenced", reason: { code: "silenced", by }, saw: { until } };
  },
};
