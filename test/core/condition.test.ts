import { expect, test } from "vitest";
import { conditionHolds, Conditions, type ConditionValue, parseConditions } from "../../src/core/condition.ts";
import { input } from "../support/objects.ts";

const event = input("1", {
  labels: { "a.b": "dotted", constructor: "mine" },
  scope: { namespace: "prod" },
  vuln: { vex: { status: "affected" }, delta: { newCritical: 2 } },
  data: {
    attempts: 3,
    ok: true,
    none: null,
    zero: 0,
    text: "x",
    list: [{ name: "n" }],
    "back\\slash": "b",
    "": "empty",
  },
});

test.each([
  ["data.attempts", 3, true],
  ["data.attempts", "3", false],
  ["data.attempts", 4, false],
  ["data.ok", true, true],
  ["data.none", null, true],
  ["data.missing", null, false],
  ["data.zero", false, false],
  ["data.list.0.name", "n", true],
  ["data.list.00.name", "n", false],
  ["data.list.1.name", "n", false],
  ["data.list.length", 1, false],
  ["data.text.length", 1, false],
  ["data.text.0", "x", false],
  ["scope.namespace", "prod", true],
  ["severity", "high", true],
  ["labels.a\\.b", "dotted", true],
  ["vuln.vex.status", "affected", true],
  ["vuln.delta.newCritical", 2, true],
  ["data.back\\\\slash", "b", true],
  ["labels.constructor", "mine", true],
  ["labels.toString", "x", false],
  ["data.__proto__", null, false],
  ["data.list.__proto__.length", 0, false],
  ["subject", null, false],
] as const)("%s equals %j: %s", (path, value: ConditionValue, expected) => {
  const conditions = Conditions.parse({ [path]: value });
  expect(parseConditions(conditions).map((condition) => conditionHolds(condition, event))).toEqual([expected]);
});

test.each([
  [{ "": 1 }, "at character 1: a name is empty"],
  [{ "data.": 1 }, "at character 6: a name is empty"],
  [{ "data..x": 1 }, "at character 6: a name is empty"],
  [{ "data.a\\b": 1 }, "at character 7: a backslash stands only before . and \\"],
  [{ "data.a\\": 1 }, "at character 7: a backslash stands only before . and \\"],
  [{ "date.x": 1 }, "at character 1: an event has no field date; it has source"],
  [{ "labels.a.b": "x" }, "an event's labels has no field a at that depth (a dot inside a name is written \\.)"],
  [{ "scope.namespce": "x" }, "an event's scope has no field namespce; it has namespace, repo, digest, resource"],
  [{ "vuln.vex.state": "x" }, "an event's vuln.vex has no field state; it has status, justification"],
  [{ "type.name": "x" }, "an event's type has no field name at that depth"],
  [{ tenant: "x" }, "an event has no field tenant"],
  [Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`data.f${at}`, at])), "more than 50 conditions"],
  [{ "data.x": [1] }, "Invalid input"],
  [{ "data.x": Number.POSITIVE_INFINITY }, "Invalid input"],
])("%j is refused", (conditions, expected) => {
  const { error } = Conditions.safeParse(conditions);
  expect(JSON.stringify(error?.issues)).toContain(JSON.stringify(expected).slice(1, -1));
});

test("a refused path is told by its key", () => {
  expect(Conditions.safeParse({ "data.ok": 1, "nope.x": 1 }).error?.issues.map(({ path }) => path)).toEqual([
    ["nope.x"],
  ]);
});
