/**
 * Whether a trust policy that people are making could work: who could sign for its roles, which rows would ever decide.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import { shortKeyId } from "./key-id.ts";
import { KitError, quoted } from "./kit-code.ts";
import { kitInstantMs } from "./kit-time.ts";
import { isValidAt } from "./quorum.ts";
import { covers, type Delegation, keyOf, type Role, type TrustPolicy } from "./trust.ts";

/** Refuses an edit (KitError TRUST_POLICY): the field, and what is wrong with it. */
export function impossible(field: string, why: string): never {
  throw new KitError("TRUST_POLICY", `${field}: ${why}`);
}

/** Epoch ms of an instant of a field. Throws KitError TRUST_POLICY. */
export function instantMs(field: string, instant: string): number {
  return kitInstantMs(instant) ?? impossible(field, `${quoted(instant)} is no instant YYYY-MM-DDTHH:MM:SSZ`);
}

/** Whether a policy has revoked a key, from whenever on. */
export function isRevoked({ revoked }: TrustPolicy, id: string): boolean {
  return Object.hasOwn(revoked, id);
}

/** Names of the roles that a key is in. */
export function rolesWith({ roles }: TrustPolicy, id: string): string[] {
  return Object.keys(roles).filter((name) => roles[name]?.keys.includes(id));
}

/** A key as a sentence names it. */
export function called(policy: TrustPolicy, id: string): string {
  return `${shortKeyId(id)} of ${keyOf(policy, id)?.owner ?? "nobody known"}`;
}

/** How many can sign for a role when the policy is made: keys that are valid then, or their owners where the role asks for them. */
export function reachOf(policy: TrustPolicy, { keys, distinctOwners }: Role): number {
  const able = keys.filter((id) => isValidAt(policy, id, policy.createdAt));
  return distinctOwners ? new Set(able.map((id) => keyOf(policy, id)?.owner)).size : able.length;
}

/** Every role that could be reached before a change still can, the roots always. Throws KitError TRUST_POLICY. */
export function checkRoles(held: TrustPolicy, next: TrustPolicy): void {
  for (const [name, role] of Object.entries(next.roles)) {
    const before = Object.hasOwn(held.roles, name) ? held.roles[name] : undefined;
    const wasDead = before !== undefined && reachOf({ ...held, createdAt: next.createdAt }, before) < before.threshold;
    const reach = reachOf(next, role);
    if (reach < role.threshold && (name === "root" || !wasDead)) {
      const of = role.distinctOwners ? "distinct owners" : "keys";
      const few = `it asks for ${role.threshold} ${of}, and only ${reach} can sign`;
      impossible(`roles/${name}`, `${few}; name more in the role, or lower its threshold`);
    }
  }
  for (const [id, { keepBefore }] of Object.entries(next.revoked)) if (keepBefore) checkKept(held, next, id);
}

/**
 * What a revoked key signed before can stay good only for a role that the key stays in; never for the roots, where who
 * stole the key could date a policy back.
 */
function checkKept(held: TrustPolicy, next: TrustPolicy, id: string): void {
  const field = `revoked/${shortKeyId(id)}`;
  const [was, stays] = [rolesWith(held, id), rolesWith(next, id)];
  const others = was.filter((name) => name !== "root");
  const isLost = !isRevoked(held, id) && was.length > 0 && stays.length === 0;
  if (stays.includes("root") || (isLost && others.length === 0)) {
    const way = others.length === 0 ? "" : "take it out of the role root, or ";
    const why = "nothing that a root signed can stay good, for who has the key could date a policy back";
    impossible(field, `${why}; ${way}revoke it without keep-before`);
  }
  if (!isLost) return;
  const where = `the role${others.length === 1 ? "" : "s"} ${others.join(", ")}`;
  const why = `what ${called(next, id)} signed before can stay good only while the key is in ${where}`;
  impossible(field, `${why}; name ${shortKeyId(id)} in it too, or revoke without keep-before`);
}

/** No row is newly hidden behind an earlier one, since the first whose stream matches decides alone. Throws KitError TRUST_POLICY. */
export function checkRows(held: TrustPolicy, next: TrustPolicy): void {
  const before = new Set(hiddenRows(held).map(({ row }) => canonicalJson(row)));
  const hidden = hiddenRows(next).find(({ row }) => !before.has(canonicalJson(row)));
  if (hidden === undefined) return;
  const { row, by } = hidden;
  const why = `the row ${by.stream} stands before it and decides alone`;
  impossible(
    `delegations/${row.stream}`,
    by.stream === row.stream ? `${why}; replace that one` : `${why}; put ${row.stream} before ${by.stream}`,
  );
}

function hiddenRows({ delegations }: TrustPolicy): { row: Delegation; by: Delegation }[] {
  return delegations.flatMap((row, at) => {
    const by = delegations.slice(0, at).find((earlier) => covers(earlier.stream, row.stream));
    return by === undefined ? [] : [{ row, by }];
  });
}
