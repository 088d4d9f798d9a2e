import { expect, test } from "vitest";
import { severityRank } from "../../src/core/event.ts";
import { compileRule } from "../../src/core/index.ts";
import { ruleMatches } from "../../src/core/match.ts";
import { explainRule } from "../../src/core/rule-explain.ts";
import { Rule } from "../../src/core/rule.ts";
import { input } from "../support/objects.ts";

const NOW = 1_780_000_000_000; // 2026-05-28T20:26:40Z
const event = input("1", {
  labels: { team: "db" },
  scope: { namespace: "shop" },
  vuln: { kev: true, verdict: "fail", vex: { status: "affected" } },
  data: { attempts: 3, long: "x".repeat(500), faces: "🙂".repeat(200) },
});

function explain(fields: object, seen = event) {
  const rule = Rule.parse({ schema: "rule/v1", id: "r", actions: [{ id: "a", channel: "c" }], ...fields });
  const compiled = compileRule(rule, "f".repeat(64), 0);
  const explanation = explainRule(compiled, seen, NOW);
  if (rule.isEnabled) expect(explanation.matched).toBe(ruleMatches(compiled, seen, severityRank(seen.severity), NOW));
  return explanation;
}

test("a rule that matches has nothing that failed", () => {
  expect(explain({ match: { types: ["backup.*"], when: "true" } })).toEqual({ rule: "r@ffffffffffff", matched: true });
});

test.each([
  [{ isEnabled: false }, "/isEnabled", "true", "false", "The rule is switched off."],
  [
    { validFrom: "2027-01-01T00:00:00Z" },
    "/validFrom",
    "from 2027-01-01T00:00:00Z",
    "2026-05-28T20:26:40Z",
    "The rule holds only from 2027-01-01T00:00:00Z on; the event came at 2026-05-28T20:26:40Z.",
  ],
  [
    { validUntil: "2026-01-01T00:00:00Z" },
    "/validUntil",
    "before 2026-01-01T00:00:00Z",
    "2026-05-28T20:26:40Z",
    "The rule ended at 2026-01-01T00:00:00Z; the event came at 2026-05-28T20:26:40Z.",
  ],
  [
    { match: { minSeverity: "critical", types: ["x"] } },
    "/match/minSeverity",
    "critical or above",
    "high",
    "The event's severity is high; the rule takes critical and above.",
  ],
  [
    { match: { types: ["a.*", "b"] } },
    "/match/types",
    "one of a.*, b",
    "backup.failed",
    'The event\'s type is "backup.failed"; the rule wants one of a.*, b.',
  ],
  [
    { match: { sources: ["/ship/*"] } },
    "/match/sources",
    "/ship/*",
    "/plant/7",
    'The event\'s source is "/plant/7"; the rule wants /ship/*.',
  ],
  [
    { match: { namespaces: ["1", "2", "3", "4", "5", "6", "7"] } },
    "/match/namespaces",
    "one of 1, 2, 3, 4, 5 and 2 more",
    "shop",
    'The event\'s namespace is "shop"; the rule wants one of 1, 2, 3, 4, 5 and 2 more.',
  ],
  [{ match: { repos: ["x*"] } }, "/match/repos", "x*", "", "The event has no repo; the rule wants x*."],
  [
    { match: { kev: false } },
    "/match/kev",
    "false",
    "true",
    "The event is of a vulnerability that is known to be exploited; the rule takes only others.",
  ],
  [
    { match: { verdicts: ["pass"] } },
    "/match/verdicts",
    "pass",
    "fail",
    'The event\'s verdict is "fail"; the rule wants pass.',
  ],
  [
    { match: { vex: { include: ["fixed"] } } },
    "/match/vex/include",
    "fixed",
    "affected",
    'The event\'s VEX status is "affected"; the rule wants fixed.',
  ],
  [
    { match: { vex: { exclude: ["affected"] } } },
    "/match/vex/exclude",
    "none of affected",
    "affected",
    'The event\'s VEX status is "affected"; the rule leaves such events out.',
  ],
  [
    { match: { labels: ["team=db", "rack=~a.*"] } },
    "/match/labels/1",
    "rack=~a.*",
    "",
    "The event has no label rack, which counts as empty; the rule wants rack=~a.*.",
  ],
  [
    { match: { labels: ["team!=db"] } },
    "/match/labels/0",
    "team!=db",
    "db",
    'The event\'s label team is "db"; the rule wants team!=db.',
  ],
  [
    { match: { conditions: { "data.attempts": 4 } } },
    "/match/conditions/data.attempts",
    "4",
    "3",
    "The event has 3 at data.attempts; the rule wants 4.",
  ],
  [
    { match: { conditions: { "data.no/where": null } } },
    "/match/conditions/data.no~1where",
    "null",
    "",
    "The event has nothing at data.no/where; the rule wants null.",
  ],
  [
    { match: { when: "event.data.attempts > 5" } },
    "/match/when",
    "event.data.attempts > 5",
    "false",
    "The rule's expression is false for this event.",
  ],
  [
    { match: { when: "event.data.tries > 5" } },
    "/match/when",
    "event.data.tries > 5",
    "not evaluated: the event has no field tries there",
    "The rule's expression could not be evaluated for this event, so the rule does not match: the event has no field tries there.",
  ],
])("%j fails at %s", (fields, pointer, wanted, seen, sentence) => {
  expect(explain(fields)).toEqual({
    rule: "r@ffffffffffff",
    matched: false,
    failed: { pointer, wanted, seen, sentence },
  });
});

test("an event of which nothing is said fails kev, verdicts and vex.include only", () => {
  const bare = input("1");
  expect(explain({ match: { kev: true } }, bare).failed).toMatchObject({ pointer: "/match/kev", seen: "" });
  expect(explain({ match: { verdicts: ["x"] } }, bare).failed?.sentence).toContain("has no verdict");
  expect(explain({ match: { vex: { include: ["x"] } } }, bare).failed?.sentence).toContain("has no VEX status");
  expect(explain({ match: { vex: { exclude: ["x"] }, kev: false } }, bare).matched).toBe(true);
});

test.each(["long", "faces"])("a value seen is cut at 200 characters, whole ones: %s", (name) => {
  const { seen = "" } = explain({ match: { conditions: { [`data.${name}`]: "y" } } }).failed ?? {};
  expect([seen.length <= 200, seen.length > 195, seen.isWellFormed(), seen.endsWith("…")]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});
