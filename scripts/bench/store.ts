// The store against parsing and validating alone, and the ledger against plain inserts.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { EventInput } from "../../src/core/event.ts";
import { createConfigurations } from "../../src/flows/configurations.ts";
import { FLOWS, type Flows } from "../../src/flows/index.ts";
import type { Configurations, Store } from "../../src/ports.ts";
import { createVault } from "../../src/signing/vault.ts";
import { sourceOf } from "../../src/sources/index.ts";
import { createLogGrowth, plainInserts } from "./ledger.ts";
import { openLibsqlEngine } from "../../src/store/libsql/engine.ts";
import { createStamper } from "../../src/store/stamper.ts";
import { createStore } from "../../src/store/transactor.ts";
import { systemClock } from "../../src/system/clock.ts";
import { silentLog } from "../../src/system/log.ts";
import { systemRandom } from "../../src/system/random.ts";
import { systemTimeout } from "../../src/system/timeout.ts";
import type { Case } from "./measure.ts";
import { systemPause } from "../../src/system/pause.ts";

const TENANTS = 32;
const HORIZON = 7 * 86_400_000;
let nextId = 0;

/** A CloudEvent of about 1 KB. */
export function eventText(id: string): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/bench/host-17",
    type: "com.example.disk.usage",
    subject: "disk/sda1",
    time: "2026-11-20T12:00:00Z",
    severitytext: "low",
    data: {
      labels: { host: "host-17", disk: "sda1", site: "plant-7" },
      scope: { namespace: "storage", resource: "sda1" },
      note: "x".repeat(640),
    },
  });
}

export function batchBytes(count: number): Uint8Array {
  return Buffer.from(`[${Array.from({ length: count }, () => eventText(`b${nextId++}`)).join(",")}]`);
}

function parse(bytes: Uint8Array): readonly EventInput[] {
  const result = sourceOf("application/cloudevents-batch+json")?.read(bytes);
  if (result?.ok !== true) throw new Error("the bench's own events are refused");
  return result.events;
}

export interface BenchStore {
  readonly store: Store<Flows>;
  readonly close: () => Promise<void>;
}

/** A store of its own; `of` stands in for the configurations that it would follow. */
export async function openBenchStore(of?: Configurations["of"]): Promise<BenchStore> {
  const folder = fs.mkdtempSync(path.join(process.env["SEALPOST_BENCH_DIR"] ?? os.tmpdir(), "sealpost-bench-"));
  const vault = createVault({ masterKey: systemRandom.bytes(32), random: systemRandom });
  const configurations = createConfigurations(systemPause);
  const store = createStore({
    engine: await openLibsqlEngine({ file: path.join(folder, "sealpost.db"), vault }),
    flows: FLOWS,
    configurations: of === undefined ? configurations : { of },
    stamper: createStamper({ clock: systemClock, random: systemRandom }),
    timeout: systemTimeout,
    log: silentLog,
    boot: "be0c0001",
    mono: () => Math.floor(systemClock.mono()),
    fatal: (error) => {
      throw error;
    },
    limits: { maxWaitingBytes: 2 ** 30 },
  });
  store.onCommit(configurations.follow);
  for (const id of ["_site", "default", ...Array.from({ length: TENANTS }, (_, at) => `t${at}`)])
    await store.transact({
      flow: "tenant-open",
      tenant: "_site",
      input: { actor: "job:bench", id, origin: `sealpost-bench-00000000-${id}`, key: "k", seal: "s" },
    });
  return {
    store,
    close: async () => {
      await store.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}

/** Questions of `size` events each, `waiting` of them at once; the bodies are made before the clock runs. */
function batchCase(
  { store }: BenchStore,
  { size, total, waiting, ratio }: { size: number; total: number; waiting: number; ratio: number },
): Case {
  const bodies = (): Uint8Array[] => Array.from({ length: total / size }, () => batchBytes(size));
  const ingest = async (bytes: Uint8Array): Promise<void> => {
    const events = parse(bytes);
    await store.transact({
      flow: "ingest",
      tenant: "default",
      input: { actor: "source:cloudevents", events, horizon: HORIZON },
      bytes: bytes.length,
    });
  };
  const prepared: { candidate: Uint8Array[]; floor: Uint8Array[] } = { candidate: [], floor: bodies() };
  return {
    name: `batches of ${size}, ${waiting} at once, against parse + validate`,
    unit: "event",
    by: "rate",
    cpu: true,
    mark: { kind: "at-least", ratio },
    candidate: {
      name: "store",
      run: async () => {
        const queue = prepared.candidate.splice(0);
        await Promise.all(
          Array.from({ length: waiting }, async () => {
            for (let bytes = queue.pop(); bytes !== undefined; bytes = queue.pop()) await ingest(bytes);
          }),
        );
        return total;
      },
    },
    floor: {
      name: "parse + validate",
      run: async () => {
        for (const bytes of prepared.floor) parse(bytes);
        return total;
      },
    },
    refill: () => void prepared.candidate.push(...bodies()),
  };
}

function tenantsCase({ store }: BenchStore, total: number): Case {
  const round = (): Uint8Array[] => Array.from({ length: total / 2 }, () => batchBytes(2));
  const prepared: { candidate: Uint8Array[]; floor: Uint8Array[] } = { candidate: [], floor: round() };
  return {
    name: `commits of 64 events of ${TENANTS} tenants, against parse + validate`,
    unit: "event",
    by: "rate",
    cpu: true,
    refill: () => void prepared.candidate.push(...round()),
    candidate: {
      name: "store",
      run: async () => {
        const queue = prepared.candidate.splice(0);
        for (let at = 0; at < queue.length; at += TENANTS) {
          await Promise.all(
            queue.slice(at, at + TENANTS).map((bytes, tenant) =>
              store.transact({
                flow: "ingest",
                tenant: `t${tenant}`,
                input: { actor: "source:cloudevents", events: parse(bytes), horizon: HORIZON },
                bytes: bytes.length,
              }),
            ),
          );
        }
        return total;
      },
    },
    floor: {
      name: "parse + validate",
      run: async () => {
        for (const bytes of prepared.floor) parse(bytes);
        return total;
      },
    },
  };
}

export async function storeCases(): Promise<{ cases: Case[]; close: () => Promise<void> }> {
  const bench = await openBenchStore();
  const ledger = await createLogGrowth();
  const plain = await plainInserts();
  return {
    cases: [
      batchCase(bench, { size: 64, total: 12_800, waiting: 8, ratio: 0.15 }),
      batchCase(bench, { size: 64, total: 12_800, waiting: 1, ratio: 0.15 }),
      batchCase(bench, { size: 1000, total: 20_000, waiting: 4, ratio: 0.25 }),
      batchCase(bench, { size: 1000, total: 20_000, waiting: 1, ratio: 0.25 }),
      tenantsCase(bench, 6400),
      {
        name: "ledger append against plain insert, 256 leaves a commit",
        unit: "leaf",
        by: "time",
        cpu: true,
        mark: { kind: "at-most", ratio: 2 },
        candidate: { name: "ledger", run: ledger.run },
        floor: { name: "plain insert", run: plain.run },
      },
    ],
    close: async () => {
      await bench.close();
      await ledger.close();
      await plain.close();
    },
  };
}
