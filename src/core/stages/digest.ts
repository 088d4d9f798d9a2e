import type { CompiledAction } from "../action.ts";
import { nextBoundary } from "../cadence.ts";
import type { WindowRecord } from "../window-record.ts";
import { type Deciding, steadyNow } from "../deciding.ts";
import { isQuiet } from "../quiet.ts";
import { PASS, type Stage } from "../stage.ts";
import { flushWindow } from "../window-flush.ts";
import { joinWindow, windowTarget } from "../windows.ts";

/** Gathers the drafts of an action that has a digest or a group: they take no token, their message does. */
export const digestStage: Stage = {
  name: "digest",
  check: (draft, deciding) => {
    const kind = kindOf(draft.action);
    if (kind === undefined) return PASS;
    const target = windowTarget(draft, kind, deciding);
    const due = target.open?.due ?? dueOf(draft.action, target.actionKey, deciding);
    const take = (): void => flushFull(joinWindow(target, draft, { due }, deciding), draft.action, deciding);
    const saw = {
      have: (target.open?.count ?? 0) + 1,
      limit: deciding.index.policy.itemCap,
      until: due + deciding.offset,
    };
    const reason = { code: "coalesced", by: target.id } as const;
    return { verdict: "absorb", status: "coalesced", reason, saw, window: target.id, take };
  },
};

function kindOf({ digest, group }: CompiledAction): "digest" | "group" | undefined {
  if (group !== undefined) return "group";
  return digest === undefined ? undefined : "digest";
}

/** When a window that opens now is due, steady ms: the next boundary of the cadence; of a group its wait or its interval. */
export function dueOf({ digest, group }: CompiledAction, actionKey: string, deciding: Deciding): number {
  const { index, stamp, offset, view, tenant } = deciding;
  if (digest !== undefined) return nextBoundary(digest, index.policy.zone, stamp.now) - offset;
  const now = steadyNow(deciding);
  const { wait = 0, interval = 0 } = group ?? {};
  const again = (view.get("group", tenant, actionKey)?.flushedAt ?? Number.NEGATIVE_INFINITY) + interval;
  return now < again ? again : now + wait;
}

/** At the item cap the window is sent; in quiet hours it grows instead, whoever may pass them. */
export function flushFull(record: WindowRecord, action: CompiledAction, deciding: Deciding): void {
  if (record.count < deciding.index.policy.itemCap || isQuiet(action, deciding)) return;
  flushWindow(record, deciding);
}
