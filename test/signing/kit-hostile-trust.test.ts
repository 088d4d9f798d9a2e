import { describe, expect, test } from "vitest";
import { HOSTILE_TRUST, NEXT, trustKit } from "../support/hostile-trust.ts";
import { verdictOf, viewOf } from "../support/hostile-row.ts";
import { codeOf, testSite, verdictOn } from "../support/kit-forge.ts";

describe("a trust kit", () => {
  test.each(HOSTILE_TRUST)("$name: $code", async (row) => {
    const verdict = await verdictOf(row);
    expect(codeOf(verdict), verdict.ok ? "" : verdict.message).toBe(row.code);
    if (verdict.ok) expect(verdict.upstream?.version).toBe(row.version);
  });

  test("is judged even where the policy held has expired", async () => {
    const site = await viewOf({ upstream: { expiresAt: "2026-11-12T00:00:00Z" } });
    expect(codeOf(await verdictOn(await trustKit([{ policy: NEXT }]), site))).toBe("OK");
  });

  test("whose policy is too large to judge is refused", async () => {
    expect(codeOf(await verdictOn(await trustKit([{ policy: NEXT }]), testSite(), { objectBytes: 1000 }))).toBe(
      "TRUST_POLICY",
    );
  });

  test("names the roots that are missing", async () => {
    const verdict = await verdictOn(await trustKit([{ policy: NEXT, signers: ["root1", "alice"] }]));
    expect(!verdict.ok && verdict.message).toContain("policy 2 has 1 of 2 roots of policy 1");
    expect(!verdict.ok && verdict.reasons.map(({ code }) => code)).toEqual(["SIG_NOT_IN_ROLE"]);
  });
});
