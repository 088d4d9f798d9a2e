import { describe, expect, test } from "vitest";
import { HOSTILE_ARCHIVES } from "../support/hostile-archive.ts";
import { HOSTILE_DRESS } from "../support/hostile-dress.ts";
import { verdictOf } from "../support/hostile-row.ts";
import { codeOf } from "../support/kit-forge.ts";

describe("a hostile archive", () => {
  test.each([...HOSTILE_ARCHIVES, ...HOSTILE_DRESS])("$name: $code", async (row) => {
    expect(codeOf(await verdictOf(row))).toBe(row.code);
  });
});
