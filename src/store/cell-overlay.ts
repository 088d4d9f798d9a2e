/**
 * The cells of one batch: what was loaded, with what its questions wrote, which each can take back.
 * @module
 */
import type { CellChange, CellRange, CellRef, Cells, Noun } from "../ports.ts";
import { mayHold } from "./cell-range.ts";
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
  /** Whether it has a committed value; undefined where it was written without being read. */
  committed: boolean | undefined;
}
/** A key with its cell. */
export type Row<N extends Noun> = readonly [key: string, value: Cells[N]];

/** Where committed cells come from. */
export interface CellSource {
  readonly load: <N extends Noun>(noun: N, refs: readonly CellRef<N>[]) => readonly (Cells[N] | undefined)[];
  readonly list: <N extends Noun>(noun: N, tenant: string, range: CellRange, limit: number) => readonly Row<N>[];
}

/** A list that was read: its range, and how many rows at most. */
export interface ListRef<N extends Noun = Noun> extends CellRange {
  readonly noun: N;
  readonly tenant: string;
  readonly limit: number;
}
/** What lacks of a list, and the keys of cells whose place in it is not known. */
export interface LackingList<N extends Noun = Noun> extends ListRef<N> {
  readonly unplaced: readonly string[];
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
    const slot: Slot<N> = { noun, tenant, key, value: undefined, written: false, committed: undefined };
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
        slot.committed = slot.value !== undefined;
      });
    }
    this.pending.clear();
  }

  /** Loads one cell and answers it. */
  read<N extends Noun>(noun: N, tenant: string, key: string): Slot<N> {
    const slot: Slot<N> = { noun, tenant, key, value: undefined, written: false, committed: undefined };
    slot.value = this.source.load(noun, [slot])[0];
    slot.committed = slot.value !== undefined;
    this.drawer(noun, tenant).slots.set(key, slot);
    return slot;
  }

  /** Writes a cell, or removes it where `value` is undefined. */
  write<N extends Noun>({ noun, tenant, key }: CellRef<N>, value: Cells[N] | undefined): void {
    const drawer = this.drawer(noun, tenant);
    const known = drawer.slots.get(key);
    const slot: Slot<N> = known ?? { noun, tenant, key, value: undefined, written: false, committed: undefined };
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
  lacks<N extends Noun>(ref: ListRef<N>): LackingList<N> | undefined {
    const drawer = this.drawer(ref.noun, ref.tenant);
    const written = changed(drawer, ref);
    // Each removed cell may be among the first rows, so as many more are read.
    const needed = ref.limit + written.filter((slot) => slot.value === undefined).length;
    const listed = drawer.lists.get(nameOf(ref));
    const enough = listed !== undefined && (listed.limit >= needed || listed.rows.length < listed.limit);
    const unplaced = unplacedIn(drawer, ref, written);
    return enough && unplaced.length === 0 ? undefined : { ...ref, limit: needed, unplaced };
  }

  /** The first cells of a range as the batch sees them, in the order of their noun. */
  list<N extends Noun>(ref: ListRef<N>): readonly Row<N>[] {
    const drawer = this.drawer(ref.noun, ref.tenant);
    const rows = drawer.lists.get(nameOf(ref))?.rows ?? [];
    const written = changed(drawer, ref);
    if (written.length === 0) return rows.slice(0, ref.limit);
    if (!isListedAsMade(ref.noun)) return mergeByKey(rows, written, drawer.written).slice(0, ref.limit);
    if (ref.after === undefined) return mergeAsMade(rows, written, drawer.written).slice(0, ref.limit);
    const start = drawer.slots.get(ref.after);
    if (start?.value === undefined) return [];
    return mergeAsMade(rows, madeAfter(start, written), drawer.written).slice(0, ref.limit);
  }

  /** Loads the committed rows of a range for `list`: those that follow what of it was read before. */
  readList<N extends Noun>(ref: LackingList<N>): void {
    const { noun, tenant, limit, prefix, after, unplaced } = ref;
    const drawer = this.drawer(noun, tenant);
    const before = drawer.lists.get(nameOf(ref)) ?? { rows: [], limit: 0 };
    const last = before.rows.at(-1)?.[0] ?? after;
    const range = last === undefined ? { prefix } : { prefix, after: last };
    const isAll = before.rows.length < before.limit || before.limit >= limit;
    const rows = isAll ? [] : this.source.list(noun, tenant, range, limit - before.limit);
    drawer.lists.set(nameOf(ref), { rows: [...before.rows, ...rows], limit: Math.max(limit, before.limit) });
    for (const key of unplaced) {
      const slot = drawer.slots.get(key);
      if (slot === undefined) this.read(noun, tenant, key);
      else slot.committed ??= this.source.load(noun, [slot])[0] !== undefined;
    }
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

function nameOf({ prefix, after }: CellRange): string {
  return after === undefined ? prefix : `${prefix}\u0000${after}`;
}

function changed<N extends Noun>(drawer: Drawer<N>, { noun, ...range }: ListRef<N>): Slot<N>[] {
  if (drawer.written.size === 0) return [];
  return [...drawer.written.values()].filter((slot) => mayHold(noun, range, slot.key));
}

/** Keys of cells of which it must be known whether they are committed, to tell what was made after `after`. */
function unplacedIn<N extends Noun>(
  { slots }: Drawer<N>,
  { noun, after }: ListRef<N>,
  written: readonly Slot<N>[],
): readonly string[] {
  if (after === undefined || !isListedAsMade(noun)) return [];
  const unknown = written.filter(({ committed }) => committed === undefined).map(({ key }) => key);
  return slots.has(after) ? unknown : [after, ...unknown];
}

/** Of written cells those that this batch made, and later than it made `start`: the committed ones have their rows. */
function madeAfter<N extends Noun>(start: Slot<N>, written: readonly Slot<N>[]): readonly Slot<N>[] {
  const later = start.committed === true ? written : written.slice(written.indexOf(start) + 1);
  return later.filter(({ committed }) => committed === false);
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
