/**
 * Kits that are sound and signed, and do not fit this site, now.
 * @module
 */
import { sha256Hex } from "../../src/core/hash.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { TrustPolicy } from "../../src/core/trust.ts";
import { version } from "../../src/system/version.ts";
import { type How, type HostileRow, rowsOf, type SiteNeed, taken, type Tuple, WIDE } from "./hostile-row.ts";
import { type Recipe, testPolicy } from "./kit-forge.ts";

const X = "a".repeat(64);
const Y = "b".repeat(64);
const [MAJOR = 0, MINOR = 0, PATCH = 0] = version().split(".").map(Number);
const set = (change: JsonObject): Recipe => ({ manifest: (manifest) => ({ ...manifest, ...change }) });
const before = (change: JsonObject): Recipe => taken((manifest) => ({ ...manifest, ...change }));
const upstream = (change: Partial<TrustPolicy>): SiteNeed => ({ upstream: change });
const rulesRow = (change: Partial<TrustPolicy["delegations"][number]>): SiteNeed =>
  upstream({ delegations: [{ stream: "hq/rules", kinds: ["rules"], tenants: ["*"], role: "rules", ...change }] });
const floor = (epoch: number, sequence: number): Partial<TrustPolicy> => ({
  floors: { "hq/rules": { epoch, sequence } },
});

/** The site has taken in this place of `hq/rules`. */
const head = (change: JsonObject = {}, policy: Partial<TrustPolicy> = {}): SiteNeed => ({
  ...upstream(policy),
  taken: [before(change)],
});
/** The successor of the last kit that was taken in. */
const after =
  (change: JsonObject): How =>
  (ids) =>
    set({ prev: ids.at(-1) ?? null, ...change });
const told = (place: JsonObject): JsonObject => ({ heads: { "hq/base": { epoch: 0, sequence: 3, ...place } } });
const BASE = { upstream: WIDE, taken: [before({ stream: "hq/base", sequence: 3 })] };

const ledger = (change: JsonObject): Recipe => ({ ...set({ kinds: ["ledger"], ...change }), content: {} });
const LEDGERS = rulesRow({ kinds: ["ledger"] });
const PLUGIN = "content/connectors/acme/plugin.wasm";
const WASM = sha256Hex("wasm");
const thin: Recipe = {
  content: { "content/rules/acme/a.json": "{}" },
  rows: (rows) => [{ path: PLUGIN, sha256: WASM, size: 4, role: "blob" }, ...rows.map((row) => ({ ...row }))],
  manifest: (manifest) => ({ ...manifest, kinds: ["connectors", "rules"], omitted: [WASM] }),
};
const full: Recipe = {
  content: { [PLUGIN]: "wasm" },
  rows: (rows) => rows.map((row) => ({ ...row, role: "blob" })),
  ...set({ stream: "hq/base", kinds: ["connectors"] }),
};
/** Another kit than `before({})` for the same place. */
const TWIN = set({ minApp: "0.0.1" });
const STARTER_RULE: Recipe = { content: { "content/rules/default/critical.json": "{}" } };

const DELEGATION: readonly Tuple[] = [
  ["no policy for other streams", "KIT_NOT_DELEGATED", {}, { upstream: "none" }],
  ["a stream without a row", "KIT_NOT_DELEGATED", set({ stream: "hq/other" })],
  ["a stream whose name only begins like the row's", "KIT_NOT_DELEGATED", set({ stream: "hq/rules/x" })],
  [
    "a stream that is the row's prefix without a rest",
    "KIT_NOT_DELEGATED",
    set({ stream: "hq/rules" }),
    rulesRow({ stream: "hq/rules/*" }),
  ],
  [
    "an issuer whose name only begins like the row's",
    "KIT_NOT_DELEGATED",
    set({ stream: "hq2/rules" }),
    upstream(WIDE),
  ],
  ["the site's own stream, signed from above", "SIG_THRESHOLD", set({ stream: "ship-07/starter" })],
  [
    "the site's own stream, of kind trust",
    "KIT_NOT_DELEGATED",
    { ...set({ stream: "ship-07/x", kinds: ["trust"] }), content: {} },
  ],
  [
    "the site's own stream, of kind app",
    "KIT_NOT_DELEGATED",
    { ...set({ stream: "ship-07/x", kinds: ["app"] }), content: {} },
  ],
  ["a kind that the row lacks", "KIT_NOT_DELEGATED", set({ kinds: ["rules", "templates"] })],
  ["a witness beside, not delegated", "KIT_NOT_DELEGATED", set({ kinds: ["rules", "witness"] })],
  [
    "a tenant that the row lacks",
    "KIT_NOT_DELEGATED",
    set({ tenants: ["acme", "beta"] }),
    rulesRow({ tenants: ["acme"] }),
  ],
  ["all tenants, the row names one", "KIT_NOT_DELEGATED", {}, rulesRow({ tenants: ["acme"] })],
  ["a row for no tenants", "KIT_NOT_DELEGATED", set({ tenants: ["acme"] }), rulesRow({ tenants: [] })],
  ["the tenant of the row", "OK", set({ tenants: ["acme"] }), rulesRow({ tenants: ["acme"] })],
  ["a row with a prefix", "OK", {}, rulesRow({ stream: "hq/*" })],
  [
    "the first row decides alone",
    "KIT_NOT_DELEGATED",
    {},
    upstream({
      delegations: [{ stream: "hq/*", kinds: [], tenants: ["*"], role: "rules" }, ...testPolicy().delegations],
    }),
  ],
];

const SITE: readonly Tuple[] = [
  ["another site", "KIT_AUDIENCE", set({ audience: ["site:ship-08"] })],
  ["another group", "KIT_AUDIENCE", set({ audience: ["group:docks", "site:ship-08"] })],
  ["a group named like the site", "KIT_AUDIENCE", set({ audience: ["group:ship-07"] })],
  ["a site whose name only begins like this one", "KIT_AUDIENCE", set({ audience: ["site:ship-0", "site:ship-071"] })],
  ["this site", "OK", set({ audience: ["site:ship-07"] })],
  ["a group of this site", "OK", set({ audience: ["group:fleet"] })],
  ["a newer app (major)", "KIT_APP_TOO_OLD", set({ minApp: `${MAJOR + 1}.0.0` })],
  ["a newer app (minor)", "KIT_APP_TOO_OLD", set({ minApp: `${MAJOR}.${MINOR + 1}.0` })],
  ["a newer app (patch)", "KIT_APP_TOO_OLD", set({ minApp: `${MAJOR}.${MINOR}.${PATCH + 1}` })],
  ["this app", "OK", set({ minApp: "0.1.0" })],
  ["an older app with a higher patch", "OK", set({ minApp: "0.0.9" })],
  ["numbers, not text", "OK", set({ minApp: "0.9.0" }), { appVersion: "0.10.0" }],
];

const CLOCK: readonly Tuple[] = [
  ["made over a day ahead", "KIT_FROM_FUTURE", set({ createdAt: "2026-11-21T12:00:01Z" })],
  ["made a day ahead", "OK", set({ createdAt: "2026-11-21T12:00:00Z" })],
  [
    "made further ahead than the policy's skew",
    "KIT_FROM_FUTURE",
    set({ createdAt: "2026-11-20T12:00:01Z" }),
    upstream({ maxClockSkewSeconds: 0 }),
  ],
  [
    "ahead of the clock, not of the newest kit",
    "OK",
    set({ createdAt: "2026-11-22T00:00:00Z" }),
    { upstream: WIDE, taken: [before({ stream: "hq/base", createdAt: "2026-11-21T00:00:00Z" })] },
  ],
  ["expired", "KIT_EXPIRED", set({ expiresAt: "2026-11-20T11:59:59Z" })],
  ["expired before it was made", "KIT_EXPIRED", set({ expiresAt: "2026-10-31T00:00:00Z" })],
  ["expiring in this second", "OK", set({ expiresAt: "2026-11-20T12:00:00Z" })],
  ["never expiring", "OK", set({ expiresAt: null })],
  [
    "expired by the newest kit, not by the clock",
    "KIT_EXPIRED",
    set({ expiresAt: "2026-11-21T00:00:00Z" }),
    { upstream: WIDE, taken: [before({ stream: "hq/base", createdAt: "2026-11-21T12:00:00Z" })] },
  ],
  ["an expired policy", "TRUST_EXPIRED", {}, upstream({ expiresAt: "2026-11-20T11:59:59Z" })],
  ["a policy expiring in this second", "OK", {}, upstream({ expiresAt: "2026-11-20T12:00:00Z" })],
  ["a policy without an end", "OK", {}, upstream({ expiresAt: null })],
  [
    "an expired policy that wants an override",
    "TRUST_EXPIRED",
    {},
    upstream({ expiresAt: "2026-11-20T11:59:59Z", onExpired: "needs-override" }),
  ],
  ["older than its predecessor", "KIT_TIME_ORDER", after({ sequence: 2 }), head({ createdAt: "2026-11-01T08:00:01Z" })],
  ["as old as its predecessor", "OK", after({ sequence: 2 }), head()],
];

const STREAM: readonly Tuple[] = [
  ["below the floor", "KIT_BELOW_FLOOR", {}, upstream(floor(0, 2))],
  ["an epoch below the floor", "KIT_BELOW_FLOOR", set({ sequence: 9 }), upstream(floor(1, 2))],
  ["below the floor, and an older sequence too", "KIT_BELOW_FLOOR", {}, head({ sequence: 5 }, floor(0, 3))],
  ["another kit at the head's place", "KIT_FORK", TWIN, head()],
  ["another kit at an older place", "KIT_FORK", TWIN, { ...head(), taken: [before({}), before({ sequence: 5 })] }],
  [
    "another kit at a place that the issuer told of",
    "KIT_FORK",
    {},
    {
      upstream: WIDE,
      taken: [before({ stream: "hq/base", heads: { "hq/rules": { epoch: 0, sequence: 1, manifest: Y } } })],
    },
  ],
  [
    "another kit at a place that another issuer told of",
    "OK",
    {},
    {
      upstream: WIDE,
      taken: [before({ stream: "lab/base", heads: { "hq/rules": { epoch: 0, sequence: 1, manifest: Y } } })],
    },
  ],
  ["the next kit with another predecessor", "KIT_FORK", set({ sequence: 2, prev: Y }), head()],
  ["the next kit without a predecessor", "KIT_FORK", set({ sequence: 2 }), head()],
  ["the next kit", "OK", after({ sequence: 2 }), head()],
  ["one further, with any predecessor", "OK", set({ sequence: 3, prev: Y }), head()],
  ["heads that contradict a head", "KIT_FORK", set(told({ manifest: X })), BASE],
  [
    "heads that contradict an accepted kit",
    "KIT_FORK",
    set(told({ manifest: X })),
    { ...BASE, taken: [...BASE.taken, before({ stream: "hq/base", sequence: 5 })] },
  ],
  [
    "heads that contradict its own predecessor",
    "KIT_FORK",
    after({ sequence: 2, heads: { "hq/rules": { epoch: 0, sequence: 1, manifest: X } } }),
    head(),
  ],
  ["heads that tell of something newer", "OK", set(told({ sequence: 4, manifest: X })), BASE],
  ["an older sequence", "KIT_ROLLBACK", {}, head({ sequence: 2 })],
  [
    "a kit that was taken in before the head",
    "KIT_ROLLBACK",
    taken(),
    { ...head(), taken: [before({}), before({ sequence: 5 })] },
  ],
  ["an older epoch", "KIT_ROLLBACK", set({ sequence: 9 }), head({ epoch: 1 })],
  ["too far ahead", "KIT_SEQUENCE_JUMP", set({ sequence: 1002 }), head()],
  ["as far ahead as may be", "OK", set({ sequence: 1001 }), head()],
  ["too far ahead for a first kit", "KIT_SEQUENCE_JUMP", set({ sequence: 1001 })],
  ["too far ahead for this policy", "KIT_SEQUENCE_JUMP", set({ sequence: 4 }), head({}, { maxSequenceJump: 2 })],
  ["the highest sequence there is", "KIT_SEQUENCE_JUMP", set({ sequence: Number.MAX_SAFE_INTEGER })],
  [
    "too far ahead in a new epoch",
    "KIT_SEQUENCE_JUMP",
    set({ epoch: 1, sequence: 1001 }),
    head({ sequence: 900 }, floor(1, 1)),
  ],
  ["a new epoch that was not announced", "KIT_EPOCH", set({ epoch: 1 }), head()],
  ["a new epoch above the announced one", "KIT_EPOCH", set({ epoch: 2 }), head({}, floor(1, 1))],
  ["a new epoch that was announced", "OK", set({ epoch: 1 }), head({ sequence: 7 }, floor(1, 1))],
  ["any epoch in a first kit", "OK", set({ epoch: 9 })],
];

const HOLDINGS: readonly Tuple[] = [
  ["a gap in a ledger", "KIT_LEDGER_GAP", ledger({ sequence: 3 }), { ...LEDGERS, taken: [ledger({})] }],
  [
    "a ledger's next part",
    "OK",
    (ids) => ledger({ sequence: 2, prev: ids[0] ?? null }),
    { ...LEDGERS, taken: [ledger({})] },
  ],
  ["a ledger's first part that the site sees", "OK", ledger({ sequence: 7 }), LEDGERS],
  ["a blob left out that the site lacks", "KIT_THIN_BASE_MISSING", thin, rulesRow({ kinds: ["connectors", "rules"] })],
  ["a blob left out that the site holds", "OK", thin, { upstream: WIDE, taken: [full] }],
  ["an object of the starter kit", "KIT_OBJECT_OWNED", STARTER_RULE, { starter: ["default/rules/critical"] }],
  [
    "an object for all of the starter kit",
    "KIT_OBJECT_OWNED",
    {
      content: { "content/rules/_/x.json": "{}", "content/templates/_/tmpl-event.json": "[]" },
      ...set({ kinds: ["rules", "templates"] }),
    },
    { upstream: WIDE, starter: ["_site/templates/tmpl-event"] },
  ],
  [
    "another tenant's object of that name",
    "OK",
    { content: { "content/rules/beta/critical.json": "{}" } },
    { starter: ["default/rules/critical"] },
  ],
];

/** Kits out of their place, and what they must not be confused with. */
export const HOSTILE_PLACES: readonly HostileRow[] = rowsOf([...DELEGATION, ...SITE, ...CLOCK, ...STREAM, ...HOLDINGS]);
