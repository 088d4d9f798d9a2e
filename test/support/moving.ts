/**
 * A store over real flows whose clock the test moves, and what people and sources ask of it.
 * @module
 */
import type { WindowRecord } from "../../src/core/window-record.ts";
import type { Delivery, EventReceipt } from "../../src/core/delivery.ts";
import type { EventInput } from "../../src/core/event.ts";
import { type Leaf, parseLeaf } from "../../src/core/leaf-parse.ts";
import { loadConfigurations } from "../../src/flows/configurations.ts";
import type { WindowCommand } from "../../src/flows/window-command.ts";
import type { TimerRow } from "../../src/ports.ts";
import { channel, template } from "./objects.ts";
import { openTestStore, type TestStore, type TestStoreOptions } from "./store.ts";
import { noPause } from "./pause.ts";

/** Who asks in these tests. */
export const ACTOR = "token:ops";

export interface Moving extends TestStore {
  /** Moves the clock to an instant (text, or epoch ms) and has the timers of a tenant decided that are due by then. */
  readonly at: (instant: string | number, tenant?: string) => Promise<void>;
  /** Lets events come in, in one question. */
  readonly post: (events: readonly EventInput[], tenant?: string) => Promise<readonly EventReceipt[]>;
  readonly command: (asked: Omit<WindowCommand, "actor">, tenant?: string) => Promise<readonly WindowRecord[]>;
  /** Throws where there is none. */
  readonly window: (id: string, tenant?: string) => Promise<WindowRecord>;
  /** Open windows, by the keys under which they are found. */
  readonly open: (tenant?: string) => Promise<readonly WindowRecord[]>;
  /** Throws where there is none. */
  readonly delivery: (id: string, tenant?: string) => Promise<Delivery>;
  /** `status code by` of the deliveries of receipts, in their order, as they are now. */
  readonly fates: (receipts: readonly EventReceipt[], tenant?: string) => Promise<readonly string[]>;
  /** Timers of a tenant, in order. */
  readonly timers: (tenant?: string) => readonly TimerRow[];
}

const MANY = 1_000_000;

/** Opens it with the tenants `_site` and `default`, where no others are named. */
export async function moving(options: Omit<TestStoreOptions<never>, "flows"> = {}): Promise<Moving> {
  return over(await openTestStore(options));
}

/** Opens it at an instant (text, or epoch ms); these objects, a channel and a template are the tenant's own. */
export async function movingAt(
  instant: string | number,
  objects: Parameters<Moving["configure"]>[0],
  options: Parameters<typeof moving>[0] = {},
): Promise<Moving> {
  const site = await moving(options);
  await site.configure([channel(), template(), ...objects]);
  await site.at(instant);
  return site;
}

/** Leaves of one type in the log of `default`, in their order. */
export async function leavesOf(site: Moving, type: Leaf["type"]): Promise<readonly Leaf[]> {
  return (await site.lines()).map(parseLeaf).filter((leaf) => leaf.type === type);
}

/** The state of each window that was ever opened, by action key and window, with its due or end. */
export async function windowStates(site: Moving, tenant = "default"): Promise<string[]> {
  const cells = await site.store.read.cells("window", tenant, "", 1000);
  return cells
    .map(([, { actionKey, window, state, status, due, endedAt }]) => {
      const at = new Date(state === "open" ? due : (endedAt ?? 0)).toISOString().slice(11, 16);
      return `${actionKey}:${window} ${state}${status === undefined ? "" : ` ${status}`} ${at}`;
    })
    .toSorted();
}

/** The process starts again: another store over what the engine of the first one kept. */
export async function restarted(
  before: TestStore,
  options: Omit<TestStoreOptions<never>, "flows"> = {},
): Promise<Moving> {
  const { engine, clock } = before;
  const configurations = await loadConfigurations(engine.read, noPause);
  const site = await openTestStore({ engine, configurations, ...options, tenants: [] });
  site.clock.now = clock.now;
  return over(site);
}

function over(site: TestStore): Moving {
  const { store, clock } = site;
  const window = async (id: string, tenant = "default"): Promise<WindowRecord> =>
    found(await store.read.cell("window", tenant, id), id);
  const delivery = async (id: string, tenant = "default"): Promise<Delivery> =>
    found(await store.read.cell("delivery", tenant, id), id);
  return {
    ...site,
    window,
    delivery,
    at: async (instant, tenant = "default") => {
      clock.now = typeof instant === "string" ? Date.parse(instant) : instant;
      await store.transact({ flow: "attempt", tenant, input: { tries: [] } });
    },
    post: async (events, tenant = "default") => {
      const input = { actor: "source:test", horizon: 604_800_000, events };
      return await store.transact({ flow: "ingest", tenant, input });
    },
    command: async (asked, tenant = "default") =>
      await store.transact({ flow: "window-command", tenant, input: { actor: ACTOR, ...asked } }),
    open: async (tenant = "default") => {
      const cells = await store.read.cells("open", tenant, "", MANY);
      return await Promise.all(cells.map(async ([, { id }]) => await window(id, tenant)));
    },
    fates: async (receipts, tenant = "default") => {
      const ids = receipts.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
      return await Promise.all(ids.map(async (id) => fateOf(await delivery(id, tenant))));
    },
    timers: (tenant = "default") => site.engine.timers(tenant, Number.MAX_SAFE_INTEGER, MANY),
  };
}

function fateOf({ status, reason }: Delivery): string {
  return [status, reason?.code, reason?.by].filter((part) => part !== undefined).join(" ");
}

function found<T>(value: T | undefined, id: string): T {
  if (value === undefined) throw new Error(`there is no ${id}`);
  return value;
}
