/** Programs over the libsql engine that tests run in a process of their own: `store-child.ts <what> <folder>`. */
import { rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { CellRef } from "../../src/ports.ts";
import { EngineError, type Plan } from "../../src/store/engine.ts";
import { openLibsqlEngine } from "../../src/store/libsql/engine.ts";
import { acquireLock } from "../../src/store/libsql/lock.ts";
import { eventPlan } from "./store-plans.ts";
import { testVault } from "./vault.ts";

const T = 1_763_730_000_000;
const [what = "", folder = ""] = process.argv.slice(2);

function say(line: unknown): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Random bytes as text: nothing that compression could shrink. */
function noise(length: number): string {
  let text = "";
  for (let seed = 1; text.length < length; seed = (seed * 48_271) % 2_147_483_647) text += seed.toString(36);
  return text;
}

function identity(plan: Plan): CellRef<"identity">[] {
  return plan.cells.flatMap(({ noun, tenant, key }) => (noun === "identity" ? [{ noun, tenant, key }] : []));
}

/** Acquires the lock and waits to be killed. */
async function hold(): Promise<void> {
  await acquireLock(join(folder, "lock.db"));
  say("held");
  setInterval(() => undefined, 1000);
}

/** Commits without end, batches of 1 to 300 events with deliveries; says each log size that it was promised. */
async function load(): Promise<void> {
  const engine = await openLibsqlEngine({ file: join(folder, "sealpost.db"), vault: testVault() });
  for (let round = 0; ; round++) {
    const log = engine.log("default");
    const size = log?.size ?? 0;
    const samples = Array.from({ length: [1, 3, 64, 300][round % 4] ?? 1 }, (_, at) => ({
      sourceId: `${size + at}`,
      to: at % 5 === 0 ? ["a@example.org"] : [],
    }));
    engine.apply(eventPlan({ tenant: "default", t: T + size, size, open: log === undefined }, samples));
    say(size + samples.length);
  }
}

/** Fills the disk of the folder, and shows what a refused commit left and that the next one passes. */
async function fill(): Promise<void> {
  const ballast = join(folder, "ballast");
  writeFileSync(ballast, noise(400_000));
  const engine = await openLibsqlEngine({ file: join(folder, "sealpost.db"), vault: testVault() });
  const next = (): Plan => {
    const size = engine.log("default")?.size ?? 0;
    return eventPlan({ tenant: "default", t: T + size, size, open: size === 0 }, [
      { sourceId: `${size}`, data: noise(60_000), to: ["new@example.org"] },
    ]);
  };
  const attempt = (plan: Plan): string => {
    try {
      engine.apply(plan);
      return "applied";
    } catch (error) {
      return error instanceof EngineError ? error.code : String(error);
    }
  };
  while (attempt(next()) === "applied");
  const refused = next();
  const size = engine.log("default")?.size ?? 0;
  const leaves = (await engine.read.leaves("default", 0, 1e6)).length;
  say({ again: attempt(refused), committed: (await engine.read.log("default"))?.size === size, size, leaves });
  say({ known: engine.load("identity", identity(refused)), all: leaves === size });
  rmSync(ballast);
  say({ after: attempt(refused), grown: engine.log("default")?.size === size + 1 });
  say({
    openings: (await engine.read.openings("default", size, 1)).length,
    id: engine.load("identity", identity(refused))[0]?.id,
  });
  engine.close();
}

const programs: Readonly<Record<string, () => Promise<void>>> = { hold, load, fill };
await programs[what]?.();
