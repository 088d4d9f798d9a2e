import { expect, test } from "vitest";
import { nearest } from "../../src/core/nearest.ts";

const WORDS = ["calendars", "channels", "docs", "rules", "templates"];

test.each([
  ["rules", "rules"],
  ["rule", "rules"],
  ["ruels", "rules"],
  ["Rules", "rules"],
  ["channel", "channels"],
  ["tempaltes", "templates"],
  ["doc", "docs"],
  ["xrules", "rules"],
  ["handbook", undefined],
  ["", undefined],
])("of %j is %j", (word, best) => {
  expect(nearest(word, WORDS)).toBe(best);
});

test("takes the first of two that are as near, and none of an empty list", () => {
  expect(nearest("bat", ["cat", "hat"])).toBe("cat");
  expect(nearest("bat", [])).toBeUndefined();
  expect(nearest("bat", ["cats"], 1)).toBeUndefined();
});
