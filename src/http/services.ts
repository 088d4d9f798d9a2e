/**
 * What the routes ask for: each route is parse, one call, one answer. app.ts implements it from flows and the store.
 * What a call refuses it throws as an error that problem.ts knows (HttpError, FlowError, StoreError, KitError).
 * @module
 */
import type { WeeklyGrid } from "../core/calendar.ts";
import type { ConfigPlan } from "../core/config-plan.ts";
import type { Generation, Kind } from "../core/config.ts";
import type { Delivery, EventReceipt, Reason } from "../core/delivery.ts";
import type { RuleFaultRecord } from "../core/cells.ts";
import type { WindowKind, WindowRecord } from "../core/window-record.ts";
import type { Event, EventInput } from "../core/event.ts";
import type { DeliveryExplanation, EventExplanation, GatheringExplanation } from "../core/explain.ts";
import type { Json } from "../core/json.ts";
import type { MuteKind, MuteRecord, MuteState } from "../core/mute.ts";
import type { WindowCommand } from "../flows/window-command.ts";
import type { TenantService, TokenService } from "./access-services.ts";
import type { AnswerService } from "./answer-services.ts";
import type { MetricsService } from "./metrics.ts";
import type { StatusService } from "./status-services.ts";
import type { KitService, TrustService } from "./kit-services.ts";
import type { ObjectService } from "./object-services.ts";
import type { PreviewService } from "./preview-services.ts";
import type { SendService } from "./send-services.ts";
import type { AcceptedEvent, Answered, DeliveryCounts, DeliveryQuery, EventQuery, Opening, Page } from "../ports.ts";

/** Who asks for a change, and in which tenant. */
export interface Caller {
  readonly tenant: string;
  /** Principal id, as in leaves: `token:<id>` or `local:<uid>`. */
  readonly actor: string;
  /** Id of the request in the log, where the log tells of requests. */
  readonly request?: string;
}

export interface Services {
  readonly answers: AnswerService;
  readonly events: EventService;
  readonly deliveries: DeliveryService;
  readonly digests: DigestService;
  readonly explain: ExplainService;
  readonly stats: StatsService;
  readonly status: StatusService;
  readonly config: ConfigService;
  readonly kits: KitService;
  readonly trust: TrustService;
  readonly ledger: LedgerService;
  readonly maildrop: MaildropService;
  readonly metrics: MetricsService;
  readonly mutes: MuteService;
  readonly objects: ObjectService;
  readonly preview: PreviewService;
  readonly send: SendService;
  readonly tokens: TokenService;
  readonly tenants: TenantService;
}

export interface EventService {
  /** Accepts 1 to 1,000 events, all or nothing, and answers after the fsync; `source` is the name of the source, `bytes` the size of the body. */
  readonly ingest: (
    caller: Caller,
    batch: { readonly source: string; readonly events: readonly EventInput[]; readonly bytes: number },
  ) => Promise<Ingested>;
  readonly page: (tenant: string, query: EventQuery) => Promise<Page<Event>>;
  readonly get: (tenant: string, id: string) => Promise<AcceptedEvent | undefined>;
}
export interface Ingested {
  readonly accepted: number;
  readonly duplicates: number;
  /** In the order of the request. */
  readonly events: readonly EventReceipt[];
}

export interface DeliveryService {
  readonly page: (tenant: string, query: DeliveryQuery) => Promise<Page<Delivery>>;
  readonly get: (tenant: string, id: string) => Promise<Delivery | undefined>;
  /** Oldest first; undefined for an unknown delivery. */
  readonly attempts: (tenant: string, id: string) => Promise<readonly Attempt[] | undefined>;
  /**
   * A C2SP tlog-proof of one of the leaves that tell of it, under a note signed for that: the newest, which says what
   * became of it, or the one asked for (the first commits to the addressee). Undefined for an unknown delivery.
   */
  readonly receipt: (tenant: string, id: string, leaf: number | undefined) => Promise<string | undefined>;
}
/** A window as people see it: its time as the wall clock has it, epoch ms. */
export interface ShownWindow extends WindowRecord {
  readonly dueAt: number;
}

export interface DigestService {
  /** Open windows, the one that is due first before the others. Throws HttpError `bad-query` for another list's cursor. */
  readonly page: (tenant: string, query: DigestQuery) => Promise<Page<ShownWindow>>;
  /** Does it and answers the windows as they are then. Throws FlowError `missing`, `conflict` or `invalid`. */
  readonly command: (caller: Caller, command: DigestCommand) => Promise<readonly ShownWindow[]>;
}
export interface DigestQuery {
  readonly limit: number;
  readonly cursor?: string;
  /** Those of one action key, or of an action with all its groups. */
  readonly actionKey?: string;
}
export type DigestCommand = Omit<WindowCommand, "actor">;

export interface StatsService {
  readonly of: (tenant: string) => Promise<Stats>;
}
export interface Stats extends DeliveryCounts {
  /** Open digests and groups. */
  readonly openDigestCount: number;
  readonly openWindows: Readonly<Record<WindowKind, number>>;
  /** Channels of the present configuration that are parked. */
  readonly downChannels: readonly { readonly id: string; readonly since: number; readonly reason: string }[];
  /** Rules whose expression could not be evaluated, by version. */
  readonly ruleFaults: readonly ({ readonly rule: string } & RuleFaultRecord)[];
}

/** What a `delivery.attempt` leaf tells. Instants are epoch ms. */
export interface Attempt {
  readonly n: number;
  readonly at: number;
  readonly status: string;
  readonly out?: Answered;
  readonly reason?: Reason;
  readonly due?: number;
  /** Sequence number of the leaf. */
  readonly seq: number;
}

export interface ExplainService {
  /** Undefined for an unknown event. */
  readonly event: (tenant: string, id: string, asker: ExplainAsker) => Promise<EventExplanation | undefined>;
  /** Of a delivery, or of a window by its id; undefined for an unknown one. */
  readonly delivery: (tenant: string, id: string) => Promise<DeliveryExplanation | GatheringExplanation | undefined>;
}
/** Who asks, and about which one rule. To a tenant's principal the site's rules do not say what they want. */
export interface ExplainAsker {
  readonly isSite: boolean;
  readonly rule?: string;
}

export interface ConfigService {
  /** `isSite`: the asking principal is the site's; to a tenant's, `_site` objects are shown without their value. */
  readonly show: (tenant: string, asker: { readonly isSite: boolean }) => Promise<ShownConfig>;
  /** Changes nothing; what is wrong stands in `faults`. */
  readonly plan: (tenant: string, change: ConfigChange) => Promise<ConfigPlan>;
  /** Switches, unless the plan has faults. */
  readonly apply: (caller: Caller, change: ConfigChange) => Promise<ConfigPlan>;
  /** Fills in `bind` values of a channel, or with null takes them away, unless the plan has faults. */
  readonly bind: (
    caller: Caller,
    binding: { readonly channel: string; readonly values: Readonly<Record<string, string | null>> },
  ) => Promise<ConfigPlan>;
}
export interface ConfigChange {
  readonly objects: readonly { readonly kind: Kind; readonly id: string; readonly value: Json }[];
  readonly prune: boolean;
  /** The generation that the caller looked at; another one in place is a conflict. */
  readonly base?: string;
  readonly why?: string;
}
/** An object as it was saved: what is not in it has its default. */
export interface ShownObject {
  readonly kind: Kind;
  readonly id: string;
  /** SHA-256 of its canonical text, hex. */
  readonly hash: string;
  /** As people call it, where the object has a name. */
  readonly name?: string;
  /** The object is that of `_site`: it serves all tenants. */
  readonly isGlobal: boolean;
  /** Absent where the asker may use the object but not read it. */
  readonly value?: Json;
}
export interface ShownConfig {
  readonly own: Generation;
  /** 16 hex digits, as in leaves. */
  readonly cfg: string;
  /** Of the merged map, as they were saved. */
  readonly objects: readonly ShownObject[];
}

export interface LedgerService {
  readonly logs: () => Promise<readonly LogSize[]>;
  /** The log of one tenant; undefined where it has none. */
  readonly log: (tenant: string) => Promise<LogSize | undefined>;
  /** The newest signed note; undefined before the first one. */
  readonly checkpoint: (tenant: string) => Promise<string | undefined>;
  /** The first `width` (1 to 256) hashes of a tile, concatenated; undefined where the log has fewer. */
  readonly tile: (
    tenant: string,
    tile: { readonly level: number; readonly index: number; readonly width: number },
  ) => Promise<Uint8Array | undefined>;
  /** Lines of leaves [from, from + count), fewer at the end of the log. */
  readonly leaves: (tenant: string, from: number, count: number) => Promise<readonly string[]>;
  readonly openings: (tenant: string, from: number, count: number) => Promise<readonly Opening[]>;
}
export interface LogSize {
  readonly origin: string;
  readonly tenant: string;
  readonly size: number;
}

export interface MaildropService {
  /** Mails of a tenant, newest first; of `_site`: all. */
  readonly page: (
    tenant: string,
    query: { readonly limit: number; readonly cursor?: string },
  ) => Promise<Page<MailSummary>>;
  readonly get: (tenant: string, id: string) => Promise<Mail | undefined>;
}
/** A mail that the sink took; `at` epoch ms. */
export interface MailSummary {
  readonly id: string;
  readonly at: number;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly bytes: number;
}
export interface Mail extends MailSummary {
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly text?: string;
  readonly html?: string;
}

/** Silences, maintenance windows and suppressions. */
export interface MuteService {
  /** Highest id first. */
  readonly page: (tenant: string, kind: MuteKind, query: MuteQuery) => Promise<Page<ShownMute>>;
  readonly get: (tenant: string, kind: MuteKind, id: string) => Promise<ShownMute | undefined>;
  /** Makes or edits all of them or none, and answers them as they are then, in their order. */
  readonly put: (caller: Caller, given: readonly GivenMute[], request: MuteRequest) => Promise<readonly ShownMute[]>;
  /** Ends one; one that has ended is left as it is. */
  readonly expire: (caller: Caller, kind: MuteKind, id: string) => Promise<ShownMute | undefined>;
  /** What a silence with these matchers would mute now. */
  readonly preview: (tenant: string, matchers: readonly string[]) => Promise<MutePreview>;
}
export interface MuteQuery {
  readonly limit: number;
  readonly cursor?: string;
  /** Absent: those that have not ended. */
  readonly state?: MuteState | "all";
  /** Those that ask for such a value of its label. */
  readonly matcher?: string;
  readonly rule?: string;
}
export interface ShownMute {
  readonly record: MuteRecord;
  readonly state: MuteState;
}
/** What people state; epoch ms and ms. Without a start it begins now; without an end or a duration it has none. */
export type GivenMute = {
  readonly id?: string | undefined;
  readonly startsAt?: number | undefined;
  readonly endsAt?: number | undefined;
  readonly duration?: number | undefined;
  /** Absent: the principal. */
  readonly author?: string | undefined;
  readonly comment: string;
} & (
  | { readonly kind: "silences"; readonly matchers: readonly string[] }
  | { readonly kind: "maintenance"; readonly matchers: readonly string[]; readonly weekly?: WeeklyGrid | undefined }
  | { readonly kind: "suppressions"; readonly rule: string }
);
export interface MuteRequest {
  /** Faults name the place of each. */
  readonly isBatch: boolean;
  /** However many events it mutes. */
  readonly isForced: boolean;
  /** What an id must be: new, or that of one. */
  readonly requires: "absent" | "present";
}
export interface MutePreview {
  /** Of the last events; the newest of those that it would mute. */
  readonly events: Muted<Event>;
  /** Of the open windows: those that only told of what it would mute. */
  readonly windows: Muted<{ readonly id: string; readonly action: string; readonly count: number }>;
}
interface Muted<T> {
  readonly looked: number;
  readonly muted: number;
  readonly items: readonly T[];
}
