/**
 * The real store and flows at given instants, cut into commits, looks and starts of the process as a test likes.
 * @module
 */
import type { Cells, Noun } from "../../src/core/cells.ts";
import type { WindowMember } from "../../src/core/window-record.ts";
import { planChange } from "../../src/core/config-plan.ts";
import { DecisionRoot } from "../../src/core/decision-root.ts";
import type { CheckedObject } from "../../src/core/objects.ts";
import { switchTo } from "../../src/flows/config-apply.ts";
import { loadConfigurations } from "../../src/flows/configurations.ts";
import { FLOWS, type Flows } from "../../src/flows/index.ts";
import type { Log, Store, TimerRow } from "../../src/ports.ts";
import type { Engine } from "../../src/store/engine.ts";
import type { StoreLimits } from "../../src/store/limits.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { MemoryState } from "../../src/store/memory/state.ts";
import type { Jump, Stamper } from "../../src/store/stamper.ts";
import { createStore } from "../../src/store/transactor.ts";
import { storeHome } from "./store-home.ts";
import { noPause } from "./pause.ts";

export const TENANT = "default";
/** More rows than a test ever has. */
export const ALL = 1_000_000;

const NOUNS = [
  "open",
  "action",
  "group",
  "claim",
  "flap",
  "bucket",
  "limit",
  "announced",
  "rule",
  "fault",
  "mutes",
  "silence",
  "maintenance",
  "suppression",
  "channel",
] as const satisfies readonly Noun[];
type Rows<N extends Noun> = readonly (readonly [key: string, value: Cells[N]])[];

/** All that a tenant's decisions leave. */
export interface Remains {
  /** The decision root. */
  readonly root: string;
  readonly lines: readonly string[];
  readonly deliveries: Rows<"delivery">;
  readonly windows: Rows<"window">;
  /** The other cells, by noun. */
  readonly cells: Readonly<Record<string, Rows<Noun>>>;
  readonly timers: readonly TimerRow[];
  /** By window. */
  readonly members: Readonly<Record<string, readonly WindowMember[]>>;
}

export interface CutStoreOptions {
  readonly engine: "memory" | "libsql";
  readonly strict: boolean;
  readonly limits: Partial<StoreLimits>;
}

export interface CutStore {
  /** Asks one question at an instant, epoch ms; instants of questions never decrease. */
  readonly ask: <T>(at: number, question: (store: Store<Flows>) => Promise<T>) => Promise<T>;
  /** Decides what is due by an instant. */
  readonly look: (at: number) => Promise<void>;
  /** Resolves when all that was asked is answered. */
  readonly idle: () => Promise<void>;
  /** The process ends cleanly and starts again. */
  readonly restart: () => Promise<void>;
  readonly configure: (objects: readonly CheckedObject[], at: number) => Promise<void>;
  /** The wall clock, which shows `from`, is set to `to`. */
  readonly jump: (from: number, to: number) => Promise<void>;
  readonly engine: () => Engine;
  readonly commits: () => number;
  readonly remains: () => Promise<Remains>;
  readonly close: () => Promise<void>;
}

/** Opens a store with tenants `_site` and `default`. What goes wrong beside the questions is thrown by the next look. */
export async function openCutStore(options: CutStoreOptions, start: number): Promise<CutStore> {
  const home = options.engine === "libsql" ? storeHome() : undefined;
  const state = new MemoryState();
  const errors: string[] = [];
  const instants: number[] = [];
  const { stamper, setClock } = scripted(instants, start);
  let commits = 0;
  const open = async (): Promise<Running> => {
    const engine = home === undefined ? createMemoryEngine(state) : await home.open();
    return await run(
      counted(engine, () => commits++),
      { ...options, stamper, errors },
    );
  };
  let running = await open();
  const ask: CutStore["ask"] = (at, question) => {
    instants.push(at);
    return question(running.store);
  };
  const idle = async (): Promise<void> => {
    while (running.store.pressure().waitingQuestions > 0) await new Promise((resolve) => setImmediate(resolve));
    if (errors.length > 0) throw new Error(errors.splice(0).join("; "));
  };
  const look = async (at: number): Promise<void> => {
    await ask(at, (store) => store.transact({ flow: "attempt", tenant: TENANT, input: { tries: [] } }));
    await idle();
  };
  for (const id of ["_site", TENANT]) {
    const input = { actor: "job:test", id, origin: `sealpost-test-00000000-${id}`, key: "key", seal: "seal" };
    await ask(start, (store) => store.transact({ flow: "tenant-open", tenant: "_site", input }));
  }
  return {
    ask,
    look,
    idle,
    restart: async () => {
      await idle();
      await running.store.close();
      running = await open();
    },
    configure: async (objects, at) => {
      const { configurations, store } = running;
      const { base, candidate, changes } = planChange(configurations.own(TENANT), { objects, prune: true });
      if (candidate.id === base) return;
      const input = { actor: "job:test", base, candidate, changes };
      await switchTo({ store, configurations }, { objects, candidates: [{ tenant: TENANT, candidate }] }, () =>
        ask(at, () => store.transact({ flow: "config-switch", tenant: TENANT, input })),
      );
    },
    jump: async (from, to) => {
      await look(from); // what was due before is not late
      setClock({ from, to });
      instants.push(to); // of the jump itself
      await look(to);
    },
    engine: () => running.engine,
    commits: () => commits,
    remains: async () => await remainsOf(running),
    close: async () => {
      await running.store.close();
      home?.remove();
    },
  };
}

interface Running {
  readonly engine: Engine;
  readonly store: Store<Flows>;
  readonly configurations: Awaited<ReturnType<typeof loadConfigurations>>;
}

interface RunOptions extends CutStoreOptions {
  readonly stamper: Stamper;
  readonly errors: string[];
}

async function run(engine: Engine, { stamper, errors, limits, strict }: RunOptions): Promise<Running> {
  const configurations = await loadConfigurations(engine.read, noPause);
  const store = createStore({
    engine,
    flows: FLOWS,
    configurations,
    stamper,
    timeout: () => () => undefined,
    log: errorLog(errors),
    boot: "b0070001",
    mono: () => 0,
    fatal: (error) => errors.push(String(error)),
    limits,
    strict,
  });
  store.onCommit(configurations.follow);
  return { engine, store, configurations };
}

function counted(engine: Engine, count: () => void): Engine {
  return {
    ...engine,
    apply: (plan) => {
      count();
      engine.apply(plan);
    },
  };
}

/** A log that keeps what went wrong. */
export function errorLog(errors: string[]): Log {
  const error: Log["error"] = (message, fields = {}) => void errors.push(`${message} ${JSON.stringify(fields)}`);
  return { info: () => undefined, warn: () => undefined, error };
}

/** Instants in the order in which questions are asked, and a clock that is set. */
function scripted(
  instants: number[],
  start: number,
): { readonly stamper: Stamper; readonly setClock: (jump: Omit<Jump, "mono">) => void } {
  let last = start;
  let pending: Jump | undefined;
  let salts = 0;
  const stamper: Stamper = {
    now: () => last,
    stamp: () => {
      const now = instants.shift();
      if (now === undefined) throw new Error("a question without an instant");
      last = now;
      const salt = new Uint8Array(32);
      new DataView(salt.buffer).setUint32(0, ++salts);
      return { now, t: now, salt };
    },
    jump: () => pending,
    follow: ({ to }) => {
      last = to;
      pending = undefined;
    },
  };
  return {
    stamper,
    setClock: (jump) => {
      pending = { ...jump, mono: 0 };
    },
  };
}

/** Everything that is kept of the tenant, in orders that no engine has a say in. */
export async function remainsOf({ engine, store }: Pick<Running, "engine" | "store">): Promise<Remains> {
  const lines = await store.read.leaves(TENANT, 0, ALL);
  const root = new DecisionRoot();
  for (const line of lines) root.add(TENANT, line);
  const rows = <N extends Noun>(noun: N): Rows<N> =>
    engine.list(noun, TENANT, "", ALL).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const windows = rows("window");
  const members = windows.map(([id]) => [id, engine.members(TENANT, id, 0, ALL).map(({ body }) => body)] as const);
  return {
    root: root.root(),
    lines,
    deliveries: rows("delivery"),
    windows,
    cells: Object.fromEntries(NOUNS.map((noun) => [noun, rows<Noun>(noun)])),
    timers: engine.timers(TENANT, Number.MAX_SAFE_INTEGER, ALL),
    members: Object.fromEntries(members),
  };
}
