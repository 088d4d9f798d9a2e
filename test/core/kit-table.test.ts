import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { Json } from "../../src/core/json.ts";
import {
  completeManifest,
  FILE_ROLES,
  KIT_LIMITS,
  type Manifest,
  manifestBytes,
  parseManifest,
} from "../../src/core/kit.ts";
import { KitError } from "../../src/core/kit-code.ts";
import { carriedFiles, mayRepeat, stateRootOf } from "../../src/core/kit-derive.ts";
import { collidingPath, folderOf, isPlainIn, pathFault } from "../../src/core/kit-path.ts";
import { quickTable, rowText } from "../../src/core/kit-table.ts";

function drained<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

type Rows = Manifest["files"];
const rowsOf = (paths: readonly string[]): Rows =>
  paths.map((path, at) => ({ path, sha256: at.toString(16).padStart(64, "0"), size: at, role: "doc" }));

function manifestOf(files: Rows, change: Partial<Manifest> = {}): Manifest {
  return {
    schema: "offline-kit/v1",
    stream: "hq/rules",
    kinds: ["rules"],
    epoch: 0,
    sequence: 1,
    prev: null,
    audience: ["*"],
    tenants: ["*"],
    createdAt: "2026-11-01T08:00:00Z",
    expiresAt: null,
    minApp: "0.0.0",
    files,
    omitted: [],
    state: { root: stateRootOf(files), count: files.length },
    heads: {},
    acks: {},
    provenance: { builder: "test", source: [] },
    ...change,
  };
}

const anyRow = fc.record({
  path: fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("content/a", '"', "\\", "é", "]", "}")),
  role: fc.constantFrom(...FILE_ROLES),
  sha256: fc.oneof(fc.stringMatching(/^[0-9a-f]{64}$/), fc.string()),
  size: fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, -0, 999_999_999_999_999, 1e15, 0.5)),
});

describe("a row of the file table", () => {
  test("is written as canonical JSON, whatever it holds", () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        expect(rowText(row)).toBe(canonicalJson(row));
      }),
    );
  });

  test("is read quickly only where that is exactly what it says", () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 4 }), (rows) => {
        const text = canonicalJson({ acks: {}, files: rows, heads: {} });
        const read = drained(quickTable(text, FILE_ROLES));
        if (read === undefined) return;
        expect(JSON.parse(read.around)).toEqual({ acks: {}, files: [], heads: {} });
        expect(canonicalJson(read.rows.map((row) => ({ ...row })))).toBe(
          text.slice('{"acks":{},"files":'.length, -',"heads":{}}'.length),
        );
      }),
    );
  });

  test.each(['{"files":[]}', '{"files":[{"path":"content/a"}]}', '{"heads":{}}', ""])(
    "%s is left to the exact reading",
    (text) => {
      expect(drained(quickTable(text, FILE_ROLES))).toBeUndefined();
    },
  );
});

const codeOf = (text: string): string | undefined => {
  try {
    parseManifest(Buffer.from(text));
    return undefined;
  } catch (error) {
    return error instanceof KitError ? error.code : "another error";
  }
};

describe("a manifest", () => {
  const manifest = manifestOf(rowsOf(["content/a.txt", "content/b/c.txt", "content/b/d.txt"]));
  const text = manifestBytes(manifest).toString();
  const row = rowText({ path: "content/z", role: "doc", sha256: "a".repeat(64), size: 1 });

  test("that is accepted after any change of a few characters is still its own canonical form", () => {
    const change = fc.record({ at: fc.nat(text.length), cut: fc.nat(3), put: fc.string({ maxLength: 3 }) });
    fc.assert(
      fc.property(change, ({ at, cut, put }) => {
        const changed = text.slice(0, at) + put + text.slice(at + cut);
        if (codeOf(changed) !== undefined) return;
        const value: Json = JSON.parse(changed);
        expect(canonicalJson(value)).toBe(changed);
        expect(parseManifest(Buffer.from(changed))).toEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ["as it is", text, undefined],
    ["a second table", text.replace('"heads"', `"files":[${row}],"heads"`), "KIT_JSON_NOT_CANONICAL"],
    ["a table elsewhere too", text.replace('"acks":{}', '"acks":{"files":[]}'), "KIT_MANIFEST"],
    [
      "its table elsewhere",
      text.replace(/"files":(\[.*?\])/, '"acks":{"files":$1}').replace('"acks":{},', ""),
      "KIT_JSON_NOT_CANONICAL",
    ],
    ["a row twice over", text.replace('"doc"', '"doc","role":"doc"'), "KIT_JSON_NOT_CANONICAL"],
    ["a row with more", text.replace('"size":0', '"size":0,"x":1'), "KIT_MANIFEST"],
    ["a row turned round", text.replace(/"role":"doc",("sha256":"0+1")/, '$1,"role":"doc"'), "KIT_JSON_NOT_CANONICAL"],
    ["a leading zero", text.replace('"size":2', '"size":02'), "KIT_JSON_SYNTAX"],
    ["a size as large as can be", text.replace('"size":2', '"size":9007199254740991'), "KIT_LIMIT_ENTRY"],
    ["a size beyond", text.replace('"size":2', '"size":9007199254740992'), "KIT_MANIFEST"],
    ["a comma too many", text.replace('"size":2}', '"size":2},'), "KIT_JSON_SYNTAX"],
    ["a comma too few", text.replace('"size":1},', '"size":1}'), "KIT_JSON_SYNTAX"],
    ["a space", text.replace('"size":1},', '"size":1}, '), "KIT_JSON_NOT_CANONICAL"],
    ["an escape", text.replace("content/a.txt", "content/\\u0061.txt"), "KIT_JSON_NOT_CANONICAL"],
    ["another role", text.replace('"role":"doc"', '"role":"docs"'), "KIT_MANIFEST"],
    ["a hash in capitals", text.replace("0".repeat(63), "A".repeat(63)), "KIT_MANIFEST"],
  ])("with %s is judged exactly", (_name, changed, code) => {
    expect(codeOf(changed)).toBe(code);
  });

  test("is made whole of its parts, and judged as its bytes would be", () => {
    const { state, ...parts } = manifest;
    expect(drained(completeManifest(parts, KIT_LIMITS))).toEqual({ ...parts, state });
    expect(() => drained(completeManifest({ ...parts, stream: "HQ" }, KIT_LIMITS))).toThrow("/stream");
    expect(() => drained(completeManifest({ ...parts, files: parts.files.toReversed() }, KIT_LIMITS))).toThrow(
      expect.objectContaining({ code: "KIT_MANIFEST_ORDER" }),
    );
  });
});

describe("contents", () => {
  const some = fc.oneof(fc.constantFrom("0".repeat(64), `f${"0".repeat(63)}`), fc.stringMatching(/^[0-9a-f]{64}$/));

  test("that are there twice are carried once, at their first path", () => {
    fc.assert(
      fc.property(fc.array(some, { maxLength: 40 }), (hashes) => {
        const files = hashes.map((sha256, at) => ({ path: `content/${at}`, sha256, size: 1, role: "doc" as const }));
        const first = files.filter(({ sha256 }, at) => hashes.indexOf(sha256) === at);
        expect(carriedFiles({ files, omitted: [] })).toEqual(first);
        if (first.length < files.length) expect(mayRepeat(files)).toBe(true);
      }),
    );
    const crowded = Array.from({ length: 200 }, (_, at) => ({ sha256: `${at.toString(16).padStart(4, "0")}0001` }));
    expect(mayRepeat(crowded)).toBe(true);
    expect(mayRepeat(rowsOf(["a", "b"]).map((row) => ({ sha256: row.sha256.split("").toReversed().join("") })))).toBe(
      false,
    );
  });
});

const segment = fc.oneof(
  fc.stringMatching(/^[a-cA-C.~ -]{0,4}$/),
  fc.constantFrom(
    "con",
    "con.txt",
    "com1",
    "com0",
    "lpt9.a",
    "nul ",
    "nulx",
    "console",
    "a.",
    ".a",
    "-a",
    "~",
    "_",
    "A",
  ),
);
const somePath = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `content/${parts.join("/")}`);

describe("a path beside one that is good", () => {
  test("is called plain only where it is good", () => {
    fc.assert(
      fc.property(somePath, segment, (neighbour, name) => {
        const folder = folderOf(neighbour);
        fc.pre(pathFault(neighbour) === undefined);
        if (isPlainIn(folder + name, folder)) expect(pathFault(folder + name)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
    expect(isPlainIn("content/a.txt", "content/")).toBe(true);
    expect(isPlainIn("content/b/a.txt", "content/")).toBe(false);
    expect(isPlainIn("content/con.txt", "content/")).toBe(false);
    expect(isPlainIn("a.txt", "")).toBe(false);
  });
});

/** As the format says it, pair by pair. */
const isColliding = (paths: readonly string[]): boolean =>
  paths.some((path, at) => {
    const folded = path.toLowerCase();
    return paths.some(
      (other, index) =>
        index !== at && (other.toLowerCase() === folded || other.toLowerCase().startsWith(`${folded}/`)),
    );
  });

describe("paths", () => {
  test("collide where two are one but for case, or a file is another's folder, and nowhere else", () => {
    fc.assert(
      fc.property(fc.uniqueArray(somePath, { maxLength: 12 }), (paths) => {
        const sorted = paths.toSorted();
        const apart = sorted.filter((path, at) => !isPlainIn(path, folderOf(sorted[at - 1] ?? "")));
        expect(drained(collidingPath(sorted)) !== undefined).toBe(isColliding(sorted));
        if (sorted.every((path) => pathFault(path) === undefined))
          expect(drained(collidingPath(sorted, apart)) !== undefined).toBe(isColliding(sorted));
      }),
      { numRuns: 2000 },
    );
  });

  test("of many deep folders are looked through in slices", () => {
    const deep = Array.from({ length: 2000 }, (_, at) => `content/${String(at).padStart(4, "0")}/${"a/".repeat(100)}f`);
    const steps = collidingPath(deep);
    let count = 0;
    while (steps.next().done !== true) count++;
    expect(count).toBeGreaterThan(50);
  });
});
