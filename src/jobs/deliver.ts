/**
 * The deliver job: sends what is due, outside any transaction, and records what became of it. Deliveries are rows; what
 * this job holds in memory can be lost at any moment.
 * @module
 */
import type { AttemptAnswer, AttemptInput } from "../flows/attempt.ts";
import type {
  CellChange,
  ChannelState,
  ChannelType,
  Clock,
  Committed,
  Configurations,
  Job,
  Log,
  Reader,
  Timeout,
} from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import {
  FIRST_PROBE_MS,
  forgetDues,
  type Lane,
  laneDue,
  letGo,
  lookBack,
  newLane,
  park,
  toldOf,
  unpark,
} from "./deliver-lane.ts";
import { type MessageDoors, messageMaker } from "./deliver-message.ts";
import { createOutbox } from "./deliver-outbox.ts";
import { type Pump, pump } from "./deliver-pump.ts";
import type { Withholding } from "./send-gate.ts";

export interface DeliverDoors extends Pick<MessageDoors, "site" | "head"> {
  readonly read: Pick<Reader, "cell" | "due" | "dueChannels" | "event" | "members" | "objects">;
  /** Asks the attempt flow. */
  readonly record: (tenant: string, input: AttemptInput) => Promise<readonly AttemptAnswer[]>;
  readonly channelTypes: readonly ChannelType[];
  readonly configurations: Configurations;
  readonly clock: Clock;
  readonly timeout: Timeout;
  readonly log: Log;
  /** Longest time that one send may take, in ms, whatever its channel says. Default 60 s. */
  readonly sendLimit?: number;
}
export interface DeliverJob extends Job, Withholding {
  /** To be told of every commit, after the configurations; a scheduler is woken after it. */
  readonly wake: (committed: Committed) => void;
  /** Begins nothing new; resolves when what was begun has ended and is recorded, soon after `signal` at the latest. */
  readonly drain: (signal: AbortSignal) => Promise<void>;
  /** Resolves when nothing is being read, sent or recorded. */
  readonly settled: () => Promise<void>;
}

const SEND_LIMIT_MS = 60_000;
const FAR = Number.POSITIVE_INFINITY;

/** Makes the job. `run` begins what can begin and answers how many sends that were; they end on their own. */
export function deliverJob(doors: DeliverDoors): DeliverJob {
  const { clock } = doors;
  const lanes = createLanes(doors.read);
  const job: Pump = {
    doors: { ...doors, sendLimit: doors.sendLimit ?? SEND_LIMIT_MS },
    make: messageMaker(doors),
    outbox: createOutbox(doors),
    sends: new Set(),
    working: new Set(),
    isStopping: false,
  };
  return {
    name: "deliver",
    wake: (committed) => wake(committed, lanes, clock.now()),
    due: (now) => (job.isStopping ? undefined : lanes.due(now)),
    run: async (now) => {
      await lanes.load();
      const due = [...lanes.all()].filter((lane) => (laneDue(lane, now) ?? FAR) <= now);
      return due.reduce((begun, lane) => begun + pump(lane, job), 0);
    },
    // Held as busy in every lane: what may be sent is in one of them, or will be read into one.
    withhold: (id) => withhold(lanes, id),
    release: (id) => release(lanes, id, job),
    drain: async (signal) => {
      job.isStopping = true;
      const abort = (): void => {
        job.outbox.giveUp();
        for (const send of job.sends) send.abort();
      };
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
      await settled(job);
      await Promise.all([...lanes.all()].map(async ({ opened }) => await opened?.channel.close()));
    },
    settled: async () => await settled(job),
  };
}

/** The lanes of all channels that have, or had, something due since the start. */
interface Lanes {
  readonly load: () => Promise<void>;
  /** All dues were moved: they are read anew. */
  readonly reload: () => void;
  readonly of: (tenant: string, channel: string) => Lane;
  readonly find: (tenant: string, channel: string) => Lane | undefined;
  readonly all: () => Iterable<Lane>;
  /** Deliveries that may not be begun for now. */
  readonly withheld: Set<string>;
  readonly due: (now: number) => number | undefined;
}

function createLanes(read: DeliverDoors["read"]): Lanes {
  const lanes = new Map<string, Lane>();
  const withheld = new Set<string>();
  const state = { isLoaded: false, reloads: 0 };
  const of = (tenant: string, channel: string): Lane => {
    const key = `${tenant} ${channel}`;
    const found = lanes.get(key);
    if (found !== undefined) return found;
    const lane = newLane(tenant, channel);
    for (const id of withheld) lane.busy.add(id);
    lanes.set(key, lane);
    return lane;
  };
  return {
    load: async () => {
      if (state.isLoaded) return;
      const { reloads } = state;
      for (const { tenant, channel, due } of await read.dueChannels()) {
        const lane = of(tenant, channel);
        lane.nextDue = Math.min(lane.nextDue ?? due, due);
      }
      state.isLoaded = reloads === state.reloads;
    },
    reload: () => {
      state.isLoaded = false;
      state.reloads++;
      for (const lane of lanes.values()) forgetDues(lane);
    },
    of,
    find: (tenant, channel) => lanes.get(`${tenant} ${channel}`),
    all: () => lanes.values(),
    withheld,
    due: (now) => {
      if (!state.isLoaded) return now;
      const least = Math.min(FAR, ...[...lanes.values()].flatMap((lane) => laneDue(lane, now) ?? []));
      return least === FAR ? undefined : least;
    },
  };
}

function withhold(lanes: Lanes, id: string): boolean {
  if (lanes.withheld.has(id) || [...lanes.all()].some(({ busy }) => busy.has(id))) return false;
  lanes.withheld.add(id);
  for (const lane of lanes.all()) lane.busy.add(id);
  return true;
}

/** What came of it meanwhile is read anew; a lane that found nothing else to probe with looks again. */
function release(lanes: Lanes, id: string, job: Pump): void {
  lanes.withheld.delete(id);
  for (const lane of lanes.all()) {
    letGo(lane, id);
    lookBack(lane);
    if (lane.parked !== undefined) lane.parked.until ??= job.doors.clock.now();
    pump(lane, job);
  }
}

function wake({ cells, swept }: Committed, lanes: Lanes, now: number): void {
  if (swept === true) lanes.reload();
  for (const change of cells) {
    if (change.noun === "delivery") wakeDelivery(change, lanes, now);
    else if (change.noun === "channel") wakeChannel(lanes.of(change.tenant, change.key), change.value, now);
    else if (change.noun === "generation") {
      for (const lane of lanes.all())
        if (lane.parked !== undefined && (change.tenant === SITE_TENANT || change.tenant === lane.tenant)) {
          lane.parked.until = now; // a channel may have been bound, switched on or taken away
        }
    }
  }
}

function wakeDelivery(
  { tenant, key, value }: Extract<CellChange, { noun: "delivery" }>,
  lanes: Lanes,
  now: number,
): void {
  if (value === undefined) for (const lane of lanes.all()) toldOf(lane, key, undefined, now);
  else if (value.dueAt !== undefined) toldOf(lanes.of(tenant, value.channel), key, value, now);
  else {
    const lane = lanes.find(tenant, value.channel);
    if (lane !== undefined) toldOf(lane, key, value, now);
  }
}

/** What the job found out itself is newer than a commit that does not know it yet. */
function wakeChannel(lane: Lane, state: ChannelState | undefined, now: number): void {
  if (state?.down !== undefined) park(lane, now + FIRST_PROBE_MS, true);
  else if (lane.parked?.isTold === true) unpark(lane);
}

async function settled({ working, outbox: recording }: Pump): Promise<void> {
  while (working.size > 0 || recording.isBusy()) await Promise.all([...working, recording.idle()]);
}
