import { expect, test } from "vitest";
import { CoreError } from "../../src/core/error.ts";
import type { EventInput } from "../../src/core/event.ts";
import { ExpressionText, parseExpression } from "../../src/core/expression.ts";
import { input } from "../support/objects.ts";

const event = input("1", {
  subject: "disk sda",
  labels: { team: "db", "a.b": "dotted" },
  scope: { namespace: "prod" },
  vuln: { kev: true, vex: { status: "affected" }, delta: { newCritical: 2 } },
  data: {
    n: 3,
    ratio: 1.5,
    flag: true,
    nothing: null,
    words: ["a", "b", "a(b"],
    list: [1, 2, 3],
    deep: { x: { y: "z" } },
    text: "héllo\n",
    items: [
      { name: "one", score: 9 },
      { name: "two", score: 4 },
    ],
  },
});

function evaluate(text: string, seen: EventInput = event): boolean | string {
  expect(ExpressionText.safeParse(text).error?.issues).toBeUndefined();
  const evaluation = parseExpression(text).evaluate(seen);
  return evaluation.ok ? evaluation.value : evaluation.detail;
}

function refusalOf(text: string): string {
  return (
    ExpressionText.safeParse(text)
      .error?.issues.map(({ message }) => message)
      .join("; ") ?? "accepted"
  );
}

test.each([
  ['event.labels.team == "db"', true],
  ['event.labels["a.b"] != "x"', true],
  ['"team" in event.labels && !("rack" in event.labels)', true],
  ["has(event.labels.rack)", false],
  ["has(event.data.deep.x.y)", true],
  ['has(event.subject) && event.subject.startsWith("disk")', true],
  ['event.subject.endsWith("sda") && event.subject.contains(event.labels.team)', false],
  ['event.subject.trim() == "disk sda"', true],
  ['rank(event.severity) >= rank("high")', true],
  ['rank(event.severity) > rank("warning")', true],
  ['rank(event.severity) > rank("high")', false],
  ["event.data.n == 3 && 3 == event.data.n", true],
  ["event.data.n >= 3 && event.data.ratio < 2", true],
  ["event.data.n in [1, 2, 3]", true],
  ["int(event.data.n) + 1 == 4 && event.data.n + 1.0 == 4.0", true],
  ["-event.data.n < 0 && 7 % 4 == 3 && 7 / 2 == 3 && 2 * 3 - 1 == 5", true],
  ["event.data.flag ? event.data.n > 1 : false", true],
  ["event.data.nothing == null", true],
  ['event.data.text == "h\\u00e9llo\\n" && r"\\d" == "\\\\d"', true],
  ["-5 < 3 && 1e3 == 1000.0 && 0xff == 255 && 5u < 6u", true],
  ["event.data.list[1] == 2 && event.data.list.size() == 3 && size(event.data.words) == 3", true],
  ["size(event.data.text) == 6 && size(event.labels) == 2", true],
  ['event.data.words == ["a", "b", "a(b"]', true],
  ['event.data.deep == event.data.deep && event.data.deep.x["y"] == "z"', true],
  ["type(event.data.n) == double && string(event.data.n) == '3' && bool('true') && double('1.5') == 1.5", true],
  ["dyn(event.data.n) == 3", true],
  ['re(event.labels.team, "^d.$")', true],
  ['re(event.subject, "(?i)SDA")', true],
  ['re(event.data.text, event.data.words[0] + "?l")', true],
  ['event.data.items.exists(i, i.name == "two" && i.score > 3.0)', true],
  ["event.data.items.all(i, i.score > 5.0)", false],
  ["event.data.items.exists_one(i, i.score > 5.0)", true],
  ["event.data.items.filter(i, i.score > 5.0).size() == 1", true],
  ["event.data.items.map(i, i.score * 2.0).exists(s, s == 18.0)", true],
  ["event.data.items.map(i, i.score > 5.0, i.name) == ['one']", true],
  ["event.data.items.exists(i, event.data.list.exists(n, n * 3.0 == i.score))", true],
  ["event.labels.all(name, event.labels[name] != '')", true],
  ["event.vuln.kev && event.vuln.delta.newCritical > 1", true],
  ["event.data.n == 3 || event.data.missing == 1", true],
  ["event.data.missing == 1 || event.data.n == 3", true],
  ["event.data.missing == 1 && event.data.n == 4", false],
  ["event.data.items.exists(i, i.missing == 1 || i.score == 9.0)", true],
] as const)("%s is %s", (text, expected) => {
  expect(evaluate(text)).toBe(expected);
});

test.each([
  ["event.labels.rack == 'x'", "the event has no field rack there"],
  ["event.alertState == 'firing'", "the event has no field alertState there"],
  ["event.data[event.subject] == 1", "the event has no such field or item"],
  ["event.data.list[7] == 1", "a list has no item at that place"],
  [
    "event.data.n + 1 > 3",
    "an operator stands between types that do not go together (numbers of an event are doubles)",
  ],
  ["event.data.n.startsWith('x')", "a function was handed a value of a type that it does not take"],
  ["event.data.n", "yields neither true nor false"],
  ["event.data.n ? true : false", "what should be true or false is neither"],
  ["event.data.n && true", "what should be true or false is neither"],
  ["int(event.data.n) / 0 == 1", "divides by zero"],
  ["int(event.data.n) % 0 == 1", "divides by zero"],
  ["int(event.data.n) * 9223372036854775807 > 0", "a number is too large"],
  ["event.data.n.exists(x, x == 1)", "a macro was handed neither a list nor a map"],
  ["event.data.items.exists(i, i.missing == 1)", "the event has no field missing there"],
  ["event.data.items.exists_one(i, i.missing == 1)", "the event has no field missing there"],
  ["int(event.subject) == 1", "could not be evaluated"],
  ["re(event.subject, event.data.words[2])", "re() was handed a pattern that is none"],
  ["rank(event.subject) > 1", "rank() was handed a word that is no severity"],
])("%s cannot be evaluated: %s", (text, detail) => {
  expect(evaluate(text)).toBe(detail);
});

test("what fails is told without the event's own words", () => {
  const secret = input("1", { data: { "s3cret-name": "s3cret", list: ["s3cret"] } });
  for (const text of [
    "event.data.list[0] > 1",
    "event.data.list[0].exists(x, x)",
    "event.data.list[0].nope",
    "int(event.data.list[0]) > 1",
  ])
    expect(evaluate(text, secret)).toSatisfy((detail) => typeof detail === "string" && !detail.includes("s3cret"));
});

test.each([
  ["", "at character 1: Unexpected token: EOF"],
  ["event.type ==", "at character 14: Unexpected token: EOF"],
  ["event.severty == 'x'", "at character 7: an event has no field severty"],
  ["event.toString == 'x'", "an event has no field toString"],
  ["event.tenant == 'x'", "an event has no field tenant"],
  ["event.scope.namespce == 'x'", "at character 13: an event's scope has no field namespce"],
  ["has(event.vuln.vex.state)", "an event's vuln.vex has no field state"],
  ["event.type.name == 'x'", "an event's type has no field name at that depth"],
  ["nope == 1", "at character 1: unknown name nope"],
  ["google == 1", "unknown name google"],
  ["event == event", "at character 1: event is read by its fields"],
  ['event["type"] == "x"', "at character 1: event is read by its fields"],
  ['1 + "a" == 2', "at character 1: no such overload: int + string"],
  ["'🙂' == 'x' && 1", "at character 1: Logical operator requires bool operands, got 'int'"],
  ["1 + 2", "at character 1: yields int, not true or false"],
  ["event.subject", "at character 1: yields string, not true or false"],
  ['event.type.matches("a")', "at character 1: matches is not offered: use re(text, pattern)"],
  ['true && matches(event.type, "a")', "at character 9: matches is not offered: use re(text, pattern)"],
  ['timestamp("2020-01-01T00:00:00Z") == 1', "unknown function timestamp"],
  ["duration('1s') == 1", "unknown function duration"],
  ["event.type.lowerAscii() == 'x'", "unknown function lowerAscii"],
  ["cel.bind(x, 1, x == 1)", "unknown function bind"],
  ["weigh(event.data) == 1", "unknown function weigh"],
  ["event.type.sought('x')", "unknown function sought"],
  ['re(event.type, "(")', "at character 16: character 2 of the pattern: missing closing )"],
  ['rank("hihg") > 1', "at character 6: rank() knows info, low, medium, high, critical"],
  ["rank() > 1", "found no matching overload for 'rank()'"],
  ["b'a' == b'a'", "bytes are of no use here"],
  ["{'a': 1}.a == 1", "a map literal or an optional access is not offered"],
  ["event.?subject == 1", "Expected IDENTIFIER"],
  ["event.data.items.all(event, true)", "at character 22: the name event is taken"],
  ["event.data.items.all(a, event.data.items.all(a, true))", "the name a is taken"],
  ["event.data.items.all(int, true)", "the name int is taken"],
  ["event.data.items.all(1, true)", "invalid predicate iteration variable"],
  [
    "event.data.items.all(a, event.data.items.all(b, event.data.items.all(c, true)))",
    "macros stand at most 2 deep in each other",
  ],
])("%s is refused with its place", (text, expected) => {
  expect(refusalOf(text)).toContain(expected);
});

test.each([
  [
    "long lists",
    `event.data.n in [${Array.from({ length: 250 }, (_, at) => at).join(",")}]`,
    "Exceeded maxListElements (200)",
  ],
  ["many parts", Array.from({ length: 120 }, () => "event.data.f").join("&&"), "Exceeded maxAstNodes (300)"],
  ["deep parentheses", `${"!(".repeat(40)}true${")".repeat(40)}`, "Exceeded maxDepth (32)"],
  ["long texts", `event.type == "${"x".repeat(2000)}"`, "Too big"],
])("%s are refused", (_, text, expected) => {
  expect(refusalOf(text)).toContain(expected);
});

test("a text that its schema refuses is not parsed", () => {
  expect(() => parseExpression("1 + 2")).toThrow(CoreError);
});

const many = Array.from({ length: 400_000 }, () => 1);
const objects = Array.from({ length: 15_000 }, (_, at) => ({ name: `pkg-${at}`, cve: `CVE-${at}`, score: at % 10 }));
const long = "x".repeat(500_000);
const tree = (depth: number): unknown => (depth === 0 ? 1 : [tree(depth - 1), tree(depth - 1)]);

test.each([
  ["a long list", "event.data.items.all(x, x > 0)", { items: many }],
  ["an exists over a long list", "event.data.items.exists(x, x > 1)", { items: many }],
  ["a filter over a long list", "event.data.items.filter(x, x > 0).size() > 3", { items: many }],
  [
    "a map of many keys",
    "event.data.o.all(k, k != '')",
    { o: Object.fromEntries(many.slice(0, 100_000).map((_, at) => [`k${at}`, 1])) },
  ],
  [
    "a list within a list",
    "event.data.items.exists(x, event.data.items.exists(y, x.name == y.cve))",
    { items: objects },
  ],
  ["errors that are kept", "event.data.items.all(x, x.a > 0 || x.b > 0 || x.c > 0)", { items: objects }],
  [
    "long texts, compared often",
    "event.data.items.all(x, event.data.a == event.data.b)",
    { items: many, a: long, b: `${long.slice(1)}x` },
  ],
  [
    "a text sought in a long one",
    "event.data.a.contains(event.data.b)",
    { a: long, b: `${"x".repeat(5000)}y${"x".repeat(5000)}` },
  ],
  [
    "a pattern on long text, often",
    'event.data.items.all(x, re(event.data.a, "(x+x+)+[yz]") || true)',
    { items: many, a: long },
  ],
  ["patterns made on the way", "event.data.items.all(x, re(event.type, string(x)) || true)", { items: many }],
  [
    "dear patterns made on the way",
    "event.data.dear.all(x, re(event.type, x) || true)",
    { dear: Array.from({ length: 60 }, (_, n) => `(?i)${"\\pL\\PL".repeat(40)}${n}`) },
  ],
  ["a long list in a long list", "event.data.items.all(x, x in event.data.items)", { items: many }],
  ["deep values", "event.data.n == event.data.m", { n: tree(17), m: tree(17) }],
] as const)("%s ends early, and tells so", (_, text, data) => {
  const expression = parseExpression(text);
  const seen: EventInput = { ...input("1"), data: JSON.parse(JSON.stringify(data)) };
  const from = performance.now();
  expect(expression.evaluate(seen)).toEqual({ ok: false, detail: "takes more work than one event may cost" });
  expect(performance.now() - from).toBeLessThan(1500);
  expect(parseExpression("true").evaluate(seen)).toEqual({ ok: true, value: true });
});

test("a report of ten thousand findings is not too much", () => {
  const seen: EventInput = { ...input("1"), data: { items: objects.slice(0, 10_000) } };
  expect(evaluate('event.data.items.exists(x, x.name == "pkg-9999" && x.score > 8.0)', seen)).toBe(true);
});
