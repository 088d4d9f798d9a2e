/**
 * Trust policies and their signatures as commands show them.
 * @module
 */
import type { Json } from "../core/json.ts";
import { shortKeyId } from "../core/key-id.ts";
import { fingerprintWords } from "../core/pgp-words.ts";
import { describePolicy, type PolicyChange } from "../core/trust-describe.ts";
import { keyOf, roleOf, type TrustPolicy } from "../core/trust.ts";
import type { PolicySignatures, RootCount } from "../signing/policy-sign.ts";
import type { Print } from "./output.ts";

const WORDS_IN_ROW = 8;

/** A policy's facts, a line each. */
export function printPolicy(print: Print, policy: TrustPolicy): void {
  print.line(`version ${policy.version}, made ${policy.createdAt}`);
  print.table(
    ["about", "what it says"],
    describePolicy(policy).map(({ what, text }) => [what, text]),
  );
}

/** What differs: `+` new, `-` gone, `~` another than before. */
export function printChange(print: Print, changes: readonly PolicyChange[]): void {
  for (const { what, before, after } of changes) {
    if (before === undefined) print.line(`  + ${what}: ${after ?? ""}`);
    else if (after === undefined) print.line(`  - ${what}: ${before}`);
    else {
      print.line(`  ~ ${what}: ${after}`);
      print.line(`      before: ${before}`);
    }
  }
}

/** A fingerprint, also as words for the telephone. */
export function printFingerprint(print: Print, fingerprint: string): void {
  const words = fingerprintWords(fingerprint);
  print.line(`fingerprint  ${fingerprint}`);
  print.line("words");
  for (let at = 0; at < words.length; at += WORDS_IN_ROW)
    print.line(`  ${words.slice(at, at + WORDS_IN_ROW).join(" ")}`);
}

/** Who has signed, and who is still missing. */
export function printSignatures(print: Print, { bundles, roots }: PolicySignatures): void {
  for (const { name, keyId, owner, counts, verdicts } of bundles) {
    const who = `${owner ?? "nobody known"}${keyId === undefined ? "" : ` (${shortKeyId(keyId)})`}`;
    if (counts) print.line(`  signed by ${who}`);
    else print.line(`  ${name} does not count: ${verdicts.at(-1)?.code ?? ""} ${verdicts.at(-1)?.detail ?? ""}`);
  }
  for (const root of roots) print.line(rootsText(root));
}

/** How far the roots of one policy have come, in a sentence. */
export function rootsText({ version, have, need, met, distinctOwners, missing }: RootCount): string {
  const unit = distinctOwners ? "owners" : "keys";
  const count = `roots of version ${version}: ${have} of ${need} ${unit} have signed`;
  if (met) return `${count}, enough`;
  const who = missing.map(({ owner, keyId }) => `${owner} (${shortKeyId(keyId)})`).join(", ");
  return `${count}; ${need - have} more of: ${who === "" ? "nobody who could" : who}`;
}

/** Signatures as a JSON document. */
export function signaturesDocument({ bundles, roots, isComplete }: PolicySignatures): Json {
  return {
    complete: isComplete,
    bundles: bundles.map(({ verdicts, ...bundle }) => ({ ...bundle, verdicts: verdicts.map((one) => ({ ...one })) })),
    roots: roots.map(({ missing, ...root }) => ({ ...root, missing: missing.map((one) => ({ ...one })) })),
  };
}

/** What people seldom mean, before they go on. */
export function printDoubts(print: Print, doubts: readonly string[]): void {
  for (const doubt of doubts) print.line(`WARNING: ${doubt}`);
  if (doubts.length > 0) print.line("");
}

/** Says so where the loss of one root would end a policy. */
export function printRootNote(print: Print, policy: TrustPolicy): void {
  if (!canLoseRoot(policy))
    print.line("note: once one root cannot sign any more, nobody can change this policy; best name one root more");
}

/** Whether the others could still change the policy, whichever owner of a root key is gone. */
function canLoseRoot(policy: TrustPolicy): boolean {
  const { keys, threshold, distinctOwners } = roleOf(policy, "root");
  const owners = keys.map((id) => keyOf(policy, id)?.owner);
  return [...new Set(owners)].every((gone) => {
    const left = owners.filter((owner) => owner !== gone);
    return (distinctOwners ? new Set(left).size : left.length) >= threshold;
  });
}
