/**
 * Which of the signatures on one thing count, and whether they are enough. Pure: whether a signature is mathematically
 * good has been found out before.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import { isJsonObject, type Json } from "./json.ts";
import { BUNDLE_SENTENCES, type BundleCode, type KitReason, quoted } from "./kit-code.ts";
import { KIT_PREDICATE, POLICY_PREDICATE, policyStatement, STATEMENT_TYPE } from "./kit-derive.ts";
import { isJsonList } from "./kit-json.ts";
import { kitInstantMs } from "./kit-time.ts";
import { strictJson } from "./strict-json.ts";
import type { Role, TrustPolicy } from "./trust.ts";
import { keyOf } from "./trust.ts";

/** A bundle whose signature has been checked: by which key over which payload, or why it has failed. */
export type CheckedBundle =
  | { readonly ok: true; readonly name: string; readonly keyId: string; readonly payload: Uint8Array }
  | {
      readonly ok: false;
      readonly name: string;
      readonly keyId?: string;
      readonly code: BundleCode;
      readonly detail: string;
    };

/** What signers must have signed. */
export type Signed =
  | { readonly of: "kit"; readonly kit: string; readonly statement: string }
  | { readonly of: "policy"; readonly version: number; readonly sha256: string };

/** One bundle, judged: it counts, or a code says why not. */
export interface BundleVerdict {
  readonly name: string;
  readonly keyId?: string;
  readonly owner?: string;
  readonly counts: boolean;
  readonly code?: BundleCode;
  readonly detail: string;
}

/** A key that the policy knows, and whose it is. */
interface KeyOwner {
  readonly keyId: string;
  readonly owner: string;
}

export interface Quorum {
  readonly met: boolean;
  /** Distinct keys that count, or distinct owners where the role asks for them. */
  readonly have: number;
  readonly need: number;
  /** Whose signatures count. */
  readonly signed: readonly KeyOwner[];
  /** Whose could still be added to the count. */
  readonly missing: readonly KeyOwner[];
  readonly verdicts: readonly BundleVerdict[];
}

/** Judges bundles against a role; `createdAt` is that of what was signed. */
export function judgeQuorum(
  bundles: readonly CheckedBundle[],
  by: { readonly policy: TrustPolicy; readonly role: Role; readonly createdAt: string; readonly signed: Signed },
): Quorum {
  const counted = new Set<string>();
  const verdicts = bundles.map((bundle) => judgeBundle(bundle, by, counted));
  const whose = (keyId: string): KeyOwner => ({ keyId, owner: keyOf(by.policy, keyId)?.owner ?? "" });
  const signed = [...counted].map(whose);
  const owners = new Set(signed.map(({ owner }) => owner));
  const { keys, threshold: need, distinctOwners } = by.role;
  const have = distinctOwners ? owners.size : counted.size;
  const missing = keys
    .map(whose)
    .filter(({ keyId, owner }) => !counted.has(keyId) && !(distinctOwners && owners.has(owner)))
    .filter(({ keyId }) => isValidAt(by.policy, keyId, by.createdAt));
  return { met: have >= need, have, need, signed, missing, verdicts };
}

/** The bundles that do not count, as reasons of a refusal. */
export function reasonsOf(verdicts: readonly BundleVerdict[]): KitReason[] {
  return verdicts.flatMap(({ name, code, detail }) => (code === undefined ? [] : [{ at: name, code, detail }]));
}

function judgeBundle(
  bundle: CheckedBundle,
  by: Parameters<typeof judgeQuorum>[1],
  counted: Set<string>,
): BundleVerdict {
  const key = bundle.keyId === undefined ? undefined : keyOf(by.policy, bundle.keyId);
  const who = {
    name: bundle.name,
    ...(bundle.keyId === undefined ? {} : { keyId: bundle.keyId }),
    ...(key === undefined ? {} : { owner: key.owner }),
  };
  const code = bundle.ok ? faultOf(bundle, by, counted) : bundle.code;
  if (code === undefined && bundle.ok) counted.add(bundle.keyId);
  if (code === undefined) return { ...who, counts: true, detail: `signed by ${key?.owner ?? ""}` };
  const detail = bundle.ok ? okDetail(bundle.keyId, code, by) : bundle.detail;
  return {
    ...who,
    counts: false,
    code,
    detail: detail === "" ? BUNDLE_SENTENCES[code] : `${BUNDLE_SENTENCES[code]} (${detail})`,
  };
}

/** Whose key it is, and for a key that was not valid why. */
function okDetail(id: string, code: BundleCode, { policy, createdAt }: Parameters<typeof judgeQuorum>[1]): string {
  const whose = `key ${id} of ${keyOf(policy, id)?.owner ?? "nobody known"}`;
  return code === "SIG_KEY_NOT_VALID" ? `${whose}: ${invalidityOf(policy, id, createdAt) ?? ""}` : whose;
}

function faultOf(
  bundle: CheckedBundle & { readonly ok: true },
  { policy, role, createdAt, signed }: Parameters<typeof judgeQuorum>[1],
  counted: ReadonlySet<string>,
): BundleCode | undefined {
  if (keyOf(policy, bundle.keyId) === undefined) return "SIG_UNKNOWN_KEY";
  if (!role.keys.includes(bundle.keyId)) return "SIG_NOT_IN_ROLE";
  if (!isValidAt(policy, bundle.keyId, createdAt)) return "SIG_KEY_NOT_VALID";
  return statementFault(bundle.payload, signed) ?? (counted.has(bundle.keyId) ? "SIG_DUPLICATE" : undefined);
}

/** Whether a key of the policy may have signed what was made at `createdAt`: not before, not after, not revoked. */
export function isValidAt(policy: TrustPolicy, id: string, createdAt: string): boolean {
  return invalidityOf(policy, id, createdAt) === undefined;
}

/** Why a key may not have signed what was made at `createdAt`; undefined where it may. */
function invalidityOf(policy: TrustPolicy, id: string, createdAt: string): string | undefined {
  const key = keyOf(policy, id);
  if (key === undefined) return "it is not known";
  const made = ms(createdAt); // NaN is never in time
  const revoked = Object.hasOwn(policy.revoked, id) ? policy.revoked[id] : undefined;
  if (revoked !== undefined) {
    const since = `revoked at ${revoked.at}, ${quoted(revoked.reason)}`;
    if (!revoked.keepBefore) return `${since}: nothing that it signed counts`;
    if (!(made < ms(revoked.at))) return `made ${createdAt}, ${since}: only what was made before counts`;
  }
  if (!(made >= ms(key.notBefore))) return `made ${createdAt}, key valid from ${key.notBefore}`;
  if (key.notAfter === null || made <= ms(key.notAfter)) return undefined;
  return `made ${createdAt}, key valid until ${key.notAfter}`;
}

function ms(instant: string): number {
  return kitInstantMs(instant) ?? Number.NaN;
}

/** The statement need not be canonical but must say the same. */
export function statementFault(payload: Uint8Array, signed: Signed): "SIG_STATEMENT" | "SIG_OTHER_KIT" | undefined {
  const value = strictJson(payload);
  if (value === undefined) return "SIG_STATEMENT";
  if (canonicalJson(value) === derived(value, signed)) return undefined;
  return isAnother(value, signed) ? "SIG_OTHER_KIT" : "SIG_STATEMENT";
}

/** What must have been signed. A policy's file may be called anything: its hash tells which one is meant. */
function derived(value: Json, signed: Signed): string {
  if (signed.of === "kit") return signed.statement;
  const name = subjectOf(value)?.["name"];
  return policyStatement(signed.version, signed.sha256, typeof name === "string" ? name : "");
}

function subjectOf(value: Json): { readonly [key: string]: Json } | undefined {
  const subjects = isJsonObject(value) ? value["subject"] : undefined;
  const [first] = isJsonList(subjects) ? subjects : [];
  return isJsonObject(first) ? first : undefined;
}

/** Whether a statement is well made, but for something else. */
function isAnother(value: Json, signed: Signed): boolean {
  if (!isJsonObject(value) || value["_type"] !== STATEMENT_TYPE) return false;
  if (value["predicateType"] !== (signed.of === "kit" ? KIT_PREDICATE : POLICY_PREDICATE)) return false;
  if (signed.of === "policy") return isOtherHash(subjectDigest(value), signed.sha256);
  const predicate = value["predicate"];
  return isJsonObject(predicate) && isOtherHash(predicate["manifest"], signed.kit);
}

function subjectDigest(statement: Json): Json | undefined {
  const digest = subjectOf(statement)?.["digest"];
  return isJsonObject(digest) ? digest["sha256"] : undefined;
}

function isOtherHash(value: Json | undefined, own: string): boolean {
  return typeof value === "string" && /^[0-9a-f]{64}$/.test(value) && value !== own;
}
