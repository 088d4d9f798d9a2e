import type { Clock, Committed, Job, LogRecord, Reader } from "../ports.ts";

/** At most one signed note a log in this many ms. */
const INTERVAL_MS = 1000;
/** Signing stops after this many ms and goes on in the next turn, so that the loop stays free. */
const SLICE_MS = 5;

/** What signing a head needs: how a note is made, and where it is kept. */
export interface CheckpointDoors {
  readonly read: Pick<Reader, "logs" | "log" | "cell">;
  /** The signed note of a log as it stands. */
  readonly sign: (log: LogRecord) => string;
  readonly keep: (tenant: string, note: { readonly size: number; readonly note: string }) => Promise<unknown>;
  readonly clock: Clock;
}

/** The checkpoint job: signs the head of every log that grew, at most once a second, and on demand. */
export interface CheckpointJob extends Job {
  readonly wake: (committed: Committed) => void;
  /** The signed note of a tenant's log as it stands now, signing it first where none is. */
  readonly current: (tenant: string) => Promise<string | undefined>;
  /** Signs every log that has no note of its size: at start and at stop. */
  readonly signAll: () => Promise<number>;
}

/** Makes the job; `wake` is to be told of every commit. */
export function checkpointJob({ read, sign, keep, clock }: CheckpointDoors): CheckpointJob {
  const grown = new Map<string, number>();
  const signed = new Map<string, number>();
  let lastRun = Number.NEGATIVE_INFINITY; // on the clock that never steps

  const signOne = async (tenant: string): Promise<string | undefined> => {
    const log = await read.log(tenant);
    if (log === undefined || log.size === 0) return undefined;
    const held = await read.cell("note", tenant, "current");
    const note = held?.size === log.size ? held.note : sign(log);
    if (held?.size !== log.size) await keep(tenant, { size: log.size, note });
    signed.set(tenant, log.size);
    if ((grown.get(tenant) ?? 0) <= log.size) grown.delete(tenant); // not before: a note that could not be kept is due again
    return note;
  };
  const signMany = async (tenants: readonly string[], signal?: AbortSignal): Promise<number> => {
    let from = clock.mono();
    for (const [at, tenant] of tenants.entries()) {
      if (signal?.aborted === true) return at;
      await signOne(tenant);
      if (clock.mono() - from < SLICE_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      from = clock.mono();
    }
    return tenants.length;
  };
  return {
    name: "checkpoint",
    wake: ({ logs }) => {
      for (const { tenant, size } of logs) if ((signed.get(tenant) ?? -1) < size) grown.set(tenant, size);
    },
    due: (now) => (grown.size === 0 ? undefined : now + Math.max(0, lastRun + INTERVAL_MS - clock.mono())),
    run: async (_now, signal) => {
      lastRun = clock.mono();
      return await signMany([...grown.keys()], signal);
    },
    current: signOne,
    signAll: async () => await signMany((await read.logs()).map(({ tenant }) => tenant)),
  };
}
