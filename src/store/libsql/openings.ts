import type { LeafOpenings, Opening, RecipientOpening, Vault } from "../../ports.ts";
import type { PlacedLeaf } from "../engine.ts";
import { EngineError } from "../engine.ts";
import type { Access } from "./access.ts";
import { findEvent } from "./events.ts";
import { bytes, type Connection, integer } from "./guard.ts";
import { parseRow } from "./json-row.ts";
import { leafPlace } from "./keys.ts";

const SALT_BYTES = 32;
/** Of a sealed opening: index of its leaf in the segment (1 byte), draft (2), subject (6), length (4). */
const HEAD_BYTES = 13;
/** Subjects whose keys are remembered between commits. */
const KEPT_SUBJECTS = 4096;

interface Subject {
  readonly id: number;
  readonly wrapped: Uint8Array;
}

/** Keys of subjects, made on first use; `forget` after a commit that failed, which may have made some. */
export class Subjects {
  private readonly kept = new Map<string, Subject>();
  private readonly vault: Vault;

  constructor(vault: Vault) {
    this.vault = vault;
  }

  of(connection: Connection, log: number, tenant: string, addressee: string): Subject {
    const name = `${tenant}/${addressee}`;
    const known = this.kept.get(name);
    if (known !== undefined) return known;
    const subject = this.find(connection, log, this.vault.subject(tenant, addressee));
    if (this.kept.size >= KEPT_SUBJECTS) this.kept.clear();
    this.kept.set(name, subject);
    return subject;
  }

  forget(): void {
    this.kept.clear();
  }

  private find(connection: Connection, log: number, subject: string): Subject {
    const [row] = connection.all("SELECT id, wrapped FROM subject_key WHERE log = ? AND subject = ?", [log, subject]);
    if (row !== undefined) return { id: integer(row, 0), wrapped: bytes(row, 1) };
    const wrapped = this.vault.newKey();
    const sql = "INSERT INTO subject_key(log, subject, wrapped) VALUES (?, ?, ?) RETURNING id";
    return { id: integer(connection.all(sql, [log, subject, wrapped])[0], 0), wrapped };
  }
}

/** What sealing needs to know of the log. */
export interface OpeningsPlace {
  readonly connection: Connection;
  readonly vault: Vault;
  readonly subjects: Subjects;
  readonly tenant: string;
  readonly log: number;
  readonly origin: string;
}

/** What opens the commitments of a segment's leaves: 32 bytes of salt for each (zero where none), and what is sealed. */
export function packOpenings(
  place: OpeningsPlace,
  leaves: readonly PlacedLeaf[],
): { readonly salts: Uint8Array; readonly sealed: Uint8Array } {
  const sealed: Uint8Array[] = [];
  let salts = Buffer.alloc(0);
  leaves.forEach(({ seq, openings }, index) => {
    if (openings?.event !== undefined) {
      if (salts.length === 0) salts = Buffer.alloc(leaves.length * SALT_BYTES);
      salts.set(saltOf(openings), index * SALT_BYTES);
    }
    for (const opening of openings?.recipients ?? []) sealed.push(...seal(place, { seq, index }, opening));
  });
  return { salts, sealed: Buffer.concat(sealed) };
}

function saltOf({ event }: LeafOpenings): Uint8Array {
  if (event?.length !== SALT_BYTES) throw new EngineError("refused-row", "a salt has not 32 bytes");
  return event;
}

function seal(
  place: OpeningsPlace,
  leaf: { readonly seq: number; readonly index: number },
  opening: RecipientOpening,
): Uint8Array[] {
  if (opening.salt.length !== SALT_BYTES) throw new EngineError("refused-row", "a salt has not 32 bytes");
  const { id, wrapped } = place.subjects.of(place.connection, place.log, place.tenant, opening.value);
  const plain = Buffer.concat([opening.salt, Buffer.from(opening.value)]);
  const sealed = place.vault.seal(wrapped, aadOf(place.origin, leaf.seq, opening.draft), plain);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(leaf.index, 0);
  head.writeUInt16BE(opening.draft, 1);
  head.writeUIntBE(id, 3, 6);
  head.writeUInt32BE(sealed.length, 9);
  return [head, sealed];
}

function aadOf(origin: string, seq: number, draft: number): string {
  return `${origin}/${seq}/${draft}/recipient`;
}

/** What opens leaves [from, to), a segment at a time, in order of (seq, draft), the event's first; without what was erased. */
export function* openingsBetween(access: Access, at: OpeningsLog, from: number, to: number): Generator<Opening[]> {
  for (let seq = from; seq < to; ) {
    const segment = access.leaves.holding(access.connection, at.log, seq);
    if (segment === undefined) return;
    const { first, lines } = segment;
    yield openSegment(access, at, first).filter((opening) => opening.seq >= from && opening.seq < to);
    seq = first + lines.length;
  }
}

/** A log whose openings are read. */
interface OpeningsLog {
  readonly tenant: string;
  readonly log: number;
  readonly origin: string;
}

function openSegment(access: Access, at: OpeningsLog, first: number): Opening[] {
  const sql = "SELECT salts, sealed FROM ledger_segment WHERE id = ?";
  const [row] = access.connection.all(sql, [leafPlace(at.log, first)]);
  const events = eventOpenings(access, at, { first, salts: bytes(row, 0) });
  const recipients = recipientOpenings(access, at.origin, { first, sealed: bytes(row, 1) });
  return [...events, ...recipients].toSorted((a, b) => a.seq - b.seq || (a.draft ?? -1) - (b.draft ?? -1));
}

function eventOpenings(
  access: Access,
  { tenant, log }: { readonly tenant: string; readonly log: number },
  { first, salts }: { readonly first: number; readonly salts: Buffer },
): Opening[] {
  const openings: Opening[] = [];
  for (let at = 0; at < salts.length; at += SALT_BYTES) {
    const salt = salts.subarray(at, at + SALT_BYTES);
    if (salt.every((byte) => byte === 0)) continue;
    const seq = first + at / SALT_BYTES;
    const leaf = access.leaves.line(access.connection, log, seq);
    const id = leaf === undefined ? undefined : parseRow<{ readonly id?: string }>(leaf).id;
    const value = id === undefined ? undefined : findEvent(access, tenant, id)?.line;
    if (value !== undefined) openings.push({ seq, field: "event", salt, value });
  }
  return openings;
}

function recipientOpenings(
  { connection, vault }: Access,
  origin: string,
  { first, sealed }: { readonly first: number; readonly sealed: Buffer },
): Opening[] {
  const openings: Opening[] = [];
  let end = 0;
  for (let at = 0; at < sealed.length; at = end) {
    const seq = first + sealed.readUInt8(at);
    const draft = sealed.readUInt16BE(at + 1);
    end = at + HEAD_BYTES + sealed.readUInt32BE(at + 9);
    const [key] = connection.all("SELECT wrapped FROM subject_key WHERE id = ?", [sealed.readUIntBE(at + 3, 6)]);
    if (key === undefined) continue; // erased
    const plain = Buffer.from(
      vault.open(bytes(key, 0), aadOf(origin, seq, draft), sealed.subarray(at + HEAD_BYTES, end)),
    );
    openings.push({
      seq,
      draft,
      field: "recipient",
      salt: plain.subarray(0, SALT_BYTES),
      value: plain.toString("utf8", SALT_BYTES),
    });
  }
  return openings;
}
