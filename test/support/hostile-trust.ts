/**
 * Trust kits whose chain of policies must not be followed.
 * @module
 */
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { KitCode } from "../../src/core/kit-code.ts";
import { policyStatement } from "../../src/core/kit-derive.ts";
import type { TrustPolicy } from "../../src/core/trust.ts";
import { bundleFileName, signStatement } from "../../src/signing/dsse.ts";
import { signerOf } from "../../src/signing/keys.ts";
import type { HostileRow, SiteNeed } from "./hostile-row.ts";
import { forgeKit, type Recipe, testKey, testPolicy, type TestSigner } from "./kit-forge.ts";

const ROOT1 = testKey("root1");
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
export const NEXT = version(2, rootsOf(ROOT1.keyId, ROOT3.keyId));
const ALL: readonly TestSigner[] = ["root1", "root2", "root3"];

export interface Step {
  readonly policy: TrustPolicy;
  readonly signers?: readonly TestSigner[];
  /** Changes the bytes before they are signed. */
  readonly text?: (text: string) => string;
  readonly path?: number;
  /** What is signed instead. */
  readonly statement?: string;
  /** Each signature lies there under a second name too. */
  readonly twice?: true;
}

const asTrustKit = (base: JsonObject): JsonObject => ({
  ...base,
  stream: "hq/trust",
  kinds: ["trust"],
  createdAt: "2026-11-11T00:00:00Z",
});

/** The bytes of a trust kit `hq/trust` that carries these policies. */
export async function trustKit(steps: readonly Step[], recipe: Recipe = {}): Promise<Buffer> {
  const content: Record<string, string | Uint8Array> = {};
  for (const step of steps) {
    const { policy, signers = ALL, text = (same: string) => same, path = policy.version, statement, twice } = step;
    const bytes = text(canonicalJson(policy));
    content[`content/trust/policy.${path}.json`] = bytes;
    for (const name of signers) {
      const key = testKey(name);
      const signed = statement ?? policyStatement(policy.version, sha256Hex(bytes));
      const bundle = await signStatement(signed, signerOf(key));
      content[`content/trust/policy.${path}.sig/${bundleFileName(key.keyId)}`] = bundle;
      if (twice) content[`content/trust/policy.${path}.sig/A-${bundleFileName(key.keyId)}`] = bundle;
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

const STATEMENT = policyStatement(2, sha256Hex(canonicalJson(NEXT)));
const TWO_SUBJECTS = STATEMENT.replace(/"subject":\[(.*)\]\}$/, '"subject":[$1,$1]}');
const KIT_STATEMENT = STATEMENT.replace("urn:sealpost:trust-policy:v1", "urn:sealpost:kit:v1");

/** The policy held has raised a floor already. */
const HIGH: SiteNeed = { upstream: { floors: { "hq/rules": { epoch: 1, sequence: 3 } } } };

const ROWS: readonly (readonly [
  name: string,
  code: KitCode | "OK",
  steps: readonly Step[],
  recipe?: Recipe,
  needs?: SiteNeed,
])[] = [
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
  ["a second subject", "SIG_THRESHOLD", [{ policy: NEXT, statement: TWO_SUBJECTS }]],
  ["a kit's statement", "SIG_THRESHOLD", [{ policy: NEXT, statement: KIT_STATEMENT }]],
  ["one root twice, under two names", "SIG_THRESHOLD", [{ policy: version(2), signers: ["root1"], twice: true }]],
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
  ["a floor lowered by its epoch", "TRUST_FLOOR", one({ floors: { "hq/rules": { epoch: 0, sequence: 1 } } }), {}, HIGH],
  [
    "a floor whose epoch rises and whose sequence falls",
    "OK",
    one({ floors: { "hq/rules": { epoch: 2, sequence: 0 } } }),
    {},
    HIGH,
  ],
  [
    "a role root that nobody can fill",
    "TRUST_POLICY",
    one({ roles: { ...NEXT.roles, root: { keys: [], threshold: 1, distinctOwners: false } } }),
  ],
  [
    "a threshold of none",
    "TRUST_POLICY",
    one({ roles: { ...NEXT.roles, root: { keys: [], threshold: 0, distinctOwners: false } } }),
  ],
  ["a role __proto__", "TRUST_POLICY", bytes((text) => text.replace('"roles":{', '"roles":{"__proto__":{},'))],
  ["an unknown field whose name steers a terminal", "TRUST_POLICY", one(Object.fromEntries([["\u001b[2J\u202e", 1]]))],
  ["a key's name that steers a terminal", "TRUST_POLICY", one(withKey("\u001b[2J\u202e"))],
  ["a missing field", "TRUST_POLICY", bytes((text) => text.replace(',"onExpired":"refuse"', ""))],
  [
    "another word for an expired policy",
    "TRUST_POLICY",
    bytes((text) => text.replace('"onExpired":"refuse"', '"onExpired":"accept"')),
  ],
  ["a byte order mark", "TRUST_POLICY", bytes((text) => `\ufeff${text}`)],
  ["a version of 2^53", "TRUST_POLICY", bytes((text) => text.replace('"version":2', '"version":9007199254740992'))],
  [
    "an unknown kind in a delegation",
    "TRUST_POLICY",
    bytes((text) => text.replace('"kinds":["rules"]', '"kinds":["viruses"]')),
  ],
  [
    "a floor of a stream that is none",
    "TRUST_POLICY",
    one({ floors: { ...NEXT.floors, hq: { epoch: 0, sequence: 1 } } }),
  ],
  [
    "an audience that is another site",
    "KIT_AUDIENCE",
    [{ policy: NEXT }],
    { manifest: (base) => ({ ...asTrustKit(base), audience: ["site:ship-08"] }) },
  ],
  [
    "an expired kit",
    "KIT_EXPIRED",
    [{ policy: NEXT }],
    { manifest: (base) => ({ ...asTrustKit(base), expiresAt: "2026-11-19T00:00:00Z" }) },
  ],
  [
    "rules beside the policy",
    "KIT_MANIFEST",
    [{ policy: NEXT }],
    { manifest: (base) => ({ ...asTrustKit(base), kinds: ["rules", "trust"] }) },
  ],
  [
    "a policy under a number of its own form",
    "KIT_MANIFEST",
    [{ policy: NEXT }],
    { rows: (rows) => rows.map((row) => ({ ...row, path: row.path.replace("policy.2", "policy.02") })) },
  ],
  ["a site without an upstream policy", "KIT_NOT_DELEGATED", [{ policy: NEXT }], {}, { upstream: "none" }],
];

/** A row of this table; `version` is the policy's at the end, where it is accepted. */
export interface TrustRow extends HostileRow {
  readonly version: number;
}

/** Trust kits that must be refused, and what they must not be confused with. */
export const HOSTILE_TRUST: readonly TrustRow[] = ROWS.map(([name, code, steps, recipe, needs = {}]) => ({
  name,
  code,
  how: () => trustKit(steps, recipe),
  needs,
  version: steps.reduce((last, { policy }) => Math.max(last, policy.version), 1),
}));
