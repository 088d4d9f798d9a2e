import type { Deciding } from "./deciding.ts";
import type { Delivery } from "./delivery.ts";
import type { Event } from "./event.ts";
import { hkdfSalt } from "./hash.ts";
import type { JsonObject } from "./json.ts";
import { commitment, type LeafDraft } from "./leaf.ts";
import type { RecipientOpening } from "./view.ts";

/** A delivery before it has a place in the ledger. */
export type Announced = Omit<Delivery, "leaves" | "draft">;

const ENTRIES_PER_LEAF = 100;
/** Bytes of `drafts` in one leaf: what a leaf may have, less room for its other fields. */
const BYTES_PER_LEAF = 44_000;
/** Bytes of an entry besides its delivery, rule, action, channel and reason: field names, commitment, status. */
const ENTRY_BYTES = 231;

/** Faults that a leaf notes; the rest is counted. */
const MAX_FAULTS = 10;

interface Decision {
  readonly event: Event;
  readonly line: string;
  readonly announced: readonly Announced[];
  /** Deliveries beyond the limit, counted in one entry. */
  readonly left: number;
  /** Rules whose expression could not be evaluated. */
  readonly faults: readonly { readonly rule: string; readonly detail: string }[];
}

/** Writes the decision leaf of an event, in parts where one would be too large, and gives each delivery its place. */
export function writeLeaves(decision: Decision, deciding: Deciding): { seq: number; deliveries: Delivery[] } {
  const deliveries: Delivery[] = [];
  const parts = split(decision.announced);
  if (decision.left > 0) parts.push([]); // the counted entry has a leaf of its own
  const seqs = parts.map((group, part) => {
    const left = part === parts.length - 1 ? decision.left : 0;
    const seq = writePart(decision, { part, group, left }, deciding);
    group.forEach((announced, draft) => deliveries.push({ ...announced, leaves: [seq], draft }));
    return seq;
  });
  return { seq: seqs[0] ?? 0, deliveries };
}

/** Groups that fit one leaf each; at least one, empty when nothing matched. */
export function split(announced: readonly Announced[]): Announced[][] {
  const groups: Announced[][] = [[]];
  let bytes = 0;
  for (const one of announced) {
    const { id, rule, action, channel, reason } = one;
    const size = ENTRY_BYTES + [id, rule, action, channel, reason?.by ?? ""].join("").length;
    let group = groups[groups.length - 1] ?? [];
    if (group.length >= ENTRIES_PER_LEAF || bytes + size > BYTES_PER_LEAF) {
      group = [];
      groups.push(group);
      bytes = 0;
    }
    group.push(one);
    bytes += size;
  }
  return groups;
}

/** One leaf of a decision; `left` is counted in it. */
interface Part {
  readonly part: number;
  readonly group: readonly Announced[];
  readonly left: number;
}

function writePart({ event, line, faults }: Decision, { part, group, left }: Part, deciding: Deciding): number {
  const { view, stamp, tenant, index, actor } = deciding;
  const ordinal = deciding.ordinal.next++;
  const { drafts, recipients } = draftEntries(group, { ordinal, salt: stamp.salt });
  if (left > 0) drafts.push(limitEntry(event, left, deciding));
  const { id } = event;
  const leaf = { type: "event.decision", actor, cfg: index.cfg, drafts, id, ref: { event: id } } as const;
  if (part > 0) return view.leaf(tenant, { ...leaf, n: part + 1 }, { recipients });
  const salt = hkdfSalt(stamp.salt, `${ordinal}//event`);
  const sd = { event: commitment("event", salt, line) };
  const body = faults.length === 0 ? {} : { body: faultsBody(faults) };
  return view.leaf(tenant, { ...leaf, sd, ...body }, { event: salt, recipients });
}

function faultsBody(faults: Decision["faults"]): JsonObject {
  const noted = faults.slice(0, MAX_FAULTS).map(({ rule, detail }) => ({ detail, rule }));
  return { faults: noted, ...(faults.length > noted.length ? { more: faults.length - noted.length } : {}) };
}

/** Which leaf of its question the entries stand in, and the question's bytes for salts. */
export interface EntryPlace {
  readonly ordinal: number;
  readonly salt: Uint8Array;
}

/** The entries of a leaf, each committed to its address, with what opens the commitments. */
export function draftEntries(
  group: readonly Announced[],
  place: EntryPlace,
): { drafts: LeafDraft[]; recipients: RecipientOpening[] } {
  const recipients = group.map(({ to }, draft) => ({
    draft,
    value: to,
    salt: hkdfSalt(place.salt, `${place.ordinal}/${draft}/recipient`),
  }));
  const drafts = group.map(({ action, channel, id, reason, rule, status }, at): LeafDraft => {
    const { value, salt } = recipients[at] ?? { value: "", salt: place.salt };
    const sd = { recipient: commitment("recipient", salt, value) };
    return { action, channel, delivery: id, ...(reason === undefined ? {} : { reason }), rule, sd, status };
  });
  return { drafts, recipients };
}

/** What stands for the deliveries beyond the limit: dropped, with their number. */
function limitEntry(event: Event, left: number, { index }: Deciding): LeafDraft {
  return {
    action: "draft-limit",
    channel: "draft-limit",
    delivery: `${event.id}:${left}`,
    reason: { code: "draft-limit", by: String(left) },
    rule: `draft-limit@${index.cfg.slice(0, 12)}`,
    status: "dropped",
  };
}
