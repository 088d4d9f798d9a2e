import { expect, test } from "vitest";
import { pointerOf } from "../../src/core/pointer.ts";
import { Match } from "../../src/core/rule-match.ts";

test("everything that a rule may ask for", () => {
  const match = {
    types: ["scan.*", "*.failed", "a?c"],
    minSeverity: "high",
    sources: ["/plant/*"],
    namespaces: ["prod-*", "*"],
    repos: ["registry.example/team/*"],
    labels: ['team="db"', "env=~prod|stage"],
    kev: true,
    verdicts: ["fail"],
    vex: { include: ["affected"], exclude: ["not_affected"] },
    conditions: { "data.attempts": 3 },
    when: 'rank(event.severity) >= rank("high")',
  };
  expect(Match.parse(match)).toEqual(match);
  expect(Match.parse({})).toEqual({});
});

test.each([
  [{ types: [""] }, "/types/0", "an empty glob matches nothing"],
  [{ types: ["ok", "a\nb"] }, "/types/1", "must be a single line"],
  [{ types: ["a\u0000"] }, "/types/0", "holds a control character or half a surrogate pair"],
  [{ types: ["a".repeat(257)] }, "/types/0", "Too big"],
  [{ sources: ["a".repeat(1025)] }, "/sources/0", "Too big"],
  [{ namespaces: ["\ud800"] }, "/namespaces/0", "holds a control character or half a surrogate pair"],
  [{ repos: [] }, "/repos", "an empty list matches nothing: leave it out"],
  [{ labels: ["a=b", "{}"] }, "/labels/1", "a list in braces"],
  [{ verdicts: [""] }, "/verdicts/0", "cannot be empty"],
  [{ vex: { include: [] } }, "/vex/include", "an empty list"],
  [{ vex: { status: "x" } }, "/vex", "status"],
  [{ conditions: { "nope.x": 1 } }, "/conditions/nope.x", "an event has no field"],
  [{ when: "1 +" }, "/when", "at character 4"],
  [{ kev: "yes" }, "/kev", "expected boolean"],
  [{ minSeverity: "severe" }, "/minSeverity", "Invalid option"],
  [{ where: "x" }, "", "where"],
])("%j is refused with its pointer", (match, pointer, words) => {
  const issues = Match.safeParse(match).error?.issues ?? [];
  expect(issues.map(({ path }) => pointerOf(path))).toEqual([pointer]);
  expect(JSON.stringify(issues)).toContain(words);
});
