/**
 * Everything of a served site that a refused request may not change, read from its database and its folder by another process.
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { unpackLines } from "../../src/store/libsql/lines.ts";
import { WATCH } from "./hostile-served.ts";

/** By table, log or file, what it holds. */
export type Held = ReadonlyMap<string, readonly string[]>;

export interface Keeper {
  readonly look: () => Held;
  /** Leaves of refusals so far, of all tenants. */
  readonly denials: () => number;
  readonly close: () => void;
}

/** Bookkeeping of the way in: when tokens were used, answers under a key, signed heads. */
const KEPT_BESIDE = /^(?:use|answer|note)\//;
/** The database and the lock have their own ways to be compared. */
const OPEN_FILES = /^(?:sealpost|lock)\.db(?:-wal|-shm|-journal)?$/;
/** A segment's id is its log times this, and the number of its first leaf. */
const SEQS = 2 ** 40;
/** `seen_pack` mixes all tenants: that nothing is known of what was refused is seen when it is sent again. */
const ELSEWHERE = new Set(["ledger_log", "ledger_segment", "ledger_tile", "seen_pack", "segment_body"]);

/** Opens the database of a site that another process serves. */
export function openKeeper(dir: string): Keeper {
  const reader = new DatabaseSync(path.join(dir, "sealpost.db"), { readOnly: true, timeout: 5000 });
  return {
    look: () => lookAt(reader, dir),
    denials: () =>
      logsOf(reader)
        .flatMap(({ log }) => leavesOf(reader, log))
        .filter(isDenial).length,
    close: () => reader.close(),
  };
}

function lookAt(reader: DatabaseSync, dir: string): Held {
  const held = new Map<string, readonly string[]>();
  const logs = logsOf(reader);
  const watch = logs.find(({ tenant }) => tenant === WATCH)?.log ?? -1;
  for (const table of tablesOf(reader))
    if (!ELSEWHERE.has(table)) held.set(table, rowsOf(reader, table, watch).filter(isCompared));
  held.set("segment_body", bodiesOf(reader, watch));
  for (const { log, tenant, counts } of logs) {
    if (log === watch) continue;
    held.set(`counts of ${tenant}`, [counts]);
    held.set(
      `leaves of ${tenant}`,
      leavesOf(reader, log)
        .filter((line) => !isDenial(line))
        .map(withoutPlace),
    );
  }
  for (const [name, content] of filesOf(dir)) held.set(name, [content]);
  return held;
}

/** Rows are `quote`d columns; the first of a cell, or the third of a timer, tell whose bookkeeping it is. */
function isCompared(row: string): boolean {
  return !row.split(",").some((column) => KEPT_BESIDE.test(column.slice(1)) || column.startsWith("'answer:"));
}

/** What is not the same, by place: rows that one of both lacks. */
export function changesOf(before: Held, after: Held): Readonly<Record<string, readonly string[]>> {
  const places = new Set([...before.keys(), ...after.keys()]);
  const found: Record<string, readonly string[]> = {};
  for (const place of places) {
    const [had, has] = [new Set(before.get(place)), new Set(after.get(place))];
    const others = [
      ...[...had].filter((row) => !has.has(row)).map((row) => `- ${row.slice(0, 500)}`),
      ...[...has].filter((row) => !had.has(row)).map((row) => `+ ${row.slice(0, 500)}`),
    ];
    if (others.length > 0) found[place] = others;
  }
  return found;
}

/** The one column of all rows, which is a BLOB. */
function texts(reader: DatabaseSync, sql: string): string[] {
  return reader
    .prepare(sql)
    .all()
    .map((row) => textOf(Object.values(row)[0]));
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  throw new Error("the database answers something else than bytes");
}

function tablesOf(reader: DatabaseSync): string[] {
  return texts(reader, "SELECT CAST(name AS BLOB) FROM sqlite_schema WHERE type = 'table'");
}

function rowsOf(reader: DatabaseSync, table: string, watch: number): string[] {
  const names = texts(reader, `SELECT CAST(name AS BLOB) FROM pragma_table_info('${table}')`);
  const row = names.map((name) => `quote("${name}")`).join(" || ',' || ");
  const others = names.includes("log") ? ` WHERE log <> ${watch}` : "";
  const isCell = table === "cell" || table === "heap_cell";
  return texts(
    reader,
    `SELECT CAST(${row} AS BLOB) FROM "${table}"${isCell ? ` WHERE k NOT GLOB '*/${WATCH}/*'` : others}`,
  );
}

function bodiesOf(reader: DatabaseSync, watch: number): string[] {
  return texts(
    reader,
    `SELECT CAST(id || ':' || quote(body) AS BLOB) FROM segment_body WHERE id NOT IN (SELECT id FROM segment WHERE log = ${watch})`,
  );
}

interface LogRow {
  readonly log: number;
  readonly tenant: string;
  readonly counts: string;
}

function logsOf(reader: DatabaseSync): LogRow[] {
  const sql = `SELECT CAST(log || ' ' || id || ' ' || coalesce(quote(counts), '') AS BLOB) FROM ledger_log JOIN tenant USING (log)`;
  return texts(reader, sql).map((line) => {
    const [log = "", tenant = "", counts = ""] = line.split(" ");
    return { log: Number(log), tenant, counts };
  });
}

/** Lines of a log, in order. */
function leavesOf(reader: DatabaseSync, log: number): string[] {
  const rows = reader
    .prepare("SELECT z, leaves FROM ledger_segment WHERE id >= ? AND id < ? ORDER BY id")
    .all(log * SEQS, (log + 1) * SEQS);
  return rows.flatMap(({ z, leaves }) => {
    if (typeof z !== "number" || !(leaves instanceof Uint8Array)) throw new Error("a segment of leaves is none");
    return unpackLines(z, leaves);
  });
}

function isDenial(line: string): boolean {
  return line.includes('"type":"access.denied"');
}

/** Leaves of refusals between others move these. */
function withoutPlace(line: string): string {
  return line.replaceAll(/"seq":\d+,?/g, "");
}

function filesOf(dir: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of fs.readdirSync(dir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(dir, file);
    if (OPEN_FILES.test(name)) continue;
    found.set(name, entry.isFile() ? createHash("sha256").update(fs.readFileSync(file)).digest("hex") : "folder");
  }
  return found;
}
