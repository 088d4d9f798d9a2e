import { type CellRef, type Cells, SITE_TENANT } from "./cells.ts";
import type { Compiled } from "./config.ts";
import type { Stamp, View } from "./view.ts";

/** What deciding needs besides what it decides: one for each question or timer. */
export interface Deciding {
  readonly tenant: string;
  readonly index: Compiled;
  readonly view: View;
  readonly stamp: Stamp;
  /** Who asks, as in leaves. */
  readonly actor: string;
  /**
   * Sum of all jumps of the clock, ms. Running cells keep steady instants, `now - offset`, so that all of them move with
   * the clock when it is set; instants that people wrote, ids and openings are of the wall clock.
   */
  readonly offset: number;
  /** The newest jump of the clock, epoch ms. */
  readonly jump?: { readonly from: number; readonly to: number };
  /** Counts the leaves of the question, for salts. */
  readonly ordinal: { next: number };
  /** The due instant where a timer decides: `body.at` of its leaves. */
  readonly at?: number;
}

/** The cell that every decision reads. */
export const CLOCK_CELL: CellRef<"clock"> = { noun: "clock", tenant: SITE_TENANT, key: "current" };

/** What a question decides with. */
export function deciding(
  { tenant, index }: { readonly tenant: string; readonly index: Compiled },
  { view, stamp }: { readonly view: View; readonly stamp: Stamp },
  { actor, at }: { readonly actor: string; readonly at?: number },
): Deciding {
  const clock: Cells["clock"] | undefined = view.get("clock", SITE_TENANT, CLOCK_CELL.key);
  const offset = clock?.offset ?? 0;
  const jump = clock === undefined ? {} : { jump: { from: clock.from, to: clock.to } };
  return {
    tenant,
    index,
    view,
    stamp,
    actor,
    offset,
    ...jump,
    ordinal: { next: 0 },
    ...(at === undefined ? {} : { at }),
  };
}

/** The deciding instant without the jumps of the clock, ms. */
export function steadyNow({ stamp, offset }: Deciding): number {
  return stamp.now - offset;
}

/** ms since an instant of the wall clock; what the newest jump forward left out is not counted. */
export function elapsedSince(at: number, { stamp, jump }: Deciding): number {
  const left = jump !== undefined && at <= jump.from ? Math.max(0, jump.to - jump.from) : 0;
  return stamp.now - at - left;
}

/** `at` of a timer's leaf, to be spread into its body. */
export function atBody({ at }: Deciding): { readonly at?: number } {
  return at === undefined ? {} : { at };
}
