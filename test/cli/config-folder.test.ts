import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { changeLines, fieldDiff } from "../../src/cli/config-diff.ts";
import { positionOf, readConfigFolder } from "../../src/cli/config-folder.ts";
import type { Json } from "../../src/core/json.ts";
import { temporaryFolder } from "../support/folder.ts";

function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    fs.writeFileSync(path.join(dir, name), content);
  }
  return dir;
}

describe("reading a folder", () => {
  test("JSON and YAML, in order of names; names with a dot in front are passed over", () => {
    const dir = folder({
      "rules/b.yaml": "schema: rule/v1\nid: b # the second\nlist: [1, two, null, true]\n",
      "rules/a.json": '{"id": "a"}',
      "channels/ops.yml": "id: ops\n",
      ".git/config": "x",
      "rules/.hidden": "x",
    });
    const { objects, faults } = readConfigFolder(dir);
    expect(faults).toEqual([]);
    expect(objects.map(({ kind, id, value }) => [kind, id, value])).toEqual([
      ["channels", "ops", { id: "ops" }],
      ["rules", "a", { id: "a" }],
      ["rules", "b", { schema: "rule/v1", id: "b", list: [1, "two", null, true] }],
    ]);
  });

  test("YAML 1.2 has no Norway problem, no octal 010, no dates", () => {
    const { objects } = readConfigFolder(folder({ "rules/a.yaml": "no: no\nold: 010\nwhen: 2026-01-01\n" }));
    expect(objects[0]?.value).toEqual({ no: "no", old: 10, when: "2026-01-01" });
  });

  test("a folder that is not there is missing", () => {
    expect(() => readConfigFolder("/no/such/folder")).toThrow(expect.objectContaining({ code: "missing" }));
  });

  test.each<[string, string, string | Uint8Array, object]>([
    [
      "a key that occurs twice in JSON",
      "rules/a.json",
      '{\n  "id": "a",\n  "id": "b"\n}',
      { line: 3, column: 3, pointer: "/id", detail: "the key occurs twice" },
    ],
    [
      "a key that occurs twice in YAML",
      "rules/a.yaml",
      "id: a\nid: b\n",
      { line: 2, column: 1, detail: "Map keys must be unique" },
    ],
    ["broken JSON", "rules/a.json", '{\n "id": \n}', { line: 3 }],
    ["broken YAML", "rules/a.yaml", "id: [a\n", { line: 2 }],
    ["an unknown YAML tag", "rules/a.yaml", "id: !danger x\n", { line: 1, column: 5 }],
    [
      "a bare glob",
      "rules/a.yaml",
      "id: a\ntypes:\n  - *.full\n",
      { line: 3, column: 5, detail: 'what begins with * needs quotes in YAML: "*.full"' },
    ],
    ["a bare star", "rules/a.yaml", "types: [*]\n", { line: 1, detail: "what begins with * needs quotes in YAML" }],
    ["two YAML documents", "rules/a.yaml", "id: a\n---\nid: b\n", { line: 2 }],
    ["an alias bomb", "rules/a.yaml", bomb(), { detail: expect.stringMatching(/alias/i) }],
    ["what JSON cannot hold", "rules/a.yaml", "id: .inf\n", { detail: "holds what JSON cannot" }],
    ["bytes that are not UTF-8", "rules/a.json", Uint8Array.of(0x22, 0xff, 0x22), { detail: "is not UTF-8" }],
    ["an empty file", "rules/a.json", "", { detail: "the text is empty" }],
    ["a file that is too large", "rules/a.json", " ".repeat(2 ** 20 + 1), { detail: "is larger than 1048576 bytes" }],
    ["another kind of file", "rules/a.txt", "x", { detail: "is neither .json nor .yaml" }],
    [
      "a binding, which the site writes itself",
      "binding/ops.json",
      "{}",
      { detail: "is not a folder of calendars, channels, policies, rules, templates" },
    ],
    [
      "a file beside the folders",
      "README.md",
      "x",
      { detail: "is not a folder of calendars, channels, policies, rules, templates" },
    ],
  ])("%s is a fault with its file", (_what, name, content, fault) => {
    const dir = folder({ [name]: content });
    const { objects, faults } = readConfigFolder(dir);
    expect(objects).toEqual([]);
    expect(faults).toEqual([expect.objectContaining(fault)]);
    expect(faults[0]?.file.startsWith(dir)).toBe(true);
  });

  test("one object in two files is a fault of the second", () => {
    const { faults } = readConfigFolder(folder({ "rules/a.json": "{}", "rules/a.yaml": "{}" }));
    expect(faults).toEqual([expect.objectContaining({ detail: expect.stringContaining("is rules/a again, after") })]);
  });
});

function bomb(): string {
  const lines = ["a0: &a0 [x, x]"];
  for (let at = 1; at < 12; at++) lines.push(`a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`);
  return `${lines.join("\n")}\n`;
}

test.each<[string, string, object | undefined]>([
  ["/b/0", "a: 1\nb:\n  - x\n", { line: 3, column: 5 }],
  ["/b/7/c", "a: 1\nb:\n  - x\n", { line: 3, column: 3 }],
  ["/x~1y", '{"x/y": 1}', { line: 1, column: 9 }],
  ["", "a: 1", { line: 1, column: 1 }],
  ["/a", "", undefined],
])("the pointer %j in %j is found", (pointer, text, place) => {
  expect(positionOf(text, pointer)).toEqual(place);
});

describe("what differs", () => {
  test.each<[Json | undefined, Json | undefined, object[]]>([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: 1 }, { a: 2 }, [{ path: "a", before: 1, after: 2 }]],
    [
      { a: { b: [1, 2] } },
      { a: { b: [1, 3, 4] } },
      [
        { path: "a.b[1]", before: 2, after: 3 },
        { path: "a.b[2]", after: 4 },
      ],
    ],
    [
      { b: 1, a: 1 },
      { c: 1, a: 1 },
      [
        { path: "b", before: 1 },
        { path: "c", after: 1 },
      ],
    ],
    [{ a: [] }, { a: {} }, [{ path: "a", before: [], after: {} }]],
    [{ a: null }, { a: 0 }, [{ path: "a", before: null, after: 0 }]],
    [undefined, undefined, []],
    [undefined, "x", [{ path: "", after: "x" }]],
  ])("%j -> %j", (before, after, changes) => {
    expect(fieldDiff(before, after)).toEqual(changes);
  });

  test.each([
    [{ path: "a", before: 1, after: 2 }, ["a: 1 -> 2"]],
    [{ path: "a", after: "x".repeat(90) }, [`a: (none) -> "${"x".repeat(69)}...`]],
    [{ path: "text", before: "a\nb\nc", after: "a\nB\nc" }, ["text (line 2, 3 -> 3 lines)", '  - "b"', '  + "B"']],
    [{ path: "text", before: "a\nb", after: "a\nb\nc" }, ["text (line 3, 2 -> 3 lines)", "  - (none)", '  + "c"']],
  ])("%j in words", (change, lines) => {
    expect(changeLines(change)).toEqual(lines);
  });
});

test("a pipe is refused and not waited for", () => {
  const dir = folder({ "rules/b.txt": "" });
  fs.rmSync(path.join(dir, "rules", "b.txt"));
  execFileSync("mkfifo", [path.join(dir, "rules", "a.yaml")]);
  expect(readConfigFolder(dir).faults).toEqual([{ file: path.join(dir, "rules", "a.yaml"), detail: "is not a file" }]);
});
