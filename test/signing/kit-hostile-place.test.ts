import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/core/json.ts";
import type { StreamHead } from "../../src/core/kit.ts";
import type { SiteView } from "../../src/core/kit-site.ts";
import { localPolicy, type TrustPolicy } from "../../src/core/trust.ts";
import {
  codeOf,
  forgeKit,
  type Recipe,
  testKey,
  testPolicy,
  testSite,
  TEST_CLOCK,
  verdictOn,
} from "../support/kit-forge.ts";

const X = "a".repeat(64);
const Y = "b".repeat(64);
const DAY = 86_400_000;
const set = (change: JsonObject): Recipe => ({ manifest: (manifest) => ({ ...manifest, ...change }) });
const policy = (change: Partial<TrustPolicy>): Partial<SiteView> => ({
  policies: { upstream: testPolicy(() => change) },
});
const rulesRow = (change: Partial<TrustPolicy["delegations"][number]>): Partial<SiteView> =>
  policy({ delegations: [{ stream: "hq/rules", kinds: ["rules"], tenants: ["*"], role: "rules", ...change }] });

/** The site has taken in this place of `hq/rules`. */
function head(place: Partial<StreamHead>, more: Partial<SiteView> = {}): Partial<SiteView> {
  const held: StreamHead = { epoch: 0, sequence: 1, manifest: X, createdAt: 0, ...place };
  return { ...more, heads: new Map([["hq/rules", held]]) };
}

const LEDGER: Recipe = { ...set({ kinds: ["ledger"] }), content: {} };
const ledgerRow = (more: Partial<SiteView>): Partial<SiteView> => ({ ...more, ...rulesRow({ kinds: ["ledger"] }) });
const thin: Recipe = {
  content: { "content/rules/acme/a.json": "{}" },
  rows: (rows) => [
    { path: "content/connectors/acme/plugin.wasm", sha256: Y, size: 9, role: "blob" },
    ...rows.map((row) => ({ ...row })),
  ],
  manifest: (manifest) => ({ ...manifest, kinds: ["connectors", "rules"], omitted: [Y] }),
};
const withConnectors = rulesRow({ kinds: ["connectors", "rules"] });

const ROWS: readonly (readonly [name: string, code: string, recipe: Recipe, site?: Partial<SiteView>])[] = [
  ["no policy", "KIT_NOT_DELEGATED", {}, { policies: {} }],
  ["only a local policy", "KIT_NOT_DELEGATED", {}, { policies: { local: testPolicy() } }],
  ["the site's own stream without a local policy", "KIT_NOT_DELEGATED", set({ stream: "ship-07/starter" })],
  ["a stream without a row", "KIT_NOT_DELEGATED", set({ stream: "hq/other" })],
  ["a stream whose name only begins like the row's", "KIT_NOT_DELEGATED", set({ stream: "hq/rules/x" })],
  ["a kind that the row lacks", "KIT_NOT_DELEGATED", set({ kinds: ["rules", "templates"] })],
  ["a witness beside, not delegated", "KIT_NOT_DELEGATED", set({ kinds: ["rules", "witness"] })],
  [
    "a tenant that the row lacks",
    "KIT_NOT_DELEGATED",
    set({ tenants: ["acme", "beta"] }),
    rulesRow({ tenants: ["acme"] }),
  ],
  ["all tenants, the row names one", "KIT_NOT_DELEGATED", {}, rulesRow({ tenants: ["acme"] })],
  ["the tenant of the row", "OK", set({ tenants: ["acme"] }), rulesRow({ tenants: ["acme"] })],
  ["a row with a prefix", "OK", {}, rulesRow({ stream: "hq/*" })],
  [
    "the first row decides alone",
    "KIT_NOT_DELEGATED",
    {},
    policy({
      delegations: [{ stream: "hq/*", kinds: [], tenants: ["*"], role: "rules" }, ...testPolicy().delegations],
    }),
  ],
  ["another site", "KIT_AUDIENCE", set({ audience: ["site:ship-08"] })],
  ["another group", "KIT_AUDIENCE", set({ audience: ["group:docks", "site:ship-08"] })],
  ["a group named like the site", "KIT_AUDIENCE", set({ audience: ["group:ship-07"] })],
  ["this site", "OK", set({ audience: ["site:ship-07"] })],
  ["a group of this site", "OK", set({ audience: ["group:fleet"] })],
  ["a newer app (major)", "KIT_APP_TOO_OLD", set({ minApp: "1.0.0" })],
  ["a newer app (patch)", "KIT_APP_TOO_OLD", set({ minApp: "0.1.1" })],
  ["this app", "OK", set({ minApp: "0.1.0" })],
  ["an older app with a higher patch", "OK", set({ minApp: "0.0.9" })],
  ["numbers, not text", "OK", set({ minApp: "0.9.0" }), { appVersion: "0.10.0" }],
  ["made over a day ahead", "KIT_FROM_FUTURE", set({ createdAt: "2026-11-21T12:00:01Z" })],
  ["made a day ahead", "OK", set({ createdAt: "2026-11-21T12:00:00Z" })],
  [
    "ahead of the clock, not of the newest kit",
    "OK",
    set({ createdAt: "2026-12-21T12:00:00Z" }),
    { newest: TEST_CLOCK + 31 * DAY },
  ],
  ["expired", "KIT_EXPIRED", set({ expiresAt: "2026-11-20T11:59:59Z" })],
  ["expiring in this second", "OK", set({ expiresAt: "2026-11-20T12:00:00Z" })],
  ["never expiring", "OK", set({ expiresAt: null })],
  [
    "expired by the newest kit, not by the clock",
    "KIT_EXPIRED",
    set({ expiresAt: "2026-11-21T00:00:00Z" }),
    { newest: TEST_CLOCK + DAY },
  ],
  ["an expired policy", "TRUST_EXPIRED", {}, policy({ expiresAt: "2026-11-20T11:59:59Z" })],
  ["a policy expiring in this second", "OK", {}, policy({ expiresAt: "2026-11-20T12:00:00Z" })],
  ["a policy without an end", "OK", {}, policy({ expiresAt: null })],
  [
    "an expired policy that wants an override",
    "TRUST_EXPIRED",
    {},
    policy({ expiresAt: "2026-11-20T11:59:59Z", onExpired: "needs-override" }),
  ],
  ["below the floor", "KIT_BELOW_FLOOR", {}, policy({ floors: { "hq/rules": { epoch: 0, sequence: 2 } } })],
  [
    "an epoch below the floor",
    "KIT_BELOW_FLOOR",
    set({ sequence: 9 }),
    policy({ floors: { "hq/rules": { epoch: 1, sequence: 2 } } }),
  ],
  ["another kit at the head's place", "KIT_FORK", {}, head({})],
  [
    "another kit at an older place",
    "KIT_FORK",
    {},
    head({ sequence: 5 }, { accepted: new Map([["hq/rules@0.1", Y]]) }),
  ],
  [
    "another kit at a place that the issuer told of",
    "KIT_FORK",
    {},
    { known: new Map([["hq/rules", { epoch: 0, sequence: 1, manifest: Y }]]) },
  ],
  ["the next kit with another predecessor", "KIT_FORK", set({ sequence: 2, prev: Y }), head({})],
  ["the next kit without a predecessor", "KIT_FORK", set({ sequence: 2 }), head({})],
  ["the next kit", "OK", set({ sequence: 2, prev: X }), head({})],
  ["one further, with any predecessor", "OK", set({ sequence: 3, prev: Y }), head({})],
  [
    "heads that contradict an accepted kit",
    "KIT_FORK",
    set({ heads: { "hq/base": { epoch: 0, sequence: 3, manifest: X } } }),
    { accepted: new Map([["hq/base@0.3", Y]]) },
  ],
  [
    "heads that contradict a head",
    "KIT_FORK",
    set({ heads: { "hq/base": { epoch: 0, sequence: 3, manifest: X } } }),
    { heads: new Map([["hq/base", { epoch: 0, sequence: 3, manifest: Y, createdAt: 0 }]]) },
  ],
  [
    "heads that tell of something newer",
    "OK",
    set({ heads: { "hq/base": { epoch: 0, sequence: 4, manifest: X } } }),
    { accepted: new Map([["hq/base@0.3", Y]]) },
  ],
  ["an older sequence", "KIT_ROLLBACK", {}, head({ sequence: 2 })],
  ["an older epoch", "KIT_ROLLBACK", set({ sequence: 9 }), head({ epoch: 1 })],
  ["too far ahead", "KIT_SEQUENCE_JUMP", set({ sequence: 1002 }), head({})],
  ["as far ahead as may be", "OK", set({ sequence: 1001 }), head({})],
  ["too far ahead for a first kit", "KIT_SEQUENCE_JUMP", set({ sequence: 1001 })],
  [
    "too far ahead in a new epoch",
    "KIT_SEQUENCE_JUMP",
    set({ epoch: 1, sequence: 1001 }),
    head({ sequence: 900 }, policy({ floors: { "hq/rules": { epoch: 1, sequence: 1 } } })),
  ],
  ["a new epoch that was not announced", "KIT_EPOCH", set({ epoch: 1 }), head({})],
  [
    "a new epoch above the announced one",
    "KIT_EPOCH",
    set({ epoch: 2 }),
    head({}, policy({ floors: { "hq/rules": { epoch: 1, sequence: 1 } } })),
  ],
  [
    "a new epoch that was announced",
    "OK",
    set({ epoch: 1 }),
    head({ sequence: 7 }, policy({ floors: { "hq/rules": { epoch: 1, sequence: 1 } } })),
  ],
  ["any epoch in a first kit", "OK", set({ epoch: 9 })],
  [
    "a gap in a ledger",
    "KIT_LEDGER_GAP",
    { ...LEDGER, ...set({ kinds: ["ledger"], sequence: 3 }) },
    ledgerRow(head({})),
  ],
  [
    "a ledger's next part",
    "OK",
    { ...LEDGER, ...set({ kinds: ["ledger"], sequence: 2, prev: X }) },
    ledgerRow(head({})),
  ],
  [
    "a ledger's first part that the site sees",
    "OK",
    { ...LEDGER, ...set({ kinds: ["ledger"], sequence: 7 }) },
    ledgerRow({}),
  ],
  [
    "older than its predecessor",
    "KIT_TIME_ORDER",
    set({ sequence: 2, prev: X }),
    head({ createdAt: Date.UTC(2026, 10, 1, 8, 0, 1) }),
  ],
  ["as old as its predecessor", "OK", set({ sequence: 2, prev: X }), head({ createdAt: Date.UTC(2026, 10, 1, 8) })],
  ["a blob left out that the site lacks", "KIT_THIN_BASE_MISSING", thin, withConnectors],
  ["a blob left out that the site holds", "OK", thin, { ...withConnectors, blobs: new Set([Y]) }],
  ["another stream's object", "KIT_OBJECT_OWNED", {}, { owners: new Map([["acme/rules/disk-full", "hq/base"]]) }],
  ["its own object", "OK", {}, { owners: new Map([["acme/rules/disk-full", "hq/rules"]]) }],
  ["another tenant's object of that name", "OK", {}, { owners: new Map([["beta/rules/disk-full", "hq/base"]]) }],
];

describe("a signed kit at this site, now", () => {
  test.each(ROWS.map(([name, code, recipe, site]) => ({ name, code, recipe, site })))(
    "$name: $code",
    async ({ code, recipe, site }) => {
      const verdict = await verdictOn(await forgeKit(recipe), testSite(site));
      expect(codeOf(verdict), verdict.ok ? "" : verdict.message).toBe(code);
    },
  );

  test("what has been applied is said to be applied", async () => {
    const kit = await forgeKit();
    const first = await verdictOn(kit);
    const site = testSite(head({ manifest: first.ok ? first.kit : "" }));
    expect(codeOf(await verdictOn(kit, site))).toBe("KIT_ALREADY_APPLIED");
  });

  test("the site's own stream is judged by its local policy, which asks nobody above", async () => {
    const { spki } = testKey("alice");
    const local = localPolicy({ site: "ship-07", spki, createdAt: "2026-10-01T00:00:00Z" });
    const kit = await forgeKit(set({ stream: "ship-07/starter" }));
    expect(codeOf(await verdictOn(kit, testSite({ policies: { local } })))).toBe("OK");
    expect(codeOf(await verdictOn(kit, testSite({ site: "ship-08", policies: { local } })))).toBe("KIT_NOT_DELEGATED");
  });
});
