import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { policyStatement } from "../../src/core/kit-derive.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { localPolicy, type TrustPolicy } from "../../src/core/trust.ts";
import { bundleFileName, signStatement } from "../../src/signing/dsse.ts";
import { signerOf } from "../../src/signing/keys.ts";
import {
  codeOf,
  forgeKit,
  type Recipe,
  testKey,
  testPolicy,
  testSite,
  type TestSigner,
  verdictOn,
} from "../support/kit-forge.ts";

const ROOT1 = testKey("root1");
const ROOT2 = testKey("root2");
const ROOT3 = testKey("root3");
const ROOT = { threshold: 2, distinctOwners: true };

/** Version `n`, made like version 1 but for `change`; root3 is known from version 2 on. */
function version(n: number, change: Partial<TrustPolicy> = {}): TrustPolicy {
  const one = testPolicy();
  const root3 = {
    alg: ROOT3.algorithm,
    owner: "root-three",
    notBefore: "2026-01-01T00:00:00Z",
    notAfter: null,
    spki: Buffer.from(ROOT3.spki).toString("base64"),
  };
  return {
    ...one,
    version: n,
    createdAt: "2026-11-10T00:00:00Z",
    keys: { ...one.keys, [ROOT3.keyId]: root3 },
    ...change,
  };
}

const rootsOf = (...keys: string[]): Partial<TrustPolicy> => ({
  roles: { ...testPolicy().roles, root: { ...ROOT, keys } },
});
/** root2 is replaced by root3. */
const NEXT = version(2, rootsOf(ROOT1.keyId, ROOT3.keyId));
const ALL: readonly TestSigner[] = ["root1", "root2", "root3"];

interface Step {
  readonly policy: TrustPolicy;
  readonly signers?: readonly TestSigner[];
  /** Changes the bytes before they are signed. */
  readonly text?: (text: string) => string;
  readonly path?: number;
  /** What is signed instead. */
  readonly statement?: string;
}

const asTrustKit = (base: JsonObject): JsonObject => ({
  ...base,
  stream: "hq/trust",
  kinds: ["trust"],
  createdAt: "2026-11-11T00:00:00Z",
});

async function trustKit(steps: readonly Step[], recipe: Recipe = {}): Promise<Buffer> {
  const content: Record<string, string | Uint8Array> = {};
  for (const { policy, signers = ALL, text = (same: string) => same, path = policy.version, statement } of steps) {
    const bytes = text(canonicalJson(policy));
    content[`content/trust/policy.${path}.json`] = bytes;
    for (const name of signers) {
      const key = testKey(name);
      const signed = statement ?? policyStatement(policy.version, sha256Hex(bytes));
      content[`content/trust/policy.${path}.sig/${bundleFileName(key.keyId)}`] = await signStatement(
        signed,
        signerOf(key),
      );
    }
  }
  const sorted = Object.fromEntries(Object.entries(content).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  return forgeKit({ content: sorted, manifest: asTrustKit, signers: ["root1", "root2"], ...recipe });
}

const withKey = (id: string): Partial<TrustPolicy> => {
  const { [ROOT1.keyId]: first, ...others } = NEXT.keys;
  return first === undefined ? {} : { keys: { ...others, [id]: first } };
};
const one = (change: Partial<TrustPolicy>): readonly Step[] => [{ policy: { ...NEXT, ...change } }];
const bytes = (text: (text: string) => string): readonly Step[] => [{ policy: NEXT, text }];

const ROWS: readonly (readonly [name: string, code: string, steps: readonly Step[], recipe?: Recipe])[] = [
  ["a root replaced", "OK", [{ policy: NEXT }]],
  ["signed by just enough", "OK", [{ policy: version(2), signers: ["root1", "root2"] }]],
  ["nothing new", "OK", [{ policy: testPolicy(), signers: [] }]],
  ["no policy at all", "OK", []],
  ["a chain of two", "OK", [{ policy: NEXT }, { policy: { ...NEXT, version: 3 }, signers: ["root1", "root3"] }]],
  ["a chain with an older one", "OK", [{ policy: testPolicy(), signers: [] }, { policy: NEXT }]],
  ["the kit signed by one root", "SIG_THRESHOLD", [{ policy: NEXT }], { signers: ["root1"] }],
  ["the kit signed by others", "SIG_THRESHOLD", [{ policy: NEXT }], { signers: ["alice", "bob", "carol"] }],
  ["the policy signed by one root", "SIG_THRESHOLD", [{ policy: NEXT, signers: ["root1"] }]],
  ["not signed by the old roots", "SIG_THRESHOLD", [{ policy: NEXT, signers: ["root1", "root3"] }]],
  ["not signed by the new roots", "SIG_THRESHOLD", [{ policy: NEXT, signers: ["root1", "root2"] }]],
  ["signed by people who are no roots", "SIG_THRESHOLD", [{ policy: NEXT, signers: ["alice", "bob", "carol"] }]],
  ["signed by nobody", "SIG_THRESHOLD", [{ policy: NEXT, signers: [] }]],
  ["signatures of another policy", "SIG_THRESHOLD", [{ policy: NEXT, statement: policyStatement(2, "0".repeat(64)) }]],
  [
    "signatures of another version",
    "SIG_THRESHOLD",
    [{ policy: NEXT, statement: policyStatement(3, sha256Hex(canonicalJson(NEXT))) }],
  ],
  [
    "a subject of another name",
    "OK",
    [{ policy: NEXT, statement: policyStatement(2, sha256Hex(canonicalJson(NEXT)), "trust/policy.json") }],
  ],
  [
    "a second link that only the first roots signed",
    "SIG_THRESHOLD",
    [{ policy: NEXT }, { policy: { ...NEXT, version: 3 }, signers: ["root1", "root2"] }],
  ],
  ["a version left out", "TRUST_VERSION", [{ policy: version(3) }]],
  ["a version left out inside", "TRUST_VERSION", [{ policy: NEXT }, { policy: { ...NEXT, version: 4 } }]],
  ["a version that its file denies", "TRUST_VERSION", [{ policy: version(3), path: 2 }]],
  ["a floor lowered", "TRUST_FLOOR", one({ floors: { "hq/rules": { epoch: 0, sequence: 0 } } })],
  ["a floor left out", "TRUST_FLOOR", one({ floors: {} })],
  [
    "a floor raised",
    "OK",
    one({ floors: { "hq/rules": { epoch: 1, sequence: 0 }, "hq/base": { epoch: 0, sequence: 4 } } }),
  ],
  ["expired at the end of the chain", "TRUST_EXPIRED", one({ expiresAt: "2026-11-20T11:59:59Z" })],
  [
    "expired on the way only",
    "OK",
    [{ policy: { ...NEXT, expiresAt: "2026-11-20T11:59:59Z" } }, { policy: { ...NEXT, version: 3 } }],
  ],
  ["without an end", "OK", one({ expiresAt: null })],
  [
    "a threshold that keys cannot reach",
    "TRUST_POLICY",
    one({ roles: { ...NEXT.roles, rules: { keys: [ROOT1.keyId], threshold: 2, distinctOwners: false } } }),
  ],
  [
    "a threshold that owners cannot reach",
    "TRUST_POLICY",
    one({
      roles: {
        ...NEXT.roles,
        base: { keys: [testKey("bob").keyId, testKey("bob2").keyId], threshold: 2, distinctOwners: true },
      },
    }),
  ],
  [
    "no root role",
    "TRUST_POLICY",
    one({ roles: { rules: { keys: [ROOT1.keyId], threshold: 1, distinctOwners: false } }, delegations: [] }),
  ],
  ["a role with an unknown key", "TRUST_POLICY", one(rootsOf(ROOT1.keyId, "SHA256:x"))],
  ["a role with a key twice", "TRUST_POLICY", one(rootsOf(ROOT1.keyId, ROOT1.keyId))],
  [
    "a delegation to an unknown role",
    "TRUST_POLICY",
    one({ delegations: [{ stream: "hq/*", kinds: [], tenants: ["*"], role: "constructor" }] }),
  ],
  ["a key id that is not the key", "TRUST_POLICY", one(withKey(testKey("alice").keyId))],
  [
    "a key of another algorithm",
    "TRUST_POLICY",
    bytes((text) => text.replace('"alg":"ed25519"', '"alg":"ecdsa-p256"')),
  ],
  ["a key that is no point of the curve", "TRUST_POLICY", bytes((text) => text.replace("EaN/n8DhP", "EaN/n8DhQ"))],
  [
    "a key with junk in its base64",
    "TRUST_POLICY",
    bytes((text) => text.replace("MCowBQYDK2VwAyEA", "MCowBQYDK2VwAyE A")),
  ],
  ["an unknown field", "TRUST_POLICY", bytes((text) => text.replace("{", '{"a":1,'))],
  ["an impossible date", "TRUST_POLICY", bytes((text) => text.replaceAll("2031-01-01", "2031-02-29"))],
  ["a pattern over everything", "TRUST_POLICY", bytes((text) => text.replace('"stream":"hq/rules"', '"stream":"*"'))],
  ["not canonical", "TRUST_POLICY", bytes((text) => `${text}\n`)],
  ["a key twice in the JSON", "TRUST_POLICY", bytes((text) => text.replace("{", '{"version":9,'))],
  ["no JSON", "TRUST_POLICY", bytes(() => "policy")],
  ["another schema", "TRUST_POLICY", bytes((text) => text.replace("trust-policy/v1", "trust-policy/v2"))],
  [
    "on the site's own stream",
    "KIT_NOT_DELEGATED",
    [{ policy: NEXT }],
    { manifest: (base) => ({ ...base, stream: "ship-07/trust", kinds: ["trust"] }) },
  ],
];

describe("a trust kit", () => {
  test.each(ROWS.map(([name, code, steps, recipe]) => ({ name, code, steps, recipe })))(
    "$name: $code",
    async ({ code, steps, recipe }) => {
      const local = localPolicy({ site: "ship-07", spki: testKey("alice").spki, createdAt: "2026-10-01T00:00:00Z" });
      const verdict = await verdictOn(
        await trustKit(steps, recipe),
        testSite({ policies: { local, upstream: testPolicy() } }),
      );
      expect(codeOf(verdict), verdict.ok ? "" : verdict.message).toBe(code);
      if (verdict.ok)
        expect(verdict.upstream?.version).toBe(steps.reduce((last, { policy }) => Math.max(last, policy.version), 1));
    },
  );

  test("is judged even where the policy held has expired", async () => {
    const site = testSite({ policies: { upstream: testPolicy(() => ({ expiresAt: "2026-11-12T00:00:00Z" })) } });
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
    expect(ROOT2.keyId).not.toBe(ROOT3.keyId);
  });
});
