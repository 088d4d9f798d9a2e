/**
 * The cells of debouncing: how long they count, and what the end of their window makes of them.
 * @module
 */
import type { FlapRecord } from "./cells.ts";
import type { WindowRecord } from "./window-record.ts";
import { type Deciding, steadyNow } from "./deciding.ts";
import { severityRank } from "./event.ts";
import type { Debounce } from "./gate.ts";
import type { TimerRow } from "./view.ts";

/** The window of a key was told, or was not: a told count is followed by a cooldown, all else ends. */
export function flushed(record: WindowRecord, debounce: Debounce | undefined, deciding: Deciding): void {
  const { view, tenant } = deciding;
  const key = record.flap?.key ?? "";
  const cell = view.get("flap", tenant, key);
  if (cell === undefined || cell.window !== record.id) return;
  const isTold = record.status === "pending";
  if (cell.state !== "counting" || !isTold || debounce === undefined) return view.remove("flap", tenant, key);
  const isHigher = severityRank(record.severity) > severityRank(cell.severity);
  const delivery = record.deliveries?.[0] ?? cell.delivery;
  const isResolved = record.flap?.isResolved === true || cell.isResolved === true;
  const resolved = isResolved ? { isResolved: true as const } : {};
  cool(key, { severity: isHigher ? record.severity : cell.severity, delivery, ...resolved }, debounce, deciding);
}

type Told = Pick<FlapRecord, "severity" | "delivery" | "isResolved">;

/** A message told of what was swallowed: what comes now is swallowed until the cooldown ends. */
export function cool(key: string, told: Told, { cooldown }: Debounce, deciding: Deciding): void {
  keepFlap(key, { state: "cooldown", until: steadyNow(deciding) + cooldown, n: 0, ...told }, deciding);
}

/** Cells are cleared away together, those whose keys begin alike, some time after their own time has come. */
const SWEEP_MS = 3_600_000;

/** Keeps a cell, which counts for nothing once its time is up. */
export function keepFlap(key: string, cell: FlapRecord, { view, tenant, offset }: Deciding): void {
  view.put("flap", tenant, key, cell);
  view.setTimer(tenant, flapSweep(key.slice(0, key.indexOf(":")), cell.until + offset));
}

/** The timer that clears away cells of one group, at the next whole hour after an instant (epoch ms). */
export function flapSweep(group: string, after: number): TimerRow {
  return { due: (Math.floor(after / SWEEP_MS) + 1) * SWEEP_MS, flow: "expire", key: `flap:${group}` };
}
