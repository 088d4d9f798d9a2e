/**
 * What is missing to a quorum, in words: who has signed, and who still could.
 * @module
 */
import { shortKeyId } from "./key-id.ts";
import { KitError } from "./kit-code.ts";
import type { BundleVerdict, Quorum } from "./quorum.ts";
import { plain } from "./trust-describe.ts";
import type { Role } from "./trust.ts";

/** Most signers that a sentence names. */
const NAMED = 8;

/**
 * Why a quorum is not met: `1 of 2 owners: anna has signed; one more of ben, cleo is missing`. `whose` stands for what
 * is counted, in place of owners or keys.
 */
export function shortfallOf(
  { have, need, signed, missing }: Quorum,
  { distinctOwners }: Role,
  whose = distinctOwners ? "owners" : "keys",
): string {
  const nameOf = ({ owner, keyId }: Quorum["signed"][number]): string =>
    distinctOwners ? plain(owner) : `${plain(owner)} (${shortKeyId(keyId)})`;
  const there = [...new Set(signed.map(nameOf))];
  const could = [...new Set(missing.map(nameOf))];
  const done = there.length === 0 ? "nobody has" : `${listOf(there)} ${there.length === 1 ? "has" : "have"}`;
  return `${have} of ${need} ${whose}: ${done} signed; ${lackText(need - have, could, have > 0)}`;
}

function lackText(lacking: number, could: readonly string[], isSomeThere: boolean): string {
  if (could.length === 0) return "nobody else could sign this";
  if (could.length < lacking) return `only ${listOf(could)} could still sign this`;
  const verb = lacking === 1 ? "is" : "are";
  if (could.length === lacking) return `${listOf(could)} ${verb} missing`;
  return `${lacking === 1 ? "one" : lacking}${isSomeThere ? " more" : ""} of ${listOf(could)} ${verb} missing`;
}

function listOf(names: readonly string[]): string {
  const named = names.slice(0, NAMED).join(", ");
  return names.length <= NAMED ? named : `${named} and ${names.length - NAMED} others`;
}

/** A refusal of what has been signed as it must be says by whom: they are the ones to ask. */
export function namingSigners(error: KitError, bundles: readonly BundleVerdict[]): KitError {
  const owners = new Set(bundles.flatMap(({ counts, owner }) => (counts && owner !== undefined ? [owner] : [])));
  if (owners.size === 0 || error.code === "SIG_THRESHOLD") return error;
  const signed = `signed by ${[...owners].toSorted().join(", ")}`;
  const detail = error.detail === "" ? signed : `${error.detail}; ${signed}`;
  return new KitError(error.code, detail, { cause: error, reasons: error.reasons });
}
