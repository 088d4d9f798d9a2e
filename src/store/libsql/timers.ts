import type { TimerRow } from "../../ports.ts";
import type { Access } from "./access.ts";
import { runBulk } from "./bulk.ts";
import { type Connection, integer, type SqlValue, text } from "./guard.ts";

const INSERT = { head: "INSERT INTO timer(log, due, flow, key) VALUES", width: 4, tail: "ON CONFLICT DO NOTHING" };
/** For one row: SQLite would search a list of such keys by their first columns only. */
const DELETE = "DELETE FROM timer WHERE log = ? AND due = ? AND flow = ? AND key = ?";

export function timerRow(log: number, { due, flow, key }: TimerRow): readonly SqlValue[] {
  return [log, due, flow, key];
}

export function writeTimers(
  connection: Connection,
  rows: { readonly set: readonly (readonly SqlValue[])[]; readonly cleared: readonly (readonly SqlValue[])[] },
): void {
  for (const row of rows.cleared) connection.run(DELETE, row);
  runBulk(connection, INSERT, rows.set);
}

/** Timers of a tenant due by `until` (epoch ms), in (due, flow, key) order. */
export function dueTimers({ connection, tenants }: Access, tenant: string, until: number, limit: number): TimerRow[] {
  const log = tenants.find(tenant);
  if (log === undefined) return [];
  const rows = connection.all(
    "SELECT due, CAST(flow AS BLOB), CAST(key AS BLOB) FROM timer WHERE log = ? AND due <= ? ORDER BY due, flow, key LIMIT ?",
    [log, until, limit],
  );
  return rows.map((row) => ({ due: integer(row, 0), flow: text(row, 1), key: text(row, 2) }));
}

/** The earliest timer of each tenant that has one. */
export function earliestTimers({ connection, tenants }: Access): { tenant: string; due: number }[] {
  const rows = connection.all(
    `SELECT log, due FROM (SELECT log, (SELECT min(due) FROM timer WHERE timer.log = tenant.log) AS due FROM tenant)
     WHERE due IS NOT NULL`,
    [],
  );
  return rows.map((row) => ({ tenant: tenants.name(integer(row, 0)), due: integer(row, 1) }));
}
