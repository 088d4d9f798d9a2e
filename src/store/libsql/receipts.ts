import type { DeliveryReceipt, DeliveryStatus, EventReceipt, Reason } from "../../core/delivery.ts";
import type { Event } from "../../core/event.ts";
import { EngineError } from "../engine.ts";
import type { Access } from "./access.ts";
import { type EventSegment, seqAt } from "./event-segments.ts";
import { parseRow } from "./json-row.ts";
import { Lru } from "./lru.ts";

/** Segments that are remembered to have been asked for. */
const ASKED_SEGMENTS = 4096;
/** Memory of a receipt besides its key, and of each delivery in it, in UTF-16 units, roughly. */
const RECEIPT_UNITS = 100;

/** What is read of a decision leaf. */
interface DecisionLeaf {
  readonly type: string;
  readonly id?: string;
  readonly n?: number;
  readonly drafts?: readonly { readonly delivery: string; readonly status: DeliveryStatus; readonly reason?: Reason }[];
}

interface Book {
  readonly log: number;
  readonly receipts: ReadonlyMap<string, EventReceipt>;
}

/**
 * First receipts of whole segments. Repeats in the order of their firsts need each segment in one call only; where a
 * later call asks for it again (repeats in any other order), a book of it is made and kept.
 */
export class ReceiptBooks {
  private readonly kept: Lru<Book>;
  private readonly asked = new Lru<true>(ASKED_SEGMENTS);

  /** Keeps books up to so many UTF-16 units. */
  constructor(units: number) {
    this.kept = new Lru(units);
  }

  /** Whether a segment was asked for in an earlier call; `asked` gathers those of this one. */
  wants(segment: number, asked: Set<number>): boolean {
    if (asked.has(segment)) return false;
    if (this.asked.get(segment) === true) return true;
    this.asked.set(segment, true, 1);
    asked.add(segment);
    return false;
  }

  /** The receipt of an identity key (`source NUL sourceId`) in a segment of that log. */
  find(access: Access, log: number, segment: number, key: string): EventReceipt | undefined {
    const book = this.kept.get(segment) ?? this.write(access, log, segment);
    return book?.log === log ? book.receipts.get(key) : undefined;
  }

  private write(access: Access, log: number, id: number): Book | undefined {
    const segment = access.events.get(access.connection, log, id);
    if (segment === undefined) return undefined;
    const receipts = new Map<string, EventReceipt>();
    let units = 0;
    segment.lines.forEach((_line, index) => {
      const { key, receipt } = readReceipt(access, segment, index);
      receipts.set(key, receipt);
      units += key.length + RECEIPT_UNITS * (1 + receipt.deliveries.length);
    });
    this.kept.set(id, { log, receipts }, units);
    return { log, receipts };
  }
}

/** The identity key and the first receipt of the event at an index of a segment. */
export function readReceipt(
  access: Access,
  segment: EventSegment,
  index: number,
): { key: string; receipt: EventReceipt } {
  const { id, source, sourceId } = parseRow<Event>(segment.lines[index] ?? "null");
  const deliveries = announced(access, segment.log, id, seqAt(segment.h, index));
  return { key: `${source}\u0000${sourceId}`, receipt: { id, duplicate: false, deliveries } };
}

/** The deliveries that the parts of a decision leaf announce, which lie one after the other from `seq` on. */
function announced(access: Access, log: number, id: string, seq: number): DeliveryReceipt[] {
  const deliveries: DeliveryReceipt[] = [];
  for (let part = 1; ; part++) {
    const line = access.leaves.line(access.connection, log, seq + part - 1);
    const drafts = line === undefined ? undefined : draftsOf(line, id, part);
    if (drafts === undefined && part === 1) throw new EngineError("failed", `leaf ${seq} does not decide event ${id}`);
    if (drafts === undefined) return deliveries;
    deliveries.push(...drafts);
  }
}

/** What a leaf announces if it is that part of the event's decision. */
function draftsOf(line: string, id: string, part: number): DeliveryReceipt[] | undefined {
  if (!line.includes(id)) return undefined;
  const leaf = parseRow<DecisionLeaf>(line);
  if (leaf.type !== "event.decision" || leaf.id !== id || (leaf.n ?? 1) !== part) return undefined;
  return (leaf.drafts ?? [])
    .filter(({ reason }) => reason?.code !== "draft-limit") // counts what was left out: no delivery
    .map(({ delivery, status, reason }) => ({ id: delivery, status, ...(reason === undefined ? {} : { reason }) }));
}
