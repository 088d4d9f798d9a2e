// What an event costs with many rules against ten, the same ones matching; and what compiling them costs.
import { compile as compileConfig } from "../../src/core/compile.ts";
import type { Compiled } from "../../src/core/config.ts";
import { type EventInput, SEVERITIES } from "../../src/core/event.ts";
import { indexSteps, type RuleIndex, ruleSteps } from "../../src/core/index.ts";
import { isJsonObject } from "../../src/core/json.ts";
import { matchRules } from "../../src/core/match.ts";
import { Rule } from "../../src/core/rule.ts";
import { runWhole } from "../../src/core/steps.ts";
import type { Case, Side } from "./measure.ts";
import { type BenchStore, openBenchStore } from "./store.ts";
import { sourceOf } from "../../src/sources/index.ts";

const NOW = 1_780_000_000_000;
const EVENTS = 512;
const ROUNDS = 200;
/** Things that the events are about; rules beyond the first ten are about others. */
const KNOWN = 8;
const BASE = 10;

const KINDS = ["disk.usage", "backup.failed", "scan.report", "job.finished", "policy.hold", "probe.down"];
const SITES = ["north", "south", "east", "west"];

/** A rule's match as people write them; `n` is what it is about. The shapes come in turn. */
function matchOf(n: number): object {
  const kind = KINDS[n % KINDS.length] ?? "";
  const site = SITES[n % SITES.length] ?? "";
  const shapes: readonly object[] = [
    { labels: [`team="team-${n}"`], minSeverity: "low" },
    { types: [`com.example.${kind}`], labels: [`team="team-${n}"`, `site=~"${site}|nowhere"`] },
    { labels: [`host=~"host-${n}-.*"`], minSeverity: "info" },
    { namespaces: [`ns-${n}`, `ns-${n}-*`], types: ["com.example.*"] },
    { sources: [`/plant/${n}/*`], labels: ["env!=test"] },
    { repos: [`registry.example/team-${n}/*`], types: ["com.example.scan.*", "*.hold"] },
    { labels: [`team=~"team-${n}|ops-${n}"`], conditions: { "data.open": true } },
    { types: [`com.example.${kind}`], namespaces: [`ns-${n}`], when: "event.data.attempts > 1" },
    { labels: [`service="svc-${n}"`, 'site=~".*th"'], vex: { exclude: ["not_affected"] } },
    { types: [`com.team-${n}.*`, `*.team-${n}`] },
  ];
  return shapes[n % shapes.length] ?? {};
}

function rulesOf(count: number): { readonly value: Rule; readonly hash: string }[] {
  return Array.from({ length: count }, (_, at) => ({
    value: Rule.parse({
      schema: "rule/v1",
      id: `r-${at}`,
      match: matchOf(at < BASE ? at : at + 1000),
      actions: [{ id: `r-${at}-mail`, channel: "ops-mail" }],
    }),
    hash: at.toString(16).padStart(64, "0"),
  }));
}

function eventOf(at: number): EventInput {
  const n = at % KNOWN;
  const type = `com.example.${KINDS[(at >> 3) % KINDS.length] ?? ""}`;
  return {
    source: `/plant/${n}/host-${at % 97}`,
    sourceId: `e${at}`,
    type,
    kind: type,
    severity: SEVERITIES[at % SEVERITIES.length] ?? "info",
    labels: {
      team: `team-${n}`,
      host: `host-${n}-${at % 97}`,
      site: SITES[at % SITES.length] ?? "",
      env: "prod",
      service: `svc-${n}`,
    },
    scope: { namespace: `ns-${n}`, repo: `registry.example/team-${n}/web` },
    correlationId: `c${at}`,
    data: { attempts: at % 5, open: at % 2 === 0, note: "x".repeat(200) },
  };
}

interface Rules {
  readonly index: RuleIndex;
  readonly compileMs: number;
}

function compile(count: number): Rules {
  const rules = rulesOf(count);
  const from = performance.now();
  const index = runWhole(indexSteps(runWhole(ruleSteps(rules))));
  return { index, compileMs: performance.now() - from };
}

function matching(name: string, index: RuleIndex, events: readonly EventInput[]): Side {
  const run = async (): Promise<number> => {
    for (let round = 0; round < ROUNDS; round++) for (const event of events) matchRules(index, event, NOW);
    return Promise.resolve((ROUNDS * events.length) / 1000);
  };
  return { name, run };
}

function matches(index: RuleIndex, events: readonly EventInput[]): number {
  return events.reduce((sum, event) => sum + matchRules(index, event, NOW).rules.length, 0);
}

/** An event on its way in, 64 in a batch: read, matched, decided, stored. */
const BATCH = 64;
const BATCHES = 40;
let nextId = 0;

function bodyOf(events: readonly EventInput[]): Uint8Array {
  const texts = events.map(({ source, type, severity, labels, scope, data }) => ({
    specversion: "1.0",
    id: `e${nextId++}`,
    source,
    type,
    severitytext: severity,
    data: { ...(isJsonObject(data) ? data : {}), labels, scope },
  }));
  return Buffer.from(JSON.stringify(texts));
}

function configured(count: number): Compiled {
  const objects = rulesOf(count).map(({ value, hash }) => ({ kind: "rules", id: value.id, hash, value }) as const);
  return compileConfig("default", { "rules/r-0": "00" }, objects);
}

interface Taking extends Side {
  readonly refill: () => void;
  readonly close: BenchStore["close"];
}

async function taking(count: number, events: readonly EventInput[]): Promise<Taking> {
  const [own, none] = [configured(count), compileConfig("none", {}, [])];
  const { store, close } = await openBenchStore((tenant) => (tenant === "default" ? own : none));
  const bodies: Uint8Array[] = [];
  const run = async (): Promise<number> => {
    const taken = bodies.splice(0).map((bytes) => {
      const read = sourceOf("application/cloudevents-batch+json")?.read(bytes);
      if (read?.ok !== true) throw new Error("the bench's own events are refused");
      const input = { actor: "source:cloudevents", events: read.events, horizon: 7 * 86_400_000 };
      return store.transact({ flow: "ingest", tenant: "default", input, bytes: bytes.length });
    });
    await Promise.all(taken);
    return (taken.length * BATCH) / 1000;
  };
  const batch = (at: number): Uint8Array =>
    bodyOf(events.slice((at * BATCH) % EVENTS, ((at * BATCH) % EVENTS) + BATCH));
  return {
    name: `${count} rules`,
    run,
    refill: () => {
      bodies.length = 0;
      for (let at = 0; at < BATCHES; at++) bodies.push(batch(at));
    },
    close,
  };
}

async function takingCases(events: readonly EventInput[]): Promise<{ cases: Case[]; close: () => Promise<void> }> {
  const floor = await taking(BASE, events);
  const many = [await taking(10_000, events), await taking(100_000, events)];
  return {
    cases: many.map((candidate, at) => ({
      name: `accepting an event with ${candidate.name} against ${BASE}`,
      unit: "thousand events",
      by: "time",
      cpu: true,
      mark: { kind: "at-most", ratio: at === 0 ? 1.2 : 1.5 },
      refill: () => {
        candidate.refill();
        floor.refill();
      },
      candidate,
      floor,
    })),
    close: async () => {
      for (const one of [floor, ...many]) await one.close();
    },
  };
}

/** Matching alone, with 500, 10,000 and 100,000 rules against ten; then the whole way of an event. */
export async function rulesCases(): Promise<{ cases: Case[]; close: () => Promise<void> }> {
  const events = Array.from({ length: EVENTS }, (_, at) => eventOf(at));
  const ten = compile(BASE);
  const wanted = matches(ten.index, events);
  console.log(`rules: ${(wanted / EVENTS).toFixed(2)} match an event`);
  const cases = [500, 10_000, 100_000].map((count): Case => {
    const many = compile(count);
    const found = matches(many.index, events);
    if (found !== wanted) throw new Error(`${count} rules: ${found} matches, not ${wanted}`);
    console.log(`rules: ${count} compiled in ${many.compileMs.toFixed(0)} ms`);
    return {
      name: `matching an event with ${count} rules against ${BASE}`,
      unit: "thousand events",
      by: "time",
      cpu: true,
      ...(count > 500 ? { mark: { kind: "at-most", ratio: count > 10_000 ? 1.5 : 1.2 } } : {}),
      candidate: matching(`${count} rules`, many.index, events),
      floor: matching(`${BASE} rules`, ten.index, events),
    };
  });
  const whole = await takingCases(events);
  return { cases: [...cases, ...whole.cases], close: whole.close };
}
