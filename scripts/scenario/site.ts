// The site on which a scenario plays: the real store and flows over an engine, on clocks that the scenario moves.
import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { planChange } from "../../src/core/config-plan.ts";
import type { CheckedObject } from "../../src/core/objects.ts";
import { switchTo } from "../../src/flows/config-apply.ts";
import { type LiveConfigurations, loadConfigurations } from "../../src/flows/configurations.ts";
import { FLOWS, type Flows } from "../../src/flows/index.ts";
import type { Log, Store } from "../../src/ports.ts";
import { createVault } from "../../src/signing/vault.ts";
import type { Engine } from "../../src/store/engine.ts";
import { lastInstant } from "../../src/store/last-instant.ts";
import { openLibsqlEngine } from "../../src/store/libsql/engine.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { MemoryState } from "../../src/store/memory/state.ts";
import { createStamper } from "../../src/store/stamper.ts";
import { createStore } from "../../src/store/transactor.ts";
import { createClock } from "./clock.ts";
import { systemPause } from "../../src/system/pause.ts";

export const ENGINES = ["memory", "libsql"] as const;
export type EngineName = (typeof ENGINES)[number];

/** How a scenario is played; none of it may change what comes of it. */
export interface Manner {
  readonly engine: EngineName;
  /** `lazy`: timers are looked at when the next input is asked; `eager`: at each due instant. */
  readonly looks: "lazy" | "eager";
  /** The process ends and starts again between any two inputs. */
  readonly restarts?: boolean;
  /** Deciding may only read what was loaded before. */
  readonly strict?: boolean;
}

export interface ScenarioSite {
  readonly tenant: string;
  readonly store: () => Store<Flows>;
  /** Time passes until the wall clock shows `wall`. */
  readonly pass: (wall: number) => Promise<void>;
  /** Whatever is due by now is decided. */
  readonly look: () => Promise<void>;
  readonly setClock: (wall: number) => void;
  /** The process ends, and starts again when the wall clock shows `wall`; at once where none is given. */
  readonly restart: (wall?: number) => Promise<void>;
  /** The objects of a tenant (the scenario's where none is named) are these from now on. */
  readonly configure: (objects: readonly CheckedObject[], of?: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Home {
  readonly open: () => Promise<Engine>;
  readonly remove: () => void;
}

const ACTOR = "job:scenario";

/** A site with tenants `_site` and `tenant`, its clock at `start` (epoch ms). */
export async function openScenarioSite(tenant: string, start: number, manner: Manner): Promise<ScenarioSite> {
  const clock = createClock(start, manner.looks === "eager");
  const home = manner.engine === "libsql" ? libsqlHome() : memoryHome();
  let running = await run(home, clock, manner);
  const restart = async (wall?: number): Promise<void> => {
    await running.store.close();
    clock.sleep(wall ?? clock.now());
    running = await run(home, clock, manner);
  };
  const idle = async (): Promise<void> => {
    while (running.store.pressure().waitingQuestions > 0) await new Promise((resolve) => setImmediate(resolve));
    running.check();
  };
  for (const id of ["_site", tenant]) {
    const input = { actor: ACTOR, id, origin: `sealpost-scenario-00000000-${id}`, key: "key", seal: "seal" };
    await running.store.transact({ flow: "tenant-open", tenant: "_site", input });
  }
  return {
    tenant,
    store: () => running.store,
    pass: (wall) => clock.pass(wall, idle),
    look: async () => {
      await running.store.transact({ flow: "attempt", tenant, input: { tries: [] } });
      running.check();
    },
    setClock: clock.set,
    restart,
    configure: (objects, of = tenant) => configure(running, of, objects),
    close: async () => {
      await running.store.close();
      home.remove();
    },
  };
}

interface Running {
  readonly store: Store<Flows>;
  readonly configurations: LiveConfigurations;
  /** Throws what went wrong aside: a timer or a listener that failed. */
  readonly check: () => void;
}

async function run(home: Home, clock: ReturnType<typeof createClock>, manner: Manner): Promise<Running> {
  const engine = await home.open();
  const configurations = await loadConfigurations(engine.read, systemPause);
  const last = await lastInstant(engine.read);
  const errors: string[] = [];
  const store = createStore({
    engine,
    flows: FLOWS,
    configurations,
    stamper: createStamper({ clock, random: { bytes: randomBytes }, ...(last === undefined ? {} : { last }) }),
    timeout: clock.timeout,
    log: logOf(errors),
    boot: randomBytes(4).toString("hex"),
    mono: () => Math.floor(clock.mono()),
    fatal: (error) => errors.push(String(error)),
    strict: manner.strict ?? false,
  });
  store.onCommit(configurations.follow);
  const check = (): void => {
    if (errors.length > 0) throw new Error(errors.splice(0).join("; "));
  };
  return { store, configurations, check };
}

/** By hand instead of by `applyConfig`: a scenario may name a channel or calendar that is not there. */
async function configure(
  { store, configurations }: Running,
  tenant: string,
  objects: readonly CheckedObject[],
): Promise<void> {
  const { base, candidate, changes } = planChange(configurations.own(tenant), { objects, prune: true });
  if (candidate.id === base) return;
  await switchTo({ store, configurations }, { objects, candidates: [{ tenant, candidate }] }, () =>
    store.transact({ flow: "config-switch", tenant, input: { actor: ACTOR, base, candidate, changes } }),
  );
}

function memoryHome(): Home {
  const state = new MemoryState();
  return { open: async () => createMemoryEngine(state), remove: () => undefined };
}

function libsqlHome(): Home {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-scenario-"));
  const vault = createVault({ masterKey: new Uint8Array(32).fill(7), random: { bytes: randomBytes } });
  return {
    open: () => openLibsqlEngine({ file: path.join(folder, "sealpost.db"), vault }),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

function logOf(errors: string[]): Log {
  return {
    info: () => undefined,
    warn: () => undefined,
    error: (message, fields) => errors.push(`${message} ${JSON.stringify(fields ?? {})}`),
  };
}
