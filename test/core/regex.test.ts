import fc from "fast-check";
import { expect, test } from "vitest";
import { patternKeys } from "../../src/core/regex-literal.ts";
import { compileRegex, type Regex } from "../../src/core/regex.ts";

function regex(pattern: string): Regex {
  const compiled = compileRegex(pattern);
  if (!compiled.ok) throw new Error(compiled.fault.detail);
  return compiled.regex;
}

test("all of a text or some part of it", () => {
  expect([regex("a|ab").exact("ab"), regex("b").exact("ab"), regex("b").find("ab"), regex("^b").find("ab")]).toEqual([
    true,
    false,
    true,
    false,
  ]);
});

test.each([
  ["(a+)+$", `${"a".repeat(4096)}!`],
  ["(a|aa)+$", `${"a".repeat(4096)}!`],
  ["(.*)*=(.*)*;", "x=".repeat(2048)],
  ["(x+x+)+y", "x".repeat(4096)],
  ["(?:a?){300}a{300}[yz]", "a".repeat(4096)],
])("%s is answered in linear time", (pattern, text) => {
  const one = regex(pattern);
  const from = performance.now();
  expect(one.exact(text)).toBe(false);
  expect(performance.now() - from).toBeLessThan(2000);
});

test.each([
  ["a{1001}", "repetitions add up to more than 1000", 1],
  ["a{600}b{600}", "repetitions add up to more than 1000", 7],
  ["(?:ab){600}", "takes 1202 steps, more than 1000", 0],
  ["((a{100}){100}){100}", "invalid repeat count: {100}", 3],
  ["[\\](]a)", "unexpected )", 6],
  ["[[:alpha:]]\\))", "unexpected )", 13],
  ["\\Q(\\E)", "unexpected )", 6],
  ["(a", "missing closing )", 2],
])("%s is refused", (pattern, detail, at) => {
  const compiled = compileRegex(pattern);
  expect(compiled).toMatchObject({ ok: false, fault: { detail: expect.stringContaining(detail), at } });
});

test.each([
  ["a", ["exact a"]],
  ["a|b|c", ["exact a", "exact b", "exact c"]],
  ["(a|b)", ["exact a", "exact b"]],
  ["(?:prod|stage)-.*", ["prefix prod", "prefix stage"]],
  ["prod-.*", ["prefix prod-"]],
  ["prod-[a|b]+|x", ["prefix prod-", "exact x"]],
  ["^prod$", ["prefix prod"]],
  ["ab*", ["prefix a"]],
  ["a\\.b", ["exact a.b"]],
  ["(a\\", undefined],
  ["a\\d|b", ["prefix a", "exact b"]],
  ["x(a|b)y|z", ["prefix x", "exact z"]],
  ["🙂+x", undefined],
  ["a*", undefined],
  ["a|", undefined],
  [".*", undefined],
  ["(?i)a", undefined],
  ["a(?i)b|c", undefined],
  ["(a|b)?", undefined],
  ["(a|b)c|d", undefined],
  ["\\Qa.b\\E", undefined],
  ["(?P<n>a)b", undefined],
])("keys of %s", (pattern, expected) => {
  expect(patternKeys(pattern)?.map(({ kind, text }) => `${kind} ${text}`)).toEqual(expected);
});

test("a value that a pattern matches fits one of its keys", () => {
  const part = fc.constantFrom(
    "a",
    "b",
    "c",
    "|",
    "(",
    ")",
    "(?:",
    "[ab]",
    "*",
    "+",
    "?",
    "{0}",
    "\\.",
    ".",
    "^",
    "$",
    "\\d",
    "[]|]",
  );
  const pattern = fc.array(part, { maxLength: 7 }).map((parts) => parts.join(""));
  const text = fc
    .array(fc.constantFrom("a", "b", "c", ".", "1", "]", "|"), { maxLength: 5 })
    .map((parts) => parts.join(""));
  let sound = 0;
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 20, maxLength: 20 }), (written, texts) => {
      const keys = patternKeys(written);
      const compiled = compileRegex(written);
      if (keys === undefined || !compiled.ok) return;
      sound++;
      for (const one of texts)
        if (compiled.regex.exact(one))
          expect(keys.some((key) => (key.kind === "exact" ? one === key.text : one.startsWith(key.text)))).toBe(true);
    }),
    { numRuns: 5000, seed: 4 },
  );
  expect(sound).toBeGreaterThan(400);
});
