/**
 * The deliver job over the real store and flows, with a connector that answers as the test says and a clock that it sets.
 * @module
 */
import type { Delivery } from "../../src/core/delivery.ts";
import type { EventInput, Severity } from "../../src/core/event.ts";
import { type DeliverDoors, type DeliverJob, deliverJob } from "../../src/jobs/deliver.ts";
import type { ChannelType, Clock, Log, Message, Outcome, Timeout } from "../../src/ports.ts";
import type { Engine } from "../../src/store/engine.ts";
import { createInstantClock, createStamper } from "../../src/store/stamper.ts";
import { systemRandom } from "../../src/system/random.ts";
import { channel, rule, template } from "./objects.ts";
import { openTestStore, START, type TestStore } from "./store.ts";

type Answer = (message: Message, signal: AbortSignal) => Outcome | Promise<Outcome>;

/** The relay of a test: what it was sent, and how it answers. */
export interface TestConnector {
  readonly type: ChannelType;
  readonly sent: Message[];
  answer: Answer;
  /** Sends that go on, and the most that went on at once. */
  open: number;
  most: number;
  /** Channels that were opened and closed, with their configuration. */
  readonly opened: unknown[];
  closed: number;
}

export const SENT: Outcome = { kind: "sent", out: { code: "250", st: "ok", ms: 1 } };
export const FAILED: Outcome = { kind: "failed", out: { code: "451", st: "later", ms: 1 } };
export const REFUSED: Outcome = { kind: "refused", out: { code: "550", st: "no", ms: 1 } };
export const DOWN: Outcome = { kind: "down", out: { code: "ECONNECTION", st: "no connection", ms: 1 } };

export function testConnector(answer: Answer = () => SENT): TestConnector {
  const connector: TestConnector = {
    type: {
      type: "email",
      open: (config) => {
        connector.opened.push(config);
        return {
          send: async (message, signal) => {
            connector.sent.push(message);
            connector.most = Math.max(connector.most, ++connector.open);
            await Promise.resolve();
            try {
              return await connector.answer(message, signal);
            } finally {
              connector.open--;
            }
          },
          close: async () => {
            connector.closed++;
            return await Promise.resolve();
          },
        };
      },
    },
    sent: [],
    answer,
    open: 0,
    most: 0,
    opened: [],
    closed: 0,
  };
  return connector;
}

/** Timers that fire when the test's clock is moved over them. */
export interface TestTimers {
  readonly timeout: Timeout;
  readonly fire: (now: number) => void;
}

export function testTimers(now: () => number): TestTimers {
  const waiting = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    timeout: (ms, call) => {
      const timer = { at: now() + ms, call };
      waiting.add(timer);
      return () => waiting.delete(timer);
    },
    fire: (until) => {
      for (const timer of [...waiting].toSorted((a, b) => a.at - b.at)) {
        if (timer.at > until || !waiting.delete(timer)) continue;
        timer.call();
      }
    },
  };
}

/** A log that keeps its lines, and their fields as JSON. */
export function testLog(): Log & { readonly lines: string[]; readonly fields: string[] } {
  const lines: string[] = [];
  const fields: string[] = [];
  const write: Log["info"] = (message, given = {}) => {
    lines.push(message);
    fields.push(JSON.stringify(given));
  };
  return { lines, fields, info: write, warn: write, error: write };
}

export interface Delivering extends TestStore {
  readonly job: DeliverJob;
  readonly connector: TestConnector;
  readonly log: ReturnType<typeof testLog>;
  /** Lets so many events come in; answers the ids of their deliveries, in order. */
  readonly post: (count: number, given?: Partial<EventInput>) => Promise<readonly string[]>;
  /** Runs the job, and what it begins, until nothing is due now. */
  readonly settle: () => Promise<void>;
  /** Moves the clock, stopping wherever the job is due. */
  readonly advance: (ms: number) => Promise<void>;
  readonly delivery: (id: string) => Promise<Delivery>;
  /** Leaves of these types, in order. */
  readonly leaves: (...types: readonly string[]) => Promise<readonly { readonly type: string }[]>;
  /** Another job over the same store, as after a restart. */
  readonly restart: (given?: Partial<DeliverDoors>) => DeliverJob;
}

export interface DeliveringOptions {
  /** Default: the memory engine. */
  readonly engine?: Engine;
  /** Clocks that the test sets itself, instead of `advance`. */
  readonly clocks?: Clock;
  readonly connector?: TestConnector;
  readonly channelFields?: Parameters<typeof channel>[1];
  readonly doors?: (real: DeliverDoors) => Partial<DeliverDoors>;
}

/** Opens a world with one channel, one rule for everything and one template. */
export async function delivering({
  connector = testConnector(),
  channelFields = {},
  doors,
  engine,
  clocks,
}: DeliveringOptions = {}): Promise<Delivering> {
  const stamper = clocks === undefined ? undefined : createStamper({ clock: clocks, random: systemRandom });
  const world = await openTestStore({ ...(engine && { engine }), ...(stamper && { stamper }) });
  await world.configure([channel("ops-mail", channelFields), rule("all"), template()]);
  const { store, configurations, clock: instant } = world;
  const clock: Clock =
    clocks === undefined || stamper === undefined
      ? { now: () => instant.now, mono: () => instant.now - START }
      : createInstantClock(clocks, stamper);
  const timers = testTimers(clock.now);
  const log = testLog();
  const real: DeliverDoors = {
    read: store.read,
    record: async (tenant, input) => await store.transact({ flow: "attempt", tenant, input }),
    channelTypes: [connector.type],
    configurations,
    clock,
    timeout: timers.timeout,
    log,
    site: "plant-7",
    head: async (tenant) => await store.read.log(tenant),
  };
  const jobs: DeliverJob[] = [];
  const restart = (given: Partial<DeliverDoors> = {}): DeliverJob => {
    const job = deliverJob({ ...real, ...given });
    jobs.splice(0, jobs.length, job);
    return job;
  };
  restart(doors?.(real));
  store.onCommit((committed) => jobs.forEach((job) => job.wake(committed)));
  const isDue = (job: DeliverJob): boolean => (job.due(clock.now()) ?? Number.POSITIVE_INFINITY) <= clock.now();
  const current = (): DeliverJob => {
    const [job] = jobs;
    if (job === undefined) throw new Error("no job");
    return job;
  };
  const settle = async (): Promise<void> => {
    do {
      await current().run(clock.now(), new AbortController().signal);
      await current().settled();
    } while (isDue(current()));
  };
  let posted = 0;
  return {
    ...world,
    get job() {
      return current();
    },
    connector,
    log,
    restart,
    settle,
    post: async (count, given = {}) => {
      const events = Array.from({ length: count }, () => eventOf(String(posted++), given));
      const input = { actor: "source:test", horizon: 604_800_000, events };
      const receipts = await store.transact({ flow: "ingest", tenant: "default", input });
      return receipts.flatMap(({ deliveries }) => deliveries.map(({ id }) => id));
    },
    advance: async (ms) => {
      const end = instant.now + ms;
      for (;;) {
        const next = Math.min(end, Math.max(current().due(instant.now) ?? end, instant.now + 1));
        instant.now = next;
        timers.fire(next);
        await settle();
        if (next === end) return;
      }
    },
    delivery: async (id) => {
      const found = await store.read.cell("delivery", "default", id);
      if (found === undefined) throw new Error(`no delivery ${id}`);
      return found;
    },
    leaves: async (...types) => {
      const lines = await world.lines();
      const all = lines.map((line): unknown => JSON.parse(line));
      return all.filter(
        (leaf): leaf is { readonly type: string } =>
          typeof leaf === "object" &&
          leaf !== null &&
          "type" in leaf &&
          typeof leaf.type === "string" &&
          types.includes(leaf.type),
      );
    },
  };
}

function eventOf(sourceId: string, given: Partial<EventInput>): EventInput {
  const severity: Severity = "high";
  return {
    source: "/test",
    sourceId,
    type: "disk.full",
    kind: "disk.full",
    severity,
    labels: {},
    scope: {},
    correlationId: sourceId,
    ...given,
  };
}
