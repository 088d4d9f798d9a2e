/**
 * The nouns and their rows: what questions read and replace.
 * @module
 */
import type { Generation } from "./config.ts";
import type { Delivery, EventReceipt } from "./delivery.ts";
import type { KnownHead, StreamHead } from "./kit.ts";
import type { TrustPolicy } from "./trust.ts";

/** Tenant of site-wide objects, actions and the site's own log. */
export const SITE_TENANT = "_site";

export interface TenantRecord {
  readonly id: string;
  readonly createdAt: number;
}

/** A service token; only the SHA-256 of its secret is kept. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  /** A tenant id, or `_site` for a site principal. */
  readonly tenant: string;
  readonly scopes: readonly string[];
  /** SHA-256 of the secret, hex. */
  readonly hash: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

/** A parked channel; a channel without a row is up. */
export interface ChannelState {
  readonly down?: { readonly since: number; readonly reason: string };
  /** Failed messages in a row, of different deliveries: their ids, newest last, at most five. */
  readonly failing: readonly string[];
}

export interface SiteRecord {
  readonly site: string;
  /** First 8 hex digits of SHA-256 of the raw log key: part of every origin. */
  readonly fp8: string;
  readonly createdAt: number;
}

/** The current or last run of the server; `running` found at start means an unclean stop. */
export interface RunRecord {
  readonly boot: string;
  readonly state: "running" | "stopped";
  readonly startedAt: number;
}

/** The newest signed note of a log. */
export interface NoteRecord {
  readonly size: number;
  readonly note: string;
}

/** The newest jump of the clock, epoch ms. Leaves before `size` of a log were recorded before it. */
export interface ClockRecord {
  readonly from: number;
  readonly to: number;
  readonly sizes: readonly { readonly tenant: string; readonly size: number }[];
}

/** An open window or another piece of gate state; later stages add their own nouns beside it. */
export interface WindowRecord {
  readonly openedAt: number;
  readonly due: number;
  readonly count: number;
}

/**
 * The nouns and their rows: one mutable row is addressed by (noun, tenant, key). Values are plain JSON.
 * `identity` (key `source NUL sourceId`) is written as the receipt of an accepted event and read back as such.
 */
export interface Cells {
  identity: EventReceipt;
  delivery: Delivery;
  /** Key `current`: the tenant's own generation; key its id: each one that was ever current. */
  generation: Generation;
  /** Key: channel id. */
  channel: ChannelState;
  /** Tenant `_site`, key: tenant id. */
  tenant: TenantRecord;
  /** Tenant `_site`, key: token id. */
  token: TokenRecord;
  /** Tenant `_site`, key `current`. */
  site: SiteRecord;
  run: RunRecord;
  /** Tenant `_site`, key `current`. */
  clock: ClockRecord;
  /** Tenant `_site`, key `local` or `upstream`. */
  trust: TrustPolicy;
  /** Tenant `_site`, key: stream: the highest place taken in. */
  stream: StreamHead;
  /** Tenant `_site`, key: stream: the newest place that an accepted kit told of. */
  known: KnownHead;
  /** Tenant `_site`, key: `<stream>@<epoch>.<sequence>`: the kit that was taken in there. */
  accepted: { readonly manifest: string };
  /** Key `current`. */
  note: NoteRecord;
  window: WindowRecord;
}
export type Noun = keyof Cells;

export interface CellRef<N extends Noun = Noun> {
  readonly noun: N;
  readonly tenant: string;
  readonly key: string;
}

/** A cell as a commit left it; without a value it was removed. */
export type CellChange = {
  [N in Noun]: { readonly noun: N; readonly tenant: string; readonly key: string; readonly value?: Cells[N] };
}[Noun];
