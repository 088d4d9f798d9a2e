import { DecisionRoot } from "../../src/core/decision-root.ts";
import { FLOWS } from "../../src/flows/index.ts";
import type { Flow, TimerInput } from "../../src/ports.ts";
import type { Engine } from "../../src/store/engine.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { channel, input, rule, template } from "./objects.ts";
import { openTestStore, START } from "./store.ts";

/** Opens a window with a timer; only tests have windows so far. */
const openWindow: Flow<{ readonly key: string; readonly due: number }, null> = {
  prepare: ({ tenant }, { key, due }) => ({
    cells: [{ noun: "window", tenant, key }],
    decide: (view, stamp) => {
      view.put("window", tenant, key, { openedAt: stamp.now, due, count: 1 });
      view.setTimer(tenant, { due, flow: "test-flush", key });
      view.leaf(tenant, { type: "digest.open", actor: "job:test", id: key });
      return null;
    },
  }),
};

const flushWindow: Flow<TimerInput, null> = {
  prepare: ({ tenant }, { key, due }) => ({
    cells: [{ noun: "window", tenant, key }],
    decide: (view) => {
      view.remove("window", tenant, key);
      view.clearTimer(tenant, { due, flow: "test-flush", key });
      view.leaf(tenant, { type: "digest.flush", actor: "timer:test-flush", id: key, drafts: [], body: { at: due } });
      return null;
    },
  }),
};

const FLOWS_OF_TEST = { ...FLOWS, "test-open": openWindow, "test-flush": flushWindow };
const HORIZON = 7 * 86_400_000;
const EVENTS = 1000;
const SEVERITIES = ["info", "high", "critical"] as const;

/** What one run of the scenario came to. */
export interface ScenarioOutcome {
  readonly root: string;
  readonly decisions: number;
  readonly flushes: number;
}

/** An outcome, and how many commits it took. */
export interface ScenarioRun {
  readonly outcome: ScenarioOutcome;
  readonly commits: number;
}

/** A thousand events at given instants, with windows whose timers fall between them; `questions` is how many one commit may take. */
export async function runScenario(options: {
  readonly engine?: Engine;
  readonly questions: number;
  readonly strict: boolean;
}): Promise<ScenarioRun> {
  const engine = options.engine ?? createMemoryEngine();
  let commits = 0;
  const instants: number[] = [];
  let at = 0;
  const site = await openTestStore({
    engine: {
      ...engine,
      apply: (plan) => {
        commits++;
        engine.apply(plan);
      },
    },
    flows: FLOWS_OF_TEST,
    limits: { questions: options.questions },
    strict: options.strict,
    instant: () => instants[at++] ?? START,
  });
  await site.configure([
    channel(),
    template(),
    rule("high", { match: { minSeverity: "high" } }),
    rule("labelled", {
      priority: 5,
      match: { labels: ['rack="3"'] },
      actions: [{ id: "rack", channel: "ops-mail", to: ["a@plant.example", "b@plant.example"] }],
    }),
    rule("gone", { match: { types: ["gone.*"] }, actions: [{ id: "gone", channel: "gone" }] }),
  ]);
  at = 0;
  commits = 0;
  const asked: Promise<unknown>[] = [];
  for (let n = 0; n < EVENTS; n++) {
    const now = START + Math.floor(n / 3) * 11;
    instants.push(now);
    const event = input(n % 97 === 0 ? "repeated" : `e${n}`, {
      type: n % 10 === 0 ? "gone.away" : "backup.failed",
      severity: SEVERITIES[n % 3] ?? "info",
      labels: n % 7 === 0 ? { rack: "3" } : {},
    });
    asked.push(
      site.store.transact({
        flow: "ingest",
        tenant: "default",
        input: { actor: "source:cloudevents", events: [event], horizon: HORIZON },
      }),
    );
    if (n % 50 !== 0) continue;
    instants.push(now);
    asked.push(site.store.transact({ flow: "test-open", tenant: "default", input: { key: `w${n}`, due: now + 40 } }));
  }
  instants.push(START + 60_000);
  asked.push(
    site.store.transact({
      flow: "ingest",
      tenant: "default",
      input: { actor: "source:cloudevents", events: [input("last")], horizon: HORIZON },
    }),
  );
  await Promise.all(asked);
  const root = new DecisionRoot();
  let decisions = 0;
  let flushes = 0;
  for (const line of await site.lines()) {
    root.add("default", line);
    if (line.includes('"type":"event.decision"')) decisions++;
    if (line.includes('"type":"digest.flush"')) flushes++;
  }
  await site.store.close();
  return { outcome: { root: root.root(), decisions, flushes }, commits };
}
