import { expect, test } from "vitest";
import { pointerOf, pointerPath } from "../../src/core/pointer.ts";

test.each<[readonly PropertyKey[], string]>([
  [[], ""],
  [["a", 0, "b"], "/a/0/b"],
  [["rules/x", "m~n", "~1"], "/rules~1x/m~0n/~01"],
  [["", " "], "// "],
])("%j is %j, and back", (path, pointer) => {
  expect(pointerOf(path)).toBe(pointer);
  expect(pointerPath(pointer)).toEqual(path.map(String));
});
