import type { CellRef } from "../../core/cells.ts";
import type { EventReceipt } from "../../core/delivery.ts";
import type { Access } from "./access.ts";
import { indexOfHash } from "./event-segments.ts";
import { type IdentityPlace, placeOfDigest, placeOfHash } from "./identity.ts";
import { readReceipt } from "./receipts.ts";

interface Hit {
  readonly at: number;
  readonly log: number;
  readonly key: string;
  readonly hash: string;
  /** Newest first. */
  readonly segments: readonly number[];
}

/**
 * The first receipts of events that were accepted before, undefined for the others. Exact: what the tables hint at is
 * compared as text with the stored event; the receipt is what its decision leaf announced.
 */
export function loadIdentities(access: Access, refs: readonly CellRef<"identity">[]): (EventReceipt | undefined)[] {
  access.hashes.forget();
  const receipts = Array<EventReceipt | undefined>(refs.length).fill(undefined);
  const hits: Hit[] = [];
  for (const [at, ref] of refs.entries()) {
    const hit = hitOf(access, ref, at);
    if (hit !== undefined) hits.push(hit);
  }
  hits.sort((a, b) => (a.segments[0] ?? 0) - (b.segments[0] ?? 0)); // each segment is decoded once
  const asked = new Set<number>();
  for (const hit of hits) receipts[hit.at] = resolve(access, hit, asked);
  return receipts;
}

/** Where the identity of an event is looked for. */
export function placeOf(
  access: Pick<Access, "identityHash">,
  tenant: string,
  key: string,
  hash: string,
): IdentityPlace {
  return access.identityHash === undefined ? placeOfDigest(hash) : placeOfHash(access.identityHash(tenant, key));
}

function hitOf(access: Access, { tenant, key }: CellRef<"identity">, at: number): Hit | undefined {
  const log = access.tenants.find(tenant);
  if (log === undefined) return undefined;
  const hash = access.hashes.keep(tenant, key);
  const { hi, lo } = placeOf(access, tenant, key, hash);
  const segments = access.seen.candidates(hi, lo);
  return segments.length === 0 ? undefined : { at, log, key, hash, segments };
}

function resolve(access: Access, hit: Hit, asked: Set<number>): EventReceipt | undefined {
  for (const segment of hit.segments) {
    const receipt = access.receipts.wants(segment, asked)
      ? access.receipts.find(access, hit.log, segment, hit.key)
      : look(access, hit, segment);
    if (receipt !== undefined) return receipt;
  }
  return undefined;
}

function look(access: Access, { log, key, hash }: Hit, id: number): EventReceipt | undefined {
  const segment = access.events.get(access.connection, log, id);
  const index = segment === undefined ? -1 : indexOfHash(segment.h, Buffer.from(hash, "latin1"));
  if (segment === undefined || index < 0) return undefined;
  const found = readReceipt(access, segment, index);
  return found.key === key ? found.receipt : undefined;
}
