/**
 * What moves a lane: reads what is due, sends as many at once as its channel may, and settles each outcome.
 * @module
 */
import type { Delivery } from "../core/delivery.ts";
import { errorWords } from "../core/error-words.ts";
import type { Try } from "../flows/attempt.ts";
import type { DeliverDoors } from "./deliver.ts";
import {
  FIRST_PROBE_MS,
  fill,
  isPaused,
  type Lane,
  laneDue,
  letGo,
  lookBack,
  MAX_PROBE_MS,
  PAUSE_MS,
  park,
  parkedDue,
  type Position,
  probeFailed,
  READY_LIMIT,
  unpark,
} from "./deliver-lane.ts";
import type { Outbox } from "./deliver-outbox.ts";
import { attempt, CLOSED_CODES, type Sending } from "./deliver-send.ts";

/** What the lanes of one job share. */
export interface Pump extends Sending {
  readonly doors: Sending["doors"] & Pick<DeliverDoors, "read">;
  readonly outbox: Outbox;
  /** Reads and sends that go on. */
  readonly working: Set<Promise<void>>;
}

const FAR = Number.MAX_SAFE_INTEGER;
/** More outcomes than these wait to be recorded: nothing new is begun. */
const UNRECORDED_LIMIT = 512;
const DEFAULT_CONCURRENCY = 8;

/** Begins what the lane can begin now and answers how many sends that were. */
export function pump(lane: Lane, job: Pump): number {
  const now = job.doors.clock.now();
  if (job.isStopping || lane.reading !== undefined || isPaused(lane, now) || job.outbox.size() >= UNRECORDED_LIMIT)
    return 0;
  delete lane.pausedUntil;
  if (!lane.isKnown) return readLater(lane, job);
  const compiled = job.doors.configurations.of(lane.tenant).channels.get(lane.channel);
  if (compiled === undefined && lane.parked !== undefined) unpark(lane); // nothing will come up again: what waits is ended
  if (lane.parked !== undefined) return (parkedDue(lane, now) ?? FAR) <= now ? readLater(lane, job) : 0;
  if (lane.nextDue !== undefined && lane.nextDue <= now) {
    delete lane.nextDue;
    lane.hasMore = true; // what comes due now stands after all that was due before
  }
  let begun = 0;
  const limit = compiled?.channel.concurrency ?? DEFAULT_CONCURRENCY;
  for (let next = lane.ready[0]; next !== undefined && lane.sending < limit; next = lane.ready[0]) {
    lane.ready.shift();
    if (lane.busy.has(next.id)) continue;
    begin(lane, next, job);
    begun++;
  }
  if (lane.hasMore && lane.ready.length === 0 && lane.sending < limit) readLater(lane, job);
  return begun;
}

/** Reads what is due; a parked lane sends one of it as its probe. */
function readLater(lane: Lane, job: Pump): 0 {
  lane.reading = new Map();
  delete lane.nextDue; // found again by what is read, or told meanwhile
  track(job, lane, async () => {
    if (!lane.isKnown) await know(lane, job);
    if (lane.parked === undefined) await readDue(lane, job);
    else await readProbe(lane, job);
  });
  return 0;
}

async function know(lane: Lane, { doors }: Pump): Promise<void> {
  const state = await doors.read.cell("channel", lane.tenant, lane.channel);
  lane.isKnown = true;
  if (state?.down !== undefined) park(lane, doors.clock.now(), true); // the first probe at once
}

async function readDue(lane: Lane, { doors }: Pump): Promise<void> {
  const { tenant, channel, cursor } = lane;
  const limit = READY_LIMIT + (cursor === undefined ? lane.busy.size : 0);
  const page = await doors.read.due({ tenant, channel, now: FAR, limit, ...(cursor && { after: cursor }) });
  fill(lane, page, { isWhole: page.length < limit, now: doors.clock.now() });
}

async function readProbe(lane: Lane, job: Pump): Promise<void> {
  const { parked, reading: told } = lane;
  const found =
    (await firstDue(lane, job, parked?.after)) ??
    (parked?.after === undefined ? undefined : await firstDue(lane, job, undefined));
  const isVoid = lane.isVoid === true;
  delete lane.reading;
  delete lane.isStale;
  delete lane.isVoid;
  if (parked === undefined || lane.parked !== parked) return; // it came up meanwhile
  const now = job.doors.clock.now();
  const due = found?.dueAt ?? now;
  const isChanged = told !== undefined && (found === undefined ? told.size > 0 : told.has(found.id));
  if (isChanged || isVoid)
    parked.until = now; // while it was read
  else if (found === undefined) parked.until = undefined;
  else if (due > now) parked.until = Math.min(due, now + MAX_PROBE_MS);
  else if (lane.busy.has(found.id))
    parked.until = now; // withheld since it was found
  else {
    parked.probe = found.id;
    begin(lane, found, job);
  }
}

/** The first due at any time that is not in our hands. */
async function firstDue(lane: Lane, { doors }: Pump, after: Position | undefined): Promise<Delivery | undefined> {
  const page = await doors.read.due({
    tenant: lane.tenant,
    channel: lane.channel,
    now: FAR,
    limit: lane.busy.size + 1,
    ...(after === undefined ? {} : { after }),
  });
  return page.find(({ id }) => !lane.busy.has(id));
}

function begin(lane: Lane, delivery: Delivery, job: Pump): void {
  lane.busy.add(delivery.id);
  lane.sending++;
  track(job, lane, async () => {
    try {
      settle(lane, delivery, await attempt(lane, delivery, job), job);
    } catch (error) {
      letGo(lane, delivery.id);
      throw error;
    } finally {
      lane.sending--;
    }
  });
}

/** Runs what a lane does in the background. Where the store fails it, the lane pauses; nothing is lost by that. */
function track(job: Pump, lane: Lane, work: () => Promise<void>): void {
  const { clock, log } = job.doors;
  const working = work()
    .catch((error: unknown) => {
      delete lane.reading;
      delete lane.isVoid;
      lookBack(lane);
      lane.pausedUntil = clock.now() + PAUSE_MS;
      log.error("a channel's deliveries could not be read", {
        tenant: lane.tenant,
        channel: lane.channel,
        ...errorWords(error),
      });
    })
    .then(() => {
      job.working.delete(working);
      if ((laneDue(lane, clock.now()) ?? FAR) <= clock.now() || lane.ready.length > 0 || lane.hasMore) pump(lane, job);
    });
  job.working.add(working);
}

/** What an outcome does to its lane, and to the ledger. */
function settle(lane: Lane, delivery: Delivery, one: Try | undefined, job: Pump): void {
  if (one === undefined || isParking(lane, delivery, one, job.doors.clock.now())) {
    lookBack(lane);
    return letGo(lane, delivery.id);
  }
  job.outbox.put(lane.tenant, one, (answer) => {
    if (answer === "refused") return void pump(lane, job); // it stays busy: tried again only after the next start
    letGo(lane, delivery.id);
    if (answer?.isRecorded !== true) lookBack(lane);
    if (answer?.dueAt !== undefined) lane.nextDue = Math.min(lane.nextDue ?? answer.dueAt, answer.dueAt);
    pump(lane, job);
  });
}

/** Parks a lane or brings it back. Answers whether there is nothing to record: a channel that is down counts nothing. */
function isParking(lane: Lane, delivery: Delivery, one: Try, now: number): boolean {
  const { parked } = lane;
  const isProbe = parked?.probe === delivery.id;
  if (isProbe) delete parked.probe;
  if (one.kind === "ended") {
    if (isProbe) parked.until = now; // it proved nothing: the next one does
    return false;
  }
  const { outcome } = one;
  if (outcome.kind === "sent" || outcome.kind === "refused") {
    if (parked !== undefined) unpark(lane);
    return false;
  }
  if (outcome.kind === "failed" && parked === undefined) return false;
  if (parked === undefined) park(lane, now + FIRST_PROBE_MS, false);
  else if (isProbe)
    probeFailed(parked, now, outcome.kind === "failed" ? { due: delivery.dueAt ?? now, id: delivery.id } : undefined);
  if (lane.parked !== undefined && CLOSED_CODES.has(outcome.out.code)) lane.parked.until = undefined;
  return parked !== undefined;
}
