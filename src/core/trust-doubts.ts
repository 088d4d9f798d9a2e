/**
 * What is seldom meant in a trust policy that could work: people are told of it before they sign.
 * @module
 */
import { shortKeyId } from "./key-id.ts";
import { plain } from "./trust-describe.ts";
import { called, isRevoked, rolesWith } from "./trust-sound.ts";
import type { TrustPolicy } from "./trust.ts";

/**
 * Sentences about what a policy says and people seldom mean; of a change of `held` only what comes with it, but for a
 * policy that lets nobody sign any stream.
 */
export function policyDoubts(next: TrustPolicy, held?: TrustPolicy): string[] {
  const before = new Set(held === undefined ? [] : idleText(held));
  return [
    ...(next.delegations.length === 0
      ? [
          "no row says who signs a stream, so sites would refuse all kits but trust kits; delegate a stream to a role (--delegate STREAM=ROLE)",
        ]
      : []),
    ...idleText(next).filter((text) => !before.has(text)),
    ...(held === undefined ? [] : keptText(held, next)),
  ];
}

/** Roles and keys that sign nothing. */
function idleText(policy: TrustPolicy): string[] {
  const named = [...new Set(policy.delegations.map(({ role }) => role))];
  const roles = Object.keys(policy.roles).filter((name) => name !== "root" && !named.includes(name));
  const keys = Object.keys(policy.keys).filter((id) => !isRevoked(policy, id) && rolesWith(policy, id).length === 0);
  const names = named.map(plain).join(", ");
  return [
    ...(named.length === 0 ? [] : roles).map(
      (name) => `no row names the role ${plain(name)}, so it signs nothing; rows name ${names}`,
    ),
    ...keys.map((id) => `no role names the key ${called(policy, id)}, so it signs nothing`),
  ];
}

/** Revoked keys of which something stays good: who has one can date back, and what it signed counts only for its roles. */
function keptText(held: TrustPolicy, next: TrustPolicy): string[] {
  const kept = Object.entries(next.revoked).filter(
    ([id, { keepBefore }]) => keepBefore && Object.hasOwn(next.keys, id),
  );
  return kept.flatMap(([id, { at }]) => {
    const who = called(next, id);
    const stays = rolesWith(next, id);
    const left = rolesWith(held, id).filter((name) => name !== "root" && !stays.includes(name));
    return [
      ...(isRevoked(held, id)
        ? []
        : [
            `what ${who} dates before ${at} goes on counting, and the date of a kit is its signer's own word: that is for people who left in peace; revoke a stolen or lost key without keep-before`,
          ]),
      ...left.map(
        (name) =>
          `${who} is no longer in the role ${plain(name)}, so what it signed for that role before ${at} counts no more; name ${shortKeyId(id)} in the role too if it shall`,
      ),
    ];
  });
}
