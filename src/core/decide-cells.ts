import type { CellRef } from "./cells.ts";
import type { Compiled } from "./config.ts";
import type { EventInput } from "./event.ts";
import { debounceFor } from "./flap.ts";
import { claimKey, flapKey } from "./key-parts.ts";
import type { Matched } from "./match.ts";

/** The cells that judging an event's drafts will probably touch, so that a batch reads them at once. */
export function cellsOf(
  event: EventInput,
  { rules }: Matched,
  { index, tenant, now }: { readonly index: Compiled; readonly tenant: string; readonly now: number },
): CellRef[] {
  const cells: CellRef[] = [];
  if (event.alertState !== undefined) cells.push({ noun: "announced", tenant, key: event.correlationId });
  for (const { rule } of rules) {
    for (const { id } of rule.actions) {
      const action = index.actions.get(id);
      if (action === undefined) continue;
      if (action.dedupe !== undefined)
        cells.push({ noun: "claim", tenant, key: claimKey(event, action, { tenant, now, span: action.dedupe }).key });
      if (debounceFor(action, event) !== undefined) cells.push({ noun: "flap", tenant, key: flapKey(event, action) });
    }
  }
  return cells;
}
