/**
 * What the status page asks for.
 * @module
 */
import type { DeliveryStatus, Reason } from "../core/delivery.ts";
import type { Severity } from "../core/event.ts";
import type { KitStream } from "./kit-services.ts";
import type { ShownMute, ShownWindow, Stats } from "./services.ts";

/** Both may be a few seconds old, so that a page which is asked for again and again costs next to nothing. Instants are epoch ms. */
export interface StatusService {
  readonly site: () => Promise<SiteStatus>;
  readonly tenant: (tenant: string) => Promise<TenantStatus>;
}

export interface SiteStatus {
  readonly site: string;
  readonly version: string;
  /** Start of the server; absent while none serves the folder. */
  readonly startedAt?: number;
  readonly tenants: readonly string[];
  /** In order of their names. */
  readonly kits: readonly KitStream[];
}

export interface TenantStatus {
  /** When all of this was read. */
  readonly at: number;
  /** Zone of its policy, as the IANA database names it. */
  readonly zone: string;
  readonly sources: SeenSources;
  readonly stats: Stats;
  readonly failures: Failures;
  readonly windows: SomeOf<ShownWindow>;
  /** Active silences and suppressions. */
  readonly mutes: SomeOf<ShownMute & { readonly kind: "silence" | "suppression" }>;
  /** Active maintenance windows. */
  readonly maintenance: SomeOf<ShownMute>;
  readonly ledger?: LedgerHead;
  readonly setup: Setup;
}

/** The first of them, and how many there are. */
export interface SomeOf<T> {
  readonly items: readonly T[];
  readonly count: number;
}

export interface SeenSources extends SomeOf<SeenSource> {
  /** Newest events that were looked at, and whether they are all that there are. */
  readonly looked: number;
  readonly isAll: boolean;
}
export interface SeenSource {
  readonly source: string;
  readonly lastAt: number;
  readonly lastType: string;
  readonly lastSeverity: Severity;
  /** Of those that were looked at. */
  readonly events: number;
}

export interface Failures {
  /** Newest first, at most ten. */
  readonly items: readonly Failure[];
  /** Of the last 24 hours, and those that are tried again: listed or not. */
  readonly count: number;
  /** Older ones were not looked for. */
  readonly isCut: boolean;
}
export interface Failure {
  readonly id: string;
  readonly at: number;
  readonly status: DeliveryStatus;
  readonly channel: string;
  /** Id of the rule. */
  readonly rule: string;
  readonly attempts: number;
  readonly reason?: Reason;
  /** What the other side said. */
  readonly failureReason?: string;
  /** Next try. */
  readonly dueAt?: number;
}

export interface LedgerHead {
  readonly origin: string;
  readonly size: number;
  /** The newest signed note; absent before the first one. */
  readonly signed?: {
    readonly size: number;
    /** RFC 6962 root, base64. */
    readonly root: string;
    /** When its newest entry was recorded: it was signed right after. */
    readonly lastAt?: number;
  };
}

/** What a tenant needs before it can tell anybody anything. */
export interface Setup {
  readonly channels: number;
  /** The first one that can send. */
  readonly channel?: string;
  /** Those that are switched on. */
  readonly rules: number;
  /** Channels that lack values which the site fills in. */
  readonly unbound: readonly { readonly id: string; readonly values: readonly string[] }[];
}
