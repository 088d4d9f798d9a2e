import type { CellRef } from "../../core/cells.ts";
import type { Delivery } from "../../core/delivery.ts";
import { recordMs } from "../../core/id.ts";
import type { DeliveryQuery, DueChannel, Page, Reader } from "../../ports.ts";
import { EngineError } from "../engine.ts";
import { StoreError } from "../error.ts";
import type { Access } from "./access.ts";
import { runBulk, selectMany } from "./bulk.ts";
import type { DeliveryChange } from "./delivery-counts.ts";
import { bytes, type Connection, integer, type SqlValue, text } from "./guard.ts";
import { jsonBytes, parseRow } from "./json-row.ts";
import { deliveryKey } from "./keys.ts";
import { gather, type Step } from "./page.ts";

const CHUNK = 1000;
const KEY_BYTES = 16;
const AFTER_ALL = Buffer.alloc(KEY_BYTES + 1, 0xff);

const UPSERT = {
  head: "INSERT INTO delivery(log, k, channel, status, event, window, due, body) VALUES",
  width: 8,
  tail: `ON CONFLICT DO UPDATE SET channel = excluded.channel, status = excluded.status, event = excluded.event,
    window = excluded.window, due = excluded.due, body = excluded.body`,
};
const DELETE = "DELETE FROM delivery WHERE log = ? AND k = ?";

/** A delivery that is put or, without a value, removed. Throws EngineError `refused-row` for an id that is not one of ours. */
export function deliveryChange(log: number, id: string, value: Delivery | undefined): DeliveryChange {
  return value === undefined ? { log, k: keyOf(id) } : { log, k: keyOf(value.id), value };
}

export function writeDeliveries(connection: Connection, changes: readonly DeliveryChange[]): void {
  runBulk(
    connection,
    UPSERT,
    changes.flatMap((change) => rowOf(change)),
  );
  for (const { log, k, value } of changes) if (value === undefined) connection.run(DELETE, [log, k]);
}

function rowOf({ log, k, value }: DeliveryChange): (readonly SqlValue[])[] {
  if (value === undefined) return [];
  const { channel, status, event, window, dueAt } = value;
  return [[log, k, channel, status, event ?? null, window ?? null, dueAt ?? null, jsonBytes(value)]];
}

function keyOf(id: string): Uint8Array {
  const key = deliveryKey(id);
  if (key === undefined) throw new EngineError("refused-row", "a delivery's id is not one of ours");
  return key;
}

/** Deliveries by id, in the order asked. */
export function loadDeliveries(access: Access, refs: readonly CellRef<"delivery">[]): (Delivery | undefined)[] {
  const asked = new Map<number, string[]>();
  for (const { tenant, key } of refs) {
    const log = access.tenants.find(tenant);
    const k = deliveryKey(key);
    if (log === undefined || k === undefined) continue;
    const keys = asked.get(log) ?? [];
    asked.set(log, keys);
    keys.push(Buffer.from(k).toString("hex"));
  }
  const found = new Map<string, Delivery>();
  for (const [log, keys] of asked) {
    const sql = "SELECT body FROM delivery WHERE log = ? AND k IN (SELECT unhex(value) FROM json_each(?))";
    for (const row of selectMany(access.connection, sql, [log], keys)) {
      const delivery = parseRow<Delivery>(text(row, 0));
      found.set(`${delivery.tenant}/${delivery.id}`, delivery);
    }
  }
  return refs.map(({ tenant, key }) => found.get(`${tenant}/${key}`));
}

/** Deliveries whose id starts with `prefix`, in order of ids: looks at all of the tenant's. */
export function deliveriesByPrefix(
  access: Access,
  { tenant, prefix, after = "" }: { readonly tenant: string; readonly prefix: string; readonly after?: string },
  limit: number,
): (readonly [string, Delivery])[] {
  const log = access.tenants.find(tenant);
  if (log === undefined) return [];
  const rows = access.connection.all(
    `SELECT body FROM delivery WHERE log = ?1 AND substr(CAST(body AS TEXT) ->> 'id', 1, length(?2)) = ?2
     AND CAST(body AS TEXT) ->> 'id' > ?3 ORDER BY CAST(body AS TEXT) ->> 'id' LIMIT ?4`,
    [log, prefix, after, limit],
  );
  return rows.map((row) => parseRow<Delivery>(text(row, 0))).map((delivery) => [delivery.id, delivery]);
}

/** A page of a tenant's deliveries, newest first. Throws StoreError `bad-cursor`. */
export function listDeliveries(access: Access, tenant: string, query: DeliveryQuery): Promise<Page<Delivery>> {
  return gather(walk(access, tenant, query), query.limit);
}

function* walk({ connection, tenants }: Access, tenant: string, query: DeliveryQuery): Generator<Step<Delivery>> {
  const log = tenants.find(tenant);
  let before = query.cursor === undefined ? AFTER_ALL : readKey(query.cursor);
  const oldest = oldestOf(query.event);
  if (log === undefined) return;
  // Those of a window are found by their index, all others by time.
  const window = query.window ?? null;
  const [table, isIn] =
    window === null ? ["delivery", "?4 IS NULL"] : ["delivery INDEXED BY delivery_window", "window = ?4"];
  for (;;) {
    const [edge] = connection.all(
      `SELECT count(*), min(k) FROM
         (SELECT k FROM ${table} WHERE log = ?1 AND k < ?2 AND k >= ?3 AND ${isIn} ORDER BY k DESC LIMIT ${CHUNK})`,
      [log, before, oldest, window],
    );
    const rows = integer(edge, 0);
    if (rows === 0) return;
    const from = bytes(edge, 1);
    const found = connection.all(
      `SELECT k, body FROM ${table} WHERE log = ?1 AND k < ?2 AND k >= ?3 AND ${isIn} AND (?5 IS NULL OR status = ?5)
         AND (?6 IS NULL OR channel = ?6) AND (?7 IS NULL OR event = ?7) ORDER BY k DESC`,
      [log, before, from, window, query.status ?? null, query.channel ?? null, query.event ?? null],
    );
    for (const row of found)
      yield { kind: "found", item: parseRow<Delivery>(text(row, 1)), cursor: bytes(row, 0).toString("hex") };
    before = from;
    yield { kind: "worked", rows, cursor: from.toString("hex") };
  }
}

function readKey(cursor: string): Buffer {
  if (/^[0-9a-f]{32}$/.test(cursor)) return Buffer.from(cursor, "hex");
  throw new StoreError("bad-cursor", "the cursor is not one of this list");
}

/** No delivery is older than the event that it tells of. */
function oldestOf(event: string | undefined): Buffer {
  const oldest = Buffer.alloc(KEY_BYTES);
  oldest.writeUIntBE((event === undefined ? undefined : recordMs(event)) ?? 0, 0, 6);
  return oldest;
}

/** Deliveries of a channel that are due, oldest due first. */
export function dueDeliveries(access: Access, at: Parameters<Reader["due"]>[0]): readonly Delivery[] {
  const log = access.tenants.find(at.tenant);
  if (log === undefined) return [];
  const after = at.after === undefined ? Buffer.alloc(0) : keyOf(at.after.id);
  const rows = access.connection.all(
    `SELECT body FROM delivery INDEXED BY delivery_due
     WHERE log = ? AND channel = ? AND due <= ? AND (due, k) > (?, ?) ORDER BY due, k LIMIT ?`,
    [log, at.channel, at.now, at.after?.due ?? 0, after, at.limit],
  );
  return rows.map((row) => parseRow<Delivery>(text(row, 0)));
}

/** The channel after (log, channel) that has something due at some time, with the earliest instant. */
export function nextDueChannel(
  access: Access,
  log: number,
  channel: string,
): (DueChannel & { readonly log: number }) | undefined {
  const [row] = access.connection.all(
    `SELECT log, CAST(channel AS BLOB), due FROM delivery INDEXED BY delivery_due
     WHERE due IS NOT NULL AND (log, channel) > (?, ?) ORDER BY log, channel, due LIMIT 1`,
    [log, channel],
  );
  if (row === undefined) return undefined;
  return {
    log: integer(row, 0),
    tenant: access.tenants.name(integer(row, 0)),
    channel: text(row, 1),
    due: integer(row, 2),
  };
}
