import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { isJsonObject, type Json } from "../../src/core/json.ts";

/** The examples of RFC 8785 (3.2.2, 3.2.3 and appendix B) and of the JCS test data. */
const EXAMPLES: readonly [Json, string][] = [
  [
    {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    },
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  ],
  [
    {
      "€": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew",
      "1": "One",
      "😀": "Emoji",
      "\u0080": "Control",
      ö: "Latin",
    },
    '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin","€":"Euro Sign","😀":"Emoji","\ufb33":"Hebrew"}',
  ],
  [{ "10": 1, "9": 2, a: {}, A: [] }, '{"10":1,"9":2,"A":[],"a":{}}'],
  [[56, { d: true, "10": null, "1": [] }], '[56,{"1":[],"10":null,"d":true}]'],
  [-0, "0"],
  [5e-324, "5e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [9007199254740992, "9007199254740992"],
  [295147905179352830000, "295147905179352830000"],
  [1e21, "1e+21"],
  [0.000001, "0.000001"],
  [1e-7, "1e-7"],
];

describe("canonical JSON", () => {
  it.each(EXAMPLES)("%j", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it("says the same as JSON.parse reads, with keys in order at every level", () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "binary" }), (generated) => {
        const text = canonicalJson(jsonOf(generated));
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(generated)));
        expect(canonicalJson(jsonOf(JSON.parse(text)))).toBe(text);
        expectOrder(jsonOf(JSON.parse(text)), text);
      }),
    );
  });

  it.each<[string, Json]>([
    ["lone-surrogate", "\ud800"],
    ["lone-surrogate", { "\udc00": 1 }],
    ["lone-surrogate", ["ok", { a: "\ude00\ud83d" }]],
    ["not-json", Number.NaN],
    ["not-json", [Number.POSITIVE_INFINITY]],
  ])("refuses with %s", (code, value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ name: "CoreError", code }));
  });

  it("refuses what is no JSON at all", () => {
    expect(() => canonicalJson(jsonOf({ a: undefined }))).toThrow(expect.objectContaining({ code: "not-json" }));
    expect(() => canonicalJson(jsonOf(1n))).toThrow(expect.objectContaining({ code: "not-json" }));
  });

  it("tells objects from the rest", () => {
    expect([{}, [], null, "a", undefined].map(isJsonObject)).toEqual([true, false, false, false, false]);
  });
});

/** Values of tests that lie about their type on purpose pass through here. */
function jsonOf(value: unknown): Json {
  const any: { readonly value: Json } = Object.assign({ value: null }, { value });
  return any.value;
}

function expectOrder(value: Json, text: string): void {
  if (Array.isArray(value)) value.forEach((item: Json) => expectOrder(item, text));
  if (!isJsonObject(value)) return;
  const keys = Object.keys(value).toSorted();
  const places = keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`).join(",");
  expect(text).toContain(`{${places}}`);
  for (const key of keys) expectOrder(value[key] ?? null, text);
}
