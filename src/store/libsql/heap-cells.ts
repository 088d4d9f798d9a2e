/**
 * Cells whose keys scatter: many, short-lived, asked for by hashes that mostly have none. They lie in the order of their
 * making, so that a commit writes neighbouring pages; which row has which key is known in memory.
 * @module
 */
import type { CellRef, Cells, Noun } from "../../core/cells.ts";
import { sha256Binary } from "../../core/hash.ts";
import type { Access } from "./access.ts";
import type { CellPlace } from "./cells.ts";
import { runBulk, selectMany } from "./bulk.ts";
import { type Connection, integer, type SqlValue, text } from "./guard.ts";
import { HashIds } from "./hash-ids.ts";
import { parseRow } from "./json-row.ts";
import { afterPrefix, cellKey, cellPrefix } from "./keys.ts";

/** Claims of one end, and what is debounced of one group, are listed together: their keys up to the first colon have an index. */
const GROUPED = [cellPrefix("claim"), cellPrefix("flap")];

const UPSERT = {
  head: "INSERT INTO heap_cell(id, h, p, k, v) VALUES",
  width: 5,
  tail: "ON CONFLICT DO UPDATE SET v = excluded.v",
};
const DELETE = "DELETE FROM heap_cell WHERE id = ?";
const SELECT =
  "SELECT heap_cell.id, CAST(k AS BLOB), v FROM json_each(?) CROSS JOIN heap_cell ON heap_cell.id = CAST(value AS INTEGER)";
/** Ids and hashes of so many rows, each as one JSON text: a row of its own would cost five times as much. */
const PAGE = 10_000;
const SCAN = `SELECT CAST(json_group_array(id) AS BLOB), CAST(json_group_array(h) AS BLOB)
  FROM (SELECT id, h FROM heap_cell WHERE id > ? ORDER BY id LIMIT ${PAGE})`;

/** Hex digits of a SHA-256. */
const DIGITS = 64;

interface Found {
  readonly id: number;
  readonly value: string;
}
type Entry = readonly [hash: number, id: number];
/** A cell to write; without a value it is removed. */
export type HeapChange = readonly [key: string, value: Buffer | undefined];

/** The heap and its index in memory, which changes only after a commit. */
export class HeapCells {
  private readonly index = new HashIds();
  private last = 0;

  /** Reads the index, at the start. */
  load(connection: Connection): void {
    for (;;) {
      const [row] = connection.all(SCAN, [this.last]);
      const ids = parseRow<number[]>(text(row, 0));
      const hashes = parseRow<number[]>(text(row, 1));
      ids.forEach((id, at) => this.index.add(hashes[at] ?? 0, id));
      this.last = ids.at(-1) ?? this.last;
      if (ids.length < PAGE) return;
    }
  }

  /** Rows by their keys; what the index does not know is not read at all. */
  find(
    connection: Connection,
    keys: readonly string[],
    hashes: readonly number[] = keys.map(hashOf),
  ): ReadonlyMap<string, Found> {
    const ids = hashes.flatMap((hash) => this.index.find(hash));
    const found = new Map<string, Found>();
    for (const row of selectMany(connection, SELECT, [], ids.map(String)))
      found.set(text(row, 1), { id: integer(row, 0), value: text(row, 2) });
    return found;
  }

  /** Writes cells in the transaction of their plan; `adopt` after the commit. */
  write(connection: Connection, changes: readonly HeapChange[]): { readonly adopt: () => void } {
    const keys = changes.map(([key]) => key);
    const hashes = keys.map(hashOf);
    const found = this.find(connection, keys, hashes);
    const put: (readonly SqlValue[])[] = [];
    const added: Entry[] = [];
    const removed: Entry[] = [];
    for (const [at, [key, value]] of changes.entries()) {
      const id = found.get(key)?.id;
      const hash = hashes[at] ?? 0;
      if (value === undefined) {
        if (id !== undefined) removed.push([hash, id]);
        continue;
      }
      if (id === undefined) added.push([hash, this.last + added.length + 1]);
      put.push([id ?? this.last + added.length, hash, groupOf(key), key, value]);
    }
    runBulk(connection, UPSERT, put);
    for (const [, id] of removed) connection.run(DELETE, [id]);
    return { adopt: () => this.adopt(added, removed) };
  }

  /** Removes all cells of a noun in the transaction of their plan; `adopt` after the commit. */
  clear(connection: Connection, noun: Noun): { readonly adopt: () => void } {
    const from = cellPrefix(noun);
    const sql = "DELETE FROM heap_cell WHERE k >= ? AND k < ? RETURNING h, id";
    const rows = connection.all(sql, [from, afterPrefix(from)]);
    const removed = rows.map((row): Entry => [integer(row, 0), integer(row, 1)]);
    return { adopt: () => this.adopt([], removed) };
  }

  private adopt(added: readonly Entry[], removed: readonly Entry[]): void {
    for (const [hash, id] of removed) this.index.remove(hash, id);
    for (const [hash, id] of added) this.index.add(hash, id);
    this.last += added.length;
  }
}

/** Values of cells of the heap, in the order asked. */
export function loadHeapCells<N extends Noun>(
  { connection, heap }: Access,
  refs: readonly CellRef<N>[],
): (Cells[N] | undefined)[] {
  const keys = refs.map(({ noun, tenant, key }) => cellKey(noun, tenant, key));
  const found = heap.find(connection, keys);
  return keys.map((key) => {
    const row = found.get(key);
    return row === undefined ? undefined : parseRow<Cells[N]>(row.value);
  });
}

/** Rows of a range, in the order of their making: those of one group by their index, any others by a look at the whole heap. */
export function listHeapCells<N extends Noun>(
  { connection, heap }: Access,
  { noun, tenant, prefix, after }: CellPlace<N>,
  limit: number,
): (readonly [key: string, value: Cells[N]])[] {
  const from = cellKey(noun, tenant, prefix);
  const name = cellKey(noun, tenant, after ?? "");
  const start = after === undefined ? 0 : heap.find(connection, [name]).get(name)?.id;
  if (start === undefined) return [];
  const isGroup = groupOf(from) === from;
  const [where, values] = isGroup ? ["p = ?", [from]] : ["k >= ? AND k < ?", [from, afterPrefix(from)]];
  const sql = `SELECT CAST(k AS BLOB), v FROM heap_cell WHERE ${where} AND id > ? ORDER BY id LIMIT ?`;
  const skip = cellKey(noun, tenant, "").length;
  const rows = connection.all(sql, [...values, start, limit]);
  return rows.map((row) => [text(row, 0).slice(skip), parseRow<Cells[N]>(text(row, 1))]);
}

function groupOf(key: string): string | null {
  const colon = GROUPED.some((prefix) => key.startsWith(prefix)) ? key.indexOf(":") : -1;
  return colon < 0 ? null : key.slice(0, colon + 1);
}

/** 32 bits of SHA-256: nobody who chooses keys can make many of them meet. Grouped keys end in one already, in hex. */
function hashOf(key: string): number {
  if (key.at(-DIGITS - 1) === ":" && GROUPED.some((prefix) => key.startsWith(prefix)))
    return Number.parseInt(key.slice(-8), 16) >>> 0;
  const hash = sha256Binary(key);
  const high = (hash.charCodeAt(0) << 24) | (hash.charCodeAt(1) << 16);
  return (high | (hash.charCodeAt(2) << 8) | hash.charCodeAt(3)) >>> 0;
}
