/**
 * A whole site but for HTTP on clocks that a test sets: the real store, flows, jobs and their loop; what is sent is kept.
 * @module
 */
import { randomBytes } from "node:crypto";
import { createClock } from "../../scripts/scenario/clock.ts";
import { planChange } from "../../src/core/config-plan.ts";
import type { DeliveryReceipt } from "../../src/core/delivery.ts";
import type { EventInput } from "../../src/core/event.ts";
import type { CheckedObject } from "../../src/core/objects.ts";
import { switchTo } from "../../src/flows/config-apply.ts";
import { loadConfigurations } from "../../src/flows/configurations.ts";
import { FLOWS, type Flows } from "../../src/flows/index.ts";
import type { MuteChange } from "../../src/flows/mute-change.ts";
import { type DeliverJob, deliverJob } from "../../src/jobs/deliver.ts";
import { createScheduler, type Scheduler } from "../../src/jobs/scheduler.ts";
import type { Message, Outcome, Store } from "../../src/ports.ts";
import { logVerifierKey, sealVerifierKey } from "../../src/signing/checkpoint.ts";
import type { Engine } from "../../src/store/engine.ts";
import { lastInstant } from "../../src/store/last-instant.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { MemoryState } from "../../src/store/memory/state.ts";
import { createInstantClock, createStamper } from "../../src/store/stamper.ts";
import { createStore } from "../../src/store/transactor.ts";
import { errorLog, type Remains, remainsOf, TENANT } from "./cut-store.ts";
import { testConnector } from "./delivering.ts";
import { storeHome } from "./store-home.ts";
import { LOG_KEY, seal, TINY_ORIGIN, TINY_SITE_ORIGIN } from "./tiny-log.ts";
import { noPause } from "./pause.ts";

/** A try that the other side answered, and when on the clock that never steps, ms. */
export interface Sent {
  readonly id: string;
  readonly kind: Outcome["kind"];
  readonly mono: number;
  /** What the wall clock showed, epoch ms. */
  readonly wall: number;
}

export interface ClockSite {
  readonly sent: readonly Sent[];
  readonly now: () => number;
  readonly mono: () => number;
  /** Lets an event in now; answers what became of its deliveries. */
  readonly post: (event: EventInput) => Promise<readonly DeliveryReceipt[]>;
  readonly mute: (changes: readonly MuteChange[]) => Promise<void>;
  /** Time passes until the wall clock shows `wall`; every alarm rings at its instant. */
  readonly pass: (wall: number) => Promise<void>;
  /** Somebody sets the wall clock. */
  readonly set: (wall: number) => void;
  /** The process ends without a word, and starts again at once. */
  readonly restart: () => Promise<void>;
  readonly remains: () => Promise<Remains>;
  /** Lines of the site's own log. */
  readonly siteLines: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

export interface ClockSiteOptions {
  readonly engine: "memory" | "libsql";
  readonly start: number;
  readonly objects: readonly CheckedObject[];
  /** How the other side answers; `mono` is ms since the start. */
  readonly answer: (message: Message, mono: number) => Outcome;
}

/** Opens a site with tenant `default`. */
export async function openClockSite({ engine, start, objects, answer }: ClockSiteOptions): Promise<ClockSite> {
  const clock = createClock(start, true);
  const home = engine === "libsql" ? storeHome() : undefined;
  const state = new MemoryState();
  const errors: string[] = [];
  const sent: Sent[] = [];
  const connector = testConnector((message) => {
    const outcome = answer(message, clock.mono());
    sent.push({ id: message.id, kind: outcome.kind, mono: clock.mono(), wall: clock.now() });
    return outcome;
  });
  const open = async (): Promise<Running> =>
    await run(home === undefined ? createMemoryEngine(state) : await home.open(), { clock, errors, connector });
  let running = await open();
  const idle = async (): Promise<void> => {
    for (let calm = 0; calm < 4; calm++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (running.store.pressure().waitingQuestions > 0) calm = 0;
      await running.job.settled();
    }
    if (errors.length > 0) throw new Error(errors.splice(0).join("; "));
  };
  await openTenants(running.store);
  await configure(running, objects);
  await idle();
  return {
    sent,
    now: clock.now,
    mono: clock.mono,
    post: async (event) => {
      const input = { actor: "source:test", horizon: 604_800_000, events: [event] };
      const [receipt] = await running.store.transact({ flow: "ingest", tenant: TENANT, input });
      await idle();
      return receipt?.deliveries ?? [];
    },
    mute: async (changes) => {
      await running.store.transact({ flow: "mute-change", tenant: TENANT, input: { actor: "user:ana", changes } });
    },
    pass: async (wall) => await clock.pass(wall, idle),
    set: clock.set,
    restart: async () => {
      await stop(running);
      clock.sleep(clock.now());
      running = await open();
      await idle();
    },
    remains: async () => await remainsOf(running),
    siteLines: async () => await running.store.read.leaves("_site", 0, 1000),
    close: async () => {
      await stop(running);
      home?.remove();
    },
  };
}

interface Running {
  readonly engine: Engine;
  readonly store: Store<Flows>;
  readonly configurations: Awaited<ReturnType<typeof loadConfigurations>>;
  readonly job: DeliverJob;
  readonly scheduler: Scheduler;
}

interface Outside {
  readonly clock: ReturnType<typeof createClock>;
  readonly errors: string[];
  readonly connector: ReturnType<typeof testConnector>;
}

async function run(engine: Engine, { clock, errors, connector }: Outside): Promise<Running> {
  const configurations = await loadConfigurations(engine.read, noPause);
  const last = await lastInstant(engine.read);
  const random = { bytes: (count: number) => randomBytes(count) };
  const stamper = createStamper({ clock, random, ...(last === undefined ? {} : { last }) });
  const log = errorLog(errors);
  const { timeout } = clock;
  const store = createStore({
    engine,
    flows: FLOWS,
    configurations,
    stamper,
    timeout,
    log,
    boot: randomBytes(4).toString("hex"),
    mono: () => Math.floor(clock.mono()),
    fatal: (error) => errors.push(String(error)),
  });
  store.onCommit(configurations.follow);
  const instants = createInstantClock(clock, stamper);
  const job = deliverJob({
    read: store.read,
    record: (tenant, input) => store.transact({ flow: "attempt", tenant, input }),
    channelTypes: [connector.type],
    configurations,
    clock: instants,
    timeout,
    log,
    site: "plant-7",
    head: (tenant) => store.read.log(tenant),
  });
  const scheduler = createScheduler({ jobs: [job], clock: instants, timeout, log });
  store.onCommit((committed) => {
    job.wake(committed);
    scheduler.wake();
  });
  scheduler.start();
  return { engine, store, configurations, job, scheduler };
}

async function stop({ store, job, scheduler }: Running): Promise<void> {
  await scheduler.stop();
  await job.drain(new AbortController().signal);
  await store.close();
}

async function openTenants({ transact }: Store<Flows>): Promise<void> {
  for (const [id, origin] of [
    ["_site", TINY_SITE_ORIGIN],
    [TENANT, TINY_ORIGIN],
  ] as const) {
    const keys = { key: logVerifierKey(origin, LOG_KEY.publicKey), seal: sealVerifierKey(origin, seal(0).publicKey) };
    await transact({ flow: "tenant-open", tenant: "_site", input: { actor: "job:test", id, origin, ...keys } });
  }
}

async function configure({ store, configurations }: Running, objects: readonly CheckedObject[]): Promise<void> {
  const { base, candidate, changes } = planChange(configurations.own(TENANT), { objects, prune: true });
  const input = { actor: "job:test", base, candidate, changes };
  await switchTo({ store, configurations }, { objects, candidates: [{ tenant: TENANT, candidate }] }, () =>
    store.transact({ flow: "config-switch", tenant: TENANT, input }),
  );
}
