/**
 * How a trust policy is replaced: N to N+1 by the root quorum of both, link by link (step 9 for trust kits).
 * @module
 */
import { sha256Hex } from "./hash.ts";
import { KitError } from "./kit-code.ts";
import { policyPlace } from "./kit-place.ts";
import { comparePlaces } from "./kit-site.ts";
import { kitInstantMs } from "./kit-time.ts";
import { type CheckedBundle, judgeQuorum, type Quorum, reasonsOf } from "./quorum.ts";
import { shortfallOf } from "./quorum-words.ts";
import { floorOf, parsePolicy, roleOf, type TrustPolicy } from "./trust.ts";

/** Bytes of a file of role `trust`, by its path. */
export interface TrustFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Finds out whether bundles are good signatures by keys of a policy. */
export type CheckBundles = (files: readonly TrustFile[], policy: TrustPolicy) => CheckedBundle[];

interface Link {
  readonly version: number;
  readonly bytes: Uint8Array;
  readonly signatures: readonly TrustFile[];
}

/**
 * The policy at the end of the chain that the files of a trust kit make from the one held; versions up to it are
 * skipped, and without a newer one it stays. `instant` (epoch ms) is the site's. Throws KitError: TRUST_POLICY,
 * TRUST_VERSION, SIG_THRESHOLD, TRUST_FLOOR, TRUST_EXPIRED.
 */
export function followChain(
  held: TrustPolicy,
  files: readonly TrustFile[],
  by: { readonly check: CheckBundles; readonly instant: number },
): TrustPolicy {
  const links = linksOf(files).filter(({ version }) => version > held.version);
  let policy = held;
  for (const link of links) policy = followLink(policy, link, by.check);
  const end = policy.expiresAt === null ? undefined : kitInstantMs(policy.expiresAt);
  if (links.length > 0 && end !== undefined && by.instant > end) {
    throw new KitError("TRUST_EXPIRED", `version ${policy.version} at ${policy.expiresAt}`);
  }
  return policy;
}

/** The newest policy among the files, unjudged: for kits that are taken as applied. Undefined where there is none. */
export function newestPolicy(files: readonly TrustFile[]): TrustPolicy | undefined {
  const last = linksOf(files).at(-1);
  return last === undefined ? undefined : parsePolicy(last.bytes);
}

function linksOf(files: readonly TrustFile[]): Link[] {
  const placed = files.flatMap((file) => {
    const place = policyPlace(file.path);
    return place === undefined ? [] : [{ ...place, file }];
  });
  return placed
    .filter(({ signature }) => !signature)
    .map(({ version, file }) => ({
      version,
      bytes: file.bytes,
      signatures: placed.filter((other) => other.signature && other.version === version).map((other) => other.file),
    }))
    .toSorted((left, right) => left.version - right.version);
}

function followLink(held: TrustPolicy, link: Link, check: CheckBundles): TrustPolicy {
  const next = parsePolicy(link.bytes);
  if (next.version !== link.version) {
    throw new KitError("TRUST_VERSION", `version ${next.version} in the place of ${link.version}`);
  }
  needNextVersion(held, next);
  needRootQuorum(held, { next, link, check });
  needRootQuorum(next, { next, link, check });
  needFloors(held, next);
  return next;
}

/** Throws KitError TRUST_VERSION unless `next` is the version after `held`. */
export function needNextVersion(held: TrustPolicy, next: TrustPolicy): void {
  if (next.version !== held.version + 1) {
    throw new KitError("TRUST_VERSION", `version ${next.version} after ${held.version}`);
  }
}

/** Throws KitError TRUST_FLOOR where `next` lowers a floor of `held` or leaves it out. */
export function needFloors(held: TrustPolicy, next: TrustPolicy): void {
  for (const [stream, floor] of Object.entries(held.floors)) {
    const after = floorOf(next, stream);
    if (after === undefined || comparePlaces(after, floor) < 0) throw new KitError("TRUST_FLOOR", `of ${stream}`);
  }
}

/** Which of the signatures on the policy `next` count for the root role of `policy`, and whether they are enough. */
export function judgeRoots(
  policy: TrustPolicy,
  of: { readonly next: TrustPolicy; readonly bytes: Uint8Array; readonly bundles: readonly CheckedBundle[] },
): Quorum {
  const { next, bytes, bundles } = of;
  return judgeQuorum(bundles, {
    policy,
    role: roleOf(policy, "root"),
    createdAt: next.createdAt,
    signed: { of: "policy", version: next.version, sha256: sha256Hex(bytes) },
  });
}

function needRootQuorum(policy: TrustPolicy, of: { next: TrustPolicy; link: Link; check: CheckBundles }): void {
  const { next, link, check } = of;
  const bundles = check(link.signatures, policy);
  const quorum = judgeRoots(policy, { next, bytes: link.bytes, bundles });
  if (quorum.met) return;
  const short = shortfallOf(quorum, roleOf(policy, "root"), `roots of policy ${policy.version}`);
  throw new KitError("SIG_THRESHOLD", `policy ${next.version} has ${short}`, { reasons: reasonsOf(quorum.verdicts) });
}
