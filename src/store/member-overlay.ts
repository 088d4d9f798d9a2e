/**
 * Members of one tenant's windows as a batch sees them: the committed ones and those appended.
 * @module
 */
import type { MemberRow } from "../ports.ts";
import type { Undo } from "./cell-overlay.ts";

/** Members that were asked for: from number `from` on, `limit` at most. */
export interface MembersRef {
  readonly tenant: string;
  readonly window: string;
  readonly from: number;
  readonly limit: number;
}

/** Reads committed members, in order of their numbers. */
export type MemberSource = (ref: MembersRef) => readonly MemberRow[];

interface Read {
  readonly rows: readonly MemberRow[];
  readonly limit: number;
}

/** Members of one tenant in one batch. */
export class MemberOverlay {
  private readonly source: MemberSource;
  private readonly journal: Undo[];
  /** In the order in which they were appended. */
  private readonly appended: MemberRow[] = [];
  /** By window, in order of their numbers. */
  private readonly windows = new Map<string, MemberRow[]>();
  /** Committed rows by window and first number: nothing removes or renumbers a member, so they stay as they were read. */
  private readonly reads = new Map<string, Map<number, Read>>();

  /** `journal` is given what takes each member back. */
  constructor(source: MemberSource, journal: Undo[]) {
    this.source = source;
    this.journal = journal;
  }

  add(row: MemberRow): void {
    const rows = this.windows.get(row.window) ?? [];
    if (rows.length === 0) this.windows.set(row.window, rows);
    const at = placeOf(rows, row.n + 1);
    rows.splice(at, 0, row);
    this.appended.push(row);
    this.journal.push(() => {
      rows.splice(at, 1);
      this.appended.pop();
    });
  }

  /** Whether `read` must be called before `list` can answer. */
  lacks({ window, from, limit }: MembersRef): boolean {
    const read = this.reads.get(window)?.get(from);
    return read === undefined || (read.limit < limit && read.rows.length === read.limit);
  }

  /** Reads committed members for `list`. Throws what the source throws. */
  read(ref: MembersRef): void {
    const reads = this.reads.get(ref.window) ?? new Map<number, Read>();
    this.reads.set(ref.window, reads);
    reads.set(ref.from, { rows: this.source(ref), limit: ref.limit });
  }

  /** The first members from a number on, in order of their numbers. */
  list({ window, from, limit }: MembersRef): readonly MemberRow[] {
    const committed = this.reads.get(window)?.get(from)?.rows ?? [];
    const rows = this.windows.get(window) ?? [];
    const first = placeOf(rows, from);
    const appended = rows.slice(first, first + limit);
    return merge(committed, appended).slice(0, limit);
  }

  /** What the plan says of members. */
  rows(): readonly MemberRow[] {
    return this.appended;
  }
}

/** Place of the first row whose number is `n` or greater. */
function placeOf(rows: readonly MemberRow[], n: number): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.n ?? 0) < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Members are numbered on, so those that are appended nearly always follow the committed ones. */
function merge(committed: readonly MemberRow[], appended: readonly MemberRow[]): readonly MemberRow[] {
  const [next] = appended;
  if (next === undefined) return committed;
  const all = [...committed, ...appended];
  const last = committed.at(-1);
  return last === undefined || last.n < next.n ? all : all.toSorted((left, right) => left.n - right.n);
}
