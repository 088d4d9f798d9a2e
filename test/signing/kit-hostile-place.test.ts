import { describe, expect, test } from "vitest";
import { localPolicy } from "../../src/core/trust.ts";
import { HOSTILE_PLACES } from "../support/hostile-place.ts";
import { taken, verdictOf, viewOf } from "../support/hostile-row.ts";
import { codeOf, forgeKit, testKey, testSite, verdictOn } from "../support/kit-forge.ts";

describe("a signed kit at this site, now", () => {
  test.each(HOSTILE_PLACES)("$name: $code", async (row) => {
    const verdict = await verdictOf(row);
    expect(codeOf(verdict), verdict.ok ? "" : verdict.message).toBe(row.code);
  });

  test("what has been applied is said to be applied", async () => {
    const site = await viewOf({ taken: [taken()] });
    expect(codeOf(await verdictOn(await forgeKit(taken()), site))).toBe("KIT_ALREADY_APPLIED");
  });

  test("the site's own stream is judged by its local policy, which asks nobody above", async () => {
    const { spki } = testKey("alice");
    const local = localPolicy({ site: "ship-07", spki, createdAt: "2026-10-01T00:00:00Z" });
    const kit = await forgeKit({ manifest: (manifest) => ({ ...manifest, stream: "ship-07/starter" }) });
    expect(codeOf(await verdictOn(kit, testSite({ policies: { local } })))).toBe("OK");
    expect(codeOf(await verdictOn(kit, testSite({ policies: {} })))).toBe("KIT_NOT_DELEGATED");
    expect(codeOf(await verdictOn(kit, testSite({ site: "ship-08", policies: { local } })))).toBe("KIT_NOT_DELEGATED");
  });
});
