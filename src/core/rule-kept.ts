import { type CompiledAction, compileAction } from "./action.ts";
import { CoreError } from "./error.ts";
import type { Deciding } from "./deciding.ts";

/** Which action: its id, and the version of the rule that it was last part of. */
export interface ActionRef {
  readonly action: string;
  readonly rule: string;
}

/** The action as it is now, else as the kept version of its rule has it. Throws CoreError `bad-window` where neither is there. */
export function actionOf(wanted: ActionRef, deciding: Deciding): CompiledAction {
  const found = deciding.index.actions.get(wanted.action) ?? keptAction(wanted, deciding);
  if (found === undefined) throw new CoreError("bad-window", `action ${wanted.action} of ${wanted.rule} was not kept`);
  return found;
}

/** The action as that version of its rule has it. */
export function keptAction({ action, rule }: ActionRef, { index, view, tenant }: Deciding): CompiledAction | undefined {
  const now = index.actions.get(action);
  if (now?.ref === rule) return now;
  const kept = view.get("rule", tenant, rule);
  const found = kept?.actions.find(({ id }) => id === action);
  return kept === undefined || found === undefined ? undefined : compileAction({ rule: kept, ref: rule }, found, index);
}
