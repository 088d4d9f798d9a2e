import type { Connection, Row, SqlValue } from "./guard.ts";

/** Rows in one statement: more gain nothing (measured). */
const ROWS = 16;
/** Values of one statement that asks for many. */
const ASKED = 256;

/** A statement for many rows of the same width: `head`, one group of parameters for each row, `tail`. */
export interface Bulk {
  readonly head: string;
  /** Parameters of one row. */
  readonly width: number;
  readonly tail: string;
}

/** Runs a statement for all rows, up to 16 at once: 1.3 to 2 times as fast as one by one or through json_each. */
export function runBulk(connection: Connection, bulk: Bulk, rows: readonly (readonly SqlValue[])[]): void {
  for (let from = 0; from < rows.length; from += ROWS) {
    const chunk = rows.slice(from, from + ROWS);
    connection.run(statementFor(bulk, chunk.length), chunk.flat());
  }
}

const made = new Map<Bulk, string[]>();

function statementFor(bulk: Bulk, rows: number): string {
  const statements = made.get(bulk) ?? [];
  made.set(bulk, statements);
  const group = `(${Array<string>(bulk.width).fill("?").join(",")})`;
  return (statements[rows] ??= `${bulk.head} ${Array<string>(rows).fill(group).join(",")} ${bulk.tail}`);
}

/**
 * Rows whose key is one of `keys`, which are ASCII texts; `sql` compares with `json_each(?)`, its last parameter, and
 * the ones before it are `values`.
 */
export function selectMany(
  connection: Connection,
  sql: string,
  values: readonly SqlValue[],
  keys: readonly string[],
): readonly Row[] {
  const found: Row[] = [];
  for (let from = 0; from < keys.length; from += ASKED) {
    found.push(...connection.all(sql, [...values, JSON.stringify(keys.slice(from, from + ASKED))]));
  }
  return found;
}
