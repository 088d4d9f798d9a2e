import { describe, expect, test } from "vitest";
import { HOSTILE_ORDER } from "../support/hostile-order.ts";
import { verdictOf } from "../support/hostile-row.ts";
import { codeOf } from "../support/kit-forge.ts";

describe("of two faults the first in the format's order is told", () => {
  test.each(HOSTILE_ORDER)("$name: $code", async (row) => {
    const verdict = await verdictOf(row);
    expect(codeOf(verdict), verdict.ok ? "" : verdict.message).toBe(row.code);
    if (row.reasons !== undefined) expect(verdict.bundles.map(({ code }) => code)).toEqual(row.reasons);
  });
});
