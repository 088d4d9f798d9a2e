/**
 * The ports: types only. Flows and jobs know the outside by these names; adapters implement them; app.ts wires them.
 * @module
 */
import type { CellChange, CellRef, Cells, Noun } from "./core/cells.ts";
import type { WindowMember } from "./core/window-record.ts";
import type { Delivery } from "./core/delivery.ts";
import type { Event } from "./core/event.ts";
import type { Compiled } from "./core/config.ts";
import type { Json } from "./core/json.ts";
import type { AcceptedEvent, Stamp, View } from "./core/view.ts";

export type {
  CellChange,
  CellRef,
  Cells,
  ChannelState,
  Noun,
  NoteRecord,
  SiteRecord,
  TokenRecord,
} from "./core/cells.ts";
export type { WindowMember, WindowRecord } from "./core/window-record.ts";
export type {
  AcceptedEvent,
  CellRange,
  LeafOpenings,
  MemberRow,
  RecipientOpening,
  Stamp,
  Sweep,
  TimerRow,
  View,
} from "./core/view.ts";
export { SITE_TENANT } from "./core/cells.ts";

// ---------------------------------------------------------------- system

/** The only clock. `now` is epoch ms of the wall clock, `mono` ms of a clock that never steps, from the start of the process. */
export interface Clock {
  readonly now: () => number;
  readonly mono: () => number;
}

/** The only randomness: `count` bytes fit for keys. */
export interface Random {
  readonly bytes: (count: number) => Uint8Array;
}

/** Structured log; fields never hold secrets, addresses or message text. */
export interface Log {
  /** Whether `info` is written: what only it tells need not be gathered where it is not. */
  readonly isInfo?: boolean;
  readonly info: (message: string, fields?: Readonly<Record<string, Json>>) => void;
  readonly warn: (message: string, fields?: Readonly<Record<string, Json>>) => void;
  readonly error: (message: string, fields?: Readonly<Record<string, Json>>) => void;
}

/** Calls back once after `ms`; the answer cancels it. */
export type Timeout = (ms: number, call: () => void) => () => void;

// ---------------------------------------------------------------- questions

/** A question is plain data, so that it can be asked again. */
export interface Question<N extends string = string, Input = unknown> {
  readonly flow: N;
  readonly tenant: string;
  readonly input: Input;
  /** Size of the input as it came, for back-pressure; a small one is assumed where it is absent. */
  readonly bytes?: number;
}

/** Input of every timer flow. */
export interface TimerInput {
  readonly key: string;
  readonly due: number;
}

/** What `prepare` may look at. */
export interface Context {
  readonly tenant: string;
  /** The compiled configuration of the tenant. */
  readonly index: Compiled;
}

/** A prepared question: the cells that deciding will probably touch, and the pure, synchronous rest. */
export interface Prepared<Answer> {
  readonly cells: readonly CellRef[];
  readonly decide: (view: View, stamp: Stamp) => Answer;
}

/**
 * One verb. `prepare` and the `decide` that it returns are pure: no clock, randomness or I/O; what they refuse they
 * throw, and the question is rolled back alone.
 */
export interface Flow<Input, Answer> {
  /** A batch of its own (configuration switches). */
  readonly alone?: boolean;
  readonly prepare: (context: Context, input: Input, now: number) => Prepared<Answer>;
}
export interface FlowTable {
  readonly [name: string]: Flow<never, unknown>;
}
export type InputOf<F> = F extends Flow<infer Input, unknown> ? Input : never;
export type AnswerOf<F> = F extends Flow<never, infer Answer> ? Answer : never;

// ---------------------------------------------------------------- store

/** What a commit changed, told after the fsync and before the next batch is prepared. */
export interface Committed {
  readonly cells: readonly CellChange[];
  /** Logs that grew, with their new size. */
  readonly logs: readonly { readonly tenant: string; readonly size: number }[];
  /** Deliveries changed that `cells` does not name: what is known of any must be read again. */
  readonly swept?: true;
}

export interface Pressure {
  readonly waitingQuestions: number;
  readonly waitingBytes: number;
  readonly maxWaitingBytes: number;
}

/**
 * The only way to change state: questions are batched into one transaction (group commit) and answered after the fsync.
 * `transact` rejects with what `decide` threw, or with a StoreError (`overloaded`, `disk-full`, `refused-row`, `closed`, `failed`).
 */
export interface Store<F extends FlowTable> {
  readonly transact: <N extends keyof F & string>(question: Question<N, InputOf<F[N]>>) => Promise<AnswerOf<F[N]>>;
  readonly read: Reader;
  /** Keeps immutable objects by hash, ahead of the question that adopts them. */
  readonly stage: (objects: readonly StoredObject[]) => Promise<void>;
  readonly onCommit: (listen: (committed: Committed) => void) => void;
  readonly pressure: () => Pressure;
  /** Answers what is queued, then closes. */
  readonly close: () => Promise<void>;
}

/** An immutable configuration object: canonical JSON, by its SHA-256 (hex). */
export interface StoredObject {
  readonly hash: string;
  readonly text: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; absent on the last page. A page may be short and still have one. */
  readonly cursor?: string;
}
export interface EventQuery {
  readonly limit: number;
  readonly cursor?: string;
  /** Id of an event: only those that were accepted before it; none where it is not known. A cursor goes on from its page. */
  readonly before?: string;
  readonly type?: string;
  readonly source?: string;
  readonly severity?: string;
}
export interface DeliveryQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly status?: string;
  readonly channel?: string;
  readonly event?: string;
  /** Those that belong to a window or tell of it: `Delivery.window`. */
  readonly window?: string;
}
/** How many deliveries have which status; a status that none has is absent. */
export interface DeliveryCounts {
  /** From this instant on (epoch ms, a whole hour) ended deliveries were counted. */
  readonly since: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Deliveries that are not at their end: pending, held, deferred or retrying. */
  readonly backlog: number;
  /** By the rule's id, over all its versions; in order of ids. */
  readonly byRule: readonly { readonly rule: string; readonly byStatus: Readonly<Record<string, number>> }[];
}
/** Where the deliver job starts: one row for each channel that has something due at some time. */
export interface DueChannel {
  readonly tenant: string;
  readonly channel: string;
  readonly due: number;
}
export interface LogRecord {
  readonly tenant: string;
  readonly origin: string;
  readonly size: number;
  /** RFC 6962 root at `size`, 32 bytes. */
  readonly root: Uint8Array;
}
/** What opens the commitments of one leaf: `draft` absent for the event's. `value` is absent once erased. */
export interface Opening {
  readonly seq: number;
  readonly draft?: number;
  readonly field: "event" | "recipient";
  readonly salt: Uint8Array;
  readonly value: string;
}

/**
 * Committed state, on a connection of its own; long reads yield between chunks, and see what is committed meanwhile. Newest
 * first where nothing else is said.
 */
export interface Reader {
  readonly cell: <N extends Noun>(noun: N, tenant: string, key: string) => Promise<Cells[N] | undefined>;
  /** In order of keys; of `announced`, `claim` and `flap` in the order of their making, and those in one go. Not for `identity`. */
  readonly cells: <N extends Noun>(
    noun: N,
    tenant: string,
    prefix: string,
    limit: number,
  ) => Promise<readonly (readonly [key: string, value: Cells[N]])[]>;
  readonly objects: (hashes: readonly string[]) => Promise<readonly StoredObject[]>;
  readonly event: (tenant: string, id: string) => Promise<AcceptedEvent | undefined>;
  readonly events: (tenant: string, query: EventQuery) => Promise<Page<Event>>;
  readonly deliveries: (tenant: string, query: DeliveryQuery) => Promise<Page<Delivery>>;
  /**
   * Counts a tenant's deliveries, exactly: of those that are not at their end all, however old; of the others those
   * whose `createdAt` is `since` (epoch ms, rounded down to the whole hour) or later. Its work grows with rules and
   * hours, not with deliveries; thousands of both are read in steps, and what changes between them may count as before.
   */
  readonly counts: (tenant: string, since: number) => Promise<DeliveryCounts>;
  /** Deliveries due by `now`, oldest due first, after the given position. */
  readonly due: (at: {
    readonly tenant: string;
    readonly channel: string;
    readonly now: number;
    readonly limit: number;
    readonly after?: { readonly due: number; readonly id: string };
  }) => Promise<readonly Delivery[]>;
  readonly dueChannels: () => Promise<readonly DueChannel[]>;
  readonly logs: () => Promise<readonly LogRecord[]>;
  readonly log: (tenant: string) => Promise<LogRecord | undefined>;
  /** Lines of leaves [from, from + count), in order; fewer at the end of the log. */
  readonly leaves: (tenant: string, from: number, count: number) => Promise<readonly string[]>;
  /** Concatenated 32-byte hashes of a full tile (256 hashes), or undefined when it is not full yet. */
  readonly tile: (tenant: string, level: number, index: number) => Promise<Uint8Array | undefined>;
  readonly openings: (tenant: string, from: number, count: number) => Promise<readonly Opening[]>;
  /** Oldest first. */
  readonly members: (tenant: string, window: string, from: number, limit: number) => Promise<readonly WindowMember[]>;
}

/** Personal data at rest: one random key per subject, wrapped by the master key (AES-256-GCM). */
export interface Vault {
  /** Keyed hash of an addressee, hex: how its key is found without keeping the address. */
  readonly subject: (tenant: string, addressee: string) => string;
  /** A new random key, wrapped. */
  readonly newKey: () => Uint8Array;
  readonly seal: (wrappedKey: Uint8Array, aad: string, plain: Uint8Array) => Uint8Array;
  /** Throws where the key, the text or the AAD is not the one that sealed. */
  readonly open: (wrappedKey: Uint8Array, aad: string, sealed: Uint8Array) => Uint8Array;
}

/** Compiled configurations: `of` is read when a question is prepared, so it always answers the adopted generation. */
export interface Configurations {
  readonly of: (tenant: string) => Compiled;
}

// ---------------------------------------------------------------- channels

/** A rendered message to one addressee. `id` is the same on every attempt. */
export interface Message {
  readonly id: string;
  readonly tenant: string;
  /** An address; several, separated by `, `, where the channel was bound after the decision. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  readonly severity: string;
  readonly correlationId: string;
  /** `<origin> <size> <root>` of the newest head: a slot that is filled at send time. */
  readonly ledger?: string;
}

/** How the other side answered: `code` (SMTP reply or error code), `st` (short words), `ms`. Never holds an address. */
export interface Answered {
  readonly code: string;
  readonly st: string;
  readonly ms: number;
}
/** What became of one try. `down`: the channel, not the message, failed (connect, TLS, 421, timeout before data). */
export type Outcome =
  | { readonly kind: "sent"; readonly out: Answered }
  | { readonly kind: "failed"; readonly out: Answered; readonly retryAfter?: number }
  | { readonly kind: "refused"; readonly out: Answered }
  | { readonly kind: "down"; readonly out: Answered };

/** A connected channel; `send` never throws for what the other side does: that is an outcome. */
export interface OpenChannel {
  readonly send: (message: Message, signal: AbortSignal) => Promise<Outcome>;
  readonly close: () => Promise<void>;
}
/** A kind of channel: one file, one line in channels/index.ts. `config` has been checked against its schema and bound. */
export interface ChannelType {
  readonly type: string;
  readonly open: (config: Json, environment: ChannelEnvironment) => OpenChannel;
}
export interface ChannelEnvironment {
  readonly clock: Clock;
  readonly site: string;
  /** Sends at once, at most. */
  readonly concurrency: number;
}

// ---------------------------------------------------------------- jobs

/** What touches the outside. `due` is the next epoch ms at which `run` has work, or undefined. */
export interface Job {
  readonly name: string;
  readonly due: (now: number) => number | undefined;
  /** Does what is due and answers how many things it did. Must end soon after `signal`. */
  readonly run: (now: number, signal: AbortSignal) => Promise<number>;
}
