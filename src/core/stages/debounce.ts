import { debounceFor, flapPlace, passed, swallow } from "../flap.ts";
import { PASS, type Stage } from "../stage.ts";

/**
 * Debounce: the first sends, the next few are swallowed and told as one, by the event after them or when their time is up;
 * then a cooldown swallows all until its end. A rise of severity and a resolution pass and are not counted.
 */
export const debounceStage: Stage = {
  name: "debounce",
  passesResolutions: true,
  check: (draft, deciding) => {
    const debounce = debounceFor(draft.action, draft.event);
    if (debounce === undefined) return PASS;
    const at = flapPlace(draft, debounce, deciding);
    if (at.place === "swallowed") return swallow(draft, at, debounce, deciding);
    if (at.saw === undefined) return PASS;
    const window = at.place === "aggregate" ? at.cell.window : undefined;
    return { verdict: "pass", saw: at.saw, ...(window === undefined ? {} : { window }) };
  },
  settle: (draft, { status }, deciding) => {
    const debounce = status === "pending" ? debounceFor(draft.action, draft.event) : undefined;
    if (debounce !== undefined) passed(draft, debounce, deciding);
  },
};
