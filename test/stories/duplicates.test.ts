import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";
import type { EventReceipt } from "../../src/core/delivery.ts";
import { loadConfigurations } from "../../src/flows/configurations.ts";
import { FLOWS, type Flows } from "../../src/flows/index.ts";
import type { Store } from "../../src/ports.ts";
import { openLibsqlEngine } from "../../src/store/libsql/engine.ts";
import { createStore } from "../../src/store/transactor.ts";
import { silentLog } from "../../src/system/log.ts";
import { channel, input, rule, template } from "../support/objects.ts";
import { openTestStore, START } from "../support/store.ts";
import { testVault } from "../support/vault.ts";
import { noPause } from "../support/pause.ts";

const EVENTS = 100_000;
const BATCH = 1000;
const HORIZON = 7 * 86_400_000;

/** All ids in batches; every 50th event is of a severity that leads to a delivery. */
async function postAll(store: Store<Flows>, order: (at: number) => number): Promise<EventReceipt[]> {
  const receipts: EventReceipt[] = [];
  for (let from = 0; from < EVENTS; from += BATCH) {
    const events = Array.from({ length: BATCH }, (_, at) => {
      const n = order(from + at);
      return input(`id-${n}`, { severity: n % 50 === 0 ? "high" : "info" });
    });
    receipts.push(
      ...(await store.transact({
        flow: "ingest",
        tenant: "default",
        input: { actor: "source:test", events, horizon: HORIZON },
      })),
    );
  }
  return receipts;
}

test("100,000 events sent again after a restart are all known, with their first receipts, in any order", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-duplicates-"));
  const file = path.join(folder, "sealpost.db");
  const site = await openTestStore({ engine: await openLibsqlEngine({ file, vault: testVault() }) });
  await site.configure([channel(), template(), rule("high", { match: { minSeverity: "high" } })]);
  const first = await postAll(site.store, (at) => at);
  expect(first.filter(({ duplicate }) => duplicate)).toEqual([]);
  expect(first.filter(({ deliveries }) => deliveries.length > 0).length).toBe(EVENTS / 50);
  await site.store.close();

  const engine = await openLibsqlEngine({ file, vault: testVault() });
  const again = createStore({
    engine,
    flows: FLOWS,
    configurations: await loadConfigurations(engine.read, noPause),
    stamper: {
      stamp: () => ({ now: START + 1000, t: START + 1000, salt: new Uint8Array(32) }),
      now: () => START + 1000,
    },
    timeout: () => () => undefined,
    log: silentLog,
    boot: "b0070002",
    mono: () => 0,
    fatal: (error) => {
      throw error;
    },
  });
  const size = (await again.read.log("default"))?.size;
  const shuffled = (at: number): number => (at * 61_561) % EVENTS; // 61,561 is prime to 100,000
  const second = await postAll(again, shuffled);
  expect(second.map((receipt) => receipt.duplicate).every(Boolean)).toBe(true);
  expect(second).toEqual(second.map((_, at) => ({ ...first[shuffled(at)], duplicate: true })));
  expect((await again.read.log("default"))?.size).toBe(size);
  await again.close();
  fs.rmSync(folder, { recursive: true });
}, 120_000);
