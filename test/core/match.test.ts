import fc from "fast-check";
import { expect, test } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import { SEVERITIES, severityRank } from "../../src/core/event.ts";
import { type CompiledRule, indexSteps, type RuleIndex, ruleSteps } from "../../src/core/index.ts";
import { matchRules, ruleMatches } from "../../src/core/match.ts";
import { Rule } from "../../src/core/rule.ts";
import { runWhole } from "../../src/core/steps.ts";
import { input } from "../support/objects.ts";

const NOW = 1_780_000_000_000; // 2026-05-28T20:26:40Z
const action = [{ id: "a", channel: "c" }];

function compiled(rules: readonly object[]): CompiledRule[] {
  const hashed = rules.map((fields, at) => ({
    value: Rule.parse({ schema: "rule/v1", id: `r${at}`, actions: action, ...fields }),
    hash: `${at}`.padStart(64, "0"),
  }));
  return runWhole(ruleSteps(hashed));
}

function buildIndex(rules: readonly CompiledRule[]): RuleIndex {
  return runWhole(indexSteps(rules));
}

function matched(rules: readonly object[], event: EventInput, now = NOW): string[] {
  return matchRules(buildIndex(compiled(rules)), event, now).rules.map(({ rule }) => rule.id);
}

const full = input("1", {
  labels: { site: "north", constructor: "x", env: "prod-eu" },
  scope: { namespace: "shop", repo: "registry/shop/web" },
  vuln: { kev: true, verdict: "fail", vex: { status: "affected" } },
  data: { attempts: 3 },
});
const bare = input("1");

test.each([
  ["type", { types: ["backup.*"] }, true],
  ["another type", { types: ["scan.*"] }, false],
  ["one of two globs, each rule once", { types: ["backup.*", "*.failed"] }, true],
  ["an infix glob", { types: ["*up.f*"] }, true],
  ["source", { sources: ["/plant/*"] }, true],
  ["another source", { sources: ["/ship/*"] }, false],
  ["namespace", { namespaces: ["shop"] }, true],
  ["another namespace", { namespaces: ["ship*", "x"] }, false],
  ["repo", { repos: ["*/web"] }, true],
  ["another repo", { repos: ["*/api"] }, false],
  ["severity at least", { minSeverity: "high" }, true],
  ["severity above", { minSeverity: "critical" }, false],
  ["label equal", { labels: ['site="north"'] }, true],
  ["label different", { labels: ['site="south"'] }, false],
  ["absent label is empty", { labels: ['rack=""'] }, true],
  ["empty matcher on a set label", { labels: ['site=""'] }, false],
  ["label not equal", { labels: ["site!=south", "rack!=1"] }, true],
  ["label by alternatives", { labels: ["env=~dev|prod-eu"] }, true],
  ["label by a beginning", { labels: ["env=~prod-.*"] }, true],
  ["label by a pattern", { labels: ["env=~.*-(eu|us)"] }, true],
  ["label by a pattern, anchored", { labels: ["env=~prod"] }, false],
  ["label not by a pattern", { labels: ["env!~prod-.*"] }, false],
  ["a pattern that takes a missing label", { labels: ["rack=~a?"] }, true],
  ["both label matchers", { labels: ["site=north", "env=dev"] }, false],
  ["exploited", { kev: true }, true],
  ["not exploited", { kev: false }, false],
  ["verdict", { verdicts: ["warn", "fail"] }, true],
  ["another verdict", { verdicts: ["pass"] }, false],
  ["a VEX status among those", { vex: { include: ["affected"] } }, true],
  ["a VEX status not among those", { vex: { include: ["fixed"] } }, false],
  ["a VEX status left out", { vex: { exclude: ["affected"] } }, false],
  ["a VEX status not left out", { vex: { exclude: ["fixed"] } }, true],
  ["a condition", { conditions: { "data.attempts": 3 } }, true],
  ["another condition", { conditions: { "data.attempts": 4 } }, false],
  ["an expression", { when: "event.data.attempts > 2" }, true],
  ["another expression", { when: "event.data.attempts > 3" }, false],
  [
    "all of them",
    { types: ["*.failed"], sources: ["/plant/7"], labels: ["site=north"], minSeverity: "low", kev: true, when: "true" },
    true,
  ],
  ["nothing asked", {}, true],
] as const)("a rule matches by %s", (_, match, expected) => {
  expect(matched([{ match }], full)).toEqual(expected ? ["r0"] : []);
});

test.each([
  ["exploited", { kev: true }, false],
  ["not exploited", { kev: false }, true],
  ["a verdict", { verdicts: ["fail"] }, false],
  ["a VEX status: a missing one fails include", { vex: { include: ["affected"] } }, false],
  ["a VEX status: a missing one passes exclude", { vex: { exclude: ["affected"] } }, true],
  ["any namespace", { namespaces: ["*"], repos: ["*"] }, true],
  ["some namespace", { namespaces: ["?*"] }, false],
  ["a condition on what is not there", { conditions: { "data.attempts": 3 } }, false],
] as const)("an event that says nothing more, asked for %s", (_, match, expected) => {
  expect(matched([{ match }], bare)).toEqual(expected ? ["r0"] : []);
});

test.each([
  [NOW - 1, []],
  [NOW, ["r0"]],
  [NOW + 999, ["r0"]],
  [NOW + 1000, []],
])("a rule is valid from its first instant until before its last: at %d", (now, expected) => {
  const rules = [{ validFrom: "2026-05-28T20:26:40Z", validUntil: "2026-05-28T22:26:41+02:00" }];
  expect(matched(rules, bare, now)).toEqual(expected);
});

test("a rule that is switched off matches nothing", () => {
  expect(matched([{ isEnabled: false }], bare)).toEqual([]);
});

test("rules come by priority, then id", () => {
  const rules = [{ id: "b" }, { id: "a" }, { id: "z", priority: 1 }, { id: "m", priority: 200 }];
  expect(matched(rules, bare)).toEqual(["z", "a", "b", "m"]);
});

test("no rule is taken after one that stops, wherever the index finds it", () => {
  const rules = [
    { id: "first", priority: 1, match: { minSeverity: "low" } },
    { id: "stops", priority: 2, stop: true, match: { types: ["backup.failed"] } },
    { id: "later", priority: 3, match: { labels: ["site=north"] } },
    { id: "fails", priority: 4, match: { when: "event.data.nope == 1" } },
  ];
  expect(matched(rules, full)).toEqual(["first", "stops"]);
  expect(matchRules(buildIndex(compiled(rules)), full, NOW).faults).toEqual([]);
  expect(matched(rules, input("1", { type: "x", labels: { site: "north" } }))).toEqual(["first", "later"]);
});

test("a rule that stops but does not match stops nothing", () => {
  const rules = [{ id: "a", stop: true, match: { when: "event.data.nope == 1" } }, { id: "b" }];
  expect(matched(rules, full)).toEqual(["b"]);
});

test("an expression that cannot be evaluated is no match and a fault", () => {
  const rules = Array.from({ length: 12 }, (_, at) => ({ priority: at, match: { when: "event.data.nope == 1" } }));
  const { rules: found, faults } = matchRules(buildIndex(compiled([...rules, {}])), full, NOW);
  expect(found.map(({ rule }) => rule.id)).toEqual(["r12"]);
  expect(faults).toHaveLength(12);
  expect(faults[1]).toEqual({ rule: "r1@000000000000", detail: "the event has no field nope there" });
});

test("the expressions of all rules share what one event may cost", () => {
  const items = Array.from({ length: 20_000 }, (_, at) => at);
  const when = "event.data.items.all(i, i >= 0 && i < 50000 && i != -1)";
  const rules = Array.from({ length: 40 }, (_, at) => ({ priority: at, match: { when } }));
  const { rules: found, faults } = matchRules(buildIndex(compiled(rules)), { ...full, data: { items } }, NOW);
  expect(found.length).toBeGreaterThan(0);
  expect(found.length + faults.length).toBe(40);
  expect(new Set(faults.map(({ detail }) => detail))).toEqual(new Set(["takes more work than one event may cost"]));
});

test("an index without rules matches nothing", () => {
  expect(matchRules(buildIndex([]), bare, NOW)).toEqual({ rules: [], faults: [] });
});

const word = fc.constantFrom("a", "b", "a.b", "b.c", "a.b.c", "x");
const glob = fc.constantFrom("a", "a.*", "*.c", "*b*", "?", "*", "a.b.c", "b.?", "x*", "?*");
const globs = fc.array(glob, { minLength: 1, maxLength: 3 });
const label = fc.constantFrom(
  "k=v",
  "k=w",
  "l=v",
  "m=",
  "k!=v",
  "l!=",
  "k=~v|w",
  "k=~v.*",
  "l=~(v|ww).*",
  "m=~.*",
  "k!~w",
  "l=~[vw]",
  "k=~v?",
);
const status = fc.constantFrom("affected", "fixed", "other");
const statuses = fc.array(status, { minLength: 1, maxLength: 2 });
const value = fc.constantFrom(1, 2, "1", "v", true, false, null);
const instant = fc.constantFrom("2026-05-28T20:26:39Z", "2026-05-28T20:26:40Z", "2026-05-28T20:26:41Z");
const conditions = fc.dictionary(fc.constantFrom("data.n", "data.o.p", "labels.k", "type", "data.list.0"), value, {
  maxKeys: 2,
});
const ruleArb = fc
  .record(
    {
      priority: fc.integer({ min: 0, max: 3 }),
      isEnabled: fc.constantFrom(true, true, true, false),
      stop: fc.constantFrom(false, false, false, false, false, true),
      validFrom: instant,
      match: fc.record(
        {
          types: globs,
          sources: globs,
          namespaces: globs,
          repos: globs,
          minSeverity: fc.constantFrom(...SEVERITIES),
          labels: fc.array(label, { maxLength: 3 }),
          kev: fc.boolean(),
          verdicts: fc.array(word, { minLength: 1, maxLength: 2 }),
          vex: fc.record({ include: statuses, exclude: statuses }, { requiredKeys: [] }),
          conditions,
          when: fc.constantFrom(
            'event.labels.k == "v"',
            "event.data.n == 1",
            "true",
            "rank(event.severity) > 2",
            "has(event.subject)",
          ),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ["match"] },
  )
  .chain((rule) =>
    fc.subarray(Object.keys(rule.match), { maxLength: 4 }).map((kept) => ({
      ...rule,
      match: Object.fromEntries(Object.entries(rule.match).filter(([key]) => kept.includes(key))),
    })),
  );
const vuln = fc.record(
  { kev: fc.boolean(), verdict: word, vex: fc.record({ status }, { requiredKeys: [] }) },
  { requiredKeys: [] },
);
const eventArb = fc.record(
  {
    type: word,
    source: word,
    severity: fc.constantFrom(...SEVERITIES),
    labels: fc.dictionary(fc.constantFrom("k", "l", "m"), fc.constantFrom("v", "w", "ww", ""), { maxKeys: 3 }),
    scope: fc.record({ namespace: word, repo: word }, { requiredKeys: [] }),
    vuln,
    data: fc.record(
      { n: value, o: fc.record({ p: value }), list: fc.array(value, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["type", "source", "severity", "labels", "scope"] },
);

test("the index agrees with looking at every rule, for 100,000 pairs", () => {
  let pairs = 0;
  let matches = 0;
  fc.assert(
    fc.property(
      fc.array(ruleArb, { minLength: 40, maxLength: 40 }),
      fc.array(eventArb, { minLength: 25, maxLength: 25 }),
      (rules, events) => {
        const all = compiled(rules);
        const index = buildIndex(all);
        for (const fields of events) {
          const event = input("1", fields);
          const rank = severityRank(event.severity);
          const naive = all.filter((rule) => ruleMatches(rule, event, rank, NOW));
          const last = naive.findIndex(({ rule }) => rule.stop === true);
          const expected = last < 0 ? naive : naive.slice(0, last + 1);
          expect(matchRules(index, event, NOW).rules.map(({ ref }) => ref)).toEqual(expected.map(({ ref }) => ref));
          pairs += rules.length;
          matches += expected.length;
        }
      },
    ),
    { numRuns: 100, seed: 2026 },
  );
  expect(pairs).toBe(100_000);
  expect(matches).toBeGreaterThan(1000);
});

test("an event looks at few of many rules", () => {
  const rules = Array.from({ length: 5000 }, (_, at) => ({ match: { types: [`type.${at}`], minSeverity: "low" } }));
  const index = buildIndex(compiled(rules));
  expect(index.field.type.exact.size).toBe(5000);
  expect(index.severity.flat()).toEqual([]);
  expect(matchRules(index, input("1", { type: "type.77" }), NOW).rules.map(({ rule }) => rule.id)).toEqual(["r77"]);
});

test.each([
  ["its rarest predicate", { types: ["a.*"], labels: ["team=t1"], minSeverity: "low" }, "label"],
  ["a pattern's beginnings", { labels: ["team=~(x|y)-.*"] }, "label"],
  ["a condition", { conditions: { "data.n": 1 }, kev: false }, "condition"],
  ["nothing but its severity", { labels: ["team!=x", "a=", "b=~.*"], when: "true", types: ["*a*"] }, "severity"],
] as const)("a rule stands under %s", (_, match, place) => {
  const rules = Array.from({ length: 20 }, () => ({ match: { types: ["a.*"] } }));
  const { label: labels, condition, severity, field } = buildIndex(compiled([...rules, { match }]));
  const places = { label: labels.size > 0, condition: condition.size > 0, severity: severity.flat().length > 0 };
  expect(
    Object.entries(places)
      .filter(([, isUsed]) => isUsed)
      .map(([name]) => name),
  ).toEqual([place]);
  expect(field.type.prefix.find(({ length }) => length === 2)?.texts.get("a.")).toHaveLength(20);
});
