import type { CellRef, Cells, Noun } from "../../core/cells.ts";
import type { CellRange } from "../../ports.ts";
import { compareText } from "../key-order.ts";
import type { Access } from "./access.ts";
import { runBulk, selectMany } from "./bulk.ts";
import { type Connection, type SqlValue, text } from "./guard.ts";
import { parseRow } from "./json-row.ts";
import { afterPrefix, cellKey } from "./keys.ts";

/** A range of cells of one noun and tenant. */
export interface CellPlace<N extends Noun> extends CellRange {
  readonly noun: N;
  readonly tenant: string;
}

const UPSERT = { head: "INSERT INTO cell(k, v) VALUES", width: 2, tail: "ON CONFLICT DO UPDATE SET v = excluded.v" };
const DELETE = "DELETE FROM cell WHERE k = ?";

/** The mutable rows of a noun that has no table of its own, in the order asked. */
export function loadCells<N extends Noun>(
  { connection }: Access,
  refs: readonly CellRef<N>[],
): (Cells[N] | undefined)[] {
  const keys = refs.map(({ noun, tenant, key }) => cellKey(noun, tenant, key));
  const sql = "SELECT CAST(k AS BLOB), v FROM json_each(?) CROSS JOIN cell ON k = value";
  const found = new Map<string, Cells[N]>();
  for (const row of selectMany(connection, sql, [], keys)) found.set(text(row, 0), parseRow<Cells[N]>(text(row, 1)));
  return keys.map((key) => found.get(key));
}

/** Rows of a range, in order of the keys' UTF-8 bytes. */
export function listCells<N extends Noun>(
  { connection }: Access,
  { noun, tenant, prefix, after }: CellPlace<N>,
  limit: number,
): (readonly [key: string, value: Cells[N]])[] {
  const from = cellKey(noun, tenant, prefix);
  const isInside = after !== undefined && compareText(after, prefix) >= 0;
  const [is, start] = isInside ? [">", cellKey(noun, tenant, after)] : [">=", from];
  const sql = `SELECT CAST(k AS BLOB), v FROM cell WHERE k ${is} ? AND k < ? ORDER BY k LIMIT ?`;
  const rows = connection.all(sql, [start, afterPrefix(from), limit]);
  const skip = cellKey(noun, tenant, "").length;
  return rows.map((row) => [text(row, 0).slice(skip), parseRow<Cells[N]>(text(row, 1))]);
}

export function writeCells(
  connection: Connection,
  rows: { readonly put: readonly (readonly SqlValue[])[]; readonly removed: readonly (readonly SqlValue[])[] },
): void {
  runBulk(connection, UPSERT, rows.put);
  for (const row of rows.removed) connection.run(DELETE, row);
}
