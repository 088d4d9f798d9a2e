import { describe, expect, test } from "vitest";
import { HOSTILE_MANIFESTS } from "../support/hostile-manifest.ts";
import { verdictOf } from "../support/hostile-row.ts";
import { codeOf } from "../support/kit-forge.ts";

describe("a hostile manifest, properly signed", () => {
  test.each(HOSTILE_MANIFESTS)("$name: $code", async (row) => {
    const verdict = await verdictOf(row);
    expect(codeOf(verdict)).toBe(row.code);
    expect(verdict.bundles.length > 0).toBe(["OK", "CONTENT_INVALID"].includes(row.code));
  });
});
