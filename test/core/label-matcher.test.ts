import { expect, test } from "vitest";
import { CoreError } from "../../src/core/error.ts";
import { matcherMatches, MatcherText, parseMatcher, parseMatchers } from "../../src/core/label-matcher.ts";

function partsOf(text: string): readonly [string, string, string] {
  expect(MatcherText.safeParse(text).error?.issues).toBeUndefined();
  const { name, op, value } = parseMatcher(text);
  return [name, op, value];
}

function refusalOf(text: string): string {
  return (
    MatcherText.safeParse(text)
      .error?.issues.map(({ message }) => message)
      .join("; ") ?? "accepted"
  );
}

// Cases of Alertmanager's own tests (matcher/parse, matcher/compat, pkg/labels), each as one matcher of a text.
test.each([
  ["foo=bar", ["foo", "=", "bar"]],
  ["foo!=bar", ["foo", "!=", "bar"]],
  ["foo=~[a-z]+", ["foo", "=~", "[a-z]+"]],
  ["foo!~[a-z]+", ["foo", "!~", "[a-z]+"]],
  ["foo=🙂", ["foo", "=", "🙂"]],
  ["foo🙂=bar", ["foo🙂", "=", "bar"]],
  ["foo=🙂bar", ["foo", "=", "🙂bar"]],
  ['"foo"="bar"', ["foo", "=", "bar"]],
  ['"foo"!~"[a-z]+"', ["foo", "!~", "[a-z]+"]],
  ['"foo"=~"\\\\d+"', ["foo", "=~", "\\d+"]],
  ['"foo"="\\xf0\\x9f\\x99\\x82"', ["foo", "=", "🙂"]],
  ['"foo"="\\U0001f642"', ["foo", "=", "🙂"]],
  ['"foo"="\\u00fc\\374x"', undefined],
  ['"foo"="\\303\\274"', ["foo", "=", "ü"]],
  ['"foo"="bar\\n"', ["foo", "=", "bar\n"]],
  ['"foo"="bar\\t"', ["foo", "=", "bar\t"]],
  ['"foo"="\\a\\b\\f\\r\\v"', ["foo", "=", "\u0007\b\f\r\v"]],
  ['"foo"="\\"bar\\""', ["foo", "=", '"bar"']],
  ['"foo"="bar\\\\"', ["foo", "=", "bar\\"]],
  ['"foo with space"="x"', ["foo with space", "=", "x"]],
  [" foo = bar ", ["foo", "=", "bar"]],
  ["\u00a0foo\u3000=\u2003bar", ["foo", "=", "bar"]],
  ['a.b-c="x"', ["a.b-c", "=", "x"]],
  ['foo=""', ["foo", "=", ""]],
  ['statuscode=~"5.."', ["statuscode", "=~", "5.."]],
  ['foo="a,b}"', ["foo", "=", "a,b}"]],
] as const)("the UTF-8 grammar reads %s", (text, expected) => {
  if (expected === undefined)
    expect(refusalOf(text)).toContain("an escape that is not known, or bytes that are no UTF-8");
  else expect(partsOf(text)).toEqual(expected);
});

test.each([
  ["a value with an operator in it", "foo=!bar\\n", ["foo", "=", "!bar\n"]],
  ["an escape that Go does not know", 'foo=~"a\\.b"', ["foo", "=~", "a\\.b"]],
  ["digits of a pattern in quotes", 'foo=~"\\d+"', ["foo", "=~", "\\d+"]],
  ["a backslash outside quotes", "foo=bar\\w", ["foo", "=", "bar\\w"]],
  ["a backslash at the end", "foo=bar\\", ["foo", "=", "bar\\"]],
  ["spaces inside a bare value", "foo=bar baz", ["foo", "=", "bar baz"]],
  ["no value", "foo=", ["foo", "=", ""]],
  ["a second equals sign", "foo==bar", ["foo", "=", "=bar"]],
  ["a group outside quotes", "foo=~(a|b)+[0-9]=x", ["foo", "=~", "(a|b)+[0-9]=x"]],
  ["a quote of another kind", "foo='bar'", ["foo", "=", "'bar'"]],
  ["a line feed in quotes", 'foo="a\nb"', ["foo", "=", "a\nb"]],
  ["bytes that are no UTF-8", 'foo="\\xf0\\x9f"', ["foo", "=", "\\xf0\\x9f"]],
  ["half a surrogate pair", 'foo="\\ud800"', ["foo", "=", "\\ud800"]],
  ["an octal byte that is too large", 'foo="\\777"', ["foo", "=", "\\777"]],
] as const)("the classic grammar is the fallback for %s", (_, text, expected) => {
  expect(partsOf(text)).toEqual(expected);
});

test.each([
  ["bytes", 'foo="\\xf0\\x9f\\x99\\x82"', ["foo", "=", "\\xf0\\x9f\\x99\\x82"]],
  ["a tab", 'foo="a\\tb"', ["foo", "=", "a\\tb"]],
  ["a code point", 'foo="\\u00fc"', ["foo", "=", "\\u00fc"]],
] as const)("where both grammars read %s differently, the classic reading counts", (_, text, expected) => {
  expect(partsOf(text)).toEqual(expected);
});

test.each([
  ["", "at character 1: expected a label name, found the end"],
  ["   ", "at character 4: expected a label name, found the end"],
  ["foo", "at character 4: expected an operator: =, !=, =~ or !~"],
  ["foo!bar", "at character 4: expected != or !~"],
  ["=bar", "at character 1: expected a label name, found ="],
  ["1foo=!", "at character 6: expected != or !~"],
  ["föö==x", "at character 5: expected a label value, found ="],
  ["🙂!x", "at character 2: expected != or !~"],
  ['"foo=bar', 'at character 1: the closing " is missing'],
  ['foo="bar', 'at character 5: the closing " is missing'],
  ['foo="bar"x', "at character 10: expected the end: put a value with such characters in double quotes"],
  ['foo=:"bar"', "at character 6: expected the end: put a value with such characters in double quotes"],
  [
    '"foo"="bar\\w"',
    "at character 7: the text in quotes holds an escape that is not known, or bytes that are no UTF-8",
  ],
  ['"foo"=`bar`', "at character 7: ` must stand in double quotes"],
  ['""="x"', "at character 1: a label's name cannot be empty"],
  ["{foo=bar}", "at character 1: a list in braces is not one matcher: write each matcher as a text of its own"],
  ["{}", "at character 1: a list in braces is not one matcher: write each matcher as a text of its own"],
  ["foo=bar}", "at character 8: a list in braces is not one matcher: write each matcher as a text of its own"],
  [
    "foo=bar,bar=baz",
    "at character 8: a comma parts matchers: one matcher in a text, or put the value in double quotes",
  ],
  ['foo="bar",', "at character 10: a comma parts matchers: one matcher in a text, or put the value in double quotes"],
  ["foo=~a{1,3}", "at character 11: a list in braces"],
  ['foo=~"(a"', "at character 6: character 3 of the pattern: missing closing )"],
  ['foo=~"a)|(b"', "at character 6: character 2 of the pattern: unexpected )"],
  ["foo=~a**b", "at character 6: character 2 of the pattern: invalid nested repetition operator: **"],
  ['foo!~"a(?=b)"', "at character 6: character 2 of the pattern: invalid or unsupported Perl syntax: (?="],
  ['foo=~"[z-a]"', "at character 6: character 2 of the pattern: invalid character class range: z-a"],
  ['föö=~"ü\\\\1"', "at character 6: character 2 of the pattern: invalid escape sequence: \\1"],
  [`foo=~"${"a".repeat(1025)}"`, "at character 6: the pattern is longer than 1024 characters"],
  ["foo=\u0001", "holds a control character or half a surrogate pair"],
  ["foo=\ud800", "holds a control character or half a surrogate pair"],
])("%j is refused with its place", (text, expected) => {
  expect(refusalOf(text)).toContain(expected);
});

test("a text that its schema refuses is not parsed", () => {
  expect(() => parseMatcher("foo")).toThrow(CoreError);
  expect(() => parseMatchers(["a=b", "{}"])).toThrow("not a matcher");
});

test.each([
  ["team=db", { team: "db" }, true],
  ["team=db", { team: "dba" }, false],
  ["team=db", {}, false],
  ["team=", {}, true],
  ["team!=", {}, false],
  ["team!=db", {}, true],
  ["team!=db", { team: "db" }, false],
  ["team=~d.", { team: "db" }, true],
  ["team=~d.", { team: "xdb" }, false],
  ["team=~d.", { team: "dbx" }, false],
  ["team=~a|db", { team: "db" }, true],
  ["team=~a|db", { team: "ab" }, false],
  ["team=~.*", {}, true],
  ["team=~.+", {}, false],
  ["team!~.+", {}, true],
  ["team!~d.", { team: "dbx" }, true],
  ["team=~a.b", { team: "a\nb" }, false],
  ['team=~"(?s)a.b"', { team: "a\nb" }, true],
  ['team=~"(?m)^b$"', { team: "a\nb" }, false],
  ['"toString"=""', {}, true],
  ['"__proto__"=~".+"', {}, false],
] as const)("%s on %j is %s: anchored, and a missing label is empty", (text, labels, expected) => {
  expect(matcherMatches(parseMatcher(text), labels)).toBe(expected);
});

test("white space costs no more than other text", () => {
  const text = `a=x${" ".repeat(8000)}y`;
  const from = performance.now();
  for (let n = 0; n < 50; n++) expect(parseMatcher(text)).toMatchObject({ name: "a", op: "=" });
  expect(performance.now() - from).toBeLessThan(1000);
});
