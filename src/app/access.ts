/**
 * What is noted of those who come: when tokens were used, and what was refused. Uses are gathered and written at most every
 * ten seconds; of refusals the first of a principal, route and minute is written before it is answered, all others of it as one
 * when the minute is over. So nobody fills memory or disk by being refused.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import { errorWords } from "../core/error-words.ts";
import type { Denied } from "../flows/access-denied.ts";
import type { Flows } from "../flows/index.ts";
import type { AccessNotes, Refused } from "../http/access-services.ts";
import type { Clock, Job, Log, Store } from "../ports.ts";

const USE_MS = 10_000;
const MINUTE_MS = 60_000;
/** Principals and routes of a tenant that are told apart in a minute; what is beyond is counted. `anonymous` has as many of its own. */
const MAX_KEYS = 200;
const ANONYMOUS = "anonymous";
/** Uses, or refusals, of one question. */
const CHUNK = 500;
const OTHERS = { actor: "job:access", route: "others" } as const;

export interface AccessDoors {
  readonly store: Pick<Store<Flows>, "transact">;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the disk has room for what is only told. */
  readonly hasRoom: () => boolean;
}

/** The desk, and the job that writes what it gathered. */
export interface AccessDesk extends AccessNotes, Job {
  /** Writes all that is gathered: at stop. */
  readonly flush: () => Promise<void>;
  /** Calls when there is something to write where there was nothing. */
  readonly onWork: (wake: () => void) => void;
  /** A use that is not written yet, epoch ms. */
  readonly lastUse: (token: string) => number | undefined;
}

interface Row extends Denied {
  readonly tenant: string;
  readonly counts: Record<string, number>;
}

interface State {
  readonly doors: AccessDoors;
  readonly uses: Map<string, number>;
  /** By principal, route and minute; without counts where nothing waits to be told. */
  readonly rows: Map<string, Row>;
  /** Rows of principals and routes, by whose share they are: nobody takes another tenant's. */
  readonly shares: Map<string, number>;
  /** When the first use since the last writing came, on the clock that never steps. */
  usedAt: number | undefined;
  wake: () => void;
}

/** A desk that has noted nothing yet. */
export function createAccessDesk(doors: AccessDoors): AccessDesk {
  const state: State = {
    doors,
    uses: new Map(),
    rows: new Map(),
    shares: new Map(),
    usedAt: undefined,
    wake: () => undefined,
  };
  return {
    name: "access",
    used: (token, at) => {
      state.uses.set(token, at);
      if (state.usedAt !== undefined) return;
      state.usedAt = doors.clock.mono();
      state.wake();
    },
    denied: (refused) => denied(state, refused),
    due: (now) => dueOf(state, now),
    run: () => write(state, { isStop: false }),
    lastUse: (token) => state.uses.get(token),
    flush: async () => void (await write(state, { isStop: true })),
    onWork: (wake) => void (state.wake = wake),
  };
}

async function denied(state: State, { actor, tenant, route, why }: Refused): Promise<void> {
  const minute = minuteOf(state.doors.clock.now());
  const key = JSON.stringify([actor, route, minute]);
  const held = state.rows.get(key);
  if (held !== undefined) return add(held, why);
  const share = shareOf({ actor, tenant });
  const taken = state.shares.get(share) ?? 0;
  if (taken >= MAX_KEYS) return add(othersOf(state, tenant, minute), why);
  const row: Row = { actor, tenant, route, minute, isRepeat: true, counts: {} };
  state.rows.set(key, row);
  state.shares.set(share, taken + 1);
  state.wake();
  if (!(await tell(state, tenant, [{ ...row, isRepeat: false, counts: { [why]: 1 } }]))) add(row, why);
}

/** A tenant's id, or the empty text for `anonymous`. */
function shareOf({ actor, tenant }: Pick<Row, "actor" | "tenant">): string {
  return actor === ANONYMOUS ? "" : tenant;
}

function forget({ rows, shares }: State, key: string, row: Row): void {
  rows.delete(key);
  if (row.actor === OTHERS.actor) return;
  const share = shareOf(row);
  const left = (shares.get(share) ?? 0) - 1;
  if (left > 0) shares.set(share, left);
  else shares.delete(share);
}

function add({ counts }: Row, why: string): void {
  counts[why] = (counts[why] ?? 0) + 1;
}

function othersOf({ rows }: State, tenant: string, minute: number): Row {
  const key = JSON.stringify([tenant, minute]);
  const held = rows.get(key) ?? { ...OTHERS, tenant, minute, isRepeat: true, counts: {} };
  rows.set(key, held);
  return held;
}

/** Writes leaves; where that cannot be, the log tells of them, and they are tried again with the rest of their minute. */
async function tell({ doors }: State, tenant: string, all: readonly Denied[]): Promise<boolean> {
  const { store, log, hasRoom } = doors;
  try {
    if (!hasRoom()) throw new Error("no room");
    await store.transact({ flow: "access-denied", tenant, input: { denied: all } });
    return true;
  } catch (error) {
    for (const { actor, route, minute, counts } of all)
      log.warn("a refusal could not be recorded", { tenant, actor, route, minute, counts, ...errorWords(error) });
    return false;
  }
}

function minuteOf(now: number): number {
  return now - (now % MINUTE_MS);
}

/** `now` is of the scheduler's clock; what is waited for is counted on this desk's own. */
function dueOf({ doors, usedAt, rows }: State, now: number): number | undefined {
  const use = usedAt === undefined ? Infinity : Math.max(0, usedAt + USE_MS - doors.clock.mono());
  const wall = doors.clock.now();
  const [oldest] = rows.values();
  const minute = oldest === undefined ? Infinity : Math.max(0, oldest.minute + MINUTE_MS - wall);
  const wait = Math.min(use, minute);
  return wait === Infinity ? undefined : now + wait;
}

interface Writing {
  /** Whatever is gathered, however young. */
  readonly isStop: boolean;
}

async function write(state: State, writing: Writing): Promise<number> {
  return (await writeUses(state, writing)) + (await writeRows(state, writing));
}

async function writeUses(state: State, { isStop }: Writing): Promise<number> {
  const { doors, uses, usedAt } = state;
  if (usedAt === undefined || (!isStop && doors.clock.mono() < usedAt + USE_MS)) return 0;
  const all = [...uses];
  uses.clear();
  state.usedAt = undefined;
  for (let from = 0; from < all.length; from += CHUNK) {
    const input = { uses: all.slice(from, from + CHUNK) };
    await doors.store.transact({ flow: "token-use", tenant: SITE_TENANT, input }).catch((error: unknown) => {
      doors.log.warn("when tokens were used could not be kept", { tokens: input.uses.length, ...errorWords(error) });
    });
  }
  return all.length;
}

/** Rows whose minute is over, by tenant; what cannot be written is in the log, and given up. */
async function writeRows(state: State, { isStop }: Writing): Promise<number> {
  const minute = minuteOf(state.doors.clock.now());
  const over = [...state.rows].filter(([, row]) => isStop || row.minute !== minute);
  const waiting = new Map<string, Row[]>();
  for (const [key, row] of over) {
    forget(state, key, row);
    if (Object.keys(row.counts).length > 0) waiting.set(row.tenant, [...(waiting.get(row.tenant) ?? []), row]);
  }
  let written = 0;
  for (const [tenant, rows] of waiting)
    for (let from = 0; from < rows.length; from += CHUNK) {
      const some = rows.slice(from, from + CHUNK);
      await tell(state, tenant, some);
      written += some.length;
    }
  return written;
}
