import fc from "fast-check";
import { expect, test } from "vitest";
import { globKey, globMatches } from "../../src/core/glob.ts";

test.each([
  ["a.b", "a.b", true],
  ["a.b", "a.bc", false],
  ["a.*", "a.b.c", true],
  ["a.*", "a.", true],
  ["a.*", "a", false],
  ["*", "", true],
  ["?", "", false],
  ["a?c", "abc", true],
  ["*.failed", "backup.failed", true],
  ["*.failed", "backup.failed.", false],
  ["*a*b*", "xxaxxbxx", true],
  ["*a*b*", "xxbxxaxx", false],
  ["a**b", "ab", true],
])("glob %s on %j is %s", (glob, text, expected) => {
  expect(globMatches(glob, text)).toBe(expected);
});

test("a glob agrees with the same pattern as a regular expression", () => {
  const pattern = fc.array(fc.constantFrom("a", "b", ".", "*", "?"), { maxLength: 8 }).map((parts) => parts.join(""));
  const text = fc.array(fc.constantFrom("a", "b", "."), { maxLength: 10 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(pattern, text, (glob, word) => {
      const regex = new RegExp(`^${glob.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
      expect(globMatches(glob, word)).toBe(regex.test(word));
    }),
    { numRuns: 2000 },
  );
});

test("a long hostile glob is answered at once", () => {
  expect(globMatches(`${"*a".repeat(60)}b`, "a".repeat(5000))).toBe(false);
});

test.each([
  ["a.b", { kind: "exact", text: "a.b" }],
  ["a.*", { kind: "prefix", text: "a." }],
  ["a?b*", { kind: "prefix", text: "a" }],
  ["*.failed", { kind: "suffix", text: ".failed" }],
  ["?x", { kind: "suffix", text: "x" }],
  ["*a*", undefined],
  ["*", undefined],
])("the index key of %s", (glob, key) => {
  expect(globKey(glob)).toEqual(key);
});
