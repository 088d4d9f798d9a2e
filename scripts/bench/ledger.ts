// A log that grows by 256 leaves a commit, and the same facts inserted as plain rows.
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { type LeafInput, leafLine } from "../../src/core/leaf.ts";
import { createVault } from "../../src/signing/vault.ts";
import { openLibsqlEngine } from "../../src/store/libsql/engine.ts";
import { connect } from "../../src/store/libsql/guard.ts";
import { systemRandom } from "../../src/system/random.ts";

const BATCH = 256;
const COMMITS = 20;
const ORIGIN = "sealpost-bench-00000000-ledger";

interface Work {
  readonly run: () => Promise<number>;
  readonly close: () => Promise<void>;
}

function fact(n: number): LeafInput {
  return {
    type: "delivery.attempt",
    actor: "job:deliver",
    delivery: `dl_${n}`,
    n: 1,
    out: { code: "250", ms: 12, st: "accepted" },
    payload: "371fe8d6ecd937006ebb78ae7652fc2cfbf1b8c41a20e99b657398f19289f1d1",
    ref: { event: `ev_${n}`, rule: "cpu-hot@4be9c3f1a2d7" },
    status: "sent",
    t: 1_780_000_000_000 + n,
  };
}

export async function createLogGrowth(): Promise<Work> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-bench-ledger-"));
  const vault = createVault({ masterKey: systemRandom.bytes(32), random: systemRandom });
  const engine = await openLibsqlEngine({ file: path.join(folder, "ledger.db"), vault });
  let size = 0;
  const append = (): void => {
    const leaves = Array.from({ length: BATCH }, (_, at) => {
      const seq = size + at;
      return { seq, line: leafLine(fact(seq), { log: ORIGIN, seq, boot: "be0c0001", mono: seq }) };
    });
    const none = { events: [], timersSet: [], timersCleared: [], members: [] };
    engine.apply({
      t: 1_780_000_000_000,
      cells: [],
      tenants: [{ tenant: "bench", ...(size === 0 ? { origin: ORIGIN } : {}), logSize: size, leaves, ...none }],
    });
    size += BATCH;
  };
  return {
    run: async () => {
      for (let commit = 0; commit < COMMITS; commit++) append();
      return BATCH * COMMITS;
    },
    close: async () => {
      engine.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}

export async function plainInserts(): Promise<Work> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-bench-plain-"));
  const connection = await connect(path.join(folder, "plain.db"), 1000);
  connection.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
  connection.exec("CREATE TABLE fact(id INTEGER PRIMARY KEY, line TEXT NOT NULL)");
  let size = 0;
  const insert = (): void =>
    connection.immediate(() => {
      for (let at = 0; at < BATCH; at++)
        connection.run("INSERT INTO fact(id, line) VALUES (?, ?)", [size, JSON.stringify(fact(size++))]);
    });
  return {
    run: async () => {
      for (let commit = 0; commit < COMMITS; commit++) insert();
      return BATCH * COMMITS;
    },
    close: async () => {
      connection.close();
      fs.rmSync(folder, { recursive: true });
    },
  };
}
