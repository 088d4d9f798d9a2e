import { setImmediate as pause } from "node:timers/promises";
import type { StoredObject } from "../../ports.ts";
import type { Access } from "./access.ts";
import { runBulk, selectMany } from "./bulk.ts";
import { type Connection, text } from "./guard.ts";

const INSERT = { head: "INSERT INTO object(hash, text) VALUES", width: 2, tail: "ON CONFLICT DO NOTHING" };
const CHUNK = 256;
/** Characters of texts in one transaction: what others wait for. */
const CHUNK_CHARACTERS = 256 * 1024;

/** Keeps immutable objects, in transactions of a few hundred, so that commits of questions come in between. */
export async function stageObjects(connection: Connection, objects: readonly StoredObject[]): Promise<void> {
  for (let from = 0; from < objects.length; ) {
    const chunk = objects.slice(from, endOf(objects, from));
    const rows = chunk.map(({ hash, text: json }) => [hash, Buffer.from(json)]);
    connection.immediate(() => runBulk(connection, INSERT, rows));
    from += chunk.length;
    await pause();
  }
}

/** Where a chunk ends that begins at `from`: at least one object further. */
function endOf(objects: readonly StoredObject[], from: number): number {
  let characters = 0;
  let end = from;
  while (end < objects.length && end - from < CHUNK && characters < CHUNK_CHARACTERS)
    characters += objects[end++]?.text.length ?? 0;
  return end;
}

/** Objects by hash, in the order asked, without those that are unknown. */
export async function loadObjects({ connection }: Access, hashes: readonly string[]): Promise<StoredObject[]> {
  const found = new Map<string, StoredObject>();
  for (let from = 0; from < hashes.length; from += CHUNK) {
    const sql = "SELECT CAST(hash AS BLOB), text FROM object WHERE hash IN (SELECT value FROM json_each(?))";
    for (const row of selectMany(connection, sql, [], hashes.slice(from, from + CHUNK))) {
      found.set(text(row, 0), { hash: text(row, 0), text: text(row, 1) });
    }
    await pause();
  }
  return hashes.flatMap((hash) => found.get(hash) ?? []);
}
