import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { bundlePath } from "../../src/signing/dsse.ts";
import { HOSTILE_QUORUMS } from "../support/hostile-quorum.ts";
import { verdictOf } from "../support/hostile-row.ts";
import { HOSTILE_BUNDLES } from "../support/hostile-signatures.ts";
import { codeOf, forgeKit, testKey, verdictOn } from "../support/kit-forge.ts";

describe("a kit whose only signature is bad", () => {
  test.each(HOSTILE_BUNDLES)("$name: $reasons", async (row) => {
    const verdict = await verdictOf(row);
    expect(codeOf(verdict)).toBe("SIG_THRESHOLD");
    expect(verdict.bundles.map(({ counts, code }) => [counts, code])).toEqual([[false, row.reasons?.[0]]]);
    expect(!verdict.ok && verdict.reasons.map(({ code }) => code)).toEqual(row.reasons);
  });
});

/** How often each one occurs. */
function countOf(list: readonly (string | undefined)[]): Record<string, number> {
  return Object.fromEntries(list.map((one) => [one ?? "counts", list.filter((other) => other === one).length]));
}

describe("a quorum", () => {
  test.each(HOSTILE_QUORUMS)("$name: $code", async (row) => {
    const verdict = await verdictOf(row);
    expect(codeOf(verdict)).toBe(row.code);
    expect(countOf(verdict.bundles.map((one) => one.code))).toEqual(countOf(row.reasons ?? []));
  });

  test("what the bundles are called and whose keys they name is in the refusal", async () => {
    const verdict = await verdictOn(await forgeKit({ signers: ["carol"] }));
    const name = bundlePath(testKey("carol").keyId);
    expect(!verdict.ok && verdict.reasons).toEqual([
      { at: name, code: "SIG_NOT_IN_ROLE", detail: expect.stringContaining(`key ${testKey("carol").keyId} of carol`) },
    ]);
    expect(!verdict.ok && verdict.message).toContain("0 of 1 keys");
    expect(canonicalJson(verdict.bundles.map(({ owner }) => owner ?? null))).toBe('["carol"]');
  });
});
