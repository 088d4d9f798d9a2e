/**
 * The nouns and their rows: what questions read and replace.
 * @module
 */
import type { WeeklyTime } from "./calendar.ts";
import type { ChangeRecord } from "./change.ts";
import type { Generation, GenerationRecord } from "./config.ts";
import type { Delivery, EventReceipt } from "./delivery.ts";
import type { AlertState, Severity } from "./event.ts";
import type { KnownHead, StreamHead } from "./kit.ts";
import type { StreamRecord } from "./kit-site.ts";
import type { Rule } from "./rule.ts";
import type { TrustPolicy } from "./trust.ts";
import type { WindowRecord } from "./window-record.ts";

/** Tenant of site-wide objects, actions and the site's own log. */
export const SITE_TENANT = "_site";

export interface TenantRecord {
  readonly id: string;
  /** As people call it. */
  readonly name?: string;
  readonly createdAt: number;
  /** Since when nothing new is taken in for it. */
  readonly closedAt?: number;
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
  /** Principal id; records of the first versions lack it. */
  readonly createdBy?: string;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  /** Of its own; 0: no limit. Absent: that of the site. */
  readonly requestsPerMinute?: number;
}

/** A request with an Idempotency-Key that was begun; its answer, once it is known. */
export interface AnswerRecord {
  /** Of method, path and body, hex. */
  readonly fingerprint: string;
  /** When its key is free again, steady ms. */
  readonly until: number;
  /** The answer under the vault, base64: it may hold what is told once only. */
  readonly sealed?: { readonly key: string; readonly text: string };
}

/** A parked channel; a channel without a row is up. */
export interface ChannelState {
  readonly down?: { readonly since: number; readonly reason: string };
  /** Failed messages in a row, of different deliveries: their ids, newest last, at most five. */
  readonly failing: readonly string[];
}

/** What came of a channel's tries; counts no version of it. Instants are those of the wall clock, epoch ms. */
export interface ChannelUsage {
  readonly successCount: number;
  readonly failureCount: number;
  readonly lastUsedAt?: number;
  readonly lastFailureAt?: number;
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
  /** Sum of all jumps so far, ms: `now` less this goes on evenly. */
  readonly offset: number;
  readonly sizes: readonly { readonly tenant: string; readonly size: number }[];
}

/** A dedupe claim: what was announced under its key. */
export interface ClaimRecord {
  readonly severity: Severity;
  readonly alertState?: AlertState;
  /** The delivery that announced it. */
  readonly delivery: string;
  /** The window that it stands for, where the draft was absorbed or held; and since when, steady ms. */
  readonly window?: string;
  readonly at?: number;
}

/** Debouncing of one key. Steady ms. */
export interface FlapRecord {
  readonly state: "counting" | "cooldown";
  /** End of the count or of the cooldown. */
  readonly until: number;
  /** Events that counted, from 1. */
  readonly n: number;
  /** Highest severity that was announced. */
  readonly severity: Severity;
  /** The delivery that announced it. */
  readonly delivery: string;
  /** A resolution was told since the cooldown began. */
  readonly isResolved?: true;
  /** The open window of what was swallowed. */
  readonly window?: string;
}

/** Where a firing was announced or waits to be, until it is resolved; of one action the oldest first. Steady ms. */
export interface AnnouncedRecord {
  readonly until: number;
  /** When its timer is due; renewals leave it where it is. */
  readonly timer: number;
  readonly entries: readonly AnnouncedEntry[];
}
export interface AnnouncedEntry {
  readonly rule: string;
  readonly action: string;
  /** When it was announced, or taken in. */
  readonly at: number;
  /** The window that it sits in; absent: it was announced. */
  readonly window?: string;
}

/** Expressions of a rule that could not be evaluated: no match, counted. */
export interface RuleFaultRecord {
  readonly count: number;
  /** Wall clock of the last one. */
  readonly at: number;
  readonly detail: string;
}

/** Who stated a silence, maintenance window or suppression, and why. */
interface Stated {
  readonly id: string;
  /** Wall clock, epoch ms: written by people, never shifted. */
  readonly startsAt: number;
  readonly endsAt: number;
  readonly author: string;
  readonly comment: string;
  readonly updatedAt: number;
}
export interface SilenceRecord extends Stated {
  /** Alertmanager's matchers, all of which must agree. */
  readonly matchers: readonly string[];
}
/** `endsAt` is far away where `weekly` says when. */
export interface MaintenanceRecord extends Stated {
  readonly matchers: readonly string[];
  readonly weekly?: { readonly zone: string; readonly weekly: readonly WeeklyTime[] };
}
export interface SuppressionRecord extends Stated {
  readonly rule: string;
}

/** What mutes now or will: everything that has not ended, by id. */
export interface Mutes {
  readonly silences: readonly SilenceRecord[];
  readonly maintenance: readonly MaintenanceRecord[];
  readonly suppressions: readonly SuppressionRecord[];
}

/**
 * The nouns and their rows: one mutable row is addressed by (noun, tenant, key). Values are plain JSON.
 * `identity` (key `source NUL sourceId`) is written as the receipt of an accepted event and read back as such.
 */
export interface Cells {
  identity: EventReceipt;
  delivery: Delivery;
  /** Key `current`: the tenant's own generation; key its id: each one that was ever current. Older versions kept it whole. */
  generation: GenerationRecord | Omit<Generation, "parts">;
  /** Key: `changeKey` of its number: each switch of the tenant's generation. */
  change: ChangeRecord;
  /** Key: channel id. */
  channel: ChannelState;
  /** Key: channel id. */
  usage: ChannelUsage;
  /** Tenant `_site`, key: tenant id. */
  tenant: TenantRecord;
  /** Key `<principal>:<SHA-256 of the Idempotency-Key>`. */
  answer: AnswerRecord;
  /** Key `current`: how many `answer` cells the tenant has, and their bytes. */
  answers: { readonly count: number; readonly bytes: number };
  /** Tenant `_site`, key: token id. */
  token: TokenRecord;
  /** Key `current`: ids of the tenant's tokens, in the order of their making. */
  tokens: { readonly ids: readonly string[] };
  /** Tenant `_site`, key: token id. A counter: it touches no version and leaves no leaf. */
  use: { readonly lastUsedAt: number };
  /** Tenant `_site`, key `current`. */
  site: SiteRecord;
  run: RunRecord;
  /** Tenant `_site`, key `current`. */
  clock: ClockRecord;
  /** Tenant `_site`, key `local` or `upstream`. */
  trust: TrustPolicy;
  /** Tenant `_site`, key: stream: the highest place taken in. */
  stream: StreamRecord;
  /** Tenant `_site`, key: stream: the newest place that an accepted kit told of. */
  known: KnownHead;
  /** Tenant `_site`, key: `<stream>@<epoch>.<sequence>`: the kit that was taken in there. */
  accepted: { readonly manifest: string };
  /** Tenant `_site`, key: stream: the newest kit that this site has built. */
  issued: StreamHead;
  /** Key `current`. */
  note: NoteRecord;
  /** Key: id of the window. */
  window: WindowRecord;
  /** Key `<actionKey>:<window>`, of a flap window `:<openedAt>` after it: the windows that are open. */
  open: { readonly id: string };
  /** Key: action id. Wall clock, never shifted. */
  action: { readonly openedAt: number };
  /** Key: action key. Steady ms. */
  group: { readonly flushedAt: number };
  /** Key `<windowEnd>:<dedupe key>`. */
  claim: ClaimRecord;
  /** Key `<group>:<SHA-256 of what is debounced>`. */
  flap: FlapRecord;
  /** Key: action id. Theoretical arrival time, steady ms. */
  bucket: { readonly tat: number };
  /** Key `rule:<id>` or `quota:<time, ms>`: instants (steady ms) with how many were sent then, oldest first. */
  limit: { readonly count: number; readonly sent: readonly (readonly [at: number, count: number])[] };
  /** Key: correlation key of an alert. */
  announced: AnnouncedRecord;
  /** Key: `id@` + 12 hex digits: versions of rules that windows and announcements go back to. */
  rule: Rule;
  /** Key: version of the rule. */
  fault: RuleFaultRecord;
  /** Key `current`. */
  mutes: Mutes;
  /** Key: id; kept after its end. Also `id@` + 12 hex digits: each version that a leaf names. */
  silence: SilenceRecord;
  maintenance: MaintenanceRecord;
  suppression: SuppressionRecord;
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
