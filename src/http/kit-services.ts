/**
 * What the routes of kits and trust ask for.
 * @module
 */
import type { Kind } from "../core/config.ts";
import type { Json } from "../core/json.ts";
import type { KnownHead, Manifest } from "../core/kit.ts";
import type { CountedSigner, StreamRecord } from "../core/kit-site.ts";
import type { FieldChange } from "../core/object-diff.ts";
import type { TrustPolicy } from "../core/trust.ts";
import type { Caller } from "./services.ts";

export interface KitService {
  /** What stands in each stream that was taken in. */
  readonly list: () => Promise<readonly KitStream[]>;
  /** By stream: the newest place that kits of its issuer told of. */
  readonly known: () => Promise<readonly KnownStream[]>;
  /** By stream: the newest kit that this site has built. */
  readonly issued: () => Promise<readonly IssuedKit[]>;
  /** What stands in a stream, with its manifest; undefined where nothing was taken in. */
  readonly get: (stream: string) => Promise<HeldKit | undefined>;
  /** The path (on this machine) of a doc or SBOM that the kit of a stream brought; undefined where it has none of this hash. */
  readonly file: (stream: string, sha256: string) => Promise<string | undefined>;
  /** What taking in the kit in a file would change; changes nothing. Throws KitError for one that would be refused. */
  readonly plan: (file: string, request: KitRequest) => Promise<PlannedKit>;
  /** Verifies and imports the kit in a file, which stays the caller's. Throws KitError for a refused one, FlowError `conflict`. */
  readonly importFile: (caller: Caller, file: string, request: KitRequest) => Promise<PlannedKit>;
  /** Writes down a kit that this site has built. Throws FlowError `conflict`. */
  readonly issue: (caller: Caller, kit: IssuedKit & { readonly prev: string | null }) => Promise<void>;
}
export interface KitRequest {
  /** The plan that the caller looked at; another one is a conflict. */
  readonly plan?: string;
  /** Why an expired trust policy that allows it is used all the same. */
  readonly override?: string;
}
export interface KnownStream {
  readonly stream: string;
  readonly epoch: number;
  readonly sequence: number;
  /** SHA-256 of the manifest, hex: the kit's id. */
  readonly manifest: string;
}
export interface IssuedKit extends KnownStream {
  /** Of its manifest, epoch ms. */
  readonly createdAt: number;
}
export interface KitStream extends StreamRecord {
  readonly stream: string;
}
export interface HeldKit extends KitStream {
  readonly held: Manifest;
}
export interface PlannedKit extends IssuedKit {
  /** SHA-256 (hex) of what would change; null where nothing is to be done. */
  readonly plan: string | null;
  /** This kit stands in its stream already. */
  readonly repeated: boolean;
  /** Epoch ms; null: never. */
  readonly expiresAt: number | null;
  readonly before?: KnownHead;
  readonly signers: readonly CountedSigner[];
  /** Versions of the trust policy before and after, and the fingerprint of the one after. */
  readonly trust?: { readonly from: number; readonly to: number; readonly fingerprint: string };
  /** The first of them; `count` is all. */
  readonly changes: readonly {
    readonly tenant: string;
    readonly kind: Kind;
    readonly id: string;
    readonly change: "added" | "changed" | "removed";
    readonly fields?: readonly FieldChange[];
  }[];
  readonly count: number;
  /** What the kit carries and a tenant has made its own: left as it is. */
  readonly left: readonly { readonly tenant: string; readonly kind: Kind; readonly id: string }[];
  /** Tenants that the kit has objects for and the site does not have: nothing is taken in for them. */
  readonly unknownTenants: readonly string[];
  /** Docs and SBOMs that it brings. */
  readonly files: number;
}

export interface TrustService {
  readonly show: () => Promise<ShownTrust>;
  /** Trusts a first upstream policy by its fingerprint. Throws KitError TRUST_*, FlowError `conflict` or `exists`. */
  readonly add: (caller: Caller, given: GivenPolicy) => Promise<ShownPolicy>;
}
/** Who this site is to those who send kits, and whom it trusts. */
export interface ShownTrust {
  readonly site: string;
  readonly groups: readonly string[];
  readonly local?: ShownPolicy;
  readonly upstream?: ShownPolicy;
}
export interface ShownPolicy {
  /** `SHA256:` and unpadded base64. */
  readonly fingerprint: string;
  readonly policy: TrustPolicy;
}
export interface GivenPolicy {
  readonly policy: Json;
  /** As somebody else has told it. */
  readonly fingerprint: string;
  /** Instead of the one that is held, whatever its roots say. */
  readonly replace: boolean;
  readonly why?: string;
}
