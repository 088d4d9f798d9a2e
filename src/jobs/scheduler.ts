import type { Clock, Job, Log, Timeout } from "../ports.ts";
import { type Guard, runSlot, type Slot, slotOf, waitOf } from "./job-slot.ts";

const RUN_LIMIT_MS = 10_000;
/** The longest sleep: the wall clock may have been set meanwhile. */
const MAX_SLEEP_MS = 30_000;

export interface SchedulerDoors {
  readonly jobs: readonly Job[];
  readonly clock: Clock;
  readonly timeout: Timeout;
  readonly log: Log;
  /** A run may take this long, in ms. Default 10 s. */
  readonly runLimit?: number;
}
/** How often a job ran, and how often it failed or took too long. */
export interface JobCount {
  readonly name: string;
  readonly runs: number;
  readonly failures: number;
}
export interface Scheduler {
  readonly start: () => void;
  /** Something changed: looks at once at what is due. */
  readonly wake: () => void;
  /** Runs every job that is due, in the order of the list; answers how many things were done. */
  readonly tick: () => Promise<number>;
  readonly counts: () => readonly JobCount[];
  /** No new runs; those that go on are told to stop and waited for. */
  readonly stop: () => Promise<void>;
}

interface Loop {
  readonly slots: readonly Slot[];
  readonly guard: Guard;
  isStarted: boolean;
  isStopped: boolean;
  isTicking: boolean;
  isWoken: boolean;
  cancelSleep?: () => void;
}

/** The loop over the jobs: each is guarded alike, and between them it sleeps until the earliest is due or something wakes it. */
export function createScheduler({ jobs, clock, timeout, log, runLimit = RUN_LIMIT_MS }: SchedulerDoors): Scheduler {
  const guard: Guard = { clock, timeout, log, runLimit, ended: () => turn(loop) };
  const loop: Loop = {
    slots: jobs.map(slotOf),
    guard,
    isStarted: false,
    isStopped: false,
    isTicking: false,
    isWoken: false,
  };
  return {
    start: () => {
      loop.isStarted = true;
      turn(loop);
    },
    wake: () => turn(loop),
    tick: async () => await tick(loop),
    counts: () => loop.slots.map(({ job, runs, failures }) => ({ name: job.name, runs, failures })),
    stop: async () => {
      loop.isStopped = true;
      loop.cancelSleep?.();
      for (const { running } of loop.slots) running?.controller.abort();
      await Promise.all(loop.slots.map(async ({ running }) => await running?.ended));
    },
  };
}

async function tick(loop: Loop): Promise<number> {
  let done = 0;
  for (const slot of loop.slots)
    if (!loop.isStopped && waitOf(slot, loop.guard) === 0) done += await runSlot(slot, loop.guard);
  return done;
}

/** One turn: a tick, then sleep until something is due. Asked for during a tick, another one follows. */
function turn(loop: Loop): void {
  if (!loop.isStarted || loop.isStopped) return;
  loop.cancelSleep?.();
  loop.isWoken = loop.isTicking;
  if (loop.isTicking) return;
  loop.isTicking = true;
  void tick(loop).then(() => {
    loop.isTicking = false;
    if (loop.isWoken) turn(loop);
    else if (!loop.isStopped) loop.cancelSleep = loop.guard.timeout(sleepMs(loop), () => turn(loop));
  });
}

function sleepMs({ slots, guard }: Loop): number {
  return Math.min(MAX_SLEEP_MS, ...slots.flatMap((slot) => waitOf(slot, guard) ?? []));
}
