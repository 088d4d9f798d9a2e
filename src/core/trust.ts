/**
 * Trust policies: which keys, in which roles, may sign which streams. A site holds a local and at most one upstream.
 * @module
 */
import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import { sha256Base64 } from "./hash.ts";
import { algorithmOf, KEY_ALGORITHMS, keyIdOf, strictBase64 } from "./key-id.ts";
import { CONTENT_KINDS, issueText, KIT_KINDS, KitId, KitInstant, type Manifest, StreamName } from "./kit.ts";
import { KitError, quoted } from "./kit-code.ts";
import { issuerOf, type Policies } from "./kit-site.ts";
import { decodeUtf8, parseStrictJson } from "./strict-json.ts";

export const POLICY_SCHEMA = "trust-policy/v1";
const MAX_DEPTH = 32;
const NOT_CANONICAL =
  "not in canonical form: bytes were added or changed on the way (editor, mail); fetch the file again";
const Name = z.string().min(1).max(200);
const Keys = z.record(
  Name,
  z.strictObject({
    spki: z.string().max(4096),
    alg: z.enum(KEY_ALGORITHMS),
    owner: Name,
    notBefore: KitInstant,
    notAfter: KitInstant.nullable(),
  }),
);
const Role = z.strictObject({ keys: z.array(Name), threshold: z.int().min(1), distinctOwners: z.boolean() });
export type Role = z.infer<typeof Role>;
/** A stream, or `prefix/*`. */
export const StreamPattern = z.union([
  StreamName,
  z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}(?:\/[a-z0-9][a-z0-9-]{0,62}){0,2}\/\*$/),
]);
const Delegation = z.strictObject({
  stream: StreamPattern,
  kinds: z.array(z.enum(KIT_KINDS)),
  tenants: z.array(z.union([z.literal("*"), KitId])),
  role: Name,
});
/** A row of the policy: which role may sign a stream (exact, or `prefix/*`), with which kinds and tenants. */
export type Delegation = z.infer<typeof Delegation>;
const Floor = z.strictObject({ epoch: z.int().min(0), sequence: z.int().min(0) });
export type Floor = Readonly<z.infer<typeof Floor>>;

const Policy = z.strictObject({
  schema: z.literal(POLICY_SCHEMA),
  version: z.int().min(1),
  createdAt: KitInstant,
  expiresAt: KitInstant.nullable(),
  keys: Keys,
  roles: z.record(Name, Role),
  delegations: z.array(Delegation),
  revoked: z.record(Name, z.strictObject({ at: KitInstant, reason: z.string().max(2000), keepBefore: z.boolean() })),
  floors: z.record(StreamName, Floor),
  maxSequenceJump: z.int().min(1),
  maxClockSkewSeconds: z.int().min(0),
  onExpired: z.enum(["refuse", "needs-override"]),
});
/** A trust policy, as its canonical JSON holds it. */
export type TrustPolicy = z.infer<typeof Policy>;
export type PolicyKey = TrustPolicy["keys"][string];

/** The policy that bytes hold. Throws KitError TRUST_POLICY for whatever is wrong with them. */
export function parsePolicy(bytes: Uint8Array): TrustPolicy {
  const text = decodeUtf8(bytes);
  const parsed = text === undefined ? undefined : parseStrictJson(text, { depth: MAX_DEPTH });
  if (parsed === undefined) throw new KitError("TRUST_POLICY", "not UTF-8");
  if (!parsed.ok) throw new KitError("TRUST_POLICY", `${quoted(parsed.fault.pointer)}: ${parsed.fault.detail}`);
  if (canonicalJson(parsed.value) !== text) throw new KitError("TRUST_POLICY", NOT_CANONICAL);
  const policy = Policy.safeParse(parsed.value);
  if (!policy.success) throw new KitError("TRUST_POLICY", issueText(policy.error));
  const fault = keyFault(policy.data) ?? roleFault(policy.data) ?? delegationFault(policy.data);
  if (fault !== undefined) throw new KitError("TRUST_POLICY", fault);
  return policy.data;
}

/** The bytes of a policy: RFC 8785. */
export function policyBytes(policy: TrustPolicy): Uint8Array {
  return Buffer.from(canonicalJson(policy), "utf8");
}

/** What people compare by hand: `SHA256:` and the unpadded base64 of SHA-256 of the policy's bytes. */
export function policyFingerprint(bytes: Uint8Array): string {
  return `SHA256:${sha256Base64(bytes).replace(/=+$/, "")}`;
}

function keyFault({ keys }: TrustPolicy): string | undefined {
  for (const [id, { spki, alg }] of Object.entries(keys)) {
    const der = strictBase64(spki);
    if (der === undefined || algorithmOf(der) !== alg) return `key ${quoted(id)} is no ${alg} key in SPKI DER`;
    if (keyIdOf(der) !== id) return `key ${quoted(id)} is really ${keyIdOf(der)}`;
  }
  return undefined;
}

function roleFault({ roles, keys }: TrustPolicy): string | undefined {
  if (!Object.hasOwn(roles, "root")) return "it has no role root";
  for (const [name, role] of Object.entries(roles)) {
    const stray = role.keys.find((id) => !Object.hasOwn(keys, id));
    if (stray !== undefined) return `role ${quoted(name)} names the unknown key ${quoted(stray)}`;
    if (new Set(role.keys).size < role.keys.length) return `role ${quoted(name)} names a key twice`;
    const owners = new Set(role.keys.map((id) => keys[id]?.owner));
    const reach = role.distinctOwners ? owners.size : role.keys.length;
    if (role.threshold > reach) return `role ${quoted(name)} can never reach its threshold of ${role.threshold}`;
  }
  return undefined;
}

function delegationFault({ delegations, roles }: TrustPolicy): string | undefined {
  const stray = delegations.find(({ role }) => !Object.hasOwn(roles, role));
  return stray === undefined ? undefined : `${stray.stream} is delegated to the unknown role ${quoted(stray.role)}`;
}

/** The key that a policy knows by this id; never a property that objects inherit. */
export function keyOf(policy: TrustPolicy, id: string): PolicyKey | undefined {
  return Object.hasOwn(policy.keys, id) ? policy.keys[id] : undefined;
}

/** The role of this name. Throws KitError TRUST_POLICY where there is none (a parsed policy has every role it names). */
export function roleOf(policy: TrustPolicy, name: string): Role {
  const role = Object.hasOwn(policy.roles, name) ? policy.roles[name] : undefined;
  if (role === undefined) throw new KitError("TRUST_POLICY", `it has no role ${quoted(name)}`);
  return role;
}

/** The lowest place of a stream that a policy still accepts. */
export function floorOf({ floors }: TrustPolicy, stream: string): Floor | undefined {
  return Object.hasOwn(floors, stream) ? floors[stream] : undefined;
}

const NO_HUB = "this site trusts no hub yet: sealpost trust add POLICY --fingerprint SHA256:...";

/** The policy that judges a kit at this site, and the role that must sign it. Throws KitError KIT_NOT_DELEGATED. */
export function judgeOf(
  manifest: Pick<Manifest, "stream" | "kinds" | "tenants">,
  { site, policies }: { readonly site: string; readonly policies: Policies },
): { readonly policy: TrustPolicy; readonly role: Role } {
  const { stream, kinds, tenants } = manifest;
  const own = issuerOf(stream) === site;
  const policy = own ? policies.local : policies.upstream;
  if (policy === undefined) throw new KitError("KIT_NOT_DELEGATED", own ? "this site has no local policy" : NO_HUB);
  if (kinds.includes("trust")) {
    if (own) throw new KitError("KIT_NOT_DELEGATED", "the local policy never travels");
    return { policy, role: roleOf(policy, "root") };
  }
  const row = policy.delegations.find((delegation) => covers(delegation.stream, stream));
  if (row === undefined) throw new KitError("KIT_NOT_DELEGATED", `no row for ${stream}`);
  const kind = kinds.find((name) => !row.kinds.includes(name));
  if (kind !== undefined) throw new KitError("KIT_NOT_DELEGATED", `${row.stream} may not carry ${kind}`);
  const tenant = row.tenants.includes("*") ? undefined : tenants.find((id) => !row.tenants.includes(id));
  if (tenant !== undefined) throw new KitError("KIT_NOT_DELEGATED", `${row.stream} may not carry tenant ${tenant}`);
  return { policy, role: roleOf(policy, row.role) };
}

/** Whether a row's stream (exact, or `prefix/*`) matches a stream, or all that another such pattern matches. */
export function covers(pattern: string, stream: string): boolean {
  return pattern.endsWith("/*") ? stream.startsWith(pattern.slice(0, -1)) : stream === pattern;
}

/** The policy of a new site for its own streams: one local authority, threshold 1. Never travels, never expires. */
export function localPolicy(of: {
  readonly site: string;
  readonly spki: Uint8Array;
  readonly createdAt: string;
}): TrustPolicy {
  const id = keyIdOf(of.spki);
  const alg = algorithmOf(of.spki);
  if (alg === undefined) throw new KitError("TRUST_POLICY", "the local authority is no key of ours");
  const spki = Buffer.from(of.spki).toString("base64");
  const role: Role = { keys: [id], threshold: 1, distinctOwners: false };
  const kinds: TrustPolicy["delegations"][number]["kinds"] = [...CONTENT_KINDS, "ledger", "parity", "witness"];
  return {
    schema: POLICY_SCHEMA,
    version: 1,
    createdAt: of.createdAt,
    expiresAt: null,
    keys: { [id]: { spki, alg, owner: of.site, notBefore: of.createdAt, notAfter: null } },
    roles: { root: role, local: role },
    delegations: [{ stream: `${of.site}/*`, kinds, tenants: ["*"], role: "local" }],
    revoked: {},
    floors: {},
    maxSequenceJump: 1000,
    maxClockSkewSeconds: 86_400,
    onExpired: "refuse",
  };
}
