/**
 * A trust policy in plain rows, and the difference of two: what a root must see before signing.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import type { Json } from "./json.ts";
import { shortKeyId } from "./key-id.ts";
import { CONTENT_KINDS } from "./kit.ts";
import { quoted } from "./kit-code.ts";
import { type Delegation, keyOf, type PolicyKey, type Role, type TrustPolicy } from "./trust.ts";

/** One fact of a policy: what it is about (`role root`), and what is so. */
export interface PolicyRow {
  readonly what: string;
  readonly text: string;
}

/** One fact that two policies do not share; without `before` it is new, without `after` it is gone. */
export interface PolicyChange {
  readonly what: string;
  readonly before?: string;
  readonly after?: string;
}

/** `exact` tells apart what reads alike. */
interface Fact extends PolicyRow {
  readonly exact: string;
}

const PLAIN = /^[A-Za-z0-9](?:[A-Za-z0-9 ._@+-]{0,61}[A-Za-z0-9])?$/;

/** What a policy says, a row a fact: validity, keys, roles, who signs which streams (in the order that decides), revocations, floors, limits. */
export function describePolicy(policy: TrustPolicy): PolicyRow[] {
  return factsOf(policy).map(({ what, text }) => ({ what, text }));
}

/** What differs between two policies beside their versions and instants. Empty only where nothing does. */
export function describeChange(before: TrustPolicy, after: TrustPolicy): PolicyChange[] {
  const [old, fresh] = [factsFor(before), factsFor(after)];
  const names = [...new Set([...fresh.keys(), ...old.keys()])];
  return names.flatMap((what) => changeOf(what, old.get(what), fresh.get(what)));
}

/** Facts by what they are about, the order of the rows among them. */
function factsFor(policy: TrustPolicy): Map<string, Fact> {
  const streams = policy.delegations.map(({ stream }) => stream);
  const order = fact("order of streams", streams.join(", "), streams);
  return new Map([...factsOf(policy), order].map((one) => [one.what, one]));
}

function changeOf(what: string, old: Fact | undefined, fresh: Fact | undefined): PolicyChange[] {
  if (old?.exact === fresh?.exact) return [];
  const isAlike = old?.text === fresh?.text; // only whole ids tell them apart
  const textOf = ({ text, exact }: Fact): string => (isAlike ? exact : text);
  return [
    {
      what,
      ...(old === undefined ? {} : { before: textOf(old) }),
      ...(fresh === undefined ? {} : { after: textOf(fresh) }),
    },
  ];
}

function factsOf(policy: TrustPolicy): Fact[] {
  const { expiresAt, onExpired, maxSequenceJump, maxClockSkewSeconds } = policy;
  const expired = onExpired === "refuse" ? "kits are refused" : "kits need an override with a reason";
  return [
    fact("expires", expiresAt ?? "never", expiresAt),
    fact("once expired", expired, onExpired),
    ...Object.entries(policy.keys).map(([id, key]) => fact(`key ${plain(id)}`, keyText(policy, id, key), key)),
    ...Object.entries(policy.roles).map(([name, role]) => fact(`role ${plain(name)}`, roleText(policy, role), role)),
    ...policy.delegations.map((row, at) => delegationFact(policy, row, at)),
    ...Object.entries(policy.revoked).map(([id, revoked]) =>
      fact(
        `revoked ${plain(id)}`,
        `at ${revoked.at}, ${quoted(revoked.reason)}: ${revoked.keepBefore ? "what it signed before stays good" : "nothing that it signed counts"}`,
        revoked,
      ),
    ),
    ...Object.entries(policy.floors).map(([stream, floor]) =>
      fact(`floor ${stream}`, `${floor.epoch}.${floor.sequence} and later`, floor),
    ),
    fact("largest step", `a sequence rises by at most ${maxSequenceJump} at once`, maxSequenceJump),
    fact("clocks", `a kit may be ${maxClockSkewSeconds} s ahead of a site's clock`, maxClockSkewSeconds),
  ];
}

function fact(what: string, text: string, exact: Json): Fact {
  return { what, text, exact: canonicalJson(exact) };
}

function keyText({ revoked }: TrustPolicy, id: string, { owner, alg, notBefore, notAfter }: PolicyKey): string {
  const validity = `valid from ${notBefore} ${notAfter === null ? "without end" : `to ${notAfter}`}`;
  const gone = Object.hasOwn(revoked, id) ? `revoked at ${revoked[id]?.at ?? ""}; had been ` : "";
  return `${plain(owner)}, ${alg}, ${gone}${validity}`;
}

/** How many of whom a role asks for: `2 of 3 owners`, or `1 of 2 keys`. */
export function needText(policy: TrustPolicy, { keys, threshold, distinctOwners }: Role): string {
  const owners = new Set(keys.map((id) => keyOf(policy, id)?.owner));
  const [count, unit] = distinctOwners ? [owners.size, "owner"] : [keys.length, "key"];
  return `${threshold} of ${count} ${unit}${count === 1 ? "" : "s"}`;
}

function roleText(policy: TrustPolicy, role: Role): string {
  return `${needText(policy, role)}: ${role.keys.map((id) => keyName(policy, id)).join(", ")}`;
}

/** A key as people name it: its owner and the first 8 characters of its id. */
export function keyName(policy: TrustPolicy, id: string): string {
  const revoked = Object.hasOwn(policy.revoked, id) ? ", revoked" : "";
  return `${plain(keyOf(policy, id)?.owner ?? "nobody known")} (${plain(shortKeyId(id))}${revoked})`;
}

function delegationFact(policy: TrustPolicy, row: Delegation, at: number): Fact {
  const { stream, role, kinds, tenants } = row;
  const again = policy.delegations.slice(0, at).filter((other) => other.stream === stream).length;
  const what = `stream ${stream}${again === 0 ? "" : ` (row ${at + 1}, never reached)`}`;
  const need = Object.hasOwn(policy.roles, role) ? policy.roles[role] : undefined;
  const who = need === undefined ? plain(role) : `${plain(role)} (${needText(policy, need)})`;
  const whom = tenants.includes("*") ? "all tenants" : `tenants ${tenants.join(", ")}`;
  return fact(what, `signed by ${who}; ${kindsText(kinds)}; ${whom}`, row);
}

function kindsText(kinds: Delegation["kinds"]): string {
  const more = kinds.filter((kind) => !CONTENT_KINDS.some((content) => content === kind));
  const isAll = CONTENT_KINDS.every((kind) => kinds.includes(kind));
  return isAll ? ["all content kinds", ...more].join(", ") : `kinds ${kinds.join(", ")}`;
}

/** Foreign text: as it is where nobody can be deceived by it, quoted otherwise. */
export function plain(text: string): string {
  return PLAIN.test(text) || /^SHA256:[A-Za-z0-9+/]{43}$|^SPKI256:[A-Za-z0-9+/]{43}$|^[A-Za-z0-9_-]{8}$/.test(text)
    ? text
    : quoted(text);
}
