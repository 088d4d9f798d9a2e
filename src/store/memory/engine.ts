/**
 * The engine in memory: for tests, simulation and replay. What was applied is there at once; nothing outlives the state.
 * @module
 */
import type { CellRef, Cells, Noun, TimerRow } from "../../ports.ts";
import { rangeOf } from "../cell-range.ts";
import type { Engine } from "../engine.ts";
import { compareTimers } from "../timer-order.ts";
import { applyPlan } from "./apply.ts";
import { listCells } from "./list.ts";
import { createMemoryReader, membersOf } from "./read.ts";
import { MemoryState } from "./state.ts";

/** An engine over `state`, which may be opened again after `close`; never throws but for a plan that is no sequel. */
export function createMemoryEngine(state: MemoryState = new MemoryState()): Engine {
  return {
    load: (noun, refs) => load(state, noun, refs),
    list: (noun, tenant, range, limit) => listCells(state, { noun, tenant, ...rangeOf(range), limit }),
    log: (tenant) => {
      const log = state.tenants.get(tenant)?.log;
      return log === undefined ? undefined : { origin: log.origin, size: log.lines.length };
    },
    timers: (tenant, until, limit) => timersOf(state, tenant, until).slice(0, limit),
    earliestTimers: () =>
      [...state.tenants.keys()].flatMap((tenant) =>
        timersOf(state, tenant, Number.MAX_SAFE_INTEGER)
          .slice(0, 1)
          .map(({ due }) => ({ tenant, due })),
      ),
    members: (tenant, window, from, limit) => membersOf(state, tenant, window, from).slice(0, limit),
    apply: (plan) => applyPlan(state, plan),
    stage: async (objects) => {
      for (const { hash, text } of objects) state.objects.set(hash, text);
    },
    read: createMemoryReader(state),
    close: () => undefined,
  };
}

function load<N extends Noun>(state: MemoryState, noun: N, refs: readonly CellRef<N>[]): (Cells[N] | undefined)[] {
  return refs.map(({ tenant, key }) => state.drawer(noun, tenant).get(key));
}

function timersOf(state: MemoryState, tenant: string, until: number): TimerRow[] {
  const timers = state.tenants.get(tenant)?.timers;
  if (timers === undefined || timers.size === 0) return [];
  return [...timers.values()].filter(({ due }) => due <= until).toSorted(compareTimers);
}
