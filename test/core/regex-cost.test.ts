import fc from "fast-check";
import { RE2JS } from "re2js";
import { expect, test } from "vitest";
import { patternCost } from "../../src/core/regex-cost.ts";
import { compileRegex } from "../../src/core/regex.ts";

test.each([
  ["", 16],
  ["web-.*|db-[0-9]+", 32],
  ["x{900}", 916],
  ["x{0,100}", 216],
  ["(?:x{30}){30}", 976],
  ["[a-z]{5}", 24],
  ["(?i)k{20}(?i){20}", 416],
  ["\\Qx{900}\\E", 26],
  ["x{20}\\Q\\E{20}", 416],
  ["\\pL{100}", 916],
  ["[\\pL\\p{Greek}]", 233],
  ["(?i)[A-\\x{1e940}]", 2033],
  ["(?i)[a-z]", 26],
  ["(?i)[a-\u{11000}]", 1113],
  ["(?:a{100}){100}", 118],
  ["[]a{9}]]{3}", 27],
  ["[[:alpha:]]]{3}", 31],
  ["(a", 19],
  ["a)", 19],
])("%s takes %i steps", (pattern, steps) => {
  expect(patternCost(pattern)).toBe(steps);
});

test("nothing takes fewer steps than its program has", () => {
  const parts =
    "a|ab|(|)|(?:|(?i)|(?i:|[ab]|[^a-z]|*|+|?|{0}|{3}|{2,}|{0,7}|{20}|\\.|.|^|$|\\d|\\Q(\\E|\\Q|\\E|\\pL|[\\pL\\d]|\\x{100}|[[:alpha:]]|[]|]|{|}|(?P<n>|🙂|[a-\\x{100}]|\\101";
  const part = fc.constantFrom("|", "[]|]", ...parts.split("|"));
  let sound = 0;
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (written) => {
      const pattern = written.join("");
      if (!compileRegex(pattern).ok) return;
      sound++;
      expect(patternCost(pattern)).toBeGreaterThanOrEqual(RE2JS.compile(pattern).programSize());
    }),
    { numRuns: 5000, seed: 7 },
  );
  expect(sound).toBeGreaterThan(1000);
});

test.each([
  ["repetitions of much", `(?:${"a".repeat(1000)}){999}`],
  ["ranges that are folded", `(?i)[${"A-\u{1e940}".repeat(300)}]`],
])("%s are refused before they are compiled", (_, pattern) => {
  const from = performance.now();
  expect(compileRegex(pattern)).toEqual({
    ok: false,
    fault: { at: 0, detail: expect.stringContaining("40000 steps") },
  });
  expect(performance.now() - from).toBeLessThan(100);
});

test("a pattern is compiled once while it is asked for, and not kept for ever", () => {
  const [used, left] = [compileRegex("used"), compileRegex("left")];
  for (let n = 0; n < 400; n++) {
    compileRegex(`x{900}${n}`);
    expect(compileRegex("used")).toBe(used);
  }
  expect(compileRegex("left")).not.toBe(left);
});
