import { leafHash, rootOf } from "../../../src/core/merkle.ts";
import { sha256 } from "../../../src/core/hash.ts";
import type { Log, Stamp, Store, Timeout } from "../../../src/ports.ts";
import type { Engine, Plan } from "../../../src/store/engine.ts";
import type { StoreLimits } from "../../../src/store/limits.ts";
import type { Jump, Stamper } from "../../../src/store/stamper.ts";
import { createStore } from "../../../src/store/transactor.ts";
import { channel, compiledOf, rule, template } from "../../support/objects.ts";
import { createFlows, type Flows } from "./flows.ts";

/** 64-bit hash of an identity: tests force collisions with it. */
export type IdentityHash = (tenant: string, key: string) => bigint;

export interface EngineOptions {
  readonly identityHash?: IdentityHash;
  /** How identities are kept in memory, by an engine that does. */
  readonly seen?: { readonly slots: number };
}

/** Where an engine keeps its data; it may be opened again once the last engine was closed. */
export interface EngineHome {
  readonly open: (options?: EngineOptions) => Engine | Promise<Engine>;
  readonly remove: () => void | Promise<void>;
}

/** Stands between the store and the engine. */
export type Wrap = (engine: Engine) => Engine;

export interface SiteOptions extends EngineOptions {
  readonly strict?: boolean;
  readonly limits?: Partial<StoreLimits>;
  /** Stands between the store and the engine. */
  readonly wrap?: Wrap;
  readonly failing?: Set<string>;
  /** Instants of clocks that the test sets; without it, those of `Site.clock`. */
  readonly stamper?: Stamper;
  /** The first instant; START where it is absent. */
  readonly start?: number;
}

/** `jump`: the clock was set, and nothing has been told yet. */
interface TestClock {
  now: number;
  step: number;
  jump?: Omit<Jump, "mono">;
}

/** A store over an engine, with time in the hands of the test. */
export interface Site {
  readonly store: Store<Flows>;
  readonly engine: Engine;
  /** `now` is the next stamp's instant; each stamp moves it on by `step`. */
  readonly clock: TestClock;
  readonly errors: string[];
  readonly fatal: unknown[];
  /** Moves the clock on and calls what is due then; ends when the store is idle. */
  readonly pass: (ms: number) => Promise<void>;
  /** All lines of a tenant's log. */
  readonly lines: (tenant: string) => Promise<string[]>;
}

export const START = 1_795_000_000_000;
export const TENANTS = ["alpha", "beta", "_site"] as const;

const OBJECTS = [
  rule("by-type", {
    match: { types: ["disk.*"] },
    actions: [
      { id: "mail", channel: "ops-mail" },
      { id: "gone", channel: "none" },
    ],
  }),
  rule("two", {
    match: { types: ["two.*"] },
    actions: [{ id: "two-mail", channel: "ops-mail", to: ["a@x.example", "b@x.example"] }],
  }),
  channel(),
  template(),
];

/** A store on `home`; the logs of TENANTS are opened where they are not. */
export async function openSite(home: EngineHome, options: SiteOptions = {}): Promise<Site> {
  const { identityHash, seen } = options;
  const opened = await home.open({
    ...(identityHash === undefined ? {} : { identityHash }),
    ...(seen === undefined ? {} : { seen }),
  });
  const engine = options.wrap?.(opened) ?? opened;
  const clock: TestClock = { now: options.start ?? START, step: 1 };
  const alarms = createAlarms(clock);
  const errors: string[] = [];
  const fatal: unknown[] = [];
  const store = createStore({
    engine,
    flows: createFlows(options.failing ?? new Set()),
    configurations: { of: (tenant) => compiledOf(OBJECTS, tenant) },
    stamper: options.stamper ?? createTestStamper(clock),
    timeout: alarms.timeout,
    log: logOf(errors),
    boot: "b0",
    mono: () => 7,
    fatal: (error) => fatal.push(error),
    limits: options.limits ?? {},
    strict: options.strict ?? false,
  });
  const fresh = TENANTS.filter((tenant) => engine.log(tenant) === undefined);
  for (const tenant of fresh.toReversed()) await store.transact({ flow: "open", tenant: "_site", input: { tenant } });
  clock.now = options.start ?? START;
  return {
    store,
    engine,
    clock,
    errors,
    fatal,
    pass: async (ms) => {
      for (const end = clock.now + ms; ; ) {
        const more = alarms.ring(end);
        await idle(store);
        if (!more) break;
      }
    },
    lines: (tenant) => linesOf(store, tenant),
  };
}

/** Ends when nothing waits any more. */
export async function idle(store: Pick<Store<Flows>, "pressure">): Promise<void> {
  for (let turn = 0; turn < 3 || store.pressure().waitingQuestions > 0; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** An engine whose `apply` is given to `meet` first, which may throw. */
export function meeting(engine: Engine, meet: (plan: Plan) => void): Engine {
  return {
    ...engine,
    apply: (plan) => {
      meet(plan);
      engine.apply(plan);
    },
  };
}

/** The root over all lines of a log. */
export function rootOfLines(lines: readonly string[]): string {
  return rootOf(lines.map(leafHash));
}

async function linesOf(store: Store<Flows>, tenant: string): Promise<string[]> {
  const lines: string[] = [];
  for (;;) {
    const page = await store.read.leaves(tenant, lines.length, 1000);
    if (page.length === 0) return lines;
    lines.push(...page);
  }
}

/** Salts are those of the instant, so that two runs of the same questions write the same bytes. */
function createTestStamper(clock: TestClock): Stamper {
  return {
    now: () => clock.now,
    jump: () => (clock.jump === undefined ? undefined : { ...clock.jump, mono: 0 }),
    follow: ({ to }) => {
      delete clock.jump;
      clock.now = to;
    },
    stamp: (): Stamp => {
      const { now } = clock;
      clock.now += clock.step;
      return { now, t: now, salt: sha256(`salt ${now}`) };
    },
  };
}

interface Alarms {
  readonly timeout: Timeout;
  /** Moves the clock to the next alarm up to `end` and calls it; else to `end`, and answers false. */
  readonly ring: (end: number) => boolean;
}

function createAlarms(clock: { now: number }): Alarms {
  const waiting = new Set<{ readonly at: number; readonly call: () => void }>();
  return {
    timeout: (ms, call) => {
      const alarm = { at: clock.now + ms, call };
      waiting.add(alarm);
      return () => waiting.delete(alarm);
    },
    ring: (end) => {
      const [next] = [...waiting].filter(({ at }) => at <= end).toSorted((left, right) => left.at - right.at);
      if (next === undefined) {
        clock.now = Math.max(clock.now, end);
        return false;
      }
      waiting.delete(next);
      clock.now = Math.max(clock.now, next.at);
      next.call();
      return true;
    },
  };
}

function logOf(errors: string[]): Log {
  return {
    info: () => undefined,
    warn: () => undefined,
    error: (message, fields) => errors.push(`${message} ${JSON.stringify(fields)}`),
  };
}
