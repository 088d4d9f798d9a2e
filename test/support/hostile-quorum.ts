/**
 * Quorums that are not met: whose keys, valid when, how many owners; and signatures by others' tools that do count.
 * @module
 */
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { BundleCode, KitCode } from "../../src/core/kit-code.ts";
import { cosignHint } from "../../src/core/key-id.ts";
import type { TrustPolicy } from "../../src/core/trust.ts";
import { signStatement } from "../../src/signing/dsse.ts";
import { signerOf } from "../../src/signing/keys.ts";
import { bundle, HINT, KEYID, MATERIAL, put, resigned, statement, to } from "./hostile-forging.ts";
import type { HostileRow, SiteNeed } from "./hostile-row.ts";
import { listOf, type Recipe, testKey, testPolicy, type TestSigner } from "./kit-forge.ts";

type Row = readonly [
  name: string,
  code: KitCode | "OK",
  how: Recipe,
  reasons: readonly (BundleCode | undefined)[],
  needs?: SiteNeed,
];
const ALICE = testKey("alice");
const POLICY = testPolicy();
const COUNTS = undefined;
const NOT_VALID = ["SIG_KEY_NOT_VALID"] as const;

const revoked = (at: string, keepBefore: boolean): SiteNeed => ({
  upstream: { revoked: { [ALICE.keyId]: { at, reason: "lost", keepBefore } } },
});
function alice(change: Partial<TrustPolicy["keys"][string]>): SiteNeed {
  const key = POLICY.keys[ALICE.keyId];
  return key === undefined ? {} : { upstream: { keys: { ...POLICY.keys, [ALICE.keyId]: { ...key, ...change } } } };
}

/** A key counts only while it is valid, by the time at which the kit was made: 2026-11-01T08:00:00Z. */
const VALIDITY: readonly Row[] = [
  ["a key expired before", "SIG_THRESHOLD", {}, NOT_VALID, alice({ notAfter: "2026-10-31T23:59:59Z" })],
  [
    "a key of an owner whose name steers a terminal",
    "SIG_THRESHOLD",
    {},
    NOT_VALID,
    alice({ owner: "al\u001b[2J\u202eice", notAfter: "2026-10-31T23:59:59Z" }),
  ],
  ["a key expiring in that second", "OK", {}, [COUNTS], alice({ notAfter: "2026-11-01T08:00:00Z" })],
  ["a key without an end", "OK", {}, [COUNTS], alice({ notAfter: null })],
  ["a key valid from that second", "OK", {}, [COUNTS], alice({ notBefore: "2026-11-01T08:00:00Z" })],
  ["a key valid from the next second", "SIG_THRESHOLD", {}, NOT_VALID, alice({ notBefore: "2026-11-01T08:00:01Z" })],
  ["a key revoked before", "SIG_THRESHOLD", {}, NOT_VALID, revoked("2026-10-10T00:00:00Z", true)],
  ["a key revoked later", "SIG_THRESHOLD", {}, NOT_VALID, revoked("2026-11-10T00:00:00Z", false)],
  ["a key revoked later, kept before", "OK", {}, [COUNTS], revoked("2026-11-10T00:00:00Z", true)],
  ["a key revoked in that second, kept before", "SIG_THRESHOLD", {}, NOT_VALID, revoked("2026-11-01T08:00:00Z", true)],
];

const base = (signers: readonly TestSigner[], more: Recipe = {}): Recipe => ({
  manifest: (manifest) => ({ ...manifest, stream: "hq/base" }),
  signers,
  ...more,
});
/** alice in a role of two, whose owners count. */
const TWO_OF_ROLE: SiteNeed = {
  upstream: {
    roles: {
      ...POLICY.roles,
      rules: { keys: [ALICE.keyId, testKey("carol").keyId], threshold: 2, distinctOwners: true },
    },
  },
};

/** A bundle of carol's over another kit. */
const foreign = await signStatement(
  canonicalJson({
    _type: "https://in-toto.io/Statement/v1",
    predicateType: "urn:sealpost:kit:v1",
    predicate: { manifest: "0".repeat(64) },
    subject: [],
  }),
  signerOf(testKey("carol")),
);
/** So many papers; without more, all of them are subjects. */
const many = (count: number): Recipe => ({
  content: Object.fromEntries(Array.from({ length: count }, (_, n) => [`content/${10_000 + n}.txt`, "paper"])),
});
const signedTwo = statement(put(["subject"], (list) => listOf(list).slice(0, 2)));

/** `hq/base` wants two owners. */
const OWNERS: readonly Row[] = [
  ["no signature", "SIG_NONE", base([]), []],
  ["no signature on a kit for one", "SIG_NONE", { signers: [] }, []],
  ["one of two owners", "SIG_THRESHOLD", base(["carol"]), [COUNTS]],
  ["two keys of one owner", "SIG_THRESHOLD", base(["bob", "bob2"]), [COUNTS, COUNTS]],
  ["two owners", "OK", base(["bob", "carol"]), [COUNTS, COUNTS]],
  ["all keys", "OK", base(["bob", "bob2", "carol"]), [COUNTS, COUNTS, COUNTS]],
  [
    "one key twice",
    "SIG_THRESHOLD",
    base(["carol"], {
      bundles: ([one]) => (one === undefined ? [] : [{ ...one, name: "attestations/A.sigstore.json" }, one]),
    }),
    [COUNTS, "SIG_DUPLICATE"],
  ],
  [
    "one key twice, by both ways to name it",
    "SIG_THRESHOLD",
    base(["carol"], {
      bundles: ([one]) => {
        const other = { name: "attestations/A.sigstore.json", bytes: cosigned(one?.bytes ?? Buffer.alloc(0)) };
        return one === undefined ? [] : [other, one];
      },
    }),
    [COUNTS, "SIG_DUPLICATE"],
  ],
  [
    "one owner, one of another role, one unknown",
    "SIG_THRESHOLD",
    base(["alice", "bob", "root3"]),
    [COUNTS, "SIG_NOT_IN_ROLE", "SIG_UNKNOWN_KEY"],
  ],
  [
    "a key that the policy does not know, named as cosign does",
    "SIG_THRESHOLD",
    { signers: ["root3"], ...bundle(to(HINT, cosignHint(testKey("root3").spki)), to(KEYID, "")) },
    ["SIG_UNKNOWN_KEY"],
  ],
  [
    "one key twice, the second time over another statement",
    "SIG_THRESHOLD",
    base(["carol"], {
      bundles: (all) => [...all, { name: "attestations/Z.sigstore.json", bytes: Buffer.from(foreign) }],
    }),
    [COUNTS, "SIG_OTHER_KIT"],
  ],
  ["more subjects than cosign reads", "SIG_THRESHOLD", many(1023), ["SIG_STATEMENT"]],
  ["fewer subjects than there are files", "SIG_THRESHOLD", { ...many(1022), ...signedTwo }, ["SIG_STATEMENT"]],
  ["as many subjects as cosign reads", "OK", many(1022), [COUNTS]],
  ["more files than subjects, so the signed two only", "OK", { ...many(1023), ...signedTwo }, [COUNTS]],
  ["roots where others must sign", "SIG_THRESHOLD", base(["root1", "root2"]), ["SIG_NOT_IN_ROLE", "SIG_NOT_IN_ROLE"]],
  ["one of two, of a role that was made larger", "SIG_THRESHOLD", {}, [COUNTS], TWO_OF_ROLE],
  [
    "two owners beside a bad and a foreign bundle",
    "OK",
    base(["alice", "bob", "carol"], {
      bundles: (all) => [{ name: "attestations/A.sigstore.json", bytes: Buffer.from("junk") }, ...all],
    }),
    ["SIG_BUNDLE_SHAPE", "SIG_NOT_IN_ROLE", COUNTS, COUNTS],
  ],
];

/** The same signature of carol's, named as cosign does. */
function cosigned(bytes: Uint8Array): Buffer {
  const { keyId, spki } = testKey("carol");
  return Buffer.from(Buffer.from(bytes).toString().replace(`"keyid":"${keyId}",`, "").replace(keyId, cosignHint(spki)));
}

/** Signatures that count although others made them. */
const OTHERS: readonly (readonly [name: string, how: Recipe])[] = [
  ["cosign's hint, keyid empty", bundle(to(HINT, cosignHint(ALICE.spki)), to(KEYID, ""))],
  [
    "cosign's hint, no keyid",
    bundle(
      to(HINT, cosignHint(ALICE.spki)),
      put(KEYID, () => undefined),
    ),
  ],
  [
    "no timestamp data, an empty log",
    bundle(
      put([...MATERIAL, "timestampVerificationData"], () => undefined),
      to([...MATERIAL, "tlogEntries"], []),
    ),
  ],
  ["a statement in another form", resigned("alice", { payload: (text) => JSON.stringify(JSON.parse(text), null, 2) })],
  [
    "a bundle in another form",
    {
      bundles: (all) =>
        all.map((one) => ({ ...one, bytes: Buffer.from(JSON.stringify(JSON.parse(String(one.bytes)), null, 2)) })),
    },
  ],
  [
    "a file name of its own",
    { bundles: (all) => all.map((one) => ({ ...one, name: "attestations/alice.sigstore.json" })) },
  ],
];

/** Kits with too few good signatures, and what they must not be confused with. */
export const HOSTILE_QUORUMS: readonly HostileRow[] = [
  ...VALIDITY,
  ...OWNERS,
  ...OTHERS.map(([name, how]): Row => [name, "OK", how, [COUNTS]]),
].map(([name, code, how, reasons, needs = {}]) => ({ name, code, how, reasons, needs }));
