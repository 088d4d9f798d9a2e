import { sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { cosignHint } from "../../src/core/key-id.ts";
import type { TrustPolicy } from "../../src/core/trust.ts";
import { bundlePath, preAuthEncoding } from "../../src/signing/dsse.ts";
import {
  codeOf,
  forgeKit,
  type Recipe,
  testKey,
  testPolicy,
  testSite,
  type TestSigner,
  listOf,
  objectOf,
  textOf,
  verdictOn,
} from "../support/kit-forge.ts";

type Change = (json: Json) => Json;

/** Changes a value inside JSON by its path; undefined removes it. */
function put(path: readonly (string | number)[], value: (before: Json | undefined) => Json | undefined): Change {
  const [head, ...rest] = path;
  return (json) => {
    if (head === undefined) return value(json) ?? null;
    if (Array.isArray(json)) return json.map((item: Json, at) => (at === head ? put(rest, value)(item) : item));
    const object = isJsonObject(json) ? json : {};
    const after = rest.length > 0 ? put(rest, value)(object[head] ?? {}) : value(object[head]);
    const others = Object.entries(object).filter(([key]) => key !== head);
    return Object.fromEntries(after === undefined ? others : [...others, [head, after]]);
  };
}

const to = (path: readonly (string | number)[], value: Json): Change => put(path, () => value);
const bundle = (...changes: readonly Change[]): Recipe => ({
  bundle: (json) => changes.reduce<Json>((value, change) => change(value), json),
});
const statement = (...changes: readonly Change[]): Recipe => ({
  statement: (json) => {
    const changed = changes.reduce<Json>((value, change) => change(value), json);
    return isJsonObject(changed) ? changed : {};
  },
});
const ENVELOPE = ["dsseEnvelope"];
const SIGNATURES = ["dsseEnvelope", "signatures"];
const KEYID = [...SIGNATURES, 0, "keyid"];
const SIG = [...SIGNATURES, 0, "sig"];
const MATERIAL = ["verificationMaterial"];
const HINT = [...MATERIAL, "publicKey", "hint"];
const twice = (list: Json | undefined): Json => [...listOf(list), ...listOf(list)];
const ALICE = testKey("alice");
const ROOT3 = testKey("root3");

/** Signs again with the same key: another type, another payload, or r||s instead of DER. */
function resigned(name: TestSigner, how: { type?: string; payload?: (text: string) => string; raw?: true }): Recipe {
  const key = testKey(name);
  const again = (envelope: Json | undefined): Json => {
    const old = objectOf(envelope);
    const text = Buffer.from(textOf(old["payload"]), "base64").toString();
    const payload = Buffer.from(how.payload?.(text) ?? text);
    const data = preAuthEncoding(payload, how.type);
    const dsaEncoding = how.raw === true ? "ieee-p1363" : "der";
    const sig = sign(key.algorithm === "ed25519" ? null : "sha256", data, { key: key.privateKey, dsaEncoding });
    const type = how.type === undefined ? {} : { payloadType: how.type };
    return {
      ...old,
      ...type,
      payload: payload.toString("base64"),
      signatures: [{ keyid: key.keyId, sig: sig.toString("base64") }],
    };
  };
  return { signers: [name], ...bundle(put(ENVELOPE, again)) };
}

/** One bundle, one fault, one reason; the kit then has too few signatures. */
const ONE_BUNDLE: readonly (readonly [name: string, reason: string, recipe: Recipe])[] = [
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
  [
    "no JSON",
    "SIG_BUNDLE_SHAPE",
    { bundles: (all) => all.map((one) => ({ ...one, bytes: Buffer.from("signed, alice") })) },
  ],
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

describe("a kit whose only signature is bad", () => {
  test.each(ONE_BUNDLE.map(([name, reason, recipe]) => ({ name, reason, recipe })))(
    "$name: $reason",
    async ({ reason, recipe }) => {
      const verdict = await verdictOn(await forgeKit(recipe));
      expect(codeOf(verdict)).toBe("SIG_THRESHOLD");
      expect(verdict.bundles.map(({ counts, code }) => [counts, code])).toEqual([[false, reason]]);
      expect(!verdict.ok && verdict.reasons.map(({ code }) => code)).toEqual([reason]);
    },
  );
});

const VALID_UNTIL_OCTOBER = { notAfter: "2026-10-31T23:59:59Z" };
const revoked = (at: string, keepBefore: boolean) => () => ({
  revoked: { [ALICE.keyId]: { at, reason: "lost", keepBefore } },
});
const aliceKey = (change: Partial<TrustPolicy["keys"][string]>) => (policy: TrustPolicy) => {
  const key = policy.keys[ALICE.keyId];
  return key === undefined ? {} : { keys: { ...policy.keys, [ALICE.keyId]: { ...key, ...change } } };
};

describe("a key counts only while it is valid, by the time at which the kit was made (2026-11-01T08:00:00Z)", () => {
  test.each<{ name: string; change: (policy: TrustPolicy) => Partial<TrustPolicy>; code: string }>([
    { name: "expired before", change: aliceKey(VALID_UNTIL_OCTOBER), code: "SIG_THRESHOLD" },
    { name: "expired in that second", change: aliceKey({ notAfter: "2026-11-01T08:00:00Z" }), code: "OK" },
    { name: "without an end", change: aliceKey({ notAfter: null }), code: "OK" },
    { name: "valid from that second", change: aliceKey({ notBefore: "2026-11-01T08:00:00Z" }), code: "OK" },
    {
      name: "valid from the next second",
      change: aliceKey({ notBefore: "2026-11-01T08:00:01Z" }),
      code: "SIG_THRESHOLD",
    },
    { name: "revoked later", change: revoked("2026-11-10T00:00:00Z", false), code: "SIG_THRESHOLD" },
    { name: "revoked later, kept before", change: revoked("2026-11-10T00:00:00Z", true), code: "OK" },
    {
      name: "revoked in that second, kept before",
      change: revoked("2026-11-01T08:00:00Z", true),
      code: "SIG_THRESHOLD",
    },
  ])("$name: $code", async ({ change, code }) => {
    const verdict = await verdictOn(await forgeKit(), testSite({ policies: { upstream: testPolicy(change) } }));
    expect(codeOf(verdict)).toBe(code);
    expect(verdict.bundles.map((one) => one.code)).toEqual([code === "OK" ? undefined : "SIG_KEY_NOT_VALID"]);
  });
});

const BASE: Recipe = { manifest: (manifest: JsonObject) => ({ ...manifest, stream: "hq/base" }) };

/** How often each one occurs. */
function countOf(list: readonly (string | undefined)[]): Record<string, number> {
  return Object.fromEntries(list.map((one) => [one ?? "counts", list.filter((other) => other === one).length]));
}

describe("a role that asks for two owners", () => {
  test.each<{ name: string; recipe: Recipe; code: string; codes: (string | undefined)[] }>([
    { name: "no signature", recipe: { signers: [] }, code: "SIG_NONE", codes: [] },
    { name: "one owner", recipe: { signers: ["carol"] }, code: "SIG_THRESHOLD", codes: [undefined] },
    {
      name: "two keys of one owner",
      recipe: { signers: ["bob", "bob2"] },
      code: "SIG_THRESHOLD",
      codes: [undefined, undefined],
    },
    { name: "two owners", recipe: { signers: ["bob", "carol"] }, code: "OK", codes: [undefined, undefined] },
    {
      name: "all keys",
      recipe: { signers: ["bob", "bob2", "carol"] },
      code: "OK",
      codes: [undefined, undefined, undefined],
    },
    {
      name: "one key twice",
      recipe: {
        signers: ["carol"],
        bundles: ([one]) => (one === undefined ? [] : [{ ...one, name: "attestations/A.sigstore.json" }, one]),
      },
      code: "SIG_THRESHOLD",
      codes: [undefined, "SIG_DUPLICATE"],
    },
    {
      name: "two owners beside a bad and a foreign bundle",
      recipe: {
        signers: ["alice", "bob", "carol"],
        bundles: (all) => [{ name: "attestations/A.sigstore.json", bytes: Buffer.from("junk") }, ...all],
      },
      code: "OK",
      codes: ["SIG_BUNDLE_SHAPE", "SIG_NOT_IN_ROLE", undefined, undefined],
    },
  ])("$name: $code", async ({ recipe, code, codes }) => {
    const verdict = await verdictOn(await forgeKit({ ...BASE, ...recipe }));
    expect(codeOf(verdict)).toBe(code);
    expect(countOf(verdict.bundles.map((one) => one.code))).toEqual(countOf(codes));
  });
});

describe("a signature made by others' tools counts", () => {
  test.each<{ name: string; recipe: Recipe }>([
    { name: "cosign's hint, keyid empty", recipe: bundle(to(HINT, cosignHint(ALICE.spki)), to(KEYID, "")) },
    {
      name: "cosign's hint, no keyid",
      recipe: bundle(
        to(HINT, cosignHint(ALICE.spki)),
        put(KEYID, () => undefined),
      ),
    },
    {
      name: "no timestamp data, an empty log",
      recipe: bundle(
        put([...MATERIAL, "timestampVerificationData"], () => undefined),
        to([...MATERIAL, "tlogEntries"], []),
      ),
    },
    {
      name: "a statement in another form",
      recipe: resigned("alice", { payload: (text) => JSON.stringify(JSON.parse(text), null, 2) }),
    },
    {
      name: "a bundle in another form",
      recipe: {
        bundles: (all) =>
          all.map((one) => ({ ...one, bytes: Buffer.from(JSON.stringify(JSON.parse(String(one.bytes)), null, 2)) })),
      },
    },
    {
      name: "a file name of its own",
      recipe: { bundles: (all) => all.map((one) => ({ ...one, name: "attestations/alice.sigstore.json" })) },
    },
  ])("$name", async ({ recipe }) => {
    const verdict = await verdictOn(await forgeKit(recipe));
    expect(verdict.bundles).toEqual([expect.objectContaining({ counts: true, keyId: ALICE.keyId, owner: "alice" })]);
    expect(codeOf(verdict)).toBe("OK");
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
