/**
 * Which segment may hold an event of an identity: open-addressing tables in memory, newest last. A hit is a hint (20 bits
 * of place and 32 of fingerprint); whoever asks verifies it in the segment.
 * @module
 */

/** 64 bits of an identity's hash, as two unsigned 32-bit halves, and the segment that holds its event. */
export interface SeenEntry {
  readonly hi: number;
  readonly lo: number;
  readonly segment: number;
}

export interface SeenLimits {
  /** Slots of one table, a power of two; 8 bytes each. */
  readonly slots: number;
  /** Identities known at most, by whole tables; beyond them the oldest table goes. */
  readonly cap: number;
  /** A table whose newest identity is older than this, in ms, goes when the next table begins; `shift` makes none older. */
  readonly horizon: number;
}

export const SEEN_LIMITS: SeenLimits = { slots: 2 ** 20, cap: 5_000_000, horizon: 7 * 86_400_000 };
const FILL = 0.7;

interface Table {
  readonly fingerprints: Uint32Array;
  /** Segment less `base`, plus one; 0 is an empty slot. */
  readonly segments: Uint32Array;
  readonly base: number;
  count: number;
  /** Last segment and newest instant (epoch ms). */
  upto: number;
  t: number;
}

/** What was forgotten when a table went: up to which segment, and whether the cap took it before the horizon. */
export interface Forgotten {
  readonly upto: number;
  readonly t: number;
  readonly early: boolean;
}

export class Seen {
  private readonly limits: SeenLimits;
  private readonly tables: Table[] = [];
  private readonly onForget: (forgotten: Forgotten) => void;

  constructor(limits: SeenLimits, onForget: (forgotten: Forgotten) => void) {
    this.limits = limits;
    this.onForget = onForget;
  }

  /** Identities known. */
  get size(): number {
    return this.tables.reduce((sum, table) => sum + table.count, 0);
  }

  /** Segments that may hold the event of an identity, newest first. */
  candidates(hi: number, lo: number): readonly number[] {
    const found: number[] = [];
    for (let at = this.tables.length - 1; at >= 0; at--) this.probe(this.tables[at], { hi, lo, found });
    return found.length < 2 ? found : [...new Set(found)].toSorted((a, b) => b - a);
  }

  /** Adds identities that a commit at `t` (epoch ms) made durable, in the order of their segments. */
  add(entries: readonly SeenEntry[], t: number): void {
    for (const entry of entries) this.addOne(entry, t);
  }

  /** The clock was set forward by so many ms: nothing is older than before by that. */
  shift(by: number): void {
    for (const table of this.tables) table.t += by;
  }

  private probe(table: Table | undefined, { hi, lo, found }: { hi: number; lo: number; found: number[] }): void {
    if (table === undefined) return;
    const mask = this.limits.slots - 1;
    for (let slot = lo & mask; ; slot = (slot + 1) & mask) {
      const segment = table.segments[slot] ?? 0;
      if (segment === 0) return;
      if (table.fingerprints[slot] === hi) found.push(table.base + segment - 1);
    }
  }

  private addOne({ hi, lo, segment }: SeenEntry, t: number): void {
    const table = this.tableFor(segment, t);
    const mask = this.limits.slots - 1;
    let slot = lo & mask;
    while (table.segments[slot] !== 0) slot = (slot + 1) & mask;
    table.fingerprints[slot] = hi;
    table.segments[slot] = segment - table.base + 1;
    table.count += 1;
    table.upto = segment;
    table.t = Math.max(table.t, t);
  }

  private tableFor(segment: number, t: number): Table {
    const { slots } = this.limits;
    const newest = this.tables.at(-1);
    if (newest !== undefined && newest.count < slots * FILL) return newest;
    const made = {
      fingerprints: new Uint32Array(slots),
      segments: new Uint32Array(slots),
      base: segment,
      count: 0,
      upto: 0,
      t,
    };
    this.tables.push(made);
    this.forget(t);
    return made;
  }

  /** Drops whole tables: past the horizon, or too many. Only when a table begins: an instant that jumps costs little. */
  private forget(t: number): void {
    const { slots, cap, horizon } = this.limits;
    const most = Math.max(1, Math.ceil(cap / (slots * FILL)));
    for (let oldest = this.tables[0]; oldest !== undefined && this.tables.length > 1; oldest = this.tables[0]) {
      const isPast = oldest.t < t - horizon;
      if (!isPast && this.tables.length <= most) return;
      this.tables.shift();
      this.onForget({ upto: oldest.upto, t: oldest.t, early: !isPast });
    }
  }
}
