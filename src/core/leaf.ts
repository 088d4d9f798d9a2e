import { canonicalJson } from "./canonical-json.ts";
import type { DeliveryStatus } from "./delivery.ts";
import { CoreError } from "./error.ts";
import { sha256Hex } from "./hash.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { type LeafType, missingField } from "./leaf-type.ts";
import type { ReasonCode } from "./reason.ts";

/** A leaf may have this many bytes, its line's end not counted. */
export const MAX_LEAF_BYTES = 48_000;
/** Entries of `drafts` in one leaf. */
export const MAX_LEAF_DRAFTS = 100;
/** Times lie before the year 10000, epoch ms. */
export const MAX_LEAF_TIME = 253_402_300_799_999;

/** A UTF-16 unit takes at most this many bytes of UTF-8. */
const UNIT_BYTES = 3;
/** Where most commitments are put together; wiped after each, since values are personal data. */
const room = Buffer.alloc(8192);

/** What a leaf is about, by ids; rules and templates as `id@` + 12 hex digits of the object's hash. */
export interface LeafRef {
  readonly approval?: string;
  readonly digest?: string;
  readonly event?: string;
  readonly incident?: string;
  readonly kit?: string;
  readonly object?: string;
  readonly rule?: string;
  readonly template?: string;
}

/** Codes of refused kits, as KIT-FORMAT lists them. */
export type KitReasonCode = `${"KIT" | "SIG" | "TRUST" | "SEAL" | "PART" | "CONTENT"}_${string}`;

/** `by`: id of the silence, window, calendar, bucket or person that gave the reason. */
export interface LeafReason {
  readonly code: ReasonCode | KitReasonCode;
  readonly by?: string;
}

/** One announced delivery. `sd.recipient` is the commitment to its address. */
export interface LeafDraft {
  readonly delivery: string;
  readonly channel: string;
  readonly status: DeliveryStatus;
  readonly rule?: string;
  readonly action?: string;
  readonly reason?: LeafReason;
  readonly sd?: { readonly recipient: string };
}

/** A leaf as its writer states it: all but where it stands (`v`, `log`, `seq`, `boot`, `mono`). Absent fields are left out. */
export interface LeafInput {
  readonly type: LeafType;
  /** Recorded time, epoch ms; absent where the place of the leaf gives it. */
  readonly t?: number;
  /** Principal id, `source:<name>`, `job:<name>` or `timer:<flow>`. */
  readonly actor: string;
  readonly id?: string;
  readonly ref?: LeafRef;
  /** Generation of the configuration that decided: 16 hex digits. */
  readonly cfg?: string;
  readonly drafts?: readonly LeafDraft[];
  readonly delivery?: string;
  /** Attempt number; of `event.decision` the part, from 2 on. */
  readonly n?: number;
  readonly status?: DeliveryStatus;
  /** Next due time, epoch ms. */
  readonly due?: number;
  /** How the other side answered, in ms. */
  readonly out?: { readonly code: string; readonly st: string; readonly ms: number };
  readonly reason?: LeafReason;
  /** SHA-256 of the rendered parts without addresses, 64 hex digits. */
  readonly payload?: string;
  /** Commitments by field, 64 hex digits each. */
  readonly sd?: { readonly event?: string; readonly recipient?: string };
  readonly body?: JsonObject;
}

/** Where and when a leaf stands: its log's origin, its index, the start of the process and whole ms since then. */
export interface LeafPlace {
  readonly log: string;
  readonly seq: number;
  /** Recorded time, epoch ms; taken where the leaf names none. */
  readonly t?: number;
  readonly boot: string;
  readonly mono: number;
}

/**
 * The RFC 8785 line of a leaf, without a line end.
 * Throws CoreError `leaf-too-large` over 48,000 bytes, `bad-leaf` for what no verifier would accept, `lone-surrogate`.
 */
export function leafLine(input: LeafInput, place: LeafPlace): string {
  const t = input.t ?? place.t;
  check(input, place, t);
  const text = JSON.stringify({
    actor: input.actor,
    boot: place.boot,
    cfg: input.cfg,
    delivery: input.delivery,
    drafts: input.drafts?.map(orderedDraft),
    due: input.due,
    id: input.id,
    log: place.log,
    mono: place.mono,
    n: input.n,
    out: input.out && { code: input.out.code, ms: input.out.ms, st: input.out.st },
    payload: input.payload,
    reason: input.reason && orderedReason(input.reason),
    ref: input.ref && orderedRef(input.ref),
    sd: input.sd && { event: input.sd.event, recipient: input.sd.recipient },
    seq: place.seq,
    status: input.status,
    t,
    type: input.type,
    v: 1,
  });
  const line = input.body === undefined ? text : withBody(text, input.actor, input.body);
  checkLine(line);
  return line;
}

/** The commitment to a value that a leaf does not show, as 64 hex digits. Throws CoreError `bad-salt` for other than 32 bytes. */
export function commitment(field: "event" | "recipient", salt32: Uint8Array, value: string): string {
  if (salt32.length !== 32) throw new CoreError("bad-salt", `${salt32.length} bytes where 32 are due`);
  const prefix = `ledger-sd/v1\0${field}\0`;
  const start = prefix.length + salt32.length; // the names of fields are ASCII
  const most = start + value.length * UNIT_BYTES; // to count the bytes costs more than to write them
  const bytes = most <= room.length ? room : Buffer.allocUnsafe(most);
  bytes.write(prefix, 0, "latin1");
  bytes.set(salt32, prefix.length);
  const end = start + bytes.write(value, start);
  const hash = sha256Hex(bytes.subarray(0, end));
  bytes.fill(0, 0, end);
  return hash;
}

/** The text of a leaf with its body, whose place is after the actor. */
function withBody(text: string, actor: string, body: JsonObject): string {
  const head = `{"actor":${JSON.stringify(actor)},`;
  return `${head}"body":${canonicalJson(body)},${text.slice(head.length)}`;
}

function orderedDraft(draft: LeafDraft): LeafDraft {
  return {
    ...(draft.action !== undefined && { action: draft.action }),
    channel: draft.channel,
    delivery: draft.delivery,
    ...(draft.reason !== undefined && { reason: orderedReason(draft.reason) }),
    ...(draft.rule !== undefined && { rule: draft.rule }),
    ...(draft.sd !== undefined && { sd: { recipient: draft.sd.recipient } }),
    status: draft.status,
  };
}

function orderedReason({ by, code }: LeafReason): LeafReason {
  return by === undefined ? { code } : { by, code };
}

function orderedRef(ref: LeafRef): { readonly [F in keyof LeafRef]: string | undefined } {
  return {
    approval: ref.approval,
    digest: ref.digest,
    event: ref.event,
    incident: ref.incident,
    kit: ref.kit,
    object: ref.object,
    rule: ref.rule,
    template: ref.template,
  };
}

/** What one leaf does wrong would spoil its whole log for good, so writers are held to what verifiers demand. */
function check(input: LeafInput, place: LeafPlace, t: number | undefined): void {
  const missing = t === undefined ? "t" : missingField(input);
  if (missing !== undefined) throw new CoreError("bad-leaf", `a ${input.type} leaf lacks ${missing}`);
  checkNumber(t, MAX_LEAF_TIME);
  checkNumber(input.due, MAX_LEAF_TIME);
  checkNumber(place.seq, Number.MAX_SAFE_INTEGER);
  checkNumber(place.mono, Number.MAX_SAFE_INTEGER);
  checkNumber(input.n, Number.MAX_SAFE_INTEGER);
  checkNumber(input.out?.ms, Number.MAX_SAFE_INTEGER);
  if (input.drafts !== undefined) checkDrafts(input.type, input.drafts);
  if (input.body !== undefined) checkIntegers(input.body);
}

function checkNumber(value: number | undefined, max: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0 && value <= max)) return;
  throw new CoreError("bad-leaf", `${value} cannot stand in a leaf`);
}

function checkDrafts(type: LeafType, drafts: readonly LeafDraft[]): void {
  if (drafts.length > MAX_LEAF_DRAFTS) throw new CoreError("bad-leaf", `${drafts.length} drafts in one leaf`);
  if (type !== "event.decision") return;
  if (drafts.every((draft) => draft.rule !== undefined && draft.action !== undefined)) return;
  throw new CoreError("bad-leaf", "a draft of an event.decision leaf lacks rule or action");
}

function checkIntegers(value: Json): void {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new CoreError("bad-leaf", `${value} cannot stand in the body of a leaf`);
  }
  if (Array.isArray(value)) value.forEach(checkIntegers);
  else if (isJsonObject(value)) Object.values(value).forEach(checkIntegers);
}

/** JSON.stringify writes a lone surrogate as an escape, and nothing else so. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

function checkLine(line: string): void {
  if (line.includes("\\ud") && LONE_SURROGATE.test(line)) {
    throw new CoreError("lone-surrogate", "a leaf holds a lone surrogate");
  }
  if (line.length * 3 <= MAX_LEAF_BYTES || Buffer.byteLength(line) <= MAX_LEAF_BYTES) return;
  throw new CoreError("leaf-too-large", `a leaf of ${Buffer.byteLength(line)} bytes`);
}
