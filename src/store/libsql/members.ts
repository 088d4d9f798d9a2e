import type { MemberRow, WindowMember } from "../../ports.ts";
import type { Access } from "./access.ts";
import { runBulk } from "./bulk.ts";
import { type Connection, integer, type SqlValue, text } from "./guard.ts";
import { jsonBytes, parseRow } from "./json-row.ts";

const INSERT = { head: "INSERT INTO member(log, window, n, body) VALUES", width: 4, tail: "" };

export function memberRow(log: number, { window, n, body }: MemberRow): readonly SqlValue[] {
  return [log, window, n, jsonBytes(body)];
}

export function writeMembers(connection: Connection, rows: readonly (readonly SqlValue[])[]): void {
  runBulk(connection, INSERT, rows);
}

/** Members of a window from number `from` on, in order of their numbers. */
export function loadMembers(
  { connection, tenants }: Access,
  at: { readonly tenant: string; readonly window: string; readonly from: number; readonly limit: number },
): MemberRow[] {
  const { window } = at;
  const log = tenants.find(at.tenant);
  if (log === undefined) return [];
  const sql = "SELECT n, body FROM member WHERE log = ? AND window = ? AND n >= ? ORDER BY n LIMIT ?";
  const rows = connection.all(sql, [log, window, at.from, at.limit]);
  return rows.map((row) => ({ window, n: integer(row, 0), body: parseRow<WindowMember>(text(row, 1)) }));
}
