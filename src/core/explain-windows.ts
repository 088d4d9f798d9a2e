/**
 * What became of a window and what it gathered, as it stands now.
 * @module
 */
import type { WindowRecord } from "./window-record.ts";
import type { Delivery, DeliveryStatus } from "./delivery.ts";
import { type Known, windowId } from "./explain-facts.ts";
import { at, counted, localText } from "./explain-words.ts";
import { instantText } from "./instant.ts";
import { reasonText } from "./reason.ts";

/** A window as it is now; instants are ISO 8601 in UTC. */
export interface WindowExplanation {
  readonly id: string;
  readonly kind: WindowRecord["kind"];
  readonly state: WindowRecord["state"];
  readonly count: number;
  readonly openedAt: string;
  /** While it is open. */
  readonly closesAt?: string;
  /** By the wall clock of the calendar that it waits for, else of the tenant's zone. */
  readonly closesLocal?: string;
  readonly endedAt?: string;
  /** The messages that told of it, as they are now. */
  readonly deliveries: readonly { readonly id: string; readonly status?: DeliveryStatus }[];
  readonly sentence: string;
}

/** The window of an id (its items may have moved on to another one); undefined where it is not kept. */
export function windowExplanation(id: string, known: Known): WindowExplanation | undefined {
  const record = known.windows.get(windowId(id));
  if (record === undefined) return undefined;
  const { kind, state, count, openedAt, endedAt, deliveries = [] } = record;
  const zone = zoneOf(record, known);
  const closes = record.due + known.offset;
  return {
    id: record.id,
    kind,
    state,
    count,
    openedAt: instantText(openedAt),
    ...(state === "open" ? { closesAt: instantText(closes) } : {}),
    ...(state === "open" && zone !== undefined ? { closesLocal: localText(closes, zone) } : {}),
    ...(endedAt === undefined ? {} : { endedAt: instantText(endedAt) }),
    deliveries: deliveries.map((one) => {
      const status = known.deliveries.get(one)?.status;
      return { id: one, ...(status === undefined ? {} : { status }) };
    }),
    sentence: `Window ${windowId(id)} ${windowWords(id, known)}.`,
  };
}

/** How a window is named in a sentence: by its id where no line below can show it. */
export function windowName(id: string, known: Known): string {
  return known.windows.has(windowId(id)) ? "window" : `window ${id}`;
}

/** What is to be said of a window after its id: `is open with 3 items and closes at ...`. */
export function windowWords(id: string, known: Known): string {
  const record = known.windows.get(windowId(id));
  if (record === undefined) return "is not kept any more";
  const moved = record.id === windowId(id) ? "" : `was merged into ${record.id}, which `;
  switch (record.state) {
    case "open":
      return `${moved}${openWords(record, known)}`;
    case "merged":
      return `was merged into ${record.into ?? "another one"}`;
    case "dropped":
      return `${moved}${droppedWords(record, known)}`;
    case "flushed":
      return `${moved}${flushedWords(record, known)}`;
  }
}

/** When an open window is sent: after `future`, with what it waits for; `due since ...` where that has passed. */
export function dueWords(record: WindowRecord, future: "sent at" | "due" | "closes at", known: Known): string {
  const { kind, due, calendar, isPutOff } = record;
  const closes = due + known.offset;
  if (closes <= known.now) return `due since ${at(closes, zoneOf(record, known))}`;
  const isWaiting = kind === "quiet" || isPutOff === true;
  const why = isWaiting && calendar !== undefined ? `, when the quiet hours of calendar "${calendar.id}" end` : "";
  return `${future} ${at(closes, zoneOf(record, known))}${why}`;
}

function openWords(record: WindowRecord, known: Known): string {
  return `is open with ${counted(record.count, "item")} and ${dueWords(record, "closes at", known)}`;
}

/** The wall clock that a window closes by: that of the calendar that it waits for; of a digest the tenant's. */
function zoneOf({ kind, isPutOff, calendar }: WindowRecord, { zones, decided }: Known): string | undefined {
  if (calendar !== undefined && (kind === "quiet" || isPutOff === true)) return zones.get(calendar.id);
  return kind === "digest" && decided.policy.zone !== "UTC" ? decided.policy.zone : undefined;
}

function flushedWords({ count, status, endedAt = 0, deliveries = [] }: WindowRecord, known: Known): string {
  const closed = `closed at ${at(endedAt)} with ${counted(count, "item")}`;
  const [first = ""] = deliveries;
  const told = known.deliveries.get(first);
  if (status !== "pending") return `${closed}, and its message was ${status ?? "not made"}${whyWords(told)}`;
  if (told === undefined) return `${closed}; its message is not kept any more`;
  const by = told.event === undefined ? `its message ${first}` : `${first}, which stands for them too,`;
  return `${closed}; ${by} ${told.deliveredAt === undefined ? `is ${told.status}` : `was sent at ${at(told.deliveredAt)}`}`;
}

function whyWords(told: Delivery | undefined): string {
  if (told?.reason === undefined) return "";
  const { code, by } = told.reason;
  const text = reasonText(code).replace(/\.$/, "");
  return ` (${by === undefined ? text : `${text}: ${by}`})`;
}

function droppedWords({ count, endedAt = 0, deliveries = [] }: WindowRecord, known: Known): string {
  const who = known.deliveries.get(deliveries[0] ?? "")?.reason?.by ?? "a person";
  return `was deleted by ${who} at ${at(endedAt)} with its ${counted(count, "item")}`;
}
