import * as fs from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { isReasonCode, REASONS, reasonText } from "../../src/core/reason.ts";

test("a word is a reason code only if it is listed", () => {
  expect([isReasonCode("unbound"), isReasonCode("toString"), isReasonCode("")]).toEqual([true, false, false]);
  expect(reasonText("unbound")).toBe(REASONS.unbound);
});

test("the published list is the list", () => {
  const published = fs.readFileSync(path.join(import.meta.dirname, "../../docs/reasons.md"), "utf8");
  const rows = [...published.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, code, text]) => [code, text]);
  expect(Object.fromEntries(rows)).toEqual(REASONS);
});
