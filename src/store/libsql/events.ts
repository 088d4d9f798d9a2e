import { type Event, SEVERITIES, severityRank } from "../../core/event.ts";
import { hashedId, recordKey, recordMs } from "../../core/id.ts";
import type { AcceptedEvent, EventQuery, Page } from "../../ports.ts";
import { EngineError } from "../engine.ts";
import type { Access } from "./access.ts";
import { runBulk } from "./bulk.ts";
import { HASH_BYTES, H_BYTES, indexOfHash, seqAt } from "./event-segments.ts";
import { bytes, type Connection, integer, type Row, type SqlValue, text } from "./guard.ts";
import { placeOf } from "./identities.ts";
import { identityDigest, placeOfBytes } from "./identity.ts";
import { jsonBytes, parseRow } from "./json-row.ts";
import { cut, packLines } from "./lines.ts";
import { gather, readCursor, type Step, writeCursor } from "./page.ts";
import type { SeenEntry } from "./seen.ts";

/** Events of one segment lie this close in time, ms, so that an event is found by the time in its id. */
const SPAN_MS = 1000;
const CHUNK = 64;

const SEGMENT = { head: "INSERT INTO segment(log, id, t, t_last, n, tags, h) VALUES", width: 7, tail: "" };
const BODY = { head: "INSERT INTO segment_body(id, z, body) VALUES", width: 3, tail: "" };

/** Types, sources and bits of severities in a segment. */
type Tags = readonly [types: readonly string[], sources: readonly string[], severities: number];

/** Rows of new segments. */
export interface EventRows {
  readonly segments: (readonly SqlValue[])[];
  readonly bodies: (readonly SqlValue[])[];
  readonly seen: SeenEntry[];
}

/** Adds the segments of a tenant's accepted events; their ids count on from `firstId`. */
export function addEvents(
  rows: EventRows,
  events: readonly AcceptedEvent[],
  at: {
    readonly access: Pick<Access, "identityHash" | "hashes">;
    readonly tenant: string;
    readonly log: number;
    readonly firstId: number;
  },
): void {
  cut(events, lineOf, isNear).forEach((segment, index) => {
    const id = at.firstId + index;
    const h = Buffer.allocUnsafe(segment.length * H_BYTES);
    segment.forEach((accepted, place) => {
      const { hi, lo } = writeHash(h, place * H_BYTES, accepted, at);
      rows.seen.push({ hi, lo, segment: id });
    });
    const times = segment.map(({ event }) => event.receivedAt);
    const { z, body } = packLines(segment.map(lineOf));
    const tags = jsonBytes(tagsOf(segment));
    rows.segments.push([at.log, id, Math.min(...times), Math.max(...times), segment.length, tags, h]);
    rows.bodies.push([id, z, body]);
  });
}

export function writeEvents(connection: Connection, rows: EventRows): void {
  runBulk(connection, SEGMENT, rows.segments);
  runBulk(connection, BODY, rows.bodies);
}

function lineOf({ line }: AcceptedEvent): string {
  return line;
}

function isNear(first: AcceptedEvent, next: AcceptedEvent): boolean {
  return Math.abs(next.event.receivedAt - first.event.receivedAt) < SPAN_MS;
}

/** An id that is not made of its event's identity and instant would never be found again. */
function writeHash(
  h: Buffer,
  at: number,
  { event, seq }: AcceptedEvent,
  { access, tenant }: { readonly access: Pick<Access, "identityHash" | "hashes">; readonly tenant: string },
): { hi: number; lo: number } {
  if (event.source.includes("\u0000")) throw new EngineError("refused-row", "the source of an event holds U+0000");
  const key = `${event.source}\u0000${event.sourceId}`;
  const hash = access.hashes.of(tenant, key);
  if (event.id !== hashedId("ev", event.receivedAt, hash)) {
    throw new EngineError("refused-row", `the id ${event.id} is not that of its event`);
  }
  h.write(hash, at, "latin1");
  h.writeUIntBE(seq, at + HASH_BYTES, H_BYTES - HASH_BYTES);
  return placeOf(access, tenant, key, hash);
}

function tagsOf(segment: readonly AcceptedEvent[]): Tags {
  const types = new Set<string>();
  const sources = new Set<string>();
  let severities = 0;
  for (const { event } of segment) {
    types.add(event.type);
    sources.add(event.source);
    severities |= 1 << severityRank(event.severity);
  }
  return [[...types], [...sources], severities];
}

/** The accepted event of that id, or undefined. */
export function findEvent(access: Access, tenant: string, id: string): AcceptedEvent | undefined {
  const log = access.tenants.find(tenant);
  return log === undefined ? undefined : findIn(access, log, id)?.accepted;
}

/** An accepted event, and its index in the segment where it stands. */
interface Found {
  readonly accepted: AcceptedEvent;
  readonly segment: number;
  readonly index: number;
}

function findIn(access: Access, log: number, id: string): Found | undefined {
  const ms = recordMs(id);
  if (ms === undefined) return undefined;
  const hash = recordKey(id, ms).subarray(6);
  for (const segment of segmentsAt(access, log, ms)) {
    const [row] = access.connection.all("SELECT h FROM segment WHERE log = ? AND id = ?", [log, segment]);
    const index = indexOfHash(bytes(row, 0), hash);
    const line = index < 0 ? undefined : access.events.get(access.connection, log, segment)?.lines[index];
    if (line === undefined) continue;
    const event = parseRow<Event>(line);
    if (event.id === id) return { accepted: { event, line, seq: seqAt(bytes(row, 0), index) }, segment, index };
  }
  return undefined;
}

/** Ids of the segments that hold events of an instant; from the index alone. */
function segmentsAt({ connection }: Access, log: number, ms: number): readonly number[] {
  const rows = connection.all(
    "SELECT id FROM segment WHERE log = ? AND t BETWEEN ? AND ? AND t_last >= ? ORDER BY t DESC",
    [log, ms - SPAN_MS, ms, ms],
  );
  return rows.map((row) => integer(row, 0));
}

/** A page of a tenant's events, newest first. Throws StoreError `bad-cursor`. */
export function listEvents(access: Access, tenant: string, query: EventQuery): Promise<Page<Event>> {
  return gather(walk(access, tenant, query), query.limit);
}

function* walk(access: Access, tenant: string, query: EventQuery): Generator<Step<Event>> {
  const log = access.tenants.find(tenant);
  const place = query.cursor === undefined ? undefined : readCursor(query.cursor, 2);
  if (log === undefined) return;
  // where the list goes on: before the event at `index` of segment `id`
  let [id = 0, index = 0] = place ?? startOf(access, log, query);
  for (;;) {
    const rows = segmentsFrom(access, log, index > 0 ? id : id - 1);
    for (const row of rows) {
      const before = integer(row, 0) === id ? index : integer(row, 1);
      if (fits(row, query)) yield* eventsOf(access, { log, id: integer(row, 0), before }, query);
    }
    if (rows.length < CHUNK) return;
    id = integer(rows.at(-1), 0);
    index = 0;
    yield { kind: "worked", rows: rows.length, cursor: writeCursor(id, index) };
  }
}

/** Where a list begins: at the end of all, or at the event that it lies before; nothing lies before an unknown one. */
function startOf(access: Access, log: number, { before }: EventQuery): readonly [segment: number, index: number] {
  if (before === undefined) return [Number.MAX_SAFE_INTEGER, 0];
  const found = findIn(access, log, before);
  return found === undefined ? [0, 0] : [found.segment, found.index];
}

/** Rows (id, n, tags) of segments, newest first. */
function segmentsFrom({ connection }: Access, log: number, id: number): readonly Row[] {
  const sql = `SELECT id, n, tags FROM segment WHERE log = ? AND id <= ? ORDER BY id DESC LIMIT ${CHUNK}`;
  return connection.all(sql, [log, id]);
}

function fits(row: Row, { type, source, severity }: EventQuery): boolean {
  if (type === undefined && source === undefined && severity === undefined) return true;
  const [types, sources, severities] = parseRow<Tags>(text(row, 2));
  if (type !== undefined && !types.includes(type)) return false;
  if (source !== undefined && !sources.includes(source)) return false;
  return (
    severity === undefined || SEVERITIES.some((known, rank) => known === severity && (severities & (1 << rank)) > 0)
  );
}

function* eventsOf(
  access: Access,
  { log, id, before }: { readonly log: number; readonly id: number; readonly before: number },
  query: EventQuery,
): Generator<Step<Event>> {
  const lines = access.events.get(access.connection, log, id)?.lines ?? [];
  for (let index = before - 1; index >= 0; index--) {
    const event = parseRow<Event>(lines[index] ?? "null");
    if (isAsked(event, query)) yield { kind: "found", item: event, cursor: writeCursor(id, index) };
  }
  yield { kind: "worked", rows: before, cursor: writeCursor(id, 0) };
}

function isAsked(event: Event, { type, source, severity }: EventQuery): boolean {
  return (
    (type === undefined || event.type === type) &&
    (source === undefined || event.source === source) &&
    (severity === undefined || event.severity === severity)
  );
}

/** The identities of a stored segment (log, id, t_last, h), for tables that forget when the process ends. */
export function seenOf(access: Access, row: Row): SeenEntry[] {
  const [log, segment, h] = [integer(row, 0), integer(row, 1), bytes(row, 3)];
  if (access.identityHash === undefined) {
    return Array.from({ length: h.length / H_BYTES }, (_, at) => ({ ...placeOfBytes(h, at * H_BYTES), segment }));
  }
  const tenant = access.tenants.name(log);
  const lines = access.events.get(access.connection, log, segment)?.lines ?? [];
  return lines.map((line) => {
    const { source, sourceId } = parseRow<Event>(line);
    const hash = identityDigest(tenant, source, sourceId);
    return { ...placeOf(access, tenant, `${source}\u0000${sourceId}`, hash), segment };
  });
}
