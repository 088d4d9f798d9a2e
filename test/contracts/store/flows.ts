import { decideEvent, identityKey } from "../../../src/core/decide.ts";
import { deciding } from "../../../src/core/deciding.ts";
import type { Delivery, EventReceipt } from "../../../src/core/delivery.ts";
import type { EventInput } from "../../../src/core/event.ts";
import { clockJump } from "../../../src/flows/clock-jump.ts";
import { matchRules } from "../../../src/core/match.ts";
import {
  type CellRef,
  type Context,
  type Flow,
  type Prepared,
  SITE_TENANT,
  type Stamp,
  type TimerInput,
  type TimerRow,
  type View,
  type WindowMember,
  type WindowRecord,
} from "../../../src/ports.ts";

import { member } from "../../support/store-plans.ts";

const HORIZON_MS = 7 * 86_400_000;

/** What a test flow throws when it is asked to. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}

/** A window cell that counts. */
export function counted(count: number): WindowRecord {
  const id = "digest:alpha:mail:1h:1";
  const rule = "by-type@000000000000";
  const told = { id, window: "1h", actionKey: "mail", action: "mail", rule, channel: "ops-mail", openedAt: 1, due: 2 };
  return { ...told, kind: "digest", count, frontier: "", severity: "low", state: "open" };
}

function titleOf({ title }: WindowMember): string {
  return title ?? "";
}

function deliveryOf(view: View, tenant: string, id: string): Delivery {
  const delivery = view.get("delivery", tenant, id);
  if (delivery === undefined) throw new Refusal("no such delivery");
  return delivery;
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

function decideAll(
  events: readonly EventInput[],
  context: Context,
  at: { readonly view: View; readonly stamp: Stamp },
): readonly EventReceipt[] {
  const asked = { ...deciding(context, at, { actor: "source:test" }), horizon: HORIZON_MS };
  return events.map((event) => decideEvent(event, matchRules(context.index.rules, event, at.stamp.now), asked));
}

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
  decideAll([input.event], { tenant, index }, { view, stamp });
  view.setTimer(tenant, { due: stamp.now + 5, flow: "ring", key: "upset" });
  view.clearTimer(tenant, input.clear);
  view.member(tenant, { window: "w", n: 0, body: member("upset") });
  throw new Refusal("upset");
});

/** Accepts events, each once. */
const accept = flow<{ events: readonly EventInput[] }, readonly EventReceipt[]>(
  ({ tenant, index, input: { events } }, view, stamp) => {
    return decideAll(events, { tenant, index }, { view, stamp });
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
  const { dueAt: _, ...rest } = deliveryOf(view, tenant, id);
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

/** Adds members to a window, and answers what the window holds then. */
const gather = flow<{ window: string; from: number; bodies: readonly string[]; fail?: boolean }, readonly string[]>(
  ({ tenant, input: { window, from, bodies, fail } }, view) => {
    bodies.forEach((body, at) => view.member(tenant, { window, n: from + at, body: member(body) }));
    if (fail === true) throw new Refusal(window);
    return view.members(tenant, window, 0, 99).map(titleOf);
  },
);

/** Members of a window, one page after another. */
const pages = flow<{ window: string; from: number; limit: number }, readonly (readonly string[])[]>(
  ({ tenant, input: { window, from, limit } }, view) => {
    const read: string[][] = [];
    for (let at = from; ; at += limit) {
      const page = view.members(tenant, window, at, limit).map(titleOf);
      read.push(page);
      if (page.length < limit) return read;
    }
  },
);

/** Puts a claim, or only looks; answers the delivery of the one that was there. */
const stake = flow<{ key: string; delivery?: string }, string>(({ tenant, input: { key, delivery } }, view) => {
  const before = view.get("claim", tenant, key)?.delivery ?? "none";
  if (delivery !== undefined) view.put("claim", tenant, key, { severity: "low", delivery });
  return before;
});

/** Puts and removes claims, and answers the keys of a prefix then. */
const stakes = flow<
  { put?: readonly string[]; remove?: readonly string[]; prefix: string; after?: string; limit: number },
  readonly string[]
>(({ tenant, input: { put = [], remove = [], limit, ...range } }, view) => {
  for (const key of put) view.put("claim", tenant, key, { severity: "low", delivery: "dl_1" });
  for (const key of remove) view.remove("claim", tenant, key);
  return view.list("claim", tenant, range, limit).map(([key]) => key);
});

/** Takes deliveries into a window, whose own delivery is pending from then on. */
const fold = flow<{ ids: readonly string[]; window: string }, void>(
  ({ tenant, input: { ids, window } }, view, { now }) => {
    for (const id of ids) {
      const { dueAt: _, ...delivery } = deliveryOf(view, tenant, id);
      view.put("delivery", tenant, id, { ...delivery, status: "coalesced", window });
      const { event: _event, ...told } = delivery;
      view.put("delivery", tenant, window, {
        ...told,
        id: window,
        status: "pending",
        window,
        createdAt: now,
        dueAt: now,
      });
    }
  },
);

/** Removes a delivery. */
const purge = flow<{ id: string }, void>(({ tenant, input: { id } }, view) => view.remove("delivery", tenant, id));

/** Puts and removes counters, and answers the keys of a prefix then. */
const shelve = flow<
  { put: readonly string[]; remove: readonly string[]; prefix: string; after?: string; limit: number },
  readonly string[]
>(({ tenant, input: { put, remove, limit, ...range } }, view) => {
  for (const key of put) view.put("window", tenant, key, counted(1));
  for (const key of remove) view.remove("window", tenant, key);
  return view.list("window", tenant, range, limit).map(([key]) => key);
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
    fold,
    gather,
    grow,
    open,
    pages,
    peek,
    purge,
    redate,
    remind,
    ring: ring(failing),
    ring2: ring(failing),
    shelve,
    stake,
    stakes,
    swap: { ...add, alone: true },
    translate,
    upset,
  };
}
export type Flows = ReturnType<typeof createFlows>;
