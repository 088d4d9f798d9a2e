/**
 * Committed cells of the nouns that are read again soon, above an engine that is the only writer.
 * @module
 */
import type { CellChange, CellRange, CellRef, Cells, Noun } from "../ports.ts";
import type { CellSource, Row } from "./cell-overlay.ts";
import type { Engine } from "./engine.ts";
import { Shelf } from "./shelf.ts";

/**
 * Nouns whose cells are read again soon after they were written, each with its share of the limit; together all of it.
 * Every decision reads `clock` and its tenant's `mutes`, so those of thousands of tenants are kept: most are absent. A
 * delivery is read within moments of its event or not for long, and keeping many costs more than reading the few;
 * generations, limits and rules are few and large.
 */
const HOT: ReadonlyMap<Noun, number> = new Map([
  ["action", 0.05],
  ["announced", 0.1],
  ["bucket", 0.05],
  ["channel", 0.025],
  ["claim", 0.1],
  ["clock", 0.001],
  ["delivery", 0.025],
  ["flap", 0.1],
  ["generation", 0.049],
  ["group", 0.05],
  ["limit", 0.025],
  ["mutes", 0.15],
  ["open", 0.1],
  ["rule", 0.025],
  ["token", 0.05],
  ["usage", 0.025],
  ["window", 0.075],
]);

/** Reads hot nouns from memory, absent cells too, and the rest from the engine; only committed values ever enter it. */
export class CellCache implements CellSource {
  private readonly engine: Engine;
  private readonly shelves: ReadonlyMap<Noun, Shelf<Cells[Noun]>>;

  constructor(engine: Engine, limit: number) {
    this.engine = engine;
    this.shelves = new Map([...HOT].map(([noun, share]) => [noun, new Shelf(limit * share)]));
  }

  /** Values of cells of one noun in the order asked; at most one read of the engine. Throws what the engine throws. */
  load<N extends Noun>(noun: N, refs: readonly CellRef<N>[]): readonly (Cells[N] | undefined)[] {
    const shelf = this.shelf(noun);
    if (shelf === undefined) return this.engine.load(noun, refs);
    const found = refs.map((ref) => shelf.find(nameOf(ref)));
    const missing = refs.filter((_, at) => found[at] === undefined);
    if (missing.length === 0) return found.map((entry) => entry?.value);
    const loaded = this.engine.load(noun, missing);
    missing.forEach((ref, at) => shelf.keep(nameOf(ref), loaded[at]));
    let next = 0;
    return found.map((entry) => (entry === undefined ? loaded[next++] : entry.value));
  }

  /** Committed rows of a range, straight from the engine. */
  list<N extends Noun>(noun: N, tenant: string, range: CellRange, limit: number): readonly Row<N>[] {
    return this.engine.list(noun, tenant, range, limit);
  }

  /** Takes over what a commit left. */
  keep(changes: readonly CellChange[]): void {
    for (const change of changes) this.shelf(change.noun)?.keep(nameOf(change), change.value);
  }

  /** Forgets all cells of a noun. */
  forget(noun: Noun): void {
    this.shelf(noun)?.clear();
  }

  private shelf<N extends Noun>(noun: N): Shelf<Cells[N]> | undefined {
    // Shelves are found by their noun here and nowhere else, so what one holds is of that noun.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return this.shelves.get(noun) as Shelf<Cells[N]> | undefined;
  }
}

function nameOf({ tenant, key }: Pick<CellRef, "tenant" | "key">): string {
  return `${tenant}\u0000${key}`;
}
