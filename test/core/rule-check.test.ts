import { describe, expect, test } from "vitest";
import { checkObject, readObject } from "../../src/core/objects.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import type { Json } from "../../src/core/json.ts";

const ruleOf = (match: Json): { readonly [name: string]: Json } => ({
  schema: "rule/v1",
  id: "r",
  match,
  actions: [{ id: "mail", channel: "ops-mail" }],
});
const faultsOf = (match: Json): (readonly [string, string])[] => {
  const result = checkObject("rules", "r", ruleOf(match));
  return result.ok ? [] : result.faults.map(({ pointer, detail }) => [pointer, detail] as const);
};

describe("a rule that can never match is refused when it is saved", () => {
  test.each<{ name: string; match: Json; pointer: string; words: RegExp }>([
    { name: "an empty glob", match: { types: [""] }, pointer: "/match/types/0", words: /matches nothing/ },
    { name: "a glob of two lines", match: { types: ["a\nb"] }, pointer: "/match/types/0", words: /single line/ },
    { name: "a noncharacter", match: { types: ["a", "x\uffff*"] }, pointer: "/match/types/1", words: /no event has/ },
    {
      name: "a blank in a source",
      match: { sources: ["/hosts/db 1"] },
      pointer: "/match/sources/0",
      words: /hold " "/,
    },
    { name: "a letter beyond ASCII", match: { sources: ["/h\u00f6he/*"] }, pointer: "/match/sources/0", words: /URI/ },
    { name: "a lone percent sign", match: { sources: ["/a%zz"] }, pointer: "/match/sources/0", words: /hexadecimal/ },
    {
      name: "one label with two values",
      match: { labels: ["team=ops", "hall=2", "hall=3"] },
      pointer: "/match/labels/1",
      words: /together with hall=3/,
    },
    {
      name: "a pattern that the value does not fit",
      match: { labels: ["host=db-1", "host=~web-.*"] },
      pointer: "/match/labels/1",
      words: /together with host=db-1/,
    },
  ])("$name", ({ match, pointer, words }) => {
    const faults = faultsOf(match);
    expect(faults.map(([at]) => at)).toContain(pointer);
    expect(faults.find(([at]) => at === pointer)?.[1]).toMatch(words);
  });

  test.each<{ name: string; match: Json }>([
    {
      name: "wildcards in a source",
      match: { sources: ["/hosts/db-?", "urn:*", "https://a.example/%2F*", "/a%?F", "/a%*"] },
    },
    {
      name: "any letters in a type, namespace or repository",
      match: { types: ["h\u00f6he *"], namespaces: ["a b"], repos: ["*"] },
    },
    { name: "matchers that agree", match: { labels: ["host=db-1", "host=~db-.*", "host!=db-2", "team=ops"] } },
  ])("but not $name", ({ match }) => {
    expect(faultsOf(match)).toEqual([]);
  });

  test("one that an older version had saved can still be read", () => {
    const value = ruleOf({ labels: ["hall=2", "hall=3"] });
    const text = canonicalJson(value);
    expect(readObject("rules", "r", { hash: sha256Hex(text), text }).id).toBe("r");
  });
});
