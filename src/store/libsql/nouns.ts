import type { CellRef, Cells, Noun } from "../../core/cells.ts";
import { EngineError } from "../engine.ts";
import { isListedAsMade } from "../noun-order.ts";
import type { Access } from "./access.ts";
import { type CellPlace, listCells, loadCells } from "./cells.ts";
import { deliveriesByPrefix, loadDeliveries } from "./deliveries.ts";
import { listHeapCells, loadHeapCells } from "./heap-cells.ts";
import { loadIdentities } from "./identities.ts";

type Load<N extends Noun> = (access: Access, refs: readonly CellRef<N>[]) => (Cells[N] | undefined)[];
type List<N extends Noun> = (
  access: Access,
  place: CellPlace<N>,
  limit: number,
) => (readonly [key: string, value: Cells[N]])[];

interface Table<N extends Noun> {
  readonly load: Load<N>;
  readonly list: List<N>;
}

/** Nouns that have tables of their own; the rows of all others stand in `cell` or `heap_cell`. */
const TABLES: { readonly [N in Noun]?: Table<N> } = {
  identity: { load: loadIdentities, list: refuseList },
  delivery: {
    load: loadDeliveries,
    list: deliveriesByPrefix,
  },
};

function tableOf<N extends Noun>(noun: N): Table<N> {
  const table = TABLES[noun];
  if (table !== undefined) return table;
  return isListedAsMade(noun) ? { load: loadHeapCells, list: listHeapCells } : { load: loadCells, list: listCells };
}

/** Values of cells of one noun, in the order asked. */
export function loadNoun<N extends Noun>(
  access: Access,
  noun: N,
  refs: readonly CellRef<N>[],
): (Cells[N] | undefined)[] {
  return tableOf(noun).load(access, refs);
}

/** Cells of a range, in the order of their noun. */
export function listNoun<N extends Noun>(
  access: Access,
  place: CellPlace<N>,
  limit: number,
): (readonly [key: string, value: Cells[N]])[] {
  return tableOf(place.noun).list(access, place, limit);
}

function refuseList(): never {
  throw new EngineError("failed", "identities are not listed");
}
