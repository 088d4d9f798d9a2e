/**
 * What a site holds, as far as judging a kit needs it: plain data, so that it can come from a store or from flags.
 * @module
 */
import type { KnownHead, Manifest, StreamHead } from "./kit.ts";
import { type ObjectPlace, objectPlace } from "./kit-place.ts";
import { kitInstantMs } from "./kit-time.ts";
import type { TrustPolicy } from "./trust.ts";

/** The two policies of a site: `local` judges streams whose first segment is the site's id, `upstream` all others. */
export interface Policies {
  readonly local?: TrustPolicy;
  readonly upstream?: TrustPolicy;
}

/** Whose signature counted. */
export interface CountedSigner {
  readonly keyId: string;
  readonly owner: string;
}

/** The head of a stream with what came in with it. Instants are epoch ms. What the first version did not write down is absent. */
export interface StreamRecord extends StreamHead {
  /** null: it never expires. */
  readonly expiresAt?: number | null;
  readonly importedAt?: number;
  readonly signers?: readonly CountedSigner[];
  /** Configuration objects of its table, and files that are kept beside them (docs and SBOMs). */
  readonly objects?: number;
  readonly files?: number;
  /** The kit that stood there before, which is held too; how many files are kept of it. */
  readonly before?: { readonly manifest: string; readonly files: number };
}

export interface SiteView {
  readonly site: string;
  readonly groups: readonly string[];
  readonly appVersion: string;
  /** The site's clock, epoch ms. */
  readonly now: number;
  /** Newest `createdAt` accepted on any stream, epoch ms; 0 where there is none. */
  readonly newest: number;
  readonly policies: Policies;
  /** By stream: the highest place taken in. */
  readonly heads: ReadonlyMap<string, StreamHead>;
  /** By stream: the newest place that an accepted kit of the same issuer told of. */
  readonly known: ReadonlyMap<string, KnownHead>;
  /** Manifests taken in, by `placeKey`. Those of streams and places that the kit does not name may be left out. */
  readonly accepted: ReadonlyMap<string, string>;
  /** Stream that owns an object, by `objectKey`; what is the tenant's own is absent. */
  readonly owners: ReadonlyMap<string, string>;
  /** SHA-256 (hex) of the blobs held. */
  readonly blobs: ReadonlySet<string>;
}

/** Who and when a site is; what it holds is empty. */
export type SiteIdentity = Pick<SiteView, "site" | "groups" | "appVersion" | "now" | "policies">;

/** A site that has taken in nothing yet. */
export function newSite(identity: SiteIdentity): SiteView {
  const none = { heads: new Map(), known: new Map(), accepted: new Map(), owners: new Map(), blobs: new Set<string>() };
  return { ...identity, ...none, newest: 0 };
}

/** Key of `accepted`. */
export function placeKey(stream: string, { epoch, sequence }: Pick<KnownHead, "epoch" | "sequence">): string {
  return `${stream}@${epoch}.${sequence}`;
}

/** Key of `owners`. */
export function objectKey({ tenant, kind, id }: ObjectPlace): string {
  return `${tenant}/${kind}/${id}`;
}

/** The instant that judges: the site's clock, but never before the newest kit that it accepted. */
export function siteInstant({ now, newest }: Pick<SiteView, "now" | "newest">): number {
  return Math.max(now, newest);
}

/** Whether `left` stands before (< 0), at (0) or after (> 0) `right` in a stream. */
export function comparePlaces(
  left: Pick<KnownHead, "epoch" | "sequence">,
  right: Pick<KnownHead, "epoch" | "sequence">,
): number {
  return left.epoch - right.epoch || left.sequence - right.sequence;
}

/** The first segment of a stream. */
export function issuerOf(stream: string): string {
  return stream.slice(0, stream.indexOf("/"));
}

/** The head that a kit makes in its stream. */
export function headOf({ epoch, sequence, createdAt }: Manifest, kit: string): StreamHead {
  return { epoch, sequence, manifest: kit, createdAt: kitInstantMs(createdAt) ?? 0 };
}

/** The site after it has taken in a kit (which is not judged here); `upstream` is the policy that it leaves behind. */
export function afterKit(
  view: SiteView,
  manifest: Manifest,
  { kit, upstream }: { kit: string; upstream?: TrustPolicy },
): SiteView {
  const { stream } = manifest;
  const head = headOf(manifest, kit);
  const owners = new Map([...view.owners].filter(([, owner]) => owner !== stream));
  for (const file of manifest.files) {
    const place = objectPlace(file);
    if (place !== undefined) owners.set(objectKey(place), stream);
  }
  const known = new Map(view.known);
  for (const [other, told] of [...Object.entries(manifest.heads), [stream, head] as const]) {
    if (issuerOf(other) !== issuerOf(stream)) continue;
    const before = known.get(other);
    const { epoch, sequence, manifest: id } = told;
    if (before === undefined || comparePlaces(before, told) < 0) known.set(other, { epoch, sequence, manifest: id });
  }
  return {
    ...view,
    newest: Math.max(view.newest, head.createdAt),
    policies: upstream === undefined ? view.policies : { ...view.policies, upstream },
    heads: new Map(view.heads).set(stream, head),
    known,
    accepted: new Map(view.accepted).set(placeKey(stream, head), kit),
    owners,
    blobs: new Set([
      ...view.blobs,
      ...manifest.files.filter(({ role }) => role === "blob").map(({ sha256 }) => sha256),
    ]),
  };
}
