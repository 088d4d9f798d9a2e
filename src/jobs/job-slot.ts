/**
 * One job under guard: its time limit, its failures and when it may run again.
 * @module
 */
import { errorWords } from "../core/error-words.ts";
import type { Clock, Job, Log, Timeout } from "../ports.ts";

/** After a failure a job waits this long, twice as long after each further one, at most a minute. */
const FAILURE_WAIT_MS = 1000;
const MAX_FAILURE_WAIT_MS = 60_000;
/** A job that did nothing and says that it is still due is asked again after this many ms. */
const IDLE_WAIT_MS = 1000;

export interface Guard {
  readonly clock: Clock;
  readonly timeout: Timeout;
  readonly log: Log;
  /** A run may take this long, in ms, before it is told to stop and the others go on without it. */
  readonly runLimit: number;
  /** A run that the others did not wait for has ended. */
  readonly ended: () => void;
}
export interface Slot {
  readonly job: Job;
  runs: number;
  failures: number;
  failuresInRow: number;
  /** Not before this instant, on the clock that never steps. */
  notBefore: number;
  running?: { readonly ended: Promise<void>; readonly controller: AbortController };
}

/** A job that has not run yet. */
export function slotOf(job: Job): Slot {
  return { job, runs: 0, failures: 0, failuresInRow: 0, notBefore: Number.NEGATIVE_INFINITY };
}

/** ms until the job may run, 0 for now; undefined while it runs or has nothing to do. */
export function waitOf({ job, running, notBefore }: Slot, { clock }: Guard): number | undefined {
  const now = clock.now();
  const due = running === undefined ? job.due(now) : undefined;
  return due === undefined ? undefined : Math.max(due - now, notBefore - clock.mono(), 0);
}

/** Runs a job and answers how many things it did, or 0 at the limit. Never rejects: failures are logged and counted. */
export async function runSlot(slot: Slot, guard: Guard): Promise<number> {
  const controller = new AbortController();
  const running = runGuarded(slot, controller.signal, guard);
  const outcome = { isLate: false };
  const ended = running.then(() => {
    delete slot.running;
    if (outcome.isLate) guard.ended();
  });
  slot.running = { ended, controller };
  const late = new Promise<number>((resolve) => {
    const cancel = guard.timeout(guard.runLimit, () => {
      outcome.isLate = true;
      slot.failures++;
      guard.log.error("a job takes too long", { job: slot.job.name, ms: guard.runLimit });
      controller.abort();
      resolve(0);
    });
    void running.then(cancel);
  });
  return await Promise.race([ended.then(async () => await running), late]);
}

async function runGuarded(slot: Slot, signal: AbortSignal, { clock, log }: Guard): Promise<number> {
  slot.runs++;
  try {
    const done = await slot.job.run(clock.now(), signal);
    slot.failuresInRow = 0;
    const due = slot.job.due(clock.now());
    if (done === 0 && due !== undefined && due <= clock.now()) slot.notBefore = clock.mono() + IDLE_WAIT_MS;
    return done;
  } catch (error) {
    slot.failures++;
    slot.failuresInRow++;
    slot.notBefore = clock.mono() + Math.min(MAX_FAILURE_WAIT_MS, FAILURE_WAIT_MS * 2 ** (slot.failuresInRow - 1));
    log.error("a job failed", { job: slot.job.name, ...errorWords(error) });
    return 0;
  }
}
