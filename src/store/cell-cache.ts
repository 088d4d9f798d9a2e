/**
 * Committed cells of the nouns that are read again soon, above an engine that is the only writer.
 * @module
 */
import type { CellChange, CellRef, Cells, Noun } from "../ports.ts";
import type { CellSource, Row } from "./cell-overlay.ts";
import type { Engine } from "./engine.ts";

/**
 * Nouns whose cells are read again soon after they were written, each with its share of the limit. A delivery is read
 * within moments of its event or not for long, and keeping many of them costs more than reading the few.
 */
const HOT: ReadonlyMap<Noun, number> = new Map([
  ["channel", 1],
  ["delivery", 0.1],
  ["generation", 1],
  ["token", 1],
  ["window", 1],
]);

/** An absent cell is an entry too. */
interface Entry<V> {
  readonly value: V | undefined;
}

/**
 * Entries in two generations: what is used moves to the young one; when that is full, it becomes the old one, and the
 * old one is dropped. So the last `limit / 2` used are there, and never more than `limit`.
 */
class Shelf<V> {
  private young = new Map<string, Entry<V>>();
  private old = new Map<string, Entry<V>>();
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  find(tenant: string, key: string): Entry<V> | undefined {
    const name = `${tenant}\u0000${key}`;
    const entry = this.young.get(name);
    if (entry !== undefined) return entry;
    const kept = this.old.get(name);
    if (kept !== undefined) this.add(name, kept);
    return kept;
  }

  keep(tenant: string, key: string, value: V | undefined): void {
    this.add(`${tenant}\u0000${key}`, { value });
  }

  clear(): void {
    this.young = new Map<string, Entry<V>>();
    this.old = new Map<string, Entry<V>>();
  }

  private add(name: string, entry: Entry<V>): void {
    this.young.set(name, entry);
    if (this.young.size * 2 < this.limit) return;
    this.old = this.young;
    this.young = new Map<string, Entry<V>>();
  }
}

/** Reads hot nouns from memory and the rest from the engine; only committed values ever enter it. */
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
    const found = refs.map((ref) => shelf.find(ref.tenant, ref.key));
    const missing = refs.filter((_, at) => found[at] === undefined);
    if (missing.length === 0) return found.map((entry) => entry?.value);
    const loaded = this.engine.load(noun, missing);
    missing.forEach((ref, at) => shelf.keep(ref.tenant, ref.key, loaded[at]));
    let next = 0;
    return found.map((entry) => (entry === undefined ? loaded[next++] : entry.value));
  }

  /** Committed rows of a prefix, straight from the engine. */
  list<N extends Noun>(noun: N, tenant: string, prefix: string, limit: number): readonly Row<N>[] {
    return this.engine.list(noun, tenant, prefix, limit);
  }

  /** Takes over what a commit left. */
  keep(changes: readonly CellChange[]): void {
    for (const { noun, tenant, key, value } of changes) this.shelf(noun)?.keep(tenant, key, value);
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
