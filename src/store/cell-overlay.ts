/**
 * The cells of one batch: what was loaded, with what its questions wrote, which each can take back.
 * @module
 */
import type { CellChange, CellRef, Cells, Noun } from "../ports.ts";
import { compareText } from "./key-order.ts";
import { isListedAsMade } from "./noun-order.ts";

/** Takes back one change; those of a question are called in reverse. */
export type Undo = () => void;

/** One cell as the batch sees it. */
export interface Slot<N extends Noun> {
  readonly noun: N;
  readonly tenant: string;
  readonly key: string;
  value: Cells[N] | undefined;
  written: boolean;
}
/** A key with its cell. */
export type Row<N extends Noun> = readonly [key: string, value: Cells[N]];

/** Where committed cells come from. */
export interface CellSource {
  readonly load: <N extends Noun>(noun: N, refs: readonly CellRef<N>[]) => readonly (Cells[N] | undefined)[];
  readonly list: <N extends Noun>(noun: N, tenant: string, prefix: string, limit: number) => readonly Row<N>[];
}

/** A list that was read: where it starts, and how many rows at most. */
export interface ListRef<N extends Noun = Noun> {
  readonly noun: N;
  readonly tenant: string;
  readonly prefix: string;
  readonly limit: number;
}

interface Listed<N extends Noun> {
  readonly rows: readonly Row<N>[];
  readonly limit: number;
}
/** The cells of one noun and tenant. */
interface Drawer<N extends Noun> {
  readonly slots: Map<string, Slot<N>>;
  readonly written: Map<string, Slot<N>>;
  readonly lists: Map<string, Listed<N>>;
}
/** Cells of a batch, by noun, tenant and key. */
export class CellOverlay {
  private readonly source: CellSource;
  private readonly journal: Undo[];
  private readonly drawers = new Map<Noun, Map<string, Drawer<Noun>>>();
  private readonly pending = new Map<Noun, Slot<Noun>[]>();
  private readonly written: Slot<Noun>[] = [];

  /** `journal` is given what takes each write back. */
  constructor(source: CellSource, journal: Undo[]) {
    this.source = source;
    this.journal = journal;
  }

  /** How many cells were written. */
  get writes(): number {
    return this.written.length;
  }

  /** The cell, or undefined when it is neither loaded nor written. */
  find<N extends Noun>(noun: N, tenant: string, key: string): Slot<N> | undefined {
    return this.drawer(noun, tenant).slots.get(key);
  }

  /** Names a cell to be loaded with the others by `load`. */
  want<N extends Noun>({ noun, tenant, key }: CellRef<N>): void {
    const { slots } = this.drawer(noun, tenant);
    if (slots.has(key)) return;
    const slot: Slot<N> = { noun, tenant, key, value: undefined, written: false };
    slots.set(key, slot);
    const pending = this.pending.get(noun);
    if (pending === undefined) this.pending.set(noun, [slot]);
    else pending.push(slot);
  }

  /** Loads all that is wanted, one read a noun. Throws what the source throws: the overlay is of no use then. */
  load(): void {
    for (const [noun, slots] of this.pending) {
      const values = this.source.load(noun, slots);
      slots.forEach((slot, at) => {
        slot.value = values[at];
      });
    }
    this.pending.clear();
  }

  /** Loads one cell and answers it. */
  read<N extends Noun>(noun: N, tenant: string, key: string): Slot<N> {
    const slot: Slot<N> = { noun, tenant, key, value: undefined, written: false };
    slot.value = this.source.load(noun, [slot])[0];
    this.drawer(noun, tenant).slots.set(key, slot);
    return slot;
  }

  /** Writes a cell, or removes it where `value` is undefined. */
  write<N extends Noun>({ noun, tenant, key }: CellRef<N>, value: Cells[N] | undefined): void {
    const drawer = this.drawer(noun, tenant);
    const known = drawer.slots.get(key);
    const slot: Slot<N> = known ?? { noun, tenant, key, value: undefined, written: false };
    const before = slot.value;
    if (known === undefined) drawer.slots.set(key, slot);
    if (slot.written) {
      this.journal.push(() => {
        slot.value = before;
      });
    } else {
      this.mark(drawer, slot);
      this.journal.push(() => {
        slot.value = before;
        slot.written = false;
        drawer.written.delete(key);
        this.written.pop();
        if (known === undefined) drawer.slots.delete(key);
      });
    }
    slot.value = value;
  }

  private mark<N extends Noun>(drawer: Drawer<N>, slot: Slot<N>): void {
    slot.written = true;
    drawer.written.set(slot.key, slot);
    this.written.push(slot);
  }

  /** What must be read by `readList` before `list` can answer, or undefined. */
  lacks<N extends Noun>({ noun, tenant, prefix, limit }: ListRef<N>): ListRef<N> | undefined {
    const drawer = this.drawer(noun, tenant);
    // Each removed cell may be among the first rows, so as many more are read.
    const needed = limit + changed(drawer, prefix).filter((slot) => slot.value === undefined).length;
    const listed = drawer.lists.get(prefix);
    const enough = listed !== undefined && (listed.limit >= needed || listed.rows.length < listed.limit);
    return enough ? undefined : { noun, tenant, prefix, limit: needed };
  }

  /** The first cells of a prefix as the batch sees them, in the order of their noun. */
  list<N extends Noun>({ noun, tenant, prefix, limit }: ListRef<N>): readonly Row<N>[] {
    const drawer = this.drawer(noun, tenant);
    const rows = drawer.lists.get(prefix)?.rows ?? [];
    const written = changed(drawer, prefix);
    if (written.length === 0) return rows.slice(0, limit);
    const merged = isListedAsMade(noun) ? mergeAsMade : mergeByKey;
    return merged(rows, written, drawer.written).slice(0, limit);
  }

  /** Loads the committed rows of a prefix for `list`. */
  readList<N extends Noun>({ noun, tenant, prefix, limit }: ListRef<N>): void {
    const rows = this.source.list(noun, tenant, prefix, limit);
    this.drawer(noun, tenant).lists.set(prefix, { rows, limit });
  }

  /** What the plan says of cells: final values, each once, in the order of their first write. */
  changes(): CellChange[] {
    return this.written.map((slot) => changeOf(slot));
  }

  private drawer<N extends Noun>(noun: N, tenant: string): Drawer<N> {
    let byTenant = this.drawers.get(noun);
    if (byTenant === undefined) {
      byTenant = new Map<string, Drawer<Noun>>();
      this.drawers.set(noun, byTenant);
    }
    let drawer = byTenant.get(tenant);
    if (drawer === undefined) {
      drawer = { slots: new Map(), written: new Map(), lists: new Map() };
      byTenant.set(tenant, drawer);
    }
    // Drawers are found by their noun here and nowhere else, so what one holds is of that noun.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return drawer as Drawer<N>;
  }
}

function changeOf({ noun, tenant, key, value }: Slot<Noun>): CellChange {
  const change = value === undefined ? { noun, tenant, key } : { noun, tenant, key, value };
  // A slot was made by a call that tied its value to its noun; the compiler cannot follow that through a list of all nouns.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return change as CellChange;
}

function changed<N extends Noun>(drawer: Drawer<N>, prefix: string): Slot<N>[] {
  if (drawer.written.size === 0) return [];
  return [...drawer.written.values()].filter((slot) => slot.key.startsWith(prefix));
}

function mergeByKey<N extends Noun>(
  rows: readonly Row<N>[],
  slots: readonly Slot<N>[],
  written: ReadonlyMap<string, Slot<N>>,
): Row<N>[] {
  const merged = rows.filter(([key]) => !written.has(key));
  for (const { key, value } of slots) if (value !== undefined) merged.push([key, value]);
  return merged.toSorted(([left], [right]) => compareText(left, right));
}

/** What is new follows all that is committed: the caller cuts it off where not all of that was read. */
function mergeAsMade<N extends Noun>(
  rows: readonly Row<N>[],
  slots: readonly Slot<N>[],
  written: ReadonlyMap<string, Slot<N>>,
): Row<N>[] {
  const merged: Row<N>[] = [];
  for (const [key, committed] of rows) {
    const slot = written.get(key);
    const value = slot === undefined ? committed : slot.value;
    if (value !== undefined) merged.push([key, value]);
  }
  const known = new Set(rows.map(([key]) => key));
  for (const { key, value } of slots) if (value !== undefined && !known.has(key)) merged.push([key, value]);
  return merged;
}
