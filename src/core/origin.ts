import { sha256 } from "./hash.ts";

/** First 8 hex digits of SHA-256 of a raw 32-byte log key: the part of every origin that ties it to the key. */
export function keyFingerprint8(publicKey: Uint8Array): string {
  return Buffer.from(sha256(publicKey).subarray(0, 4)).toString("hex");
}

/** The origin of a tenant's log, which is also its key's name: `sealpost-<site>-<fp8>-<tenant>`. */
export function logOrigin({
  site,
  fp8,
  tenant,
}: {
  readonly site: string;
  readonly fp8: string;
  readonly tenant: string;
}): string {
  return `sealpost-${site}-${fp8}-${tenant}`;
}

/** The name of a log's seal keys. */
export function sealName(origin: string): string {
  return `${origin}.seal`;
}
