/**
 * Everything that one batch has read and wants to write, with the undo list of the question that is deciding.
 * @module
 */
import type { CellRef, MemberRow, Noun, Stamp, Sweep } from "../ports.ts";
import {
  CellOverlay,
  type CellSource,
  type LackingList,
  type ListRef,
  type Row,
  type Slot,
  type Undo,
} from "./cell-overlay.ts";
import type { Plan } from "./engine.ts";
import { MemberOverlay, type MembersRef, type MemberSource } from "./member-overlay.ts";
import { type CommittedLog, TenantPart } from "./tenant-part.ts";
import { TimerOverlay, type TimerSource } from "./timer-overlay.ts";

interface Missed {
  readonly cell?: CellRef;
  readonly list?: LackingList;
  readonly members?: MembersRef;
}

/** In strict mode: what deciding touched before it was loaded. Internal: the store loads it and asks again. */
export class Miss extends Error {
  override readonly name = "Miss";
  readonly what: Missed;

  constructor(what: Missed) {
    super("not loaded");
    this.what = what;
  }
}

/** Where an overlay finds what is committed. */
export interface CommittedState {
  readonly cells: CellSource;
  readonly log: (tenant: string) => CommittedLog | undefined;
  readonly timers: (tenant: string) => TimerSource;
  readonly members: MemberSource;
}

const UNSTAMPED: Stamp = { now: 0, t: 0, salt: new Uint8Array(32) };

/** The state of one batch. */
export class Overlay {
  readonly cells: CellOverlay;
  private readonly committed: CommittedState;
  private readonly strict: boolean;
  private readonly journal: Undo[] = [];
  private readonly parts = new Map<string, TenantPart>();
  private readonly changed = new Set<string>();
  private readonly sweeps: Sweep[] = [];
  private question = 0;
  private appended = 0;
  private appendedBefore = 0;
  private current: Stamp = UNSTAMPED;
  private missed: Miss | undefined;

  constructor(committed: CommittedState, strict: boolean) {
    this.committed = committed;
    this.strict = strict;
    this.cells = new CellOverlay(committed.cells, this.journal);
  }

  /** Rows that the plan would have, more or less. */
  get rows(): number {
    return this.cells.writes + this.appended;
  }

  /** Tenants that the batch has touched. */
  get tenants(): Iterable<string> {
    return this.parts.keys();
  }

  /** Notes that a tenant's rows are not what they were. */
  change(tenant: string): void {
    this.changed.add(tenant);
  }

  /** Tenants whose rows may have changed since this was called last. */
  takeChanged(): readonly string[] {
    const changed = [...this.changed];
    this.changed.clear();
    return changed;
  }

  /** The stamp of the question that is deciding. */
  get stamp(): Stamp {
    return this.current;
  }

  /** What the question missed in strict mode, also where it caught what was thrown. */
  get miss(): Miss | undefined {
    return this.missed;
  }

  /** Starts the undo list of a question. */
  begin(stamp: Stamp): void {
    this.current = stamp;
    this.question += 1;
    this.appendedBefore = this.appended;
    this.missed = undefined;
    this.journal.length = 0;
  }

  /** Takes back all that the question changed. */
  undo(): void {
    for (let at = this.journal.length - 1; at >= 0; at--) this.journal[at]?.();
    this.journal.length = 0;
    this.appended = this.appendedBefore;
  }

  /** Loads what was missed. */
  fill({ what: { cell, list, members } }: Miss): void {
    if (cell !== undefined) this.cells.read(cell.noun, cell.tenant, cell.key);
    if (list !== undefined) this.cells.readList(list);
    if (members !== undefined) this.part(members.tenant).members.read(members);
  }

  /** A cell, read through unless the mode is strict: then throws Miss. */
  slot<N extends Noun>(noun: N, tenant: string, key: string): Slot<N> {
    const slot = this.cells.find(noun, tenant, key);
    if (slot !== undefined) return slot;
    if (this.strict) throw this.note(new Miss({ cell: { noun, tenant, key } }));
    return this.cells.read(noun, tenant, key);
  }

  /** The first cells of a prefix, read through unless the mode is strict: then throws Miss. */
  list<N extends Noun>(ref: ListRef<N>): readonly Row<N>[] {
    const lacking = this.cells.lacks(ref);
    if (lacking !== undefined) {
      if (this.strict) throw this.note(new Miss({ list: lacking }));
      this.cells.readList(lacking);
    }
    return this.cells.list(ref);
  }

  /** Members of a window, read through unless the mode is strict: then throws Miss. */
  members(ref: MembersRef): readonly MemberRow[] {
    const { members } = this.part(ref.tenant);
    if (members.lacks(ref)) {
      if (this.strict) throw this.note(new Miss({ members: ref }));
      members.read(ref);
    }
    return members.list(ref);
  }

  private note(miss: Miss): Miss {
    this.missed = miss;
    return miss;
  }

  /** A tenant's part. */
  part(tenant: string): TenantPart {
    let part = this.parts.get(tenant);
    if (part === undefined) {
      const timers = new TimerOverlay(this.committed.timers(tenant), this.journal);
      const members = new MemberOverlay(this.committed.members, this.journal);
      part = new TenantPart(tenant, this.committed.log(tenant), { timers, members, journal: this.journal });
      this.parts.set(tenant, part);
    }
    return part;
  }

  /** A tenant's part, about to get one more row from the question that is deciding. */
  append(tenant: string): TenantPart {
    const part = this.part(tenant);
    part.mark(this.question);
    this.change(tenant);
    this.appended += 1;
    return part;
  }

  /** Adds a sweep to the plan; what this batch has read already stays as it was read. */
  sweep(sweep: Sweep): void {
    this.sweeps.push(sweep);
    this.journal.push(() => this.sweeps.pop());
  }

  /** The plan's rows: sweeps where there are any, cells, and each tenant's part that has any. */
  plan(): Omit<Plan, "t"> {
    const tenants = [...this.parts.values()].map((part) => part.plan()).filter((plan) => plan !== undefined);
    const { sweeps } = this;
    return { ...(sweeps.length === 0 ? {} : { sweeps }), cells: this.cells.changes(), tenants };
  }
}
