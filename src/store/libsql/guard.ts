/**
 * The one module that touches libsql 0.5.29. It aborts the process on a bound boolean, on a lone object as argument and
 * on TEXT that is no UTF-8, and it is silent about missing and surplus parameters, U+0000 and lone surrogates; so every
 * value passes here, both ways.
 * @module
 */
import type Libsql from "libsql";
import { EngineError } from "../engine.ts";
import { engineErrorOf } from "./fault.ts";

/** What may be bound. Booleans become 0 and 1; numbers must be safe integers. */
export type SqlValue = null | string | number | bigint | boolean | Uint8Array;
export type Row = readonly unknown[];

/** A connection; statements are prepared once for each SQL text. All of it throws EngineError. */
export interface Connection {
  /** Runs SQL without parameters. */
  readonly exec: (sql: string) => void;
  /** Runs one statement and answers how many rows it changed. */
  readonly run: (sql: string, values: readonly SqlValue[]) => number;
  /** All rows of one statement. TEXT columns are refused: select `CAST(x AS BLOB)` and read it by `text`. */
  readonly all: (sql: string, values: readonly SqlValue[]) => readonly Row[];
  /** Runs `work`, which must be synchronous, in a transaction that begins as a writer; rolls back if it throws. */
  readonly immediate: <T>(work: () => T) => T;
  readonly close: () => void;
}

interface Prepared {
  readonly statement: Libsql.Statement;
  readonly parameters: number;
}

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n) + 1n;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Looks at an SQL text before it is prepared or run, once for each text; throws EngineError for one that may not be. */
export type Wall = (sql: string) => void;

/**
 * Opens a database file, made when absent; waits up to `timeout` ms for locks. libsql is loaded here, not before. Where rows
 * of tenants are, every text passes a `wall`.
 */
export async function connect(file: string, timeout: number, wall: Wall = nothing): Promise<Connection> {
  const { default: Database } = await import("libsql");
  const db = guarded(() => new Database(file, { timeout }));
  const statements = new Map<string, Prepared>();
  const passed = new Set<string>();
  let isOpen = true;
  const open = (): void => {
    if (!isOpen) throw new EngineError("failed", "the database is closed");
  };
  const prepared = (sql: string): Prepared => {
    open();
    const known = statements.get(sql);
    if (known !== undefined) return known;
    wall(sql);
    const made = guarded(() => prepare(db, sql));
    statements.set(sql, made);
    return made;
  };
  const exec = (sql: string): void => {
    open();
    if (!passed.has(sql)) wall(sql);
    passed.add(sql);
    guarded(() => db.exec(sql));
  };
  return {
    exec,
    run: (sql, values) => {
      const { statement, parameters } = prepared(sql);
      const bound = bindAll(values, parameters);
      return guarded(() => statement.run(bound).changes);
    },
    all: (sql, values) => {
      const { statement, parameters } = prepared(sql);
      const bound = bindAll(values, parameters);
      return guarded(() => statement.all(bound)).map(rowOf);
    },
    immediate: (work) => immediate({ exec, isIn: () => isOpen && db.inTransaction }, work),
    close: () => {
      if (isOpen) db.close();
      isOpen = false;
      statements.clear();
    },
  };
}

function nothing(): void {}

/** Where a transaction runs: `isIn` says whether one is open. */
interface Transacting {
  readonly exec: (sql: string) => void;
  readonly isIn: () => boolean;
}

/**
 * Runs `work` in a transaction; not db.transaction(), which commits although an async function rejects. Throws what
 * `work` or the commit throws, as the cause of an EngineError `io` where rolling back fails too.
 */
export function immediate<T>(on: Transacting, work: () => T): T {
  on.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    if (result instanceof Promise) throw new EngineError("failed", "a transaction must be synchronous");
    on.exec("COMMIT");
    return result;
  } catch (error) {
    throw rolledBack(on, error);
  }
}

/** Rolls back after an error and answers it; where that fails too, as `io`: what the transaction left is not known. */
function rolledBack(on: Transacting, error: unknown): unknown {
  try {
    if (on.isIn()) on.exec("ROLLBACK");
    return error;
  } catch {
    if (error instanceof EngineError && error.code === "io") return error;
    return new EngineError("io", "a transaction could not be rolled back", error);
  }
}

function prepare(db: Libsql.Database, sql: string): Prepared {
  const statement = db.prepare(sql);
  if (statement.reader) {
    const loose = statement.columns().find((column) => column.type?.toUpperCase() === "TEXT");
    if (loose !== undefined) throw new EngineError("failed", `column ${loose.name} must be read as a BLOB: ${sql}`);
    statement.raw();
  }
  return { statement, parameters: countParameters(sql) };
}

/** How many values a statement takes. SQL here holds no `?` but parameters, and never mixes `?` with `?1`. */
function countParameters(sql: string): number {
  const marks = sql.match(/\?\d*/g) ?? [];
  const numbers = marks.map((mark) => Number(mark.slice(1)));
  const anonymous = numbers.filter((number) => number === 0).length;
  if (anonymous > 0 && anonymous < numbers.length) throw new EngineError("failed", `two kinds of parameters: ${sql}`);
  return anonymous > 0 ? anonymous : Math.max(0, ...numbers);
}

function bindAll(values: readonly SqlValue[], parameters: number): unknown[] {
  if (values.length !== parameters) {
    throw new EngineError("failed", `${values.length} values for ${parameters} parameters`);
  }
  return values.map(bind);
}

/** A value as libsql may have it; throws EngineError `refused-row` for what it would abort on or alter. */
function bind(value: unknown): null | string | bigint | Uint8Array {
  if (typeof value === "string") return checkedText(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new EngineError("refused-row", "a number is not a safe integer");
    return BigInt(value);
  }
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (value === null) return null;
  if (typeof value === "bigint") {
    if (value > INT64_MAX || value < INT64_MIN) throw new EngineError("refused-row", "an integer is out of range");
    return value;
  }
  if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) return value;
  throw new EngineError("refused-row", `a value of type ${typeof value} cannot be stored`);
}

function checkedText(value: string): string {
  if (value.includes("\u0000")) throw new EngineError("refused-row", "a text holds U+0000");
  if (!value.isWellFormed()) throw new EngineError("refused-row", "a text holds a lone surrogate");
  return value;
}

function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw engineErrorOf(error);
  }
}

function rowOf(row: unknown): Row {
  if (!Array.isArray(row)) throw new EngineError("failed", "a row is not a list of values");
  return row;
}

/** The integer in a column; throws EngineError where it is none, or beyond 2^53. */
export function integer(row: Row | undefined, column: number): number {
  const value = row?.[column];
  if (!Number.isSafeInteger(value) || typeof value !== "number") throw damaged("an integer", column);
  return value;
}

/** The bytes of a BLOB column. */
export function bytes(row: Row | undefined, column: number): Buffer {
  const value = row?.[column];
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  throw damaged("bytes", column);
}

/** The text that a BLOB column holds as UTF-8. */
export function text(row: Row | undefined, column: number): string {
  const held = bytes(row, column);
  try {
    return UTF8.decode(held);
  } catch (cause) {
    throw damaged("UTF-8", column, cause);
  }
}

function damaged(what: string, column: number, cause?: unknown): EngineError {
  return new EngineError("failed", `the database holds no ${what} in column ${column} of a row`, cause);
}
