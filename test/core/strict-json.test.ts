import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonFault } from "../../src/core/json-fault.ts";
import { mayHaveFault } from "../../src/core/json-scan.ts";
import { decodeUtf8, parseStrictJson, type JsonFault } from "../../src/core/strict-json.ts";

const DEPTH = { depth: 32 };

function faultOf(text: string, depth = 32): JsonFault | undefined {
  const result = parseStrictJson(text, { depth });
  return result.ok ? undefined : result.fault;
}

describe("a sound text", () => {
  it.each([
    ["null"],
    [" [ ] "],
    ["{}"],
    ['{"a":{"a":{"a":1}},"b":{"a":2}}'],
    ['[{"a":1},{"a":1}]'],
    ['{"a":"a","b":"a"}'],
    ['{"proto":"__proto__","constructor":{"prototype":1}}'],
    ['"\\ud83d\\ude00 \\uD83D\\uDE00 😀 \\u00e9 \\\\ud83d \\" \\n"'],
    ["[0,-0,1.5,-2.25,1e3,1E+2,12345678901234567890]"],
    [`[${"9".repeat(308)}]`],
    ['{"\\u0061":1,"b":2}'],
    ['{"":1,"a":{"":2}}'],
    ['"]}{[,:"'],
  ])("%s is read as JSON.parse reads it", (text) => {
    expect(parseStrictJson(text, DEPTH)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it("may have many keys, many levels of room and be very long", () => {
    const wide = JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`key${n}`, n])));
    const long = JSON.stringify("é".repeat(2 ** 21));
    for (const text of [wide, long, `[${long.slice(0, 70_000)}",1]`]) {
      expect(parseStrictJson(text, { depth: 5000 })).toEqual({ ok: true, value: JSON.parse(text) });
    }
  });
});

describe("a fault is named with its place", () => {
  it.each<[string, JsonFault["code"], string]>([
    ["", "empty", ""],
    [" \r\n\t", "empty", ""],
    ["\u00a0", "syntax", ""],
    ["\ufeff{}", "syntax", ""],
    ["{", "syntax", ""],
    ['{"a":', "syntax", "/a"],
    ['{"a" 1}', "syntax", "/a"],
    ['{"a":1 "b":2}', "syntax", ""],
    ["{a:1}", "syntax", ""],
    ['{"a":1,}', "syntax", ""],
    ["[1,]", "syntax", "/1"],
    ["[1 2]", "syntax", ""],
    ['["\u0001"]', "syntax", "/0"],
    ["[01]", "syntax", ""],
    ["[+1]", "syntax", "/0"],
    ["[nul]", "syntax", "/0"],
    ["1 1", "syntax", ""],
    ['{"a":{"b":[1e999]}}', "syntax", "/a/b/0"],
    [`[-${"9".repeat(310)}]`, "syntax", "/0"],
    ['{"a":1,"a":1}', "duplicate-key", "/a"],
    ['{"a":1,"\\u0061":2}', "duplicate-key", "/a"],
    ['{"\\u0061":1,"a":2}', "duplicate-key", "/a"],
    ['{"":1,"":2}', "duplicate-key", "/"],
    ['{"x":[0,{"k":1,"y":{"k":3},"k":2}]}', "duplicate-key", "/x/1/k"],
    ['{"a/b":{"c~d":1,"c~d":1}}', "duplicate-key", "/a~1b/c~0d"],
    ['{"data":{"__proto__":{}}}', "prototype-key", "/data/__proto__"],
    ['{"__pr\\u006fto__":1}', "prototype-key", "/__proto__"],
    ['["\\ud83d"]', "lone-surrogate", "/0"],
    ['["\\ude00\\ud83d"]', "lone-surrogate", "/0"],
    ['["\\ud83d \\ude00"]', "lone-surrogate", "/0"],
    ['["\\ud83d\\n"]', "lone-surrogate", "/0"],
    ['["\\ud83d\\u0041"]', "lone-surrogate", "/0"],
    ['{"a":"\ud83d"}', "lone-surrogate", "/a"],
    ['{"\\udc00":1}', "lone-surrogate", "/\ufffd"],
  ])("%j: %s at %j", (text, code, pointer) => {
    expect(faultOf(text)).toMatchObject({ code, pointer });
  });

  it.each([
    ["[[[1]]]", 3, undefined],
    ["[[[[]]]]", 3, "/0/0/0"],
    ['{"a":{"b":{"c":{}}}}', 3, "/a/b/c"],
    ["[".repeat(100_000), 32, "/0".repeat(32)],
    ["[".repeat(40), 3, "/0/0/0"],
    ["[]", 0, ""],
  ])("%s with room for %i levels", (text, depth, pointer) => {
    const fault = faultOf(text, depth);
    expect(fault?.pointer).toBe(pointer);
    if (pointer !== undefined) expect(fault?.code).toBe("depth");
  });

  it("a syntax fault tells line and column and quotes nothing", () => {
    expect(faultOf('{\n "secret": hunter2}')?.detail).toBe("not JSON from line 2, column 12 on");
    expect(faultOf('{"secret')?.detail).toBe("not JSON from line 1, column 2 on");
    expect(faultOf("[1,")?.detail).toBe("the text ends too early");
  });

  it("a repeated key among very many is found", () => {
    const members = Array.from({ length: 3000 }, (_, n) => `"key${n}":0`);
    expect(faultOf(`{${members.join(",")},"key7":1}`)).toMatchObject({ code: "duplicate-key", pointer: "/key7" });
  });
});

type Node =
  | { readonly kind: "object"; readonly members: readonly { readonly key: string; readonly value: Node }[] }
  | { readonly kind: "array"; readonly items: readonly Node[] }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "other"; readonly text: string };

const unit = fc.constantFrom(
  "a",
  "b",
  '"',
  "\\",
  "/",
  "~",
  "é",
  "ж",
  "\u2028",
  "\n",
  "{",
  "]",
  ",",
  ":",
  "\ud83d",
  "\ude00",
  "😀",
  "\ud83d\ude00",
);
const word = fc.oneof(
  { weight: 8, arbitrary: fc.array(unit, { maxLength: 4 }).map((units) => units.join("")) },
  { weight: 1, arbitrary: fc.constant("__proto__") },
);
const tree = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record({ kind: fc.constant("string" as const), text: word }),
    fc.record({
      kind: fc.constant("other" as const),
      text: fc.constantFrom("0", "-1.5e2", "true", "false", "null", "12", "-0.0"),
    }),
    fc.record({ kind: fc.constant("array" as const), items: fc.array(tie("node"), { maxLength: 4 }) }),
    fc.record({
      kind: fc.constant("object" as const),
      members: fc.array(fc.record({ key: word, value: tie("node") }), { maxLength: 5 }),
    }),
  ),
})).node;

/** Writes a tree with the spaces and escapes that `choices` pick, one number a choice. */
function write(node: Node, next: () => number): string {
  const space = (): string => ["", "", "", " ", "\n", "\t \r"][next() % 6] ?? "";
  const quote = (text: string): string =>
    `"${text
      .split("")
      .map((one) => quoteUnit(one, next()))
      .join("")}"`;
  const all = (items: readonly string[]): string => items.join(`${space()},${space()}`);
  switch (node.kind) {
    case "string":
      return quote(node.text);
    case "other":
      return node.text;
    case "array":
      return `[${space()}${all(node.items.map((item) => write(item, next)))}${space()}]`;
    case "object":
      return `{${space()}${all(node.members.map((m) => `${quote(m.key)}${space()}:${space()}${write(m.value, next)}`))}}`;
  }
}

function quoteUnit(one: string, choice: number): string {
  const hex = one.charCodeAt(0).toString(16).padStart(4, "0");
  if (choice % 4 === 0) return `\\u${choice % 8 === 0 ? hex : hex.toUpperCase()}`;
  if (one === '"' || one === "\\") return `\\${one}`;
  return one < " " ? `\\u${hex}` : one;
}

const part = (key: string | number): string =>
  `/${String(key).toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** The oracle: the faults of a tree, known without reading any text. */
function* faultsOf(node: Node, pointer: string): Generator<{ code: string; pointer: string }> {
  if (node.kind === "string" && !node.text.isWellFormed()) yield { code: "lone-surrogate", pointer };
  if (node.kind === "array")
    for (const [index, item] of node.items.entries()) yield* faultsOf(item, pointer + part(index));
  if (node.kind !== "object") return;
  const seen: string[] = [];
  for (const { key, value } of node.members) {
    const here = pointer + part(key);
    if (key === "__proto__") yield { code: "prototype-key", pointer: here };
    if (seen.includes(key)) yield { code: "duplicate-key", pointer: here };
    if (!key.isWellFormed()) yield { code: "lone-surrogate", pointer: here };
    seen.push(key);
    yield* faultsOf(value, here);
  }
}

function depthOf(node: Node): number {
  if (node.kind === "array") return 1 + Math.max(0, ...node.items.map(depthOf));
  if (node.kind === "object") return 1 + Math.max(0, ...node.members.map((member) => depthOf(member.value)));
  return 0;
}

const written = fc.tuple(tree, fc.array(fc.nat(255), { minLength: 1, maxLength: 60 })).map(([node, choices]) => {
  let at = 0;
  return { node, text: write(node, () => choices[at++ % choices.length] ?? 0) };
});

describe("for any text", () => {
  it("the verdict is that of an oracle which knows the tree that was written", () => {
    fc.assert(
      fc.property(written, fc.integer({ min: 1, max: 8 }), ({ node, text }, depth) => {
        const expected = depthOf(node) > depth ? { code: "depth" } : faultsOf(node, "").next().value;
        const found = faultOf(text, depth);
        if (expected === undefined)
          expect(parseStrictJson(text, { depth })).toEqual({ ok: true, value: JSON.parse(text) });
        else expect(found).toMatchObject(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it("it is JSON exactly where JSON.parse says so, also after an edit", () => {
    const edited = fc.tuple(
      written,
      fc.nat(),
      fc.constantFrom("", ",", '"', "}", "]", "{", "[", "\\", "1", "e", "-", ".", "\u0000", " "),
    );
    fc.assert(
      fc.property(edited, ([{ text }, place, put]) => {
        const at = place % (text.length + 1);
        const broken = text.slice(0, at) + put + text.slice(at + 1);
        const fault = faultOf(broken);
        expect(fault?.code === "syntax" || fault?.code === "empty").toBe(!parses(broken));
      }),
      { numRuns: 5000 },
    );
  });

  it("what the quick pass calls sound is sound to the exact reading", () => {
    fc.assert(
      fc.property(written, ({ text }) => {
        if (!mayHaveFault(text, 32)) expect(findJsonFault(text, 32)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("bytes", () => {
  it("are read as UTF-8, the byte order mark kept", () => {
    expect(decodeUtf8(Buffer.from("žß😀"))).toBe("žß😀");
    expect(decodeUtf8(Buffer.from("\ufeff{}"))).toBe("\ufeff{}");
  });

  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xf4, 0x90, 0x80, 0x80]], [[0xe2, 0x82]]])(
    "%j are no UTF-8",
    (bytes) => {
      expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined();
    },
  );
});
