/**
 * Whether a signed kit fits this site, now (step 5 of an import): pure checks in the order of the format.
 * @module
 */
import type { Manifest } from "./kit.ts";
import { type KitCode, KitError, quoted } from "./kit-code.ts";
import { objectPlace } from "./kit-place.ts";
import { comparePlaces, objectKey, placeKey, type SiteView, siteInstant } from "./kit-site.ts";
import { kitInstantMs } from "./kit-time.ts";
import type { TrustPolicy } from "./trust.ts";
import { floorOf } from "./trust.ts";

/** A kit whose quorum stands, the policy that judged it and the site that it comes to. */
export interface Placing {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest's bytes, hex. */
  readonly kit: string;
  readonly policy: TrustPolicy;
  readonly site: SiteView;
  /** A person has given a reason to use an expired policy; counts only where the policy says `needs-override`. */
  readonly overrideExpired?: boolean;
}

/** A check answers a detail where the kit fails it. */
type Check = readonly [code: KitCode, check: (placing: Placing) => string | undefined];

const CHECKS: readonly Check[] = [
  ["KIT_AUDIENCE", audience],
  ["KIT_APP_TOO_OLD", appVersion],
  ["KIT_FROM_FUTURE", future],
  ["KIT_EXPIRED", expired],
  ["TRUST_EXPIRED", policyExpired],
  ["KIT_BELOW_FLOOR", belowFloor],
  ["KIT_FORK", fork],
  ["KIT_ROLLBACK", rollback],
  ["KIT_ALREADY_APPLIED", alreadyApplied],
  ["KIT_SEQUENCE_JUMP", jump],
  ["KIT_EPOCH", epoch],
  ["KIT_LEDGER_GAP", ledgerGap],
  ["KIT_TIME_ORDER", timeOrder],
  ["KIT_THIN_BASE_MISSING", thinBase],
  ["KIT_OBJECT_OWNED", owned],
];

/** Throws KitError with the first check that the kit fails at this site. */
export function checkPlace(placing: Placing): void {
  for (const [code, check] of CHECKS) {
    const detail = check(placing);
    if (detail !== undefined) throw new KitError(code, detail);
  }
}

function ms(instant: string): number {
  return kitInstantMs(instant) ?? Number.NaN;
}

function at({ epoch: e, sequence }: { readonly epoch: number; readonly sequence: number }): string {
  return `${e}.${sequence}`;
}

function headOf({ manifest, site }: Placing): ReturnType<SiteView["heads"]["get"]> {
  return site.heads.get(manifest.stream);
}

function audience({ manifest, site }: Placing): string | undefined {
  const names = new Set(["*", `site:${site.site}`, ...site.groups.map((group) => `group:${group}`)]);
  if (manifest.audience.some((name) => names.has(name))) return undefined;
  const groups = site.groups.length === 0 ? "in no group" : `in the groups ${site.groups.join(", ")}`;
  return `for ${quoted(manifest.audience.join(" "))}; this is site:${site.site}, ${groups}`;
}

function appVersion({ manifest, site }: Placing): string | undefined {
  const need = manifest.minApp.split(".").map(Number);
  const have = site.appVersion.split(".").map((part) => Number.parseInt(part, 10));
  const differs = need.findIndex((part, index) => part !== (have[index] ?? 0));
  const older = differs !== -1 && (need[differs] ?? 0) > (have[differs] ?? 0);
  return older ? `needs ${manifest.minApp}, this is ${site.appVersion}` : undefined;
}

function future({ manifest, policy, site }: Placing): string | undefined {
  const ahead = ms(manifest.createdAt) - siteInstant(site);
  const skew = policy.maxClockSkewSeconds;
  return ahead > skew * 1000 ? `made at ${manifest.createdAt}, more than ${skew} s ahead` : undefined;
}

function expired({ manifest: { expiresAt }, site }: Placing): string | undefined {
  return expiresAt !== null && siteInstant(site) > ms(expiresAt) ? `at ${expiresAt}` : undefined;
}

function policyExpired({ manifest, policy, site, overrideExpired }: Placing): string | undefined {
  const { expiresAt, onExpired, version } = policy;
  if (manifest.kinds.includes("trust") || expiresAt === null || siteInstant(site) <= ms(expiresAt)) return undefined;
  if (overrideExpired === true && onExpired === "needs-override") return undefined;
  return `version ${version} at ${expiresAt}${onExpired === "needs-override" ? "; it may be overridden with a reason" : ""}`;
}

function belowFloor({ manifest, policy }: Placing): string | undefined {
  const floor = floorOf(policy, manifest.stream);
  if (floor === undefined || comparePlaces(manifest, floor) >= 0) return undefined;
  return `${manifest.stream} ${at(manifest)}, the floor is ${at(floor)}`;
}

function fork(placing: Placing): string | undefined {
  const { manifest, kit, site } = placing;
  const { stream } = manifest;
  const twin = site.accepted.get(placeKey(stream, manifest)) ?? placedAt(headOf(placing), manifest) ?? toldOf(placing);
  if (twin !== undefined && twin !== kit) return `${stream} ${at(manifest)} is ${twin} here`;
  const head = headOf(placing);
  const next = head?.epoch === manifest.epoch && head.sequence + 1 === manifest.sequence;
  if (head !== undefined && next && manifest.prev !== head.manifest) return `its predecessor is not ${head.manifest}`;
  for (const [other, told] of Object.entries(manifest.heads)) {
    const known = site.accepted.get(placeKey(other, told)) ?? placedAt(site.heads.get(other), told);
    if (known !== undefined && known !== told.manifest) return `it tells of another ${other} ${at(told)}`;
  }
  return undefined;
}

interface Place {
  readonly epoch: number;
  readonly sequence: number;
}

function placedAt(head: (Place & { readonly manifest: string }) | undefined, place: Place): string | undefined {
  return head !== undefined && comparePlaces(head, place) === 0 ? head.manifest : undefined;
}

/** What the same issuer has told of this place in a kit that was accepted; others' words count for nothing. */
function toldOf({ manifest, site }: Placing): string | undefined {
  return placedAt(site.known.get(manifest.stream), manifest);
}

function rollback(placing: Placing): string | undefined {
  const head = headOf(placing);
  if (head === undefined || comparePlaces(placing.manifest, head) >= 0) return undefined;
  return `${at(placing.manifest)}, the site has seen ${at(head)}`;
}

function alreadyApplied(placing: Placing): string | undefined {
  return headOf(placing)?.manifest === placing.kit ? `${placing.manifest.stream} ${at(placing.manifest)}` : undefined;
}

/** The sequence before this kit in its epoch, or 0. */
function before(placing: Placing): number {
  const head = headOf(placing);
  return head?.epoch === placing.manifest.epoch ? head.sequence : 0;
}

function jump(placing: Placing): string | undefined {
  const { sequence } = placing.manifest;
  const max = placing.policy.maxSequenceJump;
  return sequence - before(placing) > max ? `from ${before(placing)} to ${sequence}, at most ${max}` : undefined;
}

function epoch(placing: Placing): string | undefined {
  const { manifest, policy } = placing;
  const head = headOf(placing);
  if (head === undefined || manifest.epoch === head.epoch) return undefined;
  return floorOf(policy, manifest.stream)?.epoch === manifest.epoch
    ? undefined
    : `${manifest.epoch} after ${head.epoch}`;
}

function ledgerGap(placing: Placing): string | undefined {
  const { manifest } = placing;
  if (!manifest.kinds.includes("ledger") || headOf(placing) === undefined) return undefined;
  const next = before(placing) + 1;
  return manifest.sequence === next ? undefined : `${next} is due, this is ${manifest.sequence}`;
}

function timeOrder(placing: Placing): string | undefined {
  const head = headOf(placing);
  const { createdAt } = placing.manifest;
  return head !== undefined && ms(createdAt) < head.createdAt ? `made at ${createdAt}` : undefined;
}

function thinBase({ manifest, site }: Placing): string | undefined {
  const missing = manifest.omitted.filter((sha256) => !site.blobs.has(sha256));
  return missing.length === 0 ? undefined : `${missing.length} missing, the first is ${missing[0]}`;
}

function owned({ manifest, site }: Placing): string | undefined {
  for (const file of manifest.files) {
    const place = objectPlace(file);
    const owner = place === undefined ? undefined : site.owners.get(objectKey(place));
    if (owner !== undefined && owner !== manifest.stream) return `${quoted(file.path)} belongs to ${owner}`;
  }
  return undefined;
}
