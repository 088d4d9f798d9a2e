/**
 * Trust policies as people make and change them. What could never work is refused here, before anyone signs it.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import { algorithmOf, keyIdOf, shortKeyId } from "./key-id.ts";
import { StreamName } from "./kit.ts";
import { quoted } from "./kit-code.ts";
import { comparePlaces } from "./kit-site.ts";
import { type Delegation, type Floor, floorOf, keyOf, parsePolicy, POLICY_SCHEMA, policyBytes } from "./trust.ts";
import type { TrustPolicy } from "./trust.ts";
import { editRows, type RowEdit } from "./trust-rows.ts";
import { called, checkRoles, checkRows, impossible, instantMs, isRevoked, reachOf } from "./trust-sound.ts";

/** A public key that a policy is to know. Instants are `YYYY-MM-DDTHH:MM:SSZ`. */
export interface NewKey {
  readonly spki: Uint8Array;
  readonly owner: string;
  /** Default: when the policy is made. */
  readonly notBefore?: string;
  /** Default: null, without end. */
  readonly notAfter?: string | null;
}

/** Who a role is: owners of exactly one key, or keys by id or its first 8 characters. */
export interface RoleEdit {
  readonly who: readonly string[];
  /** Default: 2, or 1 where only one could sign. */
  readonly threshold?: number;
  /** Whether two keys of one owner count as one; default: true. */
  readonly distinctOwners?: boolean;
}

interface Limits {
  readonly maxSequenceJump?: number;
  readonly maxClockSkewSeconds?: number;
  readonly onExpired?: TrustPolicy["onExpired"];
}

/** A first policy. */
export interface PolicyDraft extends Limits {
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly keys: readonly NewKey[];
  readonly roles: Readonly<Record<string, RoleEdit>>;
  readonly delegations: readonly Delegation[];
  readonly floors?: Readonly<Record<string, Floor>>;
}

/** A change of a policy; keys are named as in roles. Done in this order. */
export interface PolicyEdit extends Limits {
  readonly createdAt: string;
  readonly expiresAt?: string | null;
  /** They leave all roles too. */
  readonly removeKeys?: readonly string[];
  /** A new end of a key's validity. */
  readonly validity?: readonly { readonly key: string; readonly notAfter: string | null }[];
  /** They stay in their roles, so that a refusal can tell why they do not count. */
  readonly revoke?: readonly Revocation[];
  readonly addKeys?: readonly NewKey[];
  /** Whole roles by name; null removes one. */
  readonly roles?: Readonly<Record<string, RoleEdit | null>>;
  readonly delegations?: readonly RowEdit[];
  readonly floors?: Readonly<Record<string, Floor>>;
}

export interface Revocation {
  readonly key: string;
  readonly at: string;
  readonly reason: string;
  /** Whether what was made before `at` still counts. */
  readonly keepBefore: boolean;
}

const OWNER = /^[A-Za-z0-9](?:[A-Za-z0-9 ._@+-]{0,61}[A-Za-z0-9])?$/;
const ROLE = /^[a-z0-9][a-z0-9-]{0,62}$/;
const DEFAULTS = { maxSequenceJump: 1000, maxClockSkewSeconds: 86_400, onExpired: "refuse" } as const;

/** The first policy, version 1. Throws KitError TRUST_POLICY, naming the field, for one that could never work. */
export function draftPolicy(draft: PolicyDraft): TrustPolicy {
  const { createdAt, expiresAt, keys, roles, delegations, floors = {}, ...limits } = draft;
  const parts = { keys: {}, roles: {}, delegations: [], revoked: {}, floors: {} };
  const blank = { schema: POLICY_SCHEMA, version: 0, createdAt, expiresAt, ...parts, ...DEFAULTS } as const;
  const rows = delegations.map((row): RowEdit => ({ op: "append", row }));
  return edited(blank, { ...limits, createdAt, expiresAt, addKeys: keys, roles, delegations: rows, floors });
}

/** The policy after the one held. Throws KitError TRUST_POLICY, naming the field, for a change that could never work. */
export function proposePolicy(held: TrustPolicy, edit: PolicyEdit): TrustPolicy {
  const next = edited(held, edit);
  const { version, createdAt } = held;
  if (canonicalJson({ ...next, version, createdAt }) === canonicalJson(held))
    impossible("policy", "nothing would change; name what is to be another way");
  return next;
}

function edited(held: TrustPolicy, edit: PolicyEdit): TrustPolicy {
  const times = timesOf(held, edit);
  const { maxSequenceJump, maxClockSkewSeconds, onExpired } = { ...held, ...edit };
  let next: TrustPolicy = {
    ...held,
    ...times,
    version: held.version + 1,
    maxSequenceJump,
    maxClockSkewSeconds,
    onExpired,
  };
  for (const key of edit.removeKeys ?? []) next = withoutKey(next, keyNamed(next, key, "removeKeys"));
  for (const { key, notAfter } of edit.validity ?? [])
    next = withValidity(next, keyNamed(next, key, "validity"), notAfter);
  for (const revocation of edit.revoke ?? []) next = withRevocation(next, revocation);
  for (const key of edit.addKeys ?? []) next = withKey(next, key);
  for (const [name, role] of Object.entries(edit.roles ?? {})) next = withRole(next, name, role);
  next = { ...next, delegations: editRows(next.delegations, edit.delegations ?? []) };
  for (const [stream, floor] of Object.entries(edit.floors ?? {})) next = withFloor(next, stream, floor);
  checkRoles(held, next);
  checkRows(held, next);
  return parsePolicy(policyBytes(next));
}

function timesOf(held: TrustPolicy, edit: PolicyEdit): Pick<TrustPolicy, "createdAt" | "expiresAt"> {
  const { createdAt, expiresAt = held.expiresAt } = edit;
  const made = instantMs("createdAt", createdAt);
  if (made < instantMs("createdAt", held.createdAt))
    impossible(
      "createdAt",
      `${createdAt} is before version ${held.version} was made, ${held.createdAt}; check the clock`,
    );
  if (expiresAt !== null && instantMs("expiresAt", expiresAt) <= made)
    impossible("expiresAt", `${expiresAt} is not after ${createdAt}, when the policy is made; give it a later end`);
  return { createdAt, expiresAt };
}

/**
 * The id of the key that people name by id, by its first 8 characters, or by its owner: the only key of theirs that is not
 * revoked, or where there is none their only revoked one.
 */
function keyNamed(policy: TrustPolicy, name: string, field: string): string {
  const ids = Object.keys(policy.keys);
  const owned = ids.filter((id) => keyOf(policy, id)?.owner === name);
  const live = owned.filter((id) => !isRevoked(policy, id));
  const theirs = live.length === 0 ? owned : live;
  const found = ids.filter((id) => id === name || shortKeyId(id) === name || theirs.includes(id));
  const [only] = found;
  if (only === undefined) {
    const known = ids.map((id) => called(policy, id)).join(", ");
    return impossible(
      field,
      `${quoted(name)} is neither an owner nor a key here; there are ${known === "" ? "none" : known}`,
    );
  }
  if (found.length === 1) return only;
  const keys = found.map((id) => called(policy, id)).join(" and ");
  return impossible(field, `${quoted(name)} may mean ${keys}; name the key by its 8 characters`);
}

function withoutKey(policy: TrustPolicy, id: string): TrustPolicy {
  const keys = Object.fromEntries(Object.entries(policy.keys).filter(([other]) => other !== id));
  const roles = Object.entries(policy.roles).map(
    ([name, role]) => [name, { ...role, keys: role.keys.filter((other) => other !== id) }] as const,
  );
  return { ...policy, keys, roles: Object.fromEntries(roles) };
}

function withKey(policy: TrustPolicy, key: NewKey): TrustPolicy {
  const { spki, owner, notBefore = policy.createdAt, notAfter = null } = key;
  const alg = algorithmOf(spki);
  if (alg === undefined)
    return impossible("keys", `the key of ${quoted(owner)} is neither Ed25519 nor ECDSA P-256 nor ML-DSA-65`);
  const id = keyIdOf(spki);
  if (!OWNER.test(owner))
    impossible("keys", `an owner is 1 to 63 of A-Z a-z 0-9 . _ @ + - and spaces, ${quoted(owner)} is not`);
  if (isRevoked(policy, id)) impossible("keys", `${shortKeyId(id)} has been revoked, and stays so; make a new key`);
  if (keyOf(policy, id) !== undefined) impossible("keys", `${called(policy, id)} is known already`);
  const twin = Object.values(policy.keys).find(
    (other) => other.owner !== owner && other.owner.toLowerCase() === owner.toLowerCase(),
  );
  if (twin !== undefined)
    impossible("keys", `${quoted(owner)} and ${quoted(twin.owner)} would be two owners; write both alike`);
  checkValidity(id, notBefore, notAfter);
  const entry = { spki: Buffer.from(spki).toString("base64"), alg, owner, notBefore, notAfter };
  return { ...policy, keys: { ...policy.keys, [id]: entry } };
}

function checkValidity(id: string, notBefore: string, notAfter: string | null): void {
  const from = instantMs(`keys/${shortKeyId(id)}/notBefore`, notBefore);
  if (notAfter === null) return;
  const field = `keys/${shortKeyId(id)}/notAfter`;
  if (instantMs(field, notAfter) <= from)
    impossible(field, `${notAfter} is not after ${notBefore}, when it becomes valid`);
}

function withValidity(policy: TrustPolicy, id: string, notAfter: string | null): TrustPolicy {
  const keys = Object.entries(policy.keys).map(([other, key]) => {
    if (other !== id) return [other, key] as const;
    checkValidity(id, key.notBefore, notAfter);
    return [other, { ...key, notAfter }] as const;
  });
  return { ...policy, keys: Object.fromEntries(keys) };
}

function withRevocation(policy: TrustPolicy, { key, at, reason, keepBefore }: Revocation): TrustPolicy {
  const id = keyNamed(policy, key, "revoked");
  const field = `revoked/${shortKeyId(id)}`;
  if (isRevoked(policy, id)) impossible(field, "it has been revoked already");
  instantMs(`${field}/at`, at);
  if (reason.trim() === "") impossible(`${field}/reason`, "say why, for those who read it in years");
  return { ...policy, revoked: { ...policy.revoked, [id]: { at, reason, keepBefore } } };
}

function withRole(policy: TrustPolicy, name: string, edit: RoleEdit | null): TrustPolicy {
  const field = `roles/${name}`;
  if (!ROLE.test(name)) impossible("roles", `a role is called by 1 to 63 of a-z 0-9 -, ${quoted(name)} is not`);
  const { [name]: old, ...others } = policy.roles;
  if (edit === null) {
    if (name === "root") impossible(field, "every policy has roots");
    return old === undefined ? impossible(field, "there is no such role") : { ...policy, roles: others };
  }
  const { distinctOwners = true } = edit;
  const keys = [...new Set(edit.who.map((one) => keyNamed(policy, one, field)))].toSorted();
  if (keys.length === 0) impossible(field, "name at least one owner or key");
  const { threshold = Math.min(2, reachOf(policy, { keys, threshold: 1, distinctOwners })) } = edit;
  if (!Number.isSafeInteger(threshold) || threshold < 1) impossible(field, "its threshold is a whole number from 1 on");
  return { ...policy, roles: { ...policy.roles, [name]: { keys, threshold, distinctOwners } } };
}

function withFloor(policy: TrustPolicy, stream: string, floor: Floor): TrustPolicy {
  if (!StreamName.safeParse(stream).success) impossible("floors", `${quoted(stream)} is no stream, like hq/rules`);
  const held = floorOf(policy, stream);
  if (held !== undefined && comparePlaces(floor, held) <= 0)
    impossible(`floors/${stream}`, `it is ${held.epoch}.${held.sequence} already; a floor only rises`);
  return { ...policy, floors: { ...policy.floors, [stream]: floor } };
}
