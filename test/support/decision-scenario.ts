import { DecisionRoot } from "../../src/core/decision-root.ts";
import type { Engine } from "../../src/store/engine.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { channel, input, rule, template } from "./objects.ts";
import { openTestStore, START } from "./store.ts";

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

/** A thousand events at given instants, with windows of groups and repeats whose timers fall between them; `questions` is how many one commit may take. */
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
    rule("gathered", {
      match: { labels: ['rack="3"'] },
      limit: { count: 20, per: "1s" },
      actions: [{ id: "all-of-a-rack", channel: "ops-mail", group: { by: ["rack"], wait: "40ms", interval: "150ms" } }],
    }),
    rule("flapping", {
      match: { types: ["gone.*"] },
      actions: [
        { id: "flap", channel: "ops-mail", dedupe: { window: "1s" }, debounce: { window: "90ms", cooldown: "300ms" } },
        { id: "few", channel: "ops-mail", throttle: { burst: 3, per: "500ms" } },
      ],
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
