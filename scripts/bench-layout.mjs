// The figures of docs/adr/0001-store-layout.md: `node scripts/bench-layout.mjs [rounds]`. Both layouts in turn, in one run,
// on the same events: one row for each event and leaf with a unique index (and the
// same tree), against the engine with its segments.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { hashToBytes } from "../src/core/merkle.ts";
import { EMPTY_LOG, growLog } from "../src/store/ledger.ts";
import { openLibsqlEngine } from "../src/store/libsql/engine.ts";
import { eventPlan } from "../test/support/store-plans.ts";
import { testVault } from "../test/support/vault.ts";

const ROUNDS = Number(process.argv[2] ?? 7);
const BATCHES = new Map([
  [1, 400],
  [64, 200],
  [1000, 25],
]);
const WORDS = "disk pump valve openssl package node backup failed reached level over under restart host".split(" ");
const folder = mkdtempSync(join(tmpdir(), "sealpost-layout-"));
let count = 0;
let t = 1_763_730_000_000;

/** About 1 KB, of which half is words that recur and half is not. */
function sample() {
  const n = count++;
  const words = Array.from({ length: 50 }, (_, at) => WORDS[(n * 7 + at * 13 + ((n * at) % 5)) % WORDS.length]);
  return {
    sourceId: `item-${n}-${(n * 2_654_435_761) % 2 ** 32}`,
    data: { text: words.join(" "), values: words.map((_, at) => (n * 48_271 * (at + 1)) % 1_000_003) },
  };
}

function rowsLayout() {
  const file = join(folder, "rows.db");
  const db = new Database(file);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
    CREATE TABLE event(id INTEGER PRIMARY KEY, tenant TEXT, source TEXT, source_id TEXT, t INTEGER, type TEXT, body TEXT, UNIQUE(tenant, source, source_id));
    CREATE TABLE leaf(log INTEGER, seq INTEGER, line TEXT, salt BLOB, PRIMARY KEY(log, seq)) WITHOUT ROWID;
    CREATE TABLE head(log INTEGER PRIMARY KEY, size INTEGER, root BLOB)`);
  const known = db.prepare("SELECT 1 FROM event WHERE tenant = ? AND source = ? AND source_id = ?").raw();
  const event = db.prepare("INSERT INTO event(tenant, source, source_id, t, type, body) VALUES (?, ?, ?, ?, ?, ?)");
  const leaf = db.prepare("INSERT INTO leaf VALUES (1, ?, ?, ?)");
  const head = db.prepare(
    "INSERT INTO head VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET size = excluded.size, root = excluded.root",
  );
  let growth = EMPTY_LOG;
  const apply = ({ tenants: [plan] }) => {
    for (const { event: of } of plan.events) known.all([of.tenant, of.source, of.sourceId]);
    db.exec("BEGIN IMMEDIATE");
    for (const { event: of, line } of plan.events)
      event.run([of.tenant, of.source, of.sourceId, BigInt(of.receivedAt), of.type, line]);
    for (const { seq, line, openings } of plan.leaves) leaf.run([BigInt(seq), line, openings.event]);
    ({ growth } = growLog(
      growth,
      plan.leaves.map(({ line }) => line),
    ));
    head.run([BigInt(plan.logSize + plan.leaves.length), hashToBytes(growth.frontier.root())]);
    db.exec("COMMIT");
  };
  return { file, apply, close: () => db.close() };
}

async function segmentsLayout() {
  const file = join(folder, "segments.db");
  const engine = await openLibsqlEngine({ file, vault: testVault() });
  const apply = (plan) => {
    engine.load(
      "identity",
      plan.cells.filter(({ noun }) => noun === "identity"),
    );
    engine.apply(plan);
  };
  return { file, apply, close: () => engine.close() };
}

/** CPU and wall time of applying, us an event. */
function timed(apply, plans, events) {
  const wall = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  for (const plan of plans) apply(plan);
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / events, wall: Number(process.hrtime.bigint() - wall) / 1000 / events };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const show = (values) =>
  `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)}-${Math.max(...values).toFixed(1)})`;

const layouts = { rows: rowsLayout(), segments: await segmentsLayout() };
let size = 0;
for (const { apply } of Object.values(layouts)) apply(eventPlan({ tenant: "default", t, size: 0, open: true }, []));
const before = Object.fromEntries(Object.entries(layouts).map(([name, { file }]) => [name, statSync(file).size]));
let total = 0;
console.log("events a commit: CPU us an event rows -> segments, ratio; wall us an event");
for (const [events, commits] of BATCHES) {
  const seen = { rows: [], segments: [] };
  for (let round = -1; round < ROUNDS; round++) {
    const plans = Array.from({ length: commits }, () => {
      const plan = eventPlan({ tenant: "default", t: (t += 5), size }, Array.from({ length: events }, sample));
      size += events;
      return plan;
    });
    total += events * commits;
    const order = round % 2 === 0 ? ["rows", "segments"] : ["segments", "rows"];
    for (const name of order) {
      const result = timed(layouts[name].apply, plans, events * commits);
      if (round >= 0) seen[name].push(result);
    }
  }
  const cpu = (name) => seen[name].map((one) => one.cpu);
  const ratios = cpu("segments").map((value, at) => value / cpu("rows")[at]);
  const walls = (name) => seen[name].map((one) => one.wall);
  console.log(
    `${events}: ${show(cpu("rows"))} -> ${show(cpu("segments"))}, ${median(ratios).toFixed(2)}; ${show(walls("rows"))} -> ${show(walls("segments"))}`,
  );
}
for (const [name, { file, close }] of Object.entries(layouts)) {
  close();
  console.log(`${name}: ${Math.round((statSync(file).size - before[name]) / total)} bytes kept an event`);
}
rmSync(folder, { recursive: true });
