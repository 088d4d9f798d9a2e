/**
 * Counts of deliveries, kept as they are written. The newest changes of a log wait in its head's row, which nearly every
 * commit writes anyway, until they are enough to be worth pages of their own.
 * @module
 */
import { setImmediate as pause } from "node:timers/promises";
import type { Delivery } from "../../core/delivery.ts";
import type { DeliveryCounts } from "../../ports.ts";
import { type CountKey, countKey, CountSum, hourOf, OPEN_HOUR } from "../delivery-count.ts";
import type { Access } from "./access.ts";
import { runBulk, selectMany } from "./bulk.ts";
import { bytes, type Connection, integer, type Row, text } from "./guard.ts";
import { jsonBytes, parseRow } from "./json-row.ts";

const UPSERT = {
  head: "INSERT INTO delivery_count(log, hour, rule, status, n) VALUES",
  width: 5,
  tail: "ON CONFLICT DO UPDATE SET n = n + excluded.n",
};
const CLEAR = "DELETE FROM delivery_count WHERE log = ? AND hour = ? AND rule = ? AND status = ? AND n = 0";
const BEFORE = `SELECT CAST(status AS BLOB), CAST(CAST(body AS TEXT) ->> 'rule' AS BLOB), CAST(body AS TEXT) ->> 'createdAt'
  FROM json_each(?2) CROSS JOIN delivery ON log = ?1 AND k = unhex(value)`;
const BODY = "SELECT body FROM delivery WHERE log = ? AND k = ?";
const FEW = 4;
/** Changes that wait in the row of a head; with more, all go to the table. */
const WAITING = 48;
const CHUNK = 5000;

/** A delivery that a plan puts, or without a value removes; `k` is the key of its row. */
export interface DeliveryChange {
  readonly log: number;
  readonly k: Uint8Array;
  readonly value?: Delivery;
}

interface Delta extends CountKey {
  readonly n: number;
}
/** By what is counted, as a text. */
type Deltas = ReadonlyMap<string, Delta>;

/** What a plan changes in one log. */
class LogChanges {
  readonly deltas: Map<string, Delta>;
  /** Keys of rows that may be there already. */
  readonly known: Uint8Array[] = [];
  newest: Uint8Array;

  constructor(waiting: Deltas, newest: Uint8Array) {
    this.deltas = new Map(waiting);
    this.newest = newest;
  }

  /** Counts up or down. */
  add({ hour, rule, status }: CountKey, by: number): void {
    const name = `${hour}/${rule}/${status}`;
    const n = (this.deltas.get(name)?.n ?? 0) + by;
    if (n === 0) this.deltas.delete(name);
    else this.deltas.set(name, { hour, rule, status, n });
  }
}

interface Counted {
  readonly waiting: Deltas;
  /** No row of the log has a key after this: what has one is new, so nothing has to be looked up. */
  readonly newest: Uint8Array;
}

/** Keeps the counts of deliveries. What it remembers changes only after a commit. */
export class DeliveryTally {
  private readonly logs = new Map<number, Counted>();

  /** Counts what a plan changes, in its transaction and before its deliveries are written; `adopt` after the commit. */
  write(connection: Connection, changes: readonly DeliveryChange[]): { readonly adopt: () => void } {
    const logs = new Map<number, LogChanges>();
    for (const { log, k, value } of changes) {
      const { newest, waiting } = this.counted(connection, log);
      const changed = logs.get(log) ?? new LogChanges(waiting, newest);
      if (!logs.has(log)) logs.set(log, changed);
      if (value !== undefined) changed.add(countKey(value), 1);
      if (Buffer.compare(k, newest) <= 0) changed.known.push(k);
      else if (Buffer.compare(k, changed.newest) > 0) changed.newest = k;
    }
    const adopted = [...logs].map(([log, changed]): readonly [number, Counted] => {
      for (const key of keysBefore(connection, log, changed.known)) changed.add(key, -1);
      const waiting = keep(connection, log, changed.deltas);
      return [log, { waiting, newest: changed.newest }];
    });
    return { adopt: () => adopted.forEach(([log, counted]) => this.logs.set(log, counted)) };
  }

  private counted(connection: Connection, log: number): Counted {
    const known = this.logs.get(log);
    if (known !== undefined) return known;
    const [row] = connection.all("SELECT k FROM delivery WHERE log = ? ORDER BY k DESC LIMIT 1", [log]);
    const newest = row === undefined ? new Uint8Array(0) : bytes(row, 0);
    const waiting = new LogChanges(new Map(), newest);
    for (const delta of readWaiting(connection, log)) waiting.add(delta, delta.n);
    const counted = { waiting: waiting.deltas, newest };
    this.logs.set(log, counted);
    return counted;
  }
}

/** What rows that are there count as; few are read one by one, which spares the list of them. */
function keysBefore(connection: Connection, log: number, keys: readonly Uint8Array[]): readonly CountKey[] {
  if (keys.length <= FEW) {
    const rows = keys.flatMap((k) => connection.all(BODY, [log, k]));
    return rows.map((row) => countKey(parseRow<Delivery>(text(row, 0))));
  }
  const names = keys.map((k) => Buffer.from(k).toString("hex"));
  return selectMany(connection, BEFORE, [log], names).map((row) =>
    countKey({ status: text(row, 0), rule: text(row, 1), createdAt: integer(row, 2) }),
  );
}

/** Keeps changes in the row of the head, or writes all to the table; answers those that wait. */
function keep(connection: Connection, log: number, deltas: Deltas): Deltas {
  const rows = [...deltas.values()];
  const isFew = rows.length <= WAITING;
  const waiting = isFew ? jsonBytes(rows) : null;
  const written = connection.run("UPDATE ledger_log SET counts = ? WHERE log = ?", [waiting, log]);
  if (isFew && written > 0) return deltas;
  runBulk(
    connection,
    UPSERT,
    rows.map(({ hour, rule, status, n }) => [log, hour, rule, status, n]),
  );
  // A count that falls to zero goes; those of open deliveries stay: they rise again, and are few.
  for (const { hour, rule, status, n } of rows)
    if (n < 0 && hour < OPEN_HOUR) connection.run(CLEAR, [log, hour, rule, status]);
  return new Map();
}

function readWaiting(connection: Connection, log: number): readonly Delta[] {
  const [row] = connection.all("SELECT counts FROM ledger_log WHERE log = ? AND counts IS NOT NULL", [log]);
  return row === undefined ? [] : parseRow<Delta[]>(text(row, 0));
}

/** Counts of a tenant's deliveries: open ones, and others from the hour of `since` (epoch ms) on. */
export async function countDeliveries(access: Access, tenant: string, since: number): Promise<DeliveryCounts> {
  const from = hourOf(since);
  const sum = new CountSum(from);
  const log = access.tenants.find(tenant);
  if (log === undefined) return sum.sum();
  for (const delta of readWaiting(access.connection, log)) sum.add(delta, delta.n);
  let isFirst = true; // what waits and the first page are of one moment
  for (const page of pages(access.connection, log, from)) {
    if (!isFirst) await pause();
    isFirst = false;
    for (const row of page)
      sum.add({ hour: integer(row, 0), rule: text(row, 1), status: text(row, 2) }, integer(row, 3));
  }
  return sum.sum();
}

function* pages(connection: Connection, log: number, from: number): Generator<readonly Row[]> {
  let [hour, rule, status] = [from, "", ""];
  for (;;) {
    const rows = connection.all(
      `SELECT hour, CAST(rule AS BLOB), CAST(status AS BLOB), n FROM delivery_count
       WHERE log = ? AND (hour, rule, status) > (?, ?, ?) ORDER BY hour, rule, status LIMIT ${CHUNK}`,
      [log, hour, rule, status],
    );
    yield rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < CHUNK) return;
    [hour, rule, status] = [integer(end, 0), text(end, 1), text(end, 2)];
  }
}
