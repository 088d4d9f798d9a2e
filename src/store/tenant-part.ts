/**
 * What one batch appends for one tenant, which each question can take back.
 * @module
 */
import type { AcceptedEvent } from "../ports.ts";
import type { Undo } from "./cell-overlay.ts";
import type { PlacedLeaf, TenantPlan } from "./engine.ts";
import { StoreError } from "./error.ts";
import type { MemberOverlay } from "./member-overlay.ts";
import type { TimerOverlay } from "./timer-overlay.ts";

/** A tenant's log as it was committed. */
export interface CommittedLog {
  readonly origin: string;
  readonly size: number;
}

/** A tenant's part of a batch. */
export class TenantPart {
  readonly tenant: string;
  readonly timers: TimerOverlay;
  readonly members: MemberOverlay;
  private readonly journal: Undo[];
  private readonly logSize: number;
  private origin: string | undefined;
  private opened = false;
  private readonly leaves: PlacedLeaf[] = [];
  private readonly events: AcceptedEvent[] = [];
  private marked = -1;

  constructor(
    tenant: string,
    log: CommittedLog | undefined,
    { timers, members, journal }: { timers: TimerOverlay; members: MemberOverlay; journal: Undo[] },
  ) {
    this.tenant = tenant;
    this.timers = timers;
    this.members = members;
    this.journal = journal;
    this.origin = log?.origin;
    this.logSize = log?.size ?? 0;
  }

  /** Whether the tenant has a log. */
  get known(): boolean {
    return this.origin !== undefined;
  }

  /** Remembers where a question starts to append; `question` is its number in the batch. */
  mark(question: number): void {
    if (this.marked === question) return;
    const { marked } = this;
    const [leaves, events] = [this.leaves.length, this.events.length];
    this.marked = question;
    this.journal.push(() => {
      this.marked = marked;
      this.leaves.length = leaves;
      this.events.length = events;
    });
  }

  /** Opens the log. Throws StoreError `refused-row` where there is one. */
  open(origin: string): void {
    if (this.known) throw new StoreError("refused-row", `tenant ${this.tenant} has a log already`);
    this.origin = origin;
    this.opened = true;
    this.journal.push(() => {
      this.origin = undefined;
      this.opened = false;
    });
  }

  /** Origin of the log. Throws StoreError `refused-row` for a tenant without one. */
  log(): string {
    if (this.origin === undefined) throw new StoreError("refused-row", `tenant ${this.tenant} has no log`);
    return this.origin;
  }

  /** Sequence number of the next leaf. */
  get nextSeq(): number {
    return this.logSize + this.leaves.length;
  }

  addLeaf(leaf: PlacedLeaf): void {
    this.leaves.push(leaf);
  }

  addEvent(accepted: AcceptedEvent): void {
    this.log();
    this.events.push(accepted);
  }

  /** The tenant's rows of the plan, or undefined where there are none. */
  plan(): TenantPlan | undefined {
    const { tenant, logSize, leaves, events } = this;
    const members = this.members.rows();
    const { set, cleared } = this.timers.rows();
    const rows = leaves.length + events.length + members.length + set.length + cleared.length;
    if (rows === 0 && !this.opened) return undefined;
    const opened = this.opened ? { origin: this.log() } : {};
    return { tenant, ...opened, logSize, leaves, events, timersSet: set, timersCleared: cleared, members };
  }
}
