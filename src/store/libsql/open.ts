import { closeSync, openSync, readSync } from "node:fs";
import { EngineError } from "../engine.ts";
import { OpenError } from "./fault.ts";
import { type Connection, connect } from "./guard.ts";
import { migrate } from "./schema/migrate.ts";
import { requireTenant } from "./wall.ts";

const HEADER = "SQLite format 3\0";
const WAIT_MS = 5000;

/** Durable before it answers; a freed page keeps nothing of what was erased. Value: as the pragma reads back. */
const PRAGMAS: readonly (readonly [name: string, set: string, reads: string | number])[] = [
  ["journal_mode", "WAL", "wal"],
  ["synchronous", "FULL", 2],
  ["secure_delete", "ON", 1],
  ["foreign_keys", "ON", 1],
  ["wal_autocheckpoint", "1000", 1000],
  ["cache_size", "-16000", -16000],
];

/**
 * Opens the database of a site for writing, made when absent, at the newest schema.
 * Throws OpenError `foreign` (encrypted, or not ours) or `newer`, EngineError for all else.
 */
export async function openDatabase(file: string): Promise<Connection> {
  refuseForeign(file);
  const connection = await connect(file, WAIT_MS, requireTenant);
  try {
    configure(connection);
    migrate(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Another connection to a database that `openDatabase` made ready: for reading. */
export async function openReader(file: string): Promise<Connection> {
  const connection = await connect(file, WAIT_MS, requireTenant);
  try {
    configure(connection);
    connection.exec("PRAGMA query_only = ON");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Where a pragma does not take (a file system without shared memory, say), nothing may be promised. */
function configure(connection: Connection): void {
  for (const [name, set, reads] of PRAGMAS) {
    connection.all(`PRAGMA ${name} = ${set}`, []);
    const [row] = connection.all(`PRAGMA ${name}`, []);
    if (row?.[0] !== reads) throw new EngineError("failed", `PRAGMA ${name} is ${String(row?.[0])}, not ${reads}`);
  }
}

/** libsql would create tables beside an encrypted or foreign file's content, or abort on it. */
function refuseForeign(file: string): void {
  const head = Buffer.alloc(HEADER.length);
  const length = readHead(file, head);
  if (length === 0) return;
  if (head.toString("latin1", 0, length) === HEADER) return;
  throw new OpenError("foreign", "the file is encrypted, or no database");
}

/** Reads before anything of this process has the file open: closing it would free SQLite's locks on it (POSIX). */
function readHead(file: string, head: Buffer): number {
  try {
    const opened = openSync(file, "r");
    try {
      return readSync(opened, head, 0, head.length, 0);
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return 0;
    throw new EngineError("failed", "the database file cannot be read", error);
  }
}
