/**
 * Kits with two faults: checks run in the order of the format, so the one that comes first is told, alone.
 * @module
 */
import { gzipSync } from "node:zlib";
import type { JsonObject } from "../../src/core/json.ts";
import type { BundleCode } from "../../src/core/kit-code.ts";
import type { TrustPolicy } from "../../src/core/trust.ts";
import { bundle, ENVELOPE, HINT, put, SIG, SIGNATURES, statement, to } from "./hostile-forging.ts";
import { type How, type HostileRow, rowsOf, type SiteNeed, taken, type Tuple, WIDE } from "./hostile-row.ts";
import { type ForgedEntry, listOf, type Recipe, testKey, testPolicy } from "./kit-forge.ts";

const X = "a".repeat(64);
const POLICY = testPolicy();
const set = (change: JsonObject): Recipe => ({ manifest: (manifest) => ({ ...manifest, ...change }) });
const header = (change: (block: Buffer) => void, raw = false): Recipe => ({
  entries: (entries) =>
    entries.map((entry, at) =>
      at < entries.length - 1 ? entry : { ...entry, [raw ? "rawHeader" : "header"]: change },
    ),
});
const content =
  (change: Partial<ForgedEntry>): Recipe["entries"] & {} =>
  (entries) =>
    entries.map((entry, at) => (at === entries.length - 1 ? { ...entry, ...change } : entry));
const floor = (epoch: number, sequence: number): Partial<TrustPolicy> => ({
  floors: { "hq/rules": { epoch, sequence } },
});
const EXPIRED = { expiresAt: "2026-11-20T11:59:59Z" };
const FUTURE = { createdAt: "2026-11-22T00:00:00Z" };
const EARLY = { createdAt: "2026-10-31T00:00:00Z" };
const taking = (change: JsonObject, policy: Partial<TrustPolicy> = {}): SiteNeed => ({
  upstream: policy,
  taken: [taken((manifest) => ({ ...manifest, ...change }))],
});
const after =
  (change: JsonObject, more: Recipe = {}): How =>
  (ids) => ({
    ...set({ prev: ids.at(-1) ?? null, ...change }),
    ...more,
  });
const THIN = { path: "content/connectors/default/x.wasm", sha256: X, size: 1, role: "blob" };
const withThin: Recipe = { rows: (rows) => [THIN, ...rows.map((row) => ({ ...row }))] };
const OMITS = { kinds: ["connectors", "rules"], omitted: [X] };
const STARTER = { content: { "content/rules/default/critical.json": "{}" } };
const OWNED: SiteNeed = { upstream: WIDE, starter: ["default/rules/critical"] };

const HEADERS: readonly Tuple[] = [
  [
    "checksum before type",
    "KIT_TAR_CHECKSUM",
    header((block) => void (block.write("2", 156), block.write("0000000", 148)), true),
  ],
  ["type before size", "KIT_TAR_TYPE", header((block) => void (block.write("2", 156), block.write("x", 124)))],
  ["size before other fields", "KIT_TAR_SIZE", header((block) => void (block.write("x", 124), block.write("x", 300)))],
  [
    "any field before the layout",
    "KIT_TAR_HEADER",
    header((block) => void (block.write("x", 0), block.write("x", 300))),
  ],
];

const STEPS: readonly Tuple[] = [
  ["dress before archive", "KIT_BOMB", { archive: () => gzipSync(Buffer.alloc(4_000_000, "x")) }],
  ["layout before signatures", "KIT_LAYOUT", { signers: [], entries: (entries) => entries.toReversed() }],
  ["no signature before a bad manifest", "SIG_NONE", { signers: [], text: () => "{" }],
  ["manifest before signatures", "KIT_JSON_SYNTAX", { signers: ["carol"], text: () => "{" }],
  ["UTF-8 before syntax", "KIT_JSON_UTF8", { text: () => Buffer.from([0x7b, 0xff]) }],
  ["syntax before form", "KIT_JSON_SYNTAX", { text: (text) => `${text}\n]` }],
  [
    "form before version",
    "KIT_JSON_NOT_CANONICAL",
    { ...set({ schema: "offline-kit/v2" }), text: (text) => `${text} ` },
  ],
  ["version before schema", "KIT_FORMAT_VERSION", set({ schema: "offline-kit/v2", extra: 1 })],
  ["schema before paths", "KIT_MANIFEST", { ...set({ extra: 1 }), rows: ([first]) => [{ ...first, path: "x" }] }],
  ["limits before paths", "KIT_LIMIT_ENTRY", { rows: ([first]) => [{ ...first, path: "x", size: 2 ** 40 }] }],
  [
    "paths before their order",
    "KIT_PATH",
    {
      rows: ([first]) => [
        { ...first, path: "y" },
        { ...first, path: "x" },
      ],
    },
  ],
  [
    "order before collisions",
    "KIT_MANIFEST_ORDER",
    { rows: ([first]) => ["content/b", "content/B"].map((path) => ({ ...first, path })) },
  ],
  [
    "collisions before placement",
    "KIT_PATH_COLLISION",
    { rows: ([first]) => ["content/B", "content/b"].map((path) => ({ ...first, path })) },
  ],
  ["placement before the state root", "KIT_MANIFEST", set({ tenants: ["beta"], state: { root: X, count: 2 } })],
  ["the state root before delegation", "KIT_STATE_ROOT", set({ stream: "hq/other", state: { root: X, count: 2 } })],
  ["delegation before the quorum", "KIT_NOT_DELEGATED", { ...set({ stream: "hq/other" }), signers: ["carol"] }],
  ["the quorum before the place", "SIG_THRESHOLD", { ...set({ audience: ["site:ship-08"] }), signers: ["carol"] }],
  ["the quorum before the sums", "SIG_THRESHOLD", { signers: ["carol"], sums: () => "" }],
  ["the place before the sums", "KIT_AUDIENCE", { ...set({ audience: ["site:ship-08"] }), sums: () => "" }],
  ["the sums before the files", "KIT_SUMS", { sums: () => "", entries: content({ bytes: Buffer.from("x") }) }],
  ["a file's size before its hash", "KIT_FILE_SIZE", { entries: content({ bytes: Buffer.from("x") }) }],
  [
    "a file's hash before its padding",
    "KIT_FILE_HASH",
    {
      entries: (entries) =>
        entries.map((entry, at) =>
          at < entries.length - 1
            ? entry
            : { ...entry, bytes: Buffer.alloc(entry.bytes.length), padding: (pad) => pad.fill(1) },
        ),
    },
  ],
  [
    "a file's hash before the end",
    "KIT_FILE_HASH",
    {
      entries: (entries) =>
        entries.map((entry, at) => (at === 3 ? { ...entry, bytes: Buffer.alloc(entry.bytes.length) } : entry)),
      archive: (archive) => Buffer.concat([archive, Buffer.from("x")]),
    },
  ],
  [
    "the end before the content",
    "KIT_TRAILING_DATA",
    { content: { "content/rules/acme/a.json": "no JSON" }, archive: (archive) => Buffer.concat([archive, archive]) },
  ],
];

const PLACE: readonly Tuple[] = [
  ["audience before app version", "KIT_AUDIENCE", set({ audience: ["site:ship-08"], minApp: "999.0.0" })],
  ["app version before clock", "KIT_APP_TOO_OLD", set({ minApp: "999.0.0", ...FUTURE })],
  ["clock before expiry", "KIT_FROM_FUTURE", set({ ...FUTURE, ...EXPIRED })],
  ["the kit's expiry before the policy's", "KIT_EXPIRED", set(EXPIRED), { upstream: EXPIRED }],
  ["the policy's expiry before the floor", "TRUST_EXPIRED", {}, { upstream: { ...EXPIRED, ...floor(0, 2) } }],
  ["floor before fork", "KIT_BELOW_FLOOR", set({ minApp: "0.0.1" }), taking({}, floor(0, 2))],
  [
    "fork before rollback",
    "KIT_FORK",
    set({ heads: { "hq/rules": { epoch: 0, sequence: 2, manifest: X } } }),
    taking({ sequence: 2 }),
  ],
  ["rollback before time order", "KIT_ROLLBACK", set(EARLY), taking({ sequence: 2 })],
  ["jump before epoch", "KIT_SEQUENCE_JUMP", set({ epoch: 1, sequence: 1001 }), taking({})],
  ["epoch before time order", "KIT_EPOCH", set({ epoch: 1, ...EARLY }), taking({})],
  [
    "epoch before a gap",
    "KIT_EPOCH",
    { ...set({ kinds: ["ledger"], epoch: 1, sequence: 3 }), content: {} },
    { upstream: WIDE, taken: [taken((manifest) => ({ ...manifest, kinds: ["ledger"] }))] },
  ],
  [
    "a gap before time order",
    "KIT_LEDGER_GAP",
    { ...set({ kinds: ["ledger"], sequence: 3, ...EARLY }), content: {} },
    { upstream: WIDE, taken: [taken((manifest) => ({ ...manifest, kinds: ["ledger"] }))] },
  ],
  [
    "a gap at the beginning of an epoch",
    "KIT_LEDGER_GAP",
    { ...set({ kinds: ["ledger"], epoch: 1, sequence: 2 }), content: {} },
    {
      upstream: { ...WIDE, ...floor(1, 1) },
      taken: [taken((manifest) => ({ ...manifest, kinds: ["ledger"] }))],
    },
  ],
  [
    "time order before a thin base",
    "KIT_TIME_ORDER",
    after({ sequence: 2, ...EARLY, ...OMITS }, withThin),
    { ...taking({}), upstream: WIDE },
  ],
  ["a thin base before owners", "KIT_THIN_BASE_MISSING", { ...STARTER, ...withThin, ...set(OMITS) }, OWNED],
  ["owners before the sums", "KIT_OBJECT_OWNED", { ...STARTER, sums: () => "" }, OWNED],
];

/** Two faults of one bundle; the kit then has too few signatures. */
const BUNDLES: readonly (readonly [
  name: string,
  reason: BundleCode,
  recipe: Recipe,
  upstream?: Partial<TrustPolicy>,
])[] = [
  ["media type before count", "SIG_BUNDLE_VERSION", bundle(to(["mediaType"], "x"), to(SIGNATURES, []))],
  ["count before shape", "SIG_COUNT", bundle(to(["extra"], 1), to(SIGNATURES, []))],
  ["shape before hint", "SIG_BUNDLE_SHAPE", bundle(to(["extra"], 1), to(HINT, "x"))],
  ["hint before payload type", "SIG_HINT_MISMATCH", bundle(to(HINT, "x"), to([...ENVELOPE, "payloadType"], "x"))],
  [
    "payload type before key",
    "SIG_PAYLOAD_TYPE",
    { signers: ["root3"], ...bundle(to([...ENVELOPE, "payloadType"], "x")) },
  ],
  ["key before signature", "SIG_UNKNOWN_KEY", { signers: ["root3"], ...bundle(to(SIG, "AAAA")) }],
  ["signature before role", "SIG_INVALID", { signers: ["carol"], ...bundle(to(SIG, "AAAA")) }],
  ["role before validity", "SIG_NOT_IN_ROLE", { signers: ["carol"] }, ended("carol")],
  ["validity before statement", "SIG_KEY_NOT_VALID", statement(to(["predicateType"], "x")), ended("alice")],
  [
    "another kit's statement with a subject more",
    "SIG_OTHER_KIT",
    statement(
      to(["predicate", "manifest"], X),
      put(["subject"], (list) => [...listOf(list), { name: "x", digest: { sha256: X } }]),
    ),
  ],
];

/** That key's time was over before the kit was made. */
function ended(name: "alice" | "carol"): Partial<TrustPolicy> {
  const id = testKey(name).keyId;
  const key = POLICY.keys[id];
  return key === undefined ? {} : { keys: { ...POLICY.keys, [id]: { ...key, notAfter: "2026-10-01T00:00:00Z" } } };
}

/** Kits with two faults. */
export const HOSTILE_ORDER: readonly HostileRow[] = [
  ...rowsOf([...HEADERS, ...STEPS, ...PLACE]),
  ...BUNDLES.map(
    ([name, reason, how, upstream]): HostileRow => ({
      name,
      code: "SIG_THRESHOLD",
      how,
      reasons: [reason],
      needs: upstream === undefined ? {} : { upstream },
    }),
  ),
];
