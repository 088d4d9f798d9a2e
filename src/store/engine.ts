/**
 * What a store engine does for the transactor: bulk reads, one durable transaction a batch, timers, the read port.
 * @module
 */
import type {
  AcceptedEvent,
  CellChange,
  CellRange,
  CellRef,
  Cells,
  LeafOpenings,
  MemberRow,
  Noun,
  Reader,
  StoredObject,
  Sweep,
  TimerRow,
} from "../ports.ts";

/** A leaf with its place, as its bytes will be kept. */
export interface PlacedLeaf {
  readonly seq: number;
  readonly line: string;
  readonly openings?: LeafOpenings;
}

/** Everything that one batch writes, in order; one tenant's parts lie together. */
export interface TenantPlan {
  readonly tenant: string;
  /** Set when the log is opened by this plan. */
  readonly origin?: string;
  /** Size of the log before; the head is updated on this condition. */
  readonly logSize: number;
  readonly leaves: readonly PlacedLeaf[];
  readonly events: readonly AcceptedEvent[];
  readonly timersSet: readonly TimerRow[];
  readonly timersCleared: readonly TimerRow[];
  readonly members: readonly MemberRow[];
}
export interface Plan {
  /** The recorded instant of the commit, epoch ms. */
  readonly t: number;
  /** Done before all else, on rows as they were. */
  readonly sweeps?: readonly Sweep[];
  /** Final values only: each (noun, tenant, key) at most once. */
  readonly cells: readonly CellChange[];
  readonly tenants: readonly TenantPlan[];
}

/** Why a plan could not be applied. After any of them nothing of it remains, in caches neither. */
export type EngineFault = "disk-full" | "refused-row" | "io" | "failed";
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: EngineFault;
  constructor(code: EngineFault, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

export interface Engine {
  /** Values of cells of one noun, in the order asked: one bulk read. */
  readonly load: <N extends Noun>(noun: N, refs: readonly CellRef<N>[]) => readonly (Cells[N] | undefined)[];
  /**
   * Cells of a range (a text is a prefix), in order of the keys' UTF-8 bytes; of some nouns (`isListedAsMade`) in the order
   * of their making. Not for `identity`.
   */
  readonly list: <N extends Noun>(
    noun: N,
    tenant: string,
    range: string | CellRange,
    limit: number,
  ) => readonly (readonly [key: string, value: Cells[N]])[];
  /** Origin and committed size of a tenant's log; undefined for an unknown tenant. */
  readonly log: (tenant: string) => { readonly origin: string; readonly size: number } | undefined;
  /** Timers of a tenant due by `until`, in (due, flow, key) order. */
  readonly timers: (tenant: string, until: number, limit: number) => readonly TimerRow[];
  /** Tenant and instant of the earliest timer of each tenant that has one. */
  readonly earliestTimers: () => readonly { readonly tenant: string; readonly due: number }[];
  /** Members of a window from number `from` on, in order of their numbers. */
  readonly members: (tenant: string, window: string, from: number, limit: number) => readonly MemberRow[];
  /** Applies a plan in one durable transaction (fsync), or throws an EngineError and leaves nothing of it. */
  readonly apply: (plan: Plan) => void;
  readonly stage: (objects: readonly StoredObject[]) => Promise<void>;
  readonly read: Reader;
  readonly close: () => void;
}
