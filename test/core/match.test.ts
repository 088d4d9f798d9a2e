import fc from "fast-check";
import { expect, test } from "vitest";
import { type EventInput, SEVERITIES, severityRank } from "../../src/core/event.ts";
import { buildIndex, compileRules, emptyIndex } from "../../src/core/index.ts";
import { labelMatches, parseLabelMatcher } from "../../src/core/label-matcher.ts";
import { matchRules, ruleMatches } from "../../src/core/match.ts";
import { Rule } from "../../src/core/rule.ts";
import { input } from "../support/objects.ts";

const action = [{ id: "a", channel: "c" }];

function compiled(rules: readonly Record<string, unknown>[]) {
  return compileRules(
    rules.map((fields, at) => ({
      rule: Rule.parse({ schema: "rule/v1", id: `r${at}`, actions: action, ...fields }),
      hash: `${at}`.padStart(64, "0"),
    })),
  );
}

function matched(rules: readonly Record<string, unknown>[], event: EventInput): string[] {
  return matchRules(buildIndex(compiled(rules)), event).map(({ rule }) => rule.id);
}

test.each([
  ["type", { match: { types: ["backup.*"] } }, true],
  ["another type", { match: { types: ["scan.*"] } }, false],
  ["one of two globs, each rule once", { match: { types: ["backup.*", "*.failed"] } }, true],
  ["source", { match: { sources: ["/plant/*"] } }, true],
  ["another source", { match: { sources: ["/ship/*"] } }, false],
  ["severity at least", { match: { minSeverity: "high" } }, true],
  ["severity above", { match: { minSeverity: "critical" } }, false],
  ["label equal", { match: { labels: ['site="north"'] } }, true],
  ["label different", { match: { labels: ['site="south"'] } }, false],
  ["absent label is empty", { match: { labels: ['rack=""'] } }, true],
  ["empty matcher on a set label", { match: { labels: ['site=""'] } }, false],
  [
    "all of them",
    { match: { types: ["*.failed"], sources: ["/plant/7"], labels: ['site="north"'], minSeverity: "low" } },
    true,
  ],
  ["nothing asked", {}, true],
  ["an infix glob", { match: { types: ["*up.f*"] } }, true],
  ["switched off", { isEnabled: false }, false],
] as const)("a rule matches by %s", (_, fields, expected) => {
  const event = input("1", { labels: { site: "north", constructor: "x" } });
  expect(matched([fields], event)).toEqual(expected ? ["r0"] : []);
});

test("rules come by priority, then id", () => {
  const rules = [{ id: "b" }, { id: "a" }, { id: "z", priority: 1 }, { id: "m", priority: 200 }];
  expect(matched(rules, input("1"))).toEqual(["z", "a", "b", "m"]);
});

test("an empty index matches nothing", () => {
  expect(matchRules(emptyIndex(), input("1"))).toEqual([]);
});

test("matchers read their escapes", () => {
  expect(parseLabelMatcher('a="x\\"y\\\\z\\n"')).toEqual({ name: "a", value: 'x"y\\z\n' });
  expect(labelMatches({ name: "toString", value: "" }, {})).toBe(true);
});

test("the index agrees with looking at every rule", () => {
  const word = fc.constantFrom("a", "b", "a.b", "b.c", "a.b.c", "x");
  const glob = fc.constantFrom("a", "a.*", "*.c", "*b*", "?", "*", "a.b.c", "b.?", "x*");
  const label = fc.constantFrom('k="v"', 'k="w"', 'l="v"', 'm=""');
  const ruleArb = fc.record({
    priority: fc.integer({ min: 0, max: 3 }),
    match: fc.record(
      {
        types: fc.array(glob, { minLength: 1, maxLength: 3 }),
        sources: fc.array(glob, { minLength: 1, maxLength: 2 }),
        minSeverity: fc.constantFrom(...SEVERITIES),
        labels: fc.array(label, { maxLength: 2 }),
      },
      { requiredKeys: [] },
    ),
  });
  const eventArb = fc.record({
    type: word,
    source: word,
    severity: fc.constantFrom(...SEVERITIES),
    labels: fc.dictionary(fc.constantFrom("k", "l", "m"), fc.constantFrom("v", "w"), { maxKeys: 3 }),
  });
  fc.assert(
    fc.property(
      fc.array(ruleArb, { maxLength: 30 }),
      fc.array(eventArb, { minLength: 1, maxLength: 5 }),
      (rules, events) => {
        const all = compiled(rules);
        const index = buildIndex(all);
        for (const fields of events) {
          const event = input("1", fields);
          const naive = all.filter((rule) => ruleMatches(rule, event, severityRank(event.severity)));
          expect(matchRules(index, event)).toEqual(naive);
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test("an event looks at few of many rules", () => {
  const rules = Array.from({ length: 5000 }, (_, at) => ({ match: { types: [`type.${at}`], minSeverity: "low" } }));
  const index = buildIndex(compiled(rules));
  expect(index.type.exact.size).toBe(5000);
  expect(index.severity.flat()).toEqual([]);
  expect(matchRules(index, input("1", { type: "type.77" })).map(({ rule }) => rule.id)).toEqual(["r77"]);
});
