import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { cosignHint } from "../../src/core/key-id.ts";
import { followChain } from "../../src/core/trust-chain.ts";
import { policyBytes, policyFingerprint, type TrustPolicy } from "../../src/core/trust.ts";
import { proposePolicy } from "../../src/core/trust-edit.ts";
import { bundleFileName, checkBundle, signStatement } from "../../src/signing/dsse.ts";
import { signerOf } from "../../src/signing/keys.ts";
import {
  attachPolicyBundle,
  type PolicyFile,
  policyBundles,
  policySignatures,
  readPolicyFile,
  signatureFolder,
  signPolicy,
  statementOfPolicy,
} from "../../src/signing/policy-sign.ts";
import { temporaryFolder } from "../support/folder.ts";
import { listOf, objectOf, testKey, testPolicy, type TestSigner } from "../support/kit-forge.ts";

const HELD = testPolicy();
const id = (name: TestSigner): string => testKey(name).keyId;
const signer = (name: TestSigner): ReturnType<typeof signerOf> => signerOf(testKey(name));

/** Version 2: root3 in the place of root2. */
function rotation(change: Partial<TrustPolicy> = {}): PolicyFile {
  const next = proposePolicy(HELD, {
    createdAt: "2026-11-10T00:00:00Z",
    addKeys: [{ spki: testKey("root3").spki, owner: "root-three" }],
    roles: { root: { who: ["root-one", "root-three"] } },
  });
  const file = join(temporaryFolder(), "policy.2.json");
  writeFileSync(file, policyBytes({ ...next, ...change }));
  return readPolicyFile(file);
}

const fileOf = (name: TestSigner): string => bundleFileName(id(name));

describe("a policy's file", () => {
  test("is read with its fingerprint, and refused where it is no policy", () => {
    const { bytes, policy, fingerprint, file } = rotation();
    expect(policy.version).toBe(2);
    expect(fingerprint).toBe(policyFingerprint(bytes));
    writeFileSync(file, Buffer.concat([bytes, Buffer.from("\n")]));
    expect(() => readPolicyFile(file)).toThrow(expect.objectContaining({ code: "TRUST_POLICY" }));
    expect(() => readPolicyFile(`${file}.none`)).toThrow("ENOENT");
  });

  test("has its signatures beside it", () => {
    expect(signatureFolder("a/policy.2.json")).toBe("a/policy.2.sig");
    expect(signatureFolder("a/policy")).toBe("a/policy.sig");
    expect(policyBundles("/no/such/policy.json")).toEqual([]);
  });
});

describe("signatures of roots", () => {
  test("lie beside the policy, one a root, and make the chain that a site follows", async () => {
    const next = rotation();
    for (const name of ["root1", "root2", "root3"] as const)
      expect(await signPolicy(next, { signer: signer(name), held: HELD })).toBe(
        join(signatureFolder(next.file), fileOf(name)),
      );
    const { bundles, roots, isComplete } = policySignatures(next, HELD);
    expect(isComplete).toBe(true);
    expect(roots).toEqual([
      { version: 1, met: true, have: 2, need: 2, distinctOwners: true, missing: [] },
      { version: 2, met: true, have: 2, need: 2, distinctOwners: true, missing: [] },
    ]);
    const told = bundles.map(({ owner, verdicts }) => [owner, ...verdicts.map(({ code = "counts" }) => code)]);
    expect(told).toEqual([
      ["root-one", "counts", "counts"],
      ["root-two", "counts", "SIG_NOT_IN_ROLE"],
      ["root-three", "SIG_UNKNOWN_KEY", "counts"],
    ]);
    const files = policyBundles(next.file).map(({ path, bytes }) => ({
      path: `content/trust/policy.2.sig/${path}`,
      bytes,
    }));
    const chain = followChain(HELD, [{ path: "content/trust/policy.2.json", bytes: next.bytes }, ...files], {
      check: (some, policy) => some.map(({ path, bytes }) => checkBundle(path, bytes, policy)),
      instant: Date.UTC(2026, 10, 20),
    });
    expect(chain).toEqual(next.policy);
  });

  test("are counted for the roots of both, and the missing are named", async () => {
    const next = rotation();
    await signPolicy(next, { signer: signer("root1"), held: HELD });
    const { roots, isComplete } = policySignatures(next, HELD);
    expect(isComplete).toBe(false);
    expect(roots.map(({ version, have, need, missing }) => [version, have, need, missing])).toEqual([
      [1, 1, 2, [{ keyId: id("root2"), owner: "root-two" }]],
      [2, 1, 2, [{ keyId: id("root3"), owner: "root-three" }]],
    ]);
  });

  test("of a root who signs again take the place of the first", async () => {
    const next = rotation();
    for (let times = 0; times < 2; times++) await signPolicy(next, { signer: signer("root2"), held: HELD });
    expect(readdirSync(signatureFolder(next.file))).toEqual([fileOf("root2")]);
    expect(policySignatures(next, HELD).bundles.map(({ counts }) => counts)).toEqual([true]);
  });

  test("name nobody as missing who could not sign, or whose owner has", async () => {
    const roles = {
      ...HELD.roles,
      root: { keys: [id("alice"), id("bob"), id("bob2")], threshold: 2, distinctOwners: true },
    };
    const keys = Object.fromEntries(
      Object.entries(HELD.keys).map(([name, key]) => [
        name,
        name === id("alice") ? { ...key, notAfter: "2026-02-01T00:00:00Z" } : key,
      ]),
    );
    const next = rotation({ version: 1, roles, keys });
    await signPolicy(next, { signer: signer("bob") });
    expect(policySignatures(next).roots).toEqual([
      { version: 1, met: false, have: 1, need: 2, distinctOwners: true, missing: [] },
    ]);
  });

  test("of a first policy count for its own roots only", async () => {
    const next = rotation({ ...HELD });
    expect(policySignatures(next).isComplete).toBe(false);
    for (const name of ["root1", "root2"] as const) await signPolicy(next, { signer: signer(name) });
    expect(policySignatures(next)).toMatchObject({ isComplete: true, roots: [{ version: 1, met: true }] });
  });

  test("are not enough while the policy before is not known", async () => {
    const next = rotation();
    for (const name of ["root1", "root3"] as const) await signPolicy(next, { signer: signer(name) });
    expect(policySignatures(next)).toMatchObject({ isComplete: false, roots: [{ version: 2, met: true }] });
  });

  test("that came to harm are told, never counted, never fatal", async () => {
    const next = rotation();
    const folder = signatureFolder(next.file);
    await signPolicy(next, { signer: signer("root1"), held: HELD });
    const other = await signStatement(statementOfPolicy(rotation({ maxSequenceJump: 3 })), signer("root2"));
    writeFileSync(join(folder, "other.sigstore.json"), other);
    writeFileSync(join(folder, "torn.sigstore.json"), "{");
    writeFileSync(join(folder, "notes.txt"), "not a bundle");
    mkdirSync(join(folder, "folder.sigstore.json"));
    const { bundles, roots } = policySignatures(next, HELD);
    expect(bundles.map(({ name, counts, verdicts }) => [name, counts, verdicts[0]?.code])).toEqual([
      [fileOf("root1"), true, undefined],
      ["other.sigstore.json", false, "SIG_OTHER_KIT"],
      ["torn.sigstore.json", false, "SIG_BUNDLE_SHAPE"],
    ]);
    expect(bundles[2]).not.toHaveProperty("keyId");
    expect(roots.map(({ have }) => have)).toEqual([1, 1]);
  });

  test.each<[name: TestSigner, says: string]>([
    ["alice", "The key is known, but not in the role that must sign this."],
    ["bob", "The key is known, but not in the role that must sign this."],
  ])("of others are refused before they are written: %s", async (name, says) => {
    const next = rotation();
    const signing = signPolicy(next, { signer: signer(name), held: HELD });
    await expect(signing).rejects.toMatchObject({ name: "SigningError", code: "bad-key" });
    await expect(signing).rejects.toThrow(says);
    expect(existsSync(signatureFolder(next.file))).toBe(false);
  });

  test.each<[name: string, change: Partial<TrustPolicy>, code: string]>([
    ["a version too far", { version: 3 }, "TRUST_VERSION"],
    ["a floor lowered", { floors: { "hq/rules": { epoch: 0, sequence: 0 } } }, "TRUST_FLOOR"],
    ["a floor left out", { floors: {} }, "TRUST_FLOOR"],
  ])("are not made for what no site could take: %s", async (_name, change, code) => {
    const next = rotation(change);
    await expect(signPolicy(next, { signer: signer("root1"), held: HELD })).rejects.toMatchObject({ code });
    expect(() => policySignatures(next, HELD)).toThrow(expect.objectContaining({ code }));
  });
});

/** As cosign writes it: hint is the SPKI's hash, no keyid, JSON in another form. */
async function foreign(next: PolicyFile, name: TestSigner): Promise<Uint8Array> {
  const own: JsonObject = JSON.parse(
    Buffer.from(await signStatement(statementOfPolicy(next), signer(name))).toString(),
  );
  const envelope = objectOf(own["dsseEnvelope"]);
  const [signature] = listOf(envelope["signatures"]);
  const bundle = {
    ...own,
    verificationMaterial: { publicKey: { hint: cosignHint(testKey(name).spki) } },
    dsseEnvelope: { ...envelope, signatures: [{ sig: objectOf(signature)["sig"] ?? "" }] },
  };
  return Buffer.from(JSON.stringify(bundle, undefined, 2));
}

describe("a bundle made elsewhere", () => {
  test("is put beside the policy in canonical form, under the name of its key", async () => {
    const next = rotation();
    const path = attachPolicyBundle(next, { bytes: await foreign(next, "root2"), held: HELD });
    expect(path).toBe(join(signatureFolder(next.file), fileOf("root2")));
    const text = readFileSync(path, "utf8");
    const value: JsonObject = JSON.parse(text);
    expect(text).toBe(canonicalJson(value));
    expect(policySignatures(next, HELD).bundles).toMatchObject([
      { owner: "root-two", keyId: id("root2"), counts: true },
    ]);
  });

  test("that would not count is refused, and nothing written", async () => {
    const next = rotation();
    const bytes = await foreign(rotation({ maxSequenceJump: 3 }), "root1");
    expect(() => attachPolicyBundle(next, { bytes, held: HELD })).toThrow(
      "The signature is good, but for another kit or policy.",
    );
    expect(() => attachPolicyBundle(next, { bytes: Buffer.from("x"), held: HELD })).toThrow(
      expect.objectContaining({ code: "bad-key" }),
    );
    expect(existsSync(signatureFolder(next.file))).toBe(false);
  });
});
