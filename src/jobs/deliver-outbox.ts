/**
 * What came of tries and is not recorded yet: while one question of a tenant is on its way, the next ones gather.
 * @module
 */
import { CoreError } from "../core/error.ts";
import { errorWords } from "../core/error-words.ts";
import type { AttemptAnswer, AttemptInput, Try } from "../flows/attempt.ts";
import type { Log, Timeout } from "../ports.ts";

/** Tries in one question at most. */
const BATCH = 256;
/** A question that the store could not take is asked again after this many ms. */
const AGAIN_MS = 1000;

export interface OutboxDoors {
  readonly record: (tenant: string, input: AttemptInput) => Promise<readonly AttemptAnswer[]>;
  readonly timeout: Timeout;
  readonly log: Log;
}
/** Told the answer; `refused` where the store will never take this try; undefined when it was given up for this run. */
export type Recorded = (answer: AttemptAnswer | "refused" | undefined) => void;
export interface Outbox {
  /** `recorded` is called once. */
  readonly put: (tenant: string, one: Try, recorded: Recorded) => void;
  readonly size: () => number;
  readonly isBusy: () => boolean;
  /** Resolves when the questions that are on their way are answered. */
  readonly idle: () => Promise<void>;
  /** Asks nothing again: what cannot be recorded now is sent again after the next start. */
  readonly giveUp: () => void;
}

interface Entry {
  readonly one: Try;
  readonly recorded: Recorded;
}
interface Box {
  readonly tenant: string;
  readonly entries: Entry[];
  /** So many of the next are asked one by one: together they were refused. */
  alone: number;
  writing?: Promise<void>;
}
interface Boxes {
  readonly doors: OutboxDoors;
  readonly byTenant: Map<string, Box>;
  /** Ends the pauses. */
  readonly wakers: Set<() => void>;
  size: number;
  isGivenUp: boolean;
}

/** An empty outbox. */
export function createOutbox(doors: OutboxDoors): Outbox {
  const boxes: Boxes = { doors, byTenant: new Map(), wakers: new Set(), size: 0, isGivenUp: false };
  const writings = (): Promise<void>[] => [...boxes.byTenant.values()].flatMap(({ writing }) => writing ?? []);
  return {
    put: (tenant, one, recorded) => put(boxes, tenant, { one, recorded }),
    size: () => boxes.size,
    isBusy: () => writings().length > 0,
    idle: async () => void (await Promise.all(writings())),
    giveUp: () => {
      boxes.isGivenUp = true;
      for (const waken of boxes.wakers) waken();
    },
  };
}

function put(boxes: Boxes, tenant: string, entry: Entry): void {
  const box: Box = boxes.byTenant.get(tenant) ?? { tenant, entries: [], alone: 0 };
  boxes.byTenant.set(tenant, box);
  box.entries.push(entry);
  boxes.size++;
  box.writing ??= Promise.resolve()
    .then(async () => await write(boxes, box))
    .finally(() => delete box.writing);
}

async function write(boxes: Boxes, box: Box): Promise<void> {
  while (box.entries.length > 0) {
    const batch = box.entries.slice(0, box.alone > 0 ? 1 : BATCH);
    const answers = await ask(boxes, box.tenant, batch);
    if (answers === "refused" && batch.length > 1) {
      box.alone = batch.length;
      continue;
    }
    if (answers === undefined && !boxes.isGivenUp) {
      await pause(boxes);
      continue;
    }
    box.entries.splice(0, batch.length);
    boxes.size -= batch.length;
    box.alone = Math.max(0, box.alone - batch.length);
    batch.forEach(({ recorded }, at) => recorded(answers === "refused" ? answers : answers?.[at]));
  }
}

/** The answers; undefined where the store may take them later. */
async function ask(
  { doors }: Boxes,
  tenant: string,
  batch: readonly Entry[],
): Promise<readonly AttemptAnswer[] | "refused" | undefined> {
  try {
    return await doors.record(tenant, { tries: batch.map(({ one }) => one) });
  } catch (error) {
    const [first] = batch;
    const words = errorWords(error);
    if (!isRefusal(error))
      doors.log.error("what became of sends could not be recorded yet", { tenant, count: batch.length, ...words });
    else if (batch.length === 1 && first !== undefined)
      doors.log.error("what became of a send cannot be recorded", { tenant, delivery: first.one.delivery, ...words });
    return isRefusal(error) ? "refused" : undefined;
  }
}

/** Whether what was asked can never be written, however often: a leaf or a row that is not taken. */
function isRefusal(error: unknown): boolean {
  if (error instanceof CoreError) return true;
  return error instanceof Error && error.name === "StoreError" && "code" in error && error.code === "refused-row";
}

async function pause({ doors, wakers }: Boxes): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      wakers.delete(end);
      cancel();
      resolve();
    };
    const cancel = doors.timeout(AGAIN_MS, end);
    wakers.add(end);
  });
}
