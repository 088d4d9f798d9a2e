/**
 * Debouncing: the state of one key (rule, action, and what the event is about), from its first event to the end of its cooldown.
 * @module
 */
import { type CompiledAction, isInstant } from "./action.ts";
import type { FlapRecord } from "./cells.ts";
import { type Deciding, steadyNow } from "./deciding.ts";
import { severityRank } from "./event.ts";
import type { Debounce } from "./gate.ts";
import { cool, keepFlap } from "./flap-cell.ts";
import { flapKey } from "./key-parts.ts";
import type { Draft, Saw, Verdict } from "./stage.ts";
import { tellByEvent } from "./window-flush.ts";
import { joinWindow, setDue, windowTarget } from "./windows.ts";

/** Where a draft stands: the first of its key, one that passes without being counted, one of the few, or what tells of them. */
export type FlapPlace =
  | { readonly place: "first"; readonly saw: undefined }
  | { readonly place: "resolved"; readonly cell: FlapRecord | undefined; readonly saw: Saw | undefined }
  | { readonly place: "rise" | "aggregate" | "swallowed"; readonly cell: FlapRecord; readonly saw: Saw };

/** What debounces an action's draft of an event; undefined where nothing does. */
export function debounceFor(
  action: CompiledAction,
  event: { readonly scope: { readonly resource?: string } },
): Debounce | undefined {
  if (!isInstant(action) || (action.isDebounceForResources && event.scope.resource === undefined)) return undefined;
  return action.debounce;
}

/** Looks where a draft stands; changes nothing. */
export function flapPlace(draft: Draft, { after }: Debounce, deciding: Deciding): FlapPlace {
  const { view, tenant, offset } = deciding;
  const { event } = draft;
  const now = steadyNow(deciding);
  const found = view.get("flap", tenant, flapKey(event, draft.action));
  const cell = found !== undefined && (now < found.until || isOpen(found.window, deciding)) ? found : undefined;
  const saw =
    cell === undefined ? undefined : { by: cell.delivery, have: cell.n, limit: after, until: cell.until + offset };
  if (event.alertState === "resolved") return { place: "resolved", cell, saw };
  if (cell === undefined || saw === undefined) return { place: "first", saw: undefined };
  if (severityRank(event.severity) > severityRank(cell.severity)) return { place: "rise", cell, saw };
  const isCounting = cell.state === "counting" && now < cell.until;
  return { place: isCounting && cell.n >= after ? "aggregate" : "swallowed", cell, saw };
}

/** Whether what was swallowed still waits to be told. */
function isOpen(window: string | undefined, { view, tenant }: Deciding): boolean {
  return window !== undefined && view.get("window", tenant, window)?.state === "open";
}

/** Takes a draft into the window of its key. The first firing since a resolution was told ends a cooldown. */
export function swallow(
  draft: Draft,
  { cell, saw }: Extract<FlapPlace, { place: "rise" | "aggregate" | "swallowed" }>,
  { window: span }: Debounce,
  deciding: Deciding,
): Verdict {
  const { view, tenant } = deciding;
  const key = flapKey(draft.event, draft.action);
  const target = windowTarget(draft, "flap", deciding, cell.window);
  const take = (): void => {
    const restarts = cell.state === "cooldown" && cell.isResolved === true;
    const until = restarts ? steadyNow(deciding) + span : cell.until;
    const joined = joinWindow(target, draft, { due: until, flap: key }, deciding);
    if (restarts && joined.due !== until) setDue(joined, until, deciding);
    const { isResolved: _, ...rest } = cell;
    const moved: FlapRecord = restarts ? { ...rest, state: "counting", until, n: 2 } : { ...rest, n: cell.n + 1 };
    view.put("flap", tenant, key, { ...moved, window: joined.id });
  };
  const reason = { code: "debounced", by: target.id } as const;
  return { verdict: "absorb", status: "debounced", reason, saw, window: target.id, take };
}

/** A draft is sent: the count begins, is told of by it, or learns of a rise or a resolution. */
export function passed(draft: Draft, debounce: Debounce, deciding: Deciding): void {
  const { view, tenant } = deciding;
  const at = flapPlace(draft, debounce, deciding);
  const now = steadyNow(deciding);
  const key = flapKey(draft.event, draft.action);
  const { severity } = draft.event;
  const delivery = draft.deliveries[0] ?? "";
  switch (at.place) {
    case "first":
      return keepFlap(key, { state: "counting", until: now + debounce.window, n: 1, severity, delivery }, deciding);
    case "rise":
      return view.put("flap", tenant, key, { ...at.cell, severity, delivery });
    case "aggregate": {
      const open = at.cell.window === undefined ? undefined : view.get("window", tenant, at.cell.window);
      if (open !== undefined) tellByEvent(open, delivery, deciding);
      return cool(key, { severity: at.cell.severity, delivery }, debounce, deciding);
    }
    case "resolved":
      return at.cell === undefined ? undefined : view.put("flap", tenant, key, { ...at.cell, isResolved: true });
    case "swallowed":
  }
}
