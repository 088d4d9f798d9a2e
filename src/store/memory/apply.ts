import type { CellChange } from "../../ports.ts";
import { EngineError, type Plan, type TenantPlan } from "../engine.ts";
import { growLog } from "../ledger.ts";
import { timerName } from "../timer-order.ts";
import { type MemoryLog, type MemoryState, type MemoryTenant, newLog } from "./state.ts";

/** Applies a plan, all or nothing. Throws EngineError `failed` where a log is not as the plan takes it to be. */
export function applyPlan(state: MemoryState, plan: Plan): void {
  for (const tenant of plan.tenants) check(state.tenants.get(tenant.tenant)?.log, tenant);
  for (const { by } of plan.sweeps ?? []) for (const tenant of state.tenants.keys()) shiftDue(state, tenant, by);
  for (const change of plan.cells) applyCell(state, change);
  for (const tenant of plan.tenants) applyTenant(state.tenant(tenant.tenant), tenant);
}

function check(log: MemoryLog | undefined, plan: TenantPlan): void {
  if (log !== undefined && plan.origin !== undefined) throw new EngineError("failed", "the log is open already");
  if (log === undefined && plan.origin === undefined && plan.leaves.length + plan.events.length > 0) {
    throw new EngineError("failed", "the log is not open");
  }
  if ((log?.lines.length ?? 0) !== plan.logSize) throw new EngineError("failed", "the log has another size");
  if (plan.leaves.some(({ seq }, at) => seq !== plan.logSize + at))
    throw new EngineError("failed", "a leaf is out of place");
}

function shiftDue(state: MemoryState, tenant: string, by: number): void {
  state.drawer("claim", tenant).clear();
  const deliveries = state.drawer("delivery", tenant);
  for (const [id, delivery] of deliveries) {
    if (delivery.dueAt !== undefined) deliveries.set(id, { ...delivery, dueAt: Math.max(0, delivery.dueAt + by) });
  }
  const { timers } = state.tenant(tenant);
  const shifted = [...timers.values()].map((timer) => ({ ...timer, due: Math.max(0, timer.due + by) }));
  timers.clear();
  for (const timer of shifted) timers.set(timerName(timer), timer);
}

function applyCell(state: MemoryState, { noun, tenant, key, value }: CellChange): void {
  const drawer = state.drawer(noun, tenant);
  state.tenant(tenant);
  if (value === undefined) drawer.delete(key);
  else drawer.set(key, value);
}

function applyTenant(rows: MemoryTenant, plan: TenantPlan): void {
  if (plan.origin !== undefined) rows.log = newLog(plan.origin);
  if (rows.log !== undefined) applyLeaves(rows.log, plan);
  for (const accepted of plan.events) {
    rows.places.set(accepted.event.id, rows.events.length);
    rows.events.push(accepted);
  }
  for (const timer of plan.timersCleared) rows.timers.delete(timerName(timer));
  for (const timer of plan.timersSet) rows.timers.set(timerName(timer), timer);
  for (const member of plan.members) {
    const members = rows.members.get(member.window) ?? [];
    rows.members.set(member.window, members);
    members.push(member);
  }
}

function applyLeaves(log: MemoryLog, { leaves }: TenantPlan): void {
  const { growth, tiles } = growLog(
    log.growth,
    leaves.map(({ line }) => line),
  );
  log.growth = growth;
  for (const { level, index, data } of tiles) log.tiles.set(`${level}/${index}`, data);
  for (const { seq, line, openings } of leaves) {
    log.lines.push(line);
    if (openings !== undefined) log.openings.set(seq, openings);
  }
}
