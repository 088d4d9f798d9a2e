import { expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import { type FieldChange, fieldChanges } from "../../src/core/object-diff.ts";

test.each<readonly [name: string, before: Json, after: Json, found: FieldChange[]]>([
  ["nothing", { a: [1, { b: null }] }, { a: [1, { b: null }] }, []],
  ["a value", { a: 1, b: 2 }, { a: 1, b: 3 }, [{ pointer: "/b", before: 2, after: 3 }]],
  [
    "a field that comes and one that goes",
    { a: 1 },
    { b: 2 },
    [
      { pointer: "/a", before: 1 },
      { pointer: "/b", after: 2 },
    ],
  ],
  ["null is a value", { a: null }, {}, [{ pointer: "/a", before: null }]],
  ["another kind of value", { a: [1] }, { a: { "0": 1 } }, [{ pointer: "/a", before: [1], after: { "0": 1 } }]],
  [
    "names are escaped",
    { "a/b": { "c~": 1 } },
    { "a/b": { "c~": 2 } },
    [{ pointer: "/a~1b/c~0", before: 1, after: 2 }],
  ],
  [
    "lists by place",
    { a: [1, 2] },
    { a: [1, 3, 4] },
    [
      { pointer: "/a/1", before: 2, after: 3 },
      { pointer: "/a/2", after: 4 },
    ],
  ],
  [
    "items by their id, wherever they stand",
    [
      { id: "x", n: 1 },
      { id: "y", n: 2 },
    ],
    [
      { id: "y", n: 3 },
      { id: "x", n: 1 },
    ],
    [
      { pointer: "", before: ["x", "y"], after: ["y", "x"] },
      { pointer: "/y/n", before: 2, after: 3 },
    ],
  ],
  [
    "named items in another order",
    { a: [{ id: "x" }, { id: "y" }] },
    { a: [{ id: "y" }, { id: "x" }] },
    [{ pointer: "/a", before: ["x", "y"], after: ["y", "x"] }],
  ],
  [
    "an item that comes before those that stay in order",
    { a: [{ id: "x" }, { id: "y" }] },
    { a: [{ id: "z" }, { id: "x" }, { id: "y" }] },
    [{ pointer: "/a/z", after: { id: "z" } }],
  ],
  [
    "two of one id are told apart by place",
    [{ id: "x" }, { id: "x" }],
    [{ id: "x" }],
    [{ pointer: "", before: [{ id: "x" }, { id: "x" }], after: [{ id: "x" }] }],
  ],
  [
    "an empty list and a named one",
    { a: [] },
    { a: [{ id: "x" }] },
    [{ pointer: "/a", before: [], after: [{ id: "x" }] }],
  ],
])("tells of %s", (_name, before, after, found) => {
  expect(fieldChanges(before, after)).toEqual(found);
});
