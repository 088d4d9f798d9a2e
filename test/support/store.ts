import { switchTo } from "../../src/flows/config-apply.ts";
import { createConfigurations, type LiveConfigurations } from "../../src/flows/configurations.ts";
import { FLOWS } from "../../src/flows/index.ts";
import { planChange } from "../../src/core/config-plan.ts";
import type { CheckedObject } from "../../src/core/objects.ts";
import type { FlowTable, Stamp, Store } from "../../src/ports.ts";
import type { Engine } from "../../src/store/engine.ts";
import type { StoreLimits } from "../../src/store/limits.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import type { Stamper } from "../../src/store/stamper.ts";
import { createStore } from "../../src/store/transactor.ts";
import { silentLog } from "../../src/system/log.ts";
import { noPause } from "./pause.ts";

export const START = 1_780_000_000_000;

/** Instants that the test sets; salts that follow from a counter. */
export interface TestClock {
  now: number;
}

export interface TestStore<F extends FlowTable = typeof FLOWS> {
  readonly store: Store<F>;
  readonly engine: Engine;
  readonly configurations: LiveConfigurations;
  readonly clock: TestClock;
  /** The tenant takes on these objects, all at once. */
  readonly configure: (objects: readonly CheckedObject[], tenant?: string) => Promise<void>;
  /** All lines of a tenant's log. */
  readonly lines: (tenant?: string) => Promise<readonly string[]>;
}

export interface TestStoreOptions<F extends FlowTable> {
  readonly engine?: Engine;
  /** What was loaded over the engine; without it, an empty site's. */
  readonly configurations?: LiveConfigurations;
  readonly flows?: F;
  readonly limits?: Partial<StoreLimits>;
  readonly strict?: boolean;
  readonly tenants?: readonly string[];
  /** Answers the instant of the next question; without it, `clock.now`. */
  readonly instant?: () => number;
  readonly boot?: string;
  /** Instants of clocks that may be set; without it, those that the test names. */
  readonly stamper?: Stamper;
}

const MAX_LEAVES = 1_000_000;

/** A store over real flows with tenants `_site` and `default`, on the memory engine where no other is given. */
export async function openTestStore(options?: Omit<TestStoreOptions<typeof FLOWS>, "flows">): Promise<TestStore>;
export async function openTestStore<F extends typeof FLOWS>(
  options: TestStoreOptions<F> & { readonly flows: F },
): Promise<TestStore<F>>;
export async function openTestStore(options: TestStoreOptions<typeof FLOWS> = {}): Promise<TestStore> {
  const { engine = createMemoryEngine(), limits = {}, strict = false, tenants = ["_site", "default"] } = options;
  const clock: TestClock = { now: START };
  const { configurations = createConfigurations(noPause) } = options;
  let asked = 0;
  let last = START;
  const stamp = (): Stamp => {
    const instant = options.instant?.() ?? clock.now;
    last = instant;
    const salt = new Uint8Array(32);
    new DataView(salt.buffer).setUint32(0, ++asked);
    return { now: instant, t: instant, salt };
  };
  const store = createStore({
    engine,
    flows: options.flows ?? FLOWS,
    configurations,
    stamper: options.stamper ?? { stamp, now: () => (options.instant === undefined ? clock.now : last) },
    timeout: () => () => undefined,
    log: silentLog,
    boot: options.boot ?? "b0070001",
    mono: () => 0,
    fatal: (error) => {
      throw error;
    },
    limits,
    strict,
  });
  store.onCommit(configurations.follow);
  for (const id of tenants) {
    const origin = `sealpost-test-00000000-${id}`;
    await store.transact({
      flow: "tenant-open",
      tenant: "_site",
      input: { actor: "job:test", id, origin, key: "key", seal: "seal" },
    });
  }
  return {
    store,
    engine,
    configurations,
    clock,
    configure: async (objects, tenant = "default") => {
      const { base, candidate, changes } = planChange(configurations.own(tenant), { objects, prune: true });
      const input = { actor: "job:test", base, candidate, changes };
      await switchTo({ store, configurations }, { objects, candidates: [{ tenant, candidate }] }, () =>
        store.transact({ flow: "config-switch", tenant, input }),
      );
    },
    lines: (tenant = "default") => store.read.leaves(tenant, 0, MAX_LEAVES),
  };
}
