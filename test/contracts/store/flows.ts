import { decideEvent, identityKey } from "../../../src/core/decide.ts";
import type { EventReceipt } from "../../../src/core/delivery.ts";
import type { EventInput } from "../../../src/core/event.ts";
import { clockJump } from "../../../src/flows/clock-jump.ts";
import { matchRules } from "../../../src/core/match.ts";
import {
  type CellRef,
  type Context,
  type Flow,
  type Prepared,
  SITE_TENANT,
  type TimerInput,
  type TimerRow,
  type View,
  type WindowRecord,
} from "../../../src/ports.ts";

const HORIZON_MS = 7 * 86_400_000;

/** What a test flow throws when it is asked to. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** A window cell that counts. */
export function counted(count: number): WindowRecord {
  return { openedAt: 1, due: 2, count };
}

function flow<Input, Answer>(
  decide: (context: Context & { readonly input: Input }, ...deciding: Parameters<Prepared<Answer>["decide"]>) => Answer,
  cells: (context: Context, input: Input) => readonly CellRef[] = () => [],
): Flow<Input, Answer> {
  return {
    prepare: (context, input) => ({
      cells: cells(context, input),
      decide: (view, stamp) => decide({ ...context, input }, view, stamp),
    }),
  };
}

function increase(view: View, tenant: string, key: string, by: number): number {
  const sum = (view.get("window", tenant, key)?.count ?? 0) + by;
  view.put("window", tenant, key, counted(sum));
  return sum;
}

function note(view: View, tenant: string, id: string, body: Readonly<Record<string, number | string>> = {}): number {
  return view.leaf(tenant, { type: "config.change", actor: "tk_test", id, body });
}

/** Adds to a counter, named beforehand or not, and leaves a leaf; throws afterwards where `fail` says so. */
const add = flow<{ key: string; by: number; named?: boolean; fail?: boolean }, { sum: number; seq: number }>(
  ({ tenant, input: { key, by, fail } }, view, { now }) => {
    const sum = increase(view, tenant, key, by);
    const seq = note(view, tenant, `windows/${key}`, { now, sum });
    if (fail === true) throw new Refusal(`not ${key}`);
    return { sum, seq };
  },
  ({ tenant }, { key, named }) => (named === true ? [{ noun: "window", tenant, key }] : []),
);

/** Does everything that a view can do, and throws. */
const upset = flow<{ event: EventInput; clear: TimerRow }, void>(({ tenant, index, input }, view, stamp) => {
  increase(view, tenant, "upset", 1);
  increase(view, tenant, "upset", 1);
  view.put("window", tenant, "fresh", counted(1));
  view.remove("window", tenant, "fresh");
  view.remove("window", tenant, "spare");
  view.put("channel", tenant, "ops-mail", { failing: ["dl_x"] });
  view.openLog(`${tenant}-new`, `origin-${tenant}-new`);
  note(view, `${tenant}-new`, "genesis");
  note(view, tenant, "upset");
  const deciding = { tenant, index, view, stamp, actor: "source:test", ordinal: { next: 0 }, horizon: HORIZON_MS };
  decideEvent(input.event, matchRules(index.rules, input.event), deciding);
  view.setTimer(tenant, { due: stamp.now + 5, flow: "ring", key: "upset" });
  view.clearTimer(tenant, input.clear);
  view.member(tenant, { window: "w", n: 0, body: "upset" });
  throw new Refusal("upset");
});

/** Accepts events, each once. */
const accept = flow<{ events: readonly EventInput[] }, readonly EventReceipt[]>(
  ({ tenant, index, input: { events } }, view, stamp) => {
    const deciding = { tenant, index, view, stamp, actor: "source:test", ordinal: { next: 0 }, horizon: HORIZON_MS };
    return events.map((event) => decideEvent(event, matchRules(index.rules, event), deciding));
  },
  ({ tenant }, { events }) => events.map((event) => ({ noun: "identity", tenant, key: identityKey(event) })),
);

/** Sets and clears timers. */
const remind = flow<{ set?: readonly TimerRow[]; clear?: readonly TimerRow[] }, number>(
  ({ tenant, input: { set = [], clear = [] } }, view) => {
    for (const timer of set) view.setTimer(tenant, timer);
    for (const timer of clear) view.clearTimer(tenant, timer);
    return note(view, tenant, "remind");
  },
);

/** Changes a delivery: when it is due, or that it was sent. */
const redate = flow<{ id: string; dueAt?: number }, void>(({ tenant, input: { id, dueAt } }, view) => {
  const delivery = view.get("delivery", tenant, id);
  if (delivery === undefined) throw new Refusal("no such delivery");
  const { dueAt: _, ...rest } = delivery;
  const change = dueAt === undefined ? ({ status: "sent" } as const) : ({ status: "retrying", due: dueAt } as const);
  const seq = view.leaf(tenant, { type: "delivery.change", actor: "tk_test", delivery: id, ...change });
  const put = { ...rest, status: change.status, leaves: [...rest.leaves, seq] };
  view.put("delivery", tenant, id, dueAt === undefined ? put : { ...put, dueAt });
});

/** Changes a delivery as it finds it, but for its locale. */
const translate = flow<{ id: string }, void>(({ tenant, input: { id } }, view) => {
  const delivery = view.get("delivery", tenant, id);
  if (delivery !== undefined) view.put("delivery", tenant, id, { ...delivery, locale: "de" });
});

/** Adds members to a window. */
const gather = flow<{ window: string; from: number; bodies: readonly string[] }, void>(
  ({ tenant, input: { window, from, bodies } }, view) => {
    bodies.forEach((body, at) => view.member(tenant, { window, n: from + at, body }));
  },
);

/** Puts and removes counters, and answers the keys of a prefix then. */
const shelve = flow<
  { put: readonly string[]; remove: readonly string[]; prefix: string; limit: number },
  readonly string[]
>(({ tenant, input: { put, remove, prefix, limit } }, view) => {
  for (const key of put) view.put("window", tenant, key, counted(1));
  for (const key of remove) view.remove("window", tenant, key);
  return view.list("window", tenant, prefix, limit).map(([key]) => key);
});

/** Reads a counter, and hides what reading throws. */
const peek = flow<{ key: string }, number>(({ tenant, input: { key } }, view) => {
  try {
    return view.get("window", tenant, key)?.count ?? 0;
  } catch {
    return -1;
  }
});

/** Refuses before it decides. */
const decline: Flow<{ readonly why: string }, void> = {
  prepare: (_, { why }) => {
    throw new Refusal(why);
  },
};

/** Opens a tenant's log. */
const open = flow<{ tenant: string }, number>(({ input: { tenant } }, view, { now }) => {
  view.put("tenant", SITE_TENANT, tenant, { id: tenant, createdAt: now });
  view.openLog(tenant, `sealpost-test-00000000-${tenant}`);
  return view.leaf(tenant, { type: "ledger.genesis", actor: "tk_test", body: { key: "k", seal: "s" } });
});

/** Appends many leaves. */
const grow = flow<{ leaves: number }, number>(({ tenant, input: { leaves } }, view) => {
  let seq = -1;
  for (let at = 0; at < leaves; at++) seq = note(view, tenant, `leaf/${at}`);
  return seq;
});

/**
 * A timer. Its key is `<name>` or `<name>:<times>:<step>`: rings so many times more, each `step` ms after it was due.
 * Counts at the site, so that the order over tenants shows.
 */
function ring(failing: ReadonlySet<string>): Flow<TimerInput, void> {
  return flow(({ tenant, input: { key, due } }, view, { now }) => {
    const [name = "", times = "0", step = "0"] = key.split(":");
    const ordinal = increase(view, SITE_TENANT, "rung", 1);
    const body = { at: now, key, ordinal };
    view.leaf(tenant, { type: "digest.flush", actor: "timer:ring", id: name, drafts: [], body });
    if (failing.has(name)) throw new Refusal(name);
    if (Number(times) === 0) return;
    view.setTimer(tenant, { due: due + Number(step), flow: "ring", key: `${name}:${Number(times) - 1}:${step}` });
  });
}

/** The flows of the contract; timers whose name is in `failing` throw. */
export function createFlows(failing: ReadonlySet<string>) {
  return {
    accept,
    add,
    "clock-jump": clockJump,
    decline,
    gather,
    grow,
    open,
    peek,
    redate,
    remind,
    ring: ring(failing),
    ring2: ring(failing),
    shelve,
    swap: { ...add, alone: true },
    translate,
    upset,
  };
}
export type Flows = ReturnType<typeof createFlows>;
