/**
 * A site of one file with its store and its sending, as a served one has them, but for the clock: to be killed in.
 * @module
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { CHANNEL_TYPES } from "../../src/channels/index.ts";
import { loadConfigurations } from "../../src/flows/configurations.ts";
import { FLOWS, type Flows } from "../../src/flows/index.ts";
import { type DeliverDoors, deliverJob } from "../../src/jobs/deliver.ts";
import { createScheduler } from "../../src/jobs/scheduler.ts";
import type { ChannelType, Store } from "../../src/ports.ts";
import type { Engine } from "../../src/store/engine.ts";
import { lastInstant } from "../../src/store/last-instant.ts";
import { openLibsqlEngine } from "../../src/store/libsql/engine.ts";
import type { StoreLimits } from "../../src/store/limits.ts";
import { createStamper } from "../../src/store/stamper.ts";
import { createStore } from "../../src/store/transactor.ts";
import { systemClock } from "../../src/system/clock.ts";
import { systemTimeout } from "../../src/system/timeout.ts";
import { errorLog, TENANT } from "./cut-store.ts";
import { testVault } from "./vault.ts";
import { noPause } from "./pause.ts";

/** When every window is due: quiet hours end, an hour and the others' times too. */
export const DUE: number = Date.parse("2026-06-02T07:00:00Z");

export interface CrashSiteOptions {
  readonly folder: string;
  /** What the wall clock shows, epoch ms. */
  readonly now: number;
  readonly limits?: Partial<StoreLimits>;
  readonly engine?: (real: Engine) => Engine;
  readonly channelTypes?: readonly ChannelType[];
  readonly record?: (real: DeliverDoors["record"]) => DeliverDoors["record"];
}

export interface CrashSite {
  readonly engine: Engine;
  readonly store: Store<Flows>;
  readonly configurations: Awaited<ReturnType<typeof loadConfigurations>>;
  /** Waits until nothing is to be decided, then sends, by the loop of a served site, until nothing is due. */
  readonly work: () => Promise<void>;
  readonly close: () => Promise<void>;
  readonly errors: readonly string[];
}

/** Opens the store of a folder as a served site does, but for the clock; it decides what is due by itself. */
export async function openCrashSite(options: CrashSiteOptions): Promise<CrashSite> {
  const real = await openLibsqlEngine({ file: join(options.folder, "sealpost.db"), vault: testVault() });
  const engine = options.engine?.(real) ?? real;
  const configurations = await loadConfigurations(engine.read, noPause);
  const last = await lastInstant(engine.read);
  const errors: string[] = [];
  const log = errorLog(errors);
  const clock = { now: () => options.now, mono: systemClock.mono };
  const random = { bytes: (count: number) => randomBytes(count) };
  const store = createStore({
    engine,
    flows: FLOWS,
    configurations,
    stamper: createStamper({ clock, random, ...(last === undefined ? {} : { last }) }),
    timeout: systemTimeout,
    log,
    boot: randomBytes(4).toString("hex"),
    mono: systemClock.mono,
    fatal: (error) => errors.push(String(error)),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  store.onCommit(configurations.follow);
  const record: DeliverDoors["record"] = (tenant, asked) => store.transact({ flow: "attempt", tenant, input: asked });
  const job = deliverJob({
    read: store.read,
    record: options.record?.(record) ?? record,
    channelTypes: options.channelTypes ?? CHANNEL_TYPES,
    configurations,
    clock,
    timeout: systemTimeout,
    log,
    site: "plant-7",
    head: (tenant) => store.read.log(tenant),
  });
  const scheduler = createScheduler({ jobs: [job], clock, timeout: systemTimeout, log });
  store.onCommit((committed) => {
    job.wake(committed);
    scheduler.wake();
  });
  return {
    engine,
    store,
    configurations,
    errors,
    work: async () => {
      const isLate = lateness(engine, options.now);
      await until(() => !isLate() && store.pressure().waitingQuestions === 0);
      scheduler.start();
      await until(async () => {
        await job.settled();
        const isDue = (await store.read.dueChannels()).some(({ due }) => due <= options.now);
        return !isLate() && !isDue && store.pressure().waitingQuestions === 0;
      });
    },
    close: async () => {
      await Promise.all([scheduler.stop(), job.drain(AbortSignal.timeout(5000))]);
      await store.close();
    },
  };
}

/** Whether a timer is due that was not decided yet. */
function lateness(engine: Engine, now: number): () => boolean {
  return () => engine.timers(TENANT, now, 1).length > 0;
}

/** Resolves once something is so. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 2));
}
