import { sha256Binary } from "../../core/hash.ts";

/** Another 64-bit hash of (tenant, `source NUL sourceId`): for tests that force collisions. */
export type IdentityHash = (tenant: string, key: string) => bigint;

/** Where an identity is looked for: two unsigned 32-bit halves. */
export interface IdentityPlace {
  readonly hi: number;
  readonly lo: number;
}

const ID_HASH_BYTES = 10;

/**
 * The 10 bytes that the id of an identity's event holds after its time: of SHA-256 over RFC 8785 of its three parts. As
 * a string, one character U+0000 to U+00FF a byte: a batch keeps one for each event, and as buffers they cost far more.
 */
export function identityDigest(tenant: string, source: string, sourceId: string): string {
  return sha256Binary(JSON.stringify([tenant, source, sourceId])).slice(0, ID_HASH_BYTES);
}

/**
 * Hashes of the identities that a batch looked for: each is needed again when its event is written. Those of the last
 * load only, and none after a commit; a lookup without one costs its hash once more, nothing else.
 */
export class IdentityHashes {
  private readonly kept = new Map<string, Map<string, string>>();

  /** Computes and keeps the hash of an identity by its key, `source NUL sourceId`. */
  keep(tenant: string, key: string): string {
    const hash = identityDigest(tenant, ...splitIdentity(key));
    const ofTenant = this.kept.get(tenant);
    if (ofTenant === undefined) this.kept.set(tenant, new Map([[key, hash]]));
    else ofTenant.set(key, hash);
    return hash;
  }

  /** The hash of an identity, computed where it was not kept. */
  of(tenant: string, key: string): string {
    return this.kept.get(tenant)?.get(key) ?? identityDigest(tenant, ...splitIdentity(key));
  }

  forget(): void {
    this.kept.clear();
  }
}

/** Source and source id of an identity's key, `source NUL sourceId`. */
export function splitIdentity(key: string): readonly [source: string, sourceId: string] {
  const at = key.indexOf("\u0000");
  return [key.slice(0, at), key.slice(at + 1)];
}

/** The place that the first 8 of an id's 10 hash bytes give. */
export function placeOfBytes(bytes: Buffer, at: number): IdentityPlace {
  return { hi: bytes.readUInt32BE(at), lo: bytes.readUInt32BE(at + 4) };
}

/** The same of a digest. */
export function placeOfDigest(digest: string): IdentityPlace {
  return { hi: uint32(digest, 0), lo: uint32(digest, 4) };
}

function uint32(digest: string, at: number): number {
  const high = (digest.charCodeAt(at) << 24) | (digest.charCodeAt(at + 1) << 16);
  return (high | (digest.charCodeAt(at + 2) << 8) | digest.charCodeAt(at + 3)) >>> 0;
}

export function placeOfHash(hash: bigint): IdentityPlace {
  return { hi: Number(BigInt.asUintN(32, hash >> 32n)), lo: Number(BigInt.asUintN(32, hash)) };
}
