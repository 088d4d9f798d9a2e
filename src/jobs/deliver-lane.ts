/**
 * A lane is one channel of one tenant with what is due on it: in order of due, bounded, and parked while the channel is down.
 * The functions here only move what the lane knows; deliver.ts reads, sends and records.
 * @module
 */
import type { CompiledChannel } from "../core/config.ts";
import type { Delivery } from "../core/delivery.ts";
import type { OpenChannel } from "../ports.ts";

/** Deliveries that a lane holds ready at most; the rest stays in the store. */
export const READY_LIMIT = 128;
/** ms from the fault to the first probe. */
export const FIRST_PROBE_MS = 1000;
/** The longest time between two probes, in ms. */
export const MAX_PROBE_MS = 30_000;
/** ms that a lane pauses after the store failed it. */
export const PAUSE_MS = 1000;

export interface Position {
  readonly due: number;
  readonly id: string;
}
/** A lane whose channel is down: one probe at a time. */
interface Parked {
  /** Epoch ms of the next probe; undefined while there is none to make. */
  until: number | undefined;
  /** ms to wait after the next probe that fails. */
  wait: number;
  /** The channel's cell says so too. */
  isTold: boolean;
  /** The delivery that is being tried. */
  probe?: string;
  /** A probe that the other side answered but did not take: the next one is another delivery. */
  after?: Position;
}
export interface Lane {
  readonly tenant: string;
  readonly channel: string;
  /** Due, read, not begun; in order of due. */
  ready: Delivery[];
  /** Being sent, or sent and not recorded yet, or never to be recorded: not to be begun. */
  readonly busy: Set<string>;
  /** Being sent. */
  sending: number;
  /** The store may hold more that is due than `ready`. */
  hasMore: boolean;
  /** Up to here all that is due has been read, and is in our hands or was recorded; absent: from the start. */
  cursor?: Position;
  /** The earliest that is known to come due later, epoch ms. */
  nextDue?: number;
  parked?: Parked;
  /** The channel's cell has been read, or told by a commit. */
  isKnown: boolean;
  /** While the store is read: what commits told meanwhile, newer than what is read. */
  reading?: Map<string, Delivery | undefined>;
  /** What is being read has to be read again. */
  isStale?: boolean;
  /** What is being read is older than a sweep: of no use. */
  isVoid?: boolean;
  /** The store could not be read or written: nothing before this instant, epoch ms. */
  pausedUntil?: number;
  opened?: { readonly compiled: CompiledChannel; readonly key: string; readonly channel: OpenChannel };
}

/** A lane of which nothing is known yet. */
export function newLane(tenant: string, channel: string): Lane {
  return { tenant, channel, ready: [], busy: new Set(), sending: 0, hasMore: false, isKnown: false };
}

/** When the lane has something to begin, epoch ms; undefined while it waits for what it has begun, or has nothing. */
export function laneDue(lane: Lane, now: number): number | undefined {
  if (lane.reading !== undefined) return undefined;
  const due = lane.parked === undefined ? openDue(lane, now) : parkedDue(lane, now);
  return due === undefined || !isPaused(lane, now) ? due : Math.max(due, lane.pausedUntil ?? due);
}

/** Whether the store failed the lane just now. A pause that lies further ahead is one that the clock was set back over. */
export function isPaused({ pausedUntil = 0 }: Lane, now: number): boolean {
  return pausedUntil > now && pausedUntil <= now + PAUSE_MS;
}

function openDue({ ready, sending, hasMore, nextDue }: Lane, now: number): number | undefined {
  return sending === 0 && (ready.length > 0 || hasMore) ? now : nextDue;
}

/** When a parked lane is to be probed; a probe is never further ahead than the longest wait, or the clock was set back. */
export function parkedDue({ sending, parked }: Lane, now: number): number | undefined {
  const until = parked?.until;
  if (until === undefined || sending > 0) return undefined;
  return until > now + MAX_PROBE_MS ? now : until;
}

/** The channel is down: nothing but probes from now on, the first at `first` (epoch ms). */
export function park(lane: Lane, first: number, isTold: boolean): void {
  lane.parked ??= { until: first, wait: 2 * FIRST_PROBE_MS, isTold };
  lane.parked.isTold ||= isTold;
  lane.ready = [];
  lookBack(lane);
}

/** The channel is up. */
export function unpark(lane: Lane): void {
  delete lane.parked;
  lookBack(lane);
}

/** Something that had been read is due again: the store is read from the start. */
export function lookBack(lane: Lane): void {
  delete lane.cursor;
  lane.hasMore = true;
  if (lane.reading !== undefined) lane.isStale = true;
}

/** All dues were moved: what was known of them is forgotten, and the store is read from the start. */
export function forgetDues(lane: Lane): void {
  lane.ready = [];
  delete lane.nextDue;
  delete lane.parked?.after;
  if (lane.reading !== undefined) lane.isVoid = true;
  lane.reading?.clear();
  lookBack(lane);
}

/** A probe came back without success; `after` when the other side answered it, so that the next one is another delivery. */
export function probeFailed(parked: Parked, now: number, after: Position | undefined): void {
  parked.until = now + parked.wait;
  parked.wait = Math.min(2 * parked.wait, MAX_PROBE_MS);
  if (after === undefined) delete parked.after;
  else parked.after = after;
}

/** A delivery is no longer in our hands: recorded, or left to the store as it was. */
export function letGo(lane: Lane, id: string): void {
  lane.busy.delete(id);
  if (lane.reading?.has(id) === false) lane.reading.set(id, undefined); // what is being read may be older
}

/** A commit told of a delivery of this lane; `undefined` when it was removed. */
export function toldOf(lane: Lane, id: string, delivery: Delivery | undefined, now: number): void {
  lane.reading?.set(id, delivery);
  lane.ready = lane.ready.filter((one) => one.id !== id);
  const due = delivery?.dueAt;
  if (delivery === undefined || due === undefined) return;
  if (due > now) lane.nextDue = Math.min(lane.nextDue ?? due, due);
  else if (lane.parked !== undefined) lane.parked.until ??= now;
  else if (lane.busy.has(id)) lookBack(lane);
  else if (lane.hasMore || lane.ready.length >= READY_LIMIT) leave(lane, { due, id });
  else insert(lane.ready, delivery);
}

/** Leaves a delivery to the store, which is read on from the cursor. */
function leave(lane: Lane, at: Position): void {
  if (isBefore(at, lane.cursor)) lookBack(lane);
  lane.hasMore = true;
}

/** Puts a delivery where its due belongs; nearly always last. */
function insert(ready: Delivery[], delivery: Delivery): void {
  let at = ready.length;
  while (at > 0 && isBefore(positionOf(delivery), positionOf(ready[at - 1]))) at--;
  ready.splice(at, 0, delivery);
}

function isBefore(left: Position | undefined, right: Position | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  return left.due < right.due || (left.due === right.due && left.id < right.id);
}

function positionOf(delivery: Delivery | undefined): Position | undefined {
  return delivery?.dueAt === undefined ? undefined : { due: delivery.dueAt, id: delivery.id };
}

/** Takes over a page of everything due at any time, oldest first; `isWhole` when the store held no more. */
export function fill(
  lane: Lane,
  read: readonly Delivery[],
  { isWhole, now }: { readonly isWhole: boolean; readonly now: number },
): void {
  const told = lane.reading ?? new Map<string, Delivery | undefined>();
  delete lane.reading;
  const page = lane.isVoid === true ? [] : read;
  delete lane.isVoid;
  const rows = page.filter(({ id }) => !told.has(id) && !lane.busy.has(id));
  lane.ready = rows.filter(({ dueAt = now }) => dueAt <= now);
  const later = page.find(({ dueAt = now }) => dueAt > now)?.dueAt;
  if (later !== undefined) lane.nextDue = Math.min(lane.nextDue ?? later, later);
  lane.hasMore = !isWhole && later === undefined;
  const last = positionOf(page.at(-1));
  if (lane.hasMore && last !== undefined) lane.cursor = last;
  else delete lane.cursor;
  if (lane.isStale === true) lookBack(lane);
  delete lane.isStale;
  if (lane.parked !== undefined) park(lane, now, false); // it went down meanwhile: nothing is ready
  for (const [id, delivery] of told) toldOf(lane, id, delivery, now);
}
