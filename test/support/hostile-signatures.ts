/**
 * Hostile signatures: bundles that must not count.
 * @module
 */
import type { Json } from "../../src/core/json.ts";
import { cosignHint } from "../../src/core/key-id.ts";
import type { BundleCode } from "../../src/core/kit-code.ts";
import {
  bundle,
  ENVELOPE,
  HINT,
  KEYID,
  MATERIAL,
  put,
  resigned,
  SIG,
  SIGNATURES,
  statement,
  to,
} from "./hostile-forging.ts";
import type { HostileRow } from "./hostile-row.ts";
import { listOf, type Recipe, testKey, textOf } from "./kit-forge.ts";

type BadBundle = readonly [name: string, reason: BundleCode, recipe: Recipe];
const ALICE = testKey("alice");
const ROOT3 = testKey("root3");
const twice = (list: Json | undefined): Json => [...listOf(list), ...listOf(list)];
const allBytes = (change: (text: string) => string): Recipe => ({
  bundles: (all) => all.map((one) => ({ ...one, bytes: Buffer.from(change(String(one.bytes))) })),
});

/** One bundle, one fault, one reason; the kit then has too few signatures. */
const ONE_BUNDLE: readonly BadBundle[] = [
  ["nested too deeply", "SIG_BUNDLE_SHAPE", allBytes(() => "[".repeat(40) + "]".repeat(40))],
  ["a byte order mark", "SIG_BUNDLE_SHAPE", allBytes((text) => `\ufeff${text}`)],
  ["nothing at all", "SIG_BUNDLE_SHAPE", allBytes(() => "")],
  ["a second JSON text behind it", "SIG_BUNDLE_SHAPE", allBytes((text) => text + text)],
  [
    "an older bundle version",
    "SIG_BUNDLE_VERSION",
    bundle(to(["mediaType"], "application/vnd.dev.sigstore.bundle+json;version=0.2")),
  ],
  [
    "a bundle version to come",
    "SIG_BUNDLE_VERSION",
    bundle(to(["mediaType"], "application/vnd.dev.sigstore.bundle.v0.9+json")),
  ],
  ["no media type", "SIG_BUNDLE_VERSION", bundle(put(["mediaType"], () => undefined))],
  ["two signatures", "SIG_COUNT", bundle(put(SIGNATURES, twice))],
  ["no signature in it", "SIG_COUNT", bundle(to(SIGNATURES, []))],
  ["no list of signatures", "SIG_BUNDLE_SHAPE", bundle(put(SIGNATURES, () => undefined))],
  ["an embedded certificate", "SIG_BUNDLE_SHAPE", bundle(to([...MATERIAL, "certificate"], { rawBytes: "AAAA" }))],
  ["a certificate in the key's place", "SIG_BUNDLE_SHAPE", bundle(to(MATERIAL, { certificate: { rawBytes: "AAAA" } }))],
  ["a fake log entry", "SIG_BUNDLE_SHAPE", bundle(to([...MATERIAL, "tlogEntries"], [{ logIndex: "1" }]))],
  [
    "a timestamp",
    "SIG_BUNDLE_SHAPE",
    bundle(to([...MATERIAL, "timestampVerificationData"], { rfc3161Timestamps: [{ signedTimestamp: "AAAA" }] })),
  ],
  [
    "a messageSignature",
    "SIG_BUNDLE_SHAPE",
    bundle(
      put(ENVELOPE, () => undefined),
      to(["messageSignature"], { signature: "AAAA" }),
    ),
  ],
  ["an unknown field whose name steers a terminal", "SIG_BUNDLE_SHAPE", bundle(to(["\u001b[2J\u202e"], 1))],
  ["an unknown field with a name without end", "SIG_BUNDLE_SHAPE", bundle(to(["x".repeat(60_000)], 1))],
  ["an unknown field", "SIG_BUNDLE_SHAPE", bundle(to(["extra"], 1))],
  [
    "junk in base64",
    "SIG_BUNDLE_SHAPE",
    bundle(put(SIG, (sig) => `${textOf(sig).slice(0, 10)}\n${textOf(sig).slice(10)}`)),
  ],
  ["base64 with spare bits", "SIG_BUNDLE_SHAPE", bundle(put(SIG, (sig) => textOf(sig).replace(/.==$/, "R==")))],
  ["base64url", "SIG_BUNDLE_SHAPE", bundle(to(SIG, "_-8="))],
  ["an empty payload", "SIG_BUNDLE_SHAPE", bundle(to([...ENVELOPE, "payload"], ""))],
  ["no hint", "SIG_BUNDLE_SHAPE", bundle(to([...MATERIAL, "publicKey"], {}))],
  ["a list in its place", "SIG_BUNDLE_SHAPE", bundle(() => [])],
  ["no JSON", "SIG_BUNDLE_SHAPE", allBytes(() => "signed, alice")],
  ["no UTF-8", "SIG_BUNDLE_SHAPE", { bundles: (all) => all.map((one) => ({ ...one, bytes: Buffer.from([0xff]) })) }],
  [
    "a JSON key twice",
    "SIG_BUNDLE_SHAPE",
    {
      bundles: (all) =>
        all.map((one) => ({ ...one, bytes: Buffer.from(String(one.bytes).replace("{", '{"mediaType":"x",')) })),
    },
  ],
  ["a hint that differs from the keyid", "SIG_HINT_MISMATCH", bundle(to(HINT, ROOT3.keyId))],
  ["a hint __proto__ beside a keyid", "SIG_HINT_MISMATCH", bundle(to(HINT, "__proto__"))],
  ["a fingerprint without a keyid", "SIG_HINT_MISMATCH", bundle(put(KEYID, () => undefined))],
  ["cosign's hint beside a keyid", "SIG_HINT_MISMATCH", bundle(to(HINT, cosignHint(ALICE.spki)))],
  ["another payload type, unsigned", "SIG_PAYLOAD_TYPE", bundle(to([...ENVELOPE, "payloadType"], "text/plain"))],
  ["another payload type, signed", "SIG_PAYLOAD_TYPE", resigned("alice", { type: "text/plain" })],
  ["a hint __proto__", "SIG_UNKNOWN_KEY", bundle(to(HINT, "__proto__"), to(KEYID, "__proto__"))],
  ["a hint constructor without a keyid", "SIG_UNKNOWN_KEY", bundle(to(HINT, "constructor"), to(KEYID, ""))],
  ["a key that the policy does not know", "SIG_UNKNOWN_KEY", { signers: ["root3"] }],
  [
    "a key of a kind to come",
    "SIG_UNKNOWN_KEY",
    bundle(to(HINT, `SPKI256:${"A".repeat(43)}`), to(KEYID, `SPKI256:${"A".repeat(43)}`)),
  ],
  ["a hint that steers a terminal", "SIG_UNKNOWN_KEY", bundle(to(HINT, "\u001b[2J\r\n"), to(KEYID, "\u001b[2J\r\n"))],
  ["a forged hint", "SIG_INVALID", { signers: ["root3"], ...bundle(to(HINT, ALICE.keyId), to(KEYID, ALICE.keyId)) }],
  [
    "a swapped payload",
    "SIG_INVALID",
    bundle(
      put([...ENVELOPE, "payload"], (payload) =>
        Buffer.from(Buffer.from(textOf(payload), "base64").toString().replace("hq/rules", "hq/rulez")).toString(
          "base64",
        ),
      ),
    ),
  ],
  ["a signature of zeros", "SIG_INVALID", bundle(to(SIG, Buffer.alloc(64).toString("base64")))],
  ["a signature cut short", "SIG_INVALID", bundle(to(SIG, "AAAA"))],
  ["r||s instead of DER", "SIG_INVALID", resigned("root2", { raw: true })],
  ["a key of another role", "SIG_NOT_IN_ROLE", { signers: ["carol"] }],
  ["a key of the roots", "SIG_NOT_IN_ROLE", { signers: ["root2"] }],
  ["another predicate type", "SIG_STATEMENT", statement(to(["predicateType"], "urn:example:other"))],
  ["another statement type", "SIG_STATEMENT", statement(to(["_type"], "https://in-toto.io/Statement/v0.1"))],
  ["another predicate", "SIG_STATEMENT", statement(to(["predicate", "sequence"], 2))],
  ["a predicate with one more field", "SIG_STATEMENT", statement(to(["predicate", "extra"], 2))],
  [
    "an extra subject",
    "SIG_STATEMENT",
    statement(put(["subject"], (list) => [...listOf(list), { name: "x", digest: { sha256: "0".repeat(64) } }])),
  ],
  ["a subject less", "SIG_STATEMENT", statement(put(["subject"], (list) => listOf(list).slice(0, -1)))],
  ["a subject with another hash", "SIG_STATEMENT", statement(to(["subject", 0, "digest", "sha256"], "0".repeat(64)))],
  ["another stream in the predicate", "SIG_STATEMENT", statement(to(["predicate", "stream"], "hq/base"))],
  ["other kinds in the predicate", "SIG_STATEMENT", statement(to(["predicate", "kinds"], ["templates"]))],
  ["another number of files", "SIG_STATEMENT", statement(to(["predicate", "files"], 1))],
  ["a policy's predicate type", "SIG_STATEMENT", statement(to(["predicateType"], "urn:sealpost:trust-policy:v1"))],
  ["other sums than the derived", "SIG_STATEMENT", statement(to(["subject", 1, "digest", "sha256"], "0".repeat(64)))],
  ["another digest beside", "SIG_STATEMENT", statement(to(["subject", 0, "digest", "sha512"], "0".repeat(128)))],
  ["subjects in another order", "SIG_STATEMENT", statement(put(["subject"], (list) => listOf(list).toReversed()))],
  ["only the signed two as subjects", "SIG_STATEMENT", statement(put(["subject"], (list) => listOf(list).slice(0, 2)))],
  ["no statement", "SIG_STATEMENT", resigned("alice", { payload: () => "hello" })],
  ["a statement that is a list", "SIG_STATEMENT", resigned("alice", { payload: () => "[]" })],
  [
    "a statement with a key twice",
    "SIG_STATEMENT",
    resigned("alice", { payload: (text) => text.replace("{", '{"_type":"x",') }),
  ],
  [
    "another kit's signature",
    "SIG_OTHER_KIT",
    statement(to(["predicate", "manifest"], "0".repeat(64)), to(["subject", 0, "digest", "sha256"], "0".repeat(64))),
  ],
];

/** Kits of which one bundle does not count, and which then lack a signature. */
export const HOSTILE_BUNDLES: readonly HostileRow[] = ONE_BUNDLE.map(([name, reason, how]) => ({
  name,
  code: "SIG_THRESHOLD",
  how,
  reasons: [reason],
  needs: {},
}));
