/**
 * The embedded engine: one file, one writer. Why it is laid out so: docs/adr/0001-store-layout.md.
 * @module
 */
import type { Log, Vault } from "../../ports.ts";
import { rangeOf } from "../cell-range.ts";
import type { Engine } from "../engine.ts";
import type { Access } from "./access.ts";
import { Writer } from "./apply.ts";
import { EventSegments } from "./event-segments.ts";
import { seenOf } from "./events.ts";
import type { Connection } from "./guard.ts";
import { HeapCells } from "./heap-cells.ts";
import { type IdentityHash, IdentityHashes } from "./identity.ts";
import { LeafSegments } from "./leaf-segments.ts";
import { Logs } from "./logs.ts";
import { loadMembers } from "./members.ts";
import { listNoun, loadNoun } from "./nouns.ts";
import { stageObjects } from "./objects.ts";
import { openDatabase, openReader } from "./open.ts";
import { makeReader } from "./read.ts";
import { ReceiptBooks } from "./receipts.ts";
import { type Forgotten, Seen, SEEN_LIMITS, type SeenLimits } from "./seen.ts";
import { SeenPacks } from "./seen-packs.ts";
import { Tenants } from "./tenants.ts";
import { dueTimers, earliestTimers } from "./timers.ts";

export interface LibsqlOptions {
  /** Path of the database; made when absent. */
  readonly file: string;
  readonly vault: Vault;
  readonly log?: Log;
  readonly seen?: Partial<SeenLimits>;
  /** What is kept in memory of decoded events, of leaves and of receipts: UTF-16 units each. */
  readonly cacheUnits?: number;
  readonly identityHash?: IdentityHash;
}

const CACHE_UNITS = 32 * 2 ** 20;

/** Opens the store of a site. Throws OpenError (`foreign`, `newer`) or EngineError. Take the lock (lock.ts) first. */
export async function openLibsqlEngine(options: LibsqlOptions): Promise<Engine> {
  const writing = await openDatabase(options.file);
  try {
    return build(options, writing, await openReader(options.file));
  } catch (error) {
    writing.close();
    throw error;
  }
}

function build(options: LibsqlOptions, writing: Connection, reading: Connection): Engine {
  const { access, writer, logs } = parts(options, writing);
  return {
    load: (noun, refs) => loadNoun(access, noun, refs),
    list: (noun, tenant, range, limit) => listNoun(access, { noun, tenant, ...rangeOf(range) }, limit),
    log: (tenant) => logs.find(tenant),
    timers: (tenant, until, limit) => dueTimers(access, tenant, until, limit),
    earliestTimers: () => earliestTimers(access),
    members: (tenant, window, from, limit) => loadMembers(access, { tenant, window, from, limit }),
    apply: (plan) => writer.apply(plan),
    stage: async (objects) => stageObjects(writing, objects),
    read: makeReader({ ...access, connection: reading }),
    close: () => {
      reading.close();
      writing.close();
    },
  };
}

function parts(options: LibsqlOptions, connection: Connection): { access: Access; writer: Writer; logs: Logs } {
  const limits = { ...SEEN_LIMITS, ...options.seen };
  const forgotten: Forgotten[] = [];
  const seen = new Seen(limits, (one) => {
    forgotten.push(one);
    if (one.early)
      options.log?.warn("the limit of known events is reached: repeats of older ones are accepted", { before: one.t });
  });
  const units = options.cacheUnits ?? CACHE_UNITS;
  const access: Access = {
    connection,
    tenants: new Tenants(connection),
    seen,
    heap: new HeapCells(),
    events: new EventSegments(units),
    leaves: new LeafSegments(units),
    receipts: new ReceiptBooks(units),
    vault: options.vault,
    hashes: new IdentityHashes(),
    ...(options.identityHash === undefined ? {} : { identityHash: options.identityHash }),
  };
  access.heap.load(connection);
  const packs = new SeenPacks();
  packs.load(connection, seen, limits.cap, (row) => seenOf(access, row));
  const logs = new Logs(access);
  return { access, writer: new Writer(access, { logs, packs, forgotten }), logs };
}
