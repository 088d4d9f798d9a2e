/**
 * What the engine in memory keeps: the rows of a store, as maps and arrays.
 * @module
 */
import type { AcceptedEvent, Cells, LeafOpenings, MemberRow, Noun, TimerRow } from "../../ports.ts";
import { EMPTY_LOG, type LogGrowth } from "../ledger.ts";

/** The log of a tenant. */
export interface MemoryLog {
  readonly origin: string;
  growth: LogGrowth;
  readonly lines: string[];
  /** By `level/index`. */
  readonly tiles: Map<string, Uint8Array>;
  /** By sequence number. */
  readonly openings: Map<number, LeafOpenings>;
}

/** Everything of one tenant but its cells. */
export interface MemoryTenant {
  log: MemoryLog | undefined;
  /** In order of acceptance. */
  readonly events: AcceptedEvent[];
  /** Place in `events`, by the event's id. */
  readonly places: Map<string, number>;
  /** By (due, flow, key) as a text. */
  readonly timers: Map<string, TimerRow>;
  /** By window, in order of `n`. */
  readonly members: Map<string, MemberRow[]>;
}

/** The rows of a store. */
export class MemoryState {
  readonly objects = new Map<string, string>();
  readonly tenants = new Map<string, MemoryTenant>();
  private readonly cells = new Map<Noun, Map<string, Map<string, Cells[Noun]>>>();

  /** A tenant's rows, empty at first. */
  tenant(tenant: string): MemoryTenant {
    let rows = this.tenants.get(tenant);
    if (rows === undefined) {
      rows = { log: undefined, events: [], places: new Map(), timers: new Map(), members: new Map() };
      this.tenants.set(tenant, rows);
    }
    return rows;
  }

  /** Cells of one noun and tenant, by key. */
  drawer<N extends Noun>(noun: N, tenant: string): Map<string, Cells[N]> {
    let byTenant = this.cells.get(noun);
    if (byTenant === undefined) {
      byTenant = new Map<string, Map<string, Cells[Noun]>>();
      this.cells.set(noun, byTenant);
    }
    let drawer = byTenant.get(tenant);
    if (drawer === undefined) {
      drawer = new Map<string, Cells[Noun]>();
      byTenant.set(tenant, drawer);
    }
    // Drawers are found by their noun here and nowhere else, so what one holds is of that noun.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return drawer as Map<string, Cells[N]>;
  }
}

/** A log without leaves. */
export function newLog(origin: string): MemoryLog {
  return { origin, growth: EMPTY_LOG, lines: [], tiles: new Map(), openings: new Map() };
}
