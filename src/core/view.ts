/**
 * What `decide` sees and writes: the state as the questions before left it, and the plan.
 * @module
 */
import type { Cells, Noun } from "./cells.ts";
import type { WindowMember } from "./window-record.ts";
import type { Event } from "./event.ts";
import type { LeafInput } from "./leaf.ts";

/** What a question is stamped with when it is dequeued. */
export interface Stamp {
  /** The instant that decides, epoch ms: the question's, or a timer's due instant. */
  readonly now: number;
  /** The recorded instant, epoch ms: `t` of its leaves. Equal to `now` but for timers. */
  readonly t: number;
  /** 32 secure bytes for salts; never stored. */
  readonly salt: Uint8Array;
}

/** What a leaf commits to without showing it; kept apart so that it can be opened, or erased. */
export interface LeafOpenings {
  /** Salt of `sd.event`; the value is the stored bytes of the event. */
  readonly event?: Uint8Array;
  readonly recipients?: readonly RecipientOpening[];
}
export interface RecipientOpening {
  /** Index in the leaf's `drafts`. */
  readonly draft: number;
  readonly value: string;
  readonly salt: Uint8Array;
}

/** An accepted event with the bytes that its leaf commits to. */
export interface AcceptedEvent {
  readonly event: Event;
  /** JSON of the event, one line: the stored bytes. */
  readonly line: string;
  /** Sequence number of its (first) decision leaf. */
  readonly seq: number;
}

/**
 * Cells of a noun whose key starts with `prefix`; with `after`, those that follow this key in the noun's order. In an order
 * of making it is a key of the prefix, and nothing follows one that has no cell.
 */
export interface CellRange {
  readonly prefix: string;
  readonly after?: string;
}

/** The state as the questions before left it, and the plan that deciding writes into. Everything is undone if `decide` throws. */
export interface View {
  readonly get: <N extends Noun>(noun: N, tenant: string, key: string) => Cells[N] | undefined;
  /**
   * Cells of a range (a text is a prefix), in order of keys; of `announced`, `claim` and `flap` in the order of their
   * making. Not for `identity`.
   */
  readonly list: <N extends Noun>(
    noun: N,
    tenant: string,
    range: string | CellRange,
    limit: number,
  ) => readonly (readonly [key: string, value: Cells[N]])[];
  readonly put: <N extends Noun>(noun: N, tenant: string, key: string, value: Cells[N]) => void;
  readonly remove: (noun: Noun, tenant: string, key: string) => void;
  /** Opens the log of a new tenant; the caller appends its genesis leaf next. */
  readonly openLog: (tenant: string, origin: string) => void;
  /** Appends a leaf to the tenant's log and answers its sequence number. */
  readonly leaf: (tenant: string, leaf: LeafInput, openings?: LeafOpenings) => number;
  /** Appends an accepted event; its identity cell is put beside it. */
  readonly event: (accepted: AcceptedEvent) => void;
  readonly setTimer: (tenant: string, timer: TimerRow) => void;
  readonly clearTimer: (tenant: string, timer: TimerRow) => void;
  /** Appends a member to a window; `n` counts from 0. */
  readonly member: (tenant: string, member: MemberRow) => void;
  /** Members of a window from number `from` on, oldest first, those of this plan too. */
  readonly members: (tenant: string, window: string, from: number, limit: number) => readonly WindowMember[];
  /** Leaves in a tenant's log so far; 0 for a tenant without one. */
  readonly logSize: (tenant: string) => number;
  /** Changes all rows of a kind as they were before this commit; only for a flow that is `alone` and reads none of them. */
  readonly sweep: (sweep: Sweep) => void;
}
/**
 * `shift-due`: every timer and every delivery's `dueAt`, of all tenants, moves by so many ms, to the epoch at the least;
 * all dedupe claims lapse.
 */
export interface Sweep {
  readonly sweep: "shift-due";
  readonly by: number;
}
export interface TimerRow {
  readonly due: number;
  readonly flow: string;
  readonly key: string;
}
export interface MemberRow {
  readonly window: string;
  readonly n: number;
  readonly body: WindowMember;
}
