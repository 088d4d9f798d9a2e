/**
 * Reads all that deliveries name, step by step: windows, their messages, what mutes, channels, tries.
 * @module
 */
import { SITE_TENANT } from "../core/cells.ts";
import type { WindowRecord } from "../core/window-record.ts";
import type { Delivery } from "../core/delivery.ts";
import {
  collectReferences,
  type ChannelNow,
  type DecidedBy,
  type Known,
  noReferences,
  type References,
  type TriedOnce,
} from "../core/explain-facts.ts";
import { followed } from "../core/windows.ts";
import type { Cells, Noun } from "../ports.ts";
import { readAttempts } from "./attempts.ts";
import { addressOf, downAnswer } from "./explain-channel.ts";
import type { Parts } from "./parts.ts";

type Doors = Pick<Parts, "store" | "configurations" | "instants">;

/** From a member to its window, to that window's message, to what decided about that. */
const ROUNDS = 4;
/** Windows whose items moved on, one after the other. */
const MAX_MOVES = 16;

/** What is to be known of: the deliveries that are told, and windows that are asked for by their id. */
export interface Wanted {
  readonly deliveries: readonly Delivery[];
  readonly windows?: readonly string[];
  readonly decided: DecidedBy;
}

interface Gathering {
  readonly deliveries: Map<string, Delivery>;
  readonly windows: Map<string, WindowRecord>;
  readonly named: References;
}

/** All that is known of what is asked for. */
export async function readKnown(doors: Doors, tenant: string, wanted: Wanted): Promise<Known> {
  const { store, configurations, instants } = doors;
  const found: Gathering = { deliveries: new Map(), windows: new Map(), named: noReferences() };
  for (const window of wanted.windows ?? []) found.named.windows.add(window);
  let fresh = wanted.deliveries;
  for (let round = 0; round < ROUNDS; round++) fresh = await readRound(doors, tenant, { found, fresh });
  const { named, deliveries, windows } = found;
  return {
    now: instants.now(),
    offset: (await store.read.cell("clock", SITE_TENANT, "current"))?.offset ?? 0,
    decided: wanted.decided,
    zones: new Map([...configurations.of(tenant).calendars].map(([id, { zone }]) => [id, zone])),
    deliveries,
    windows,
    silences: await readAll(doors, tenant, { noun: "silence", ids: named.silences }),
    maintenance: await readAll(doors, tenant, { noun: "maintenance", ids: named.maintenance }),
    suppressions: await readAll(doors, tenant, { noun: "suppression", ids: named.suppressions }),
    channels: await readChannels(doors, tenant, named.channels),
    tries: await readTries(doors, tenant, deliveries),
  };
}

/** Reads what these deliveries name and answers the deliveries that were not known before. */
async function readRound(
  { store: { read } }: Doors,
  tenant: string,
  { found, fresh }: { readonly found: Gathering; readonly fresh: readonly Delivery[] },
): Promise<readonly Delivery[]> {
  const { deliveries, windows, named } = found;
  for (const delivery of fresh) {
    deliveries.set(delivery.id, delivery);
    collectReferences(delivery, named);
  }
  for (const id of named.windows) {
    if (windows.has(id)) continue;
    const record = await readWindow(read, tenant, id);
    if (record === undefined) continue;
    windows.set(id, record);
    for (const told of record.deliveries ?? []) named.deliveries.add(told);
  }
  const next: Delivery[] = [];
  for (const id of named.deliveries) {
    const delivery = deliveries.has(id) ? undefined : await read.cell("delivery", tenant, id);
    if (delivery !== undefined) next.push(delivery);
  }
  return next;
}

/** The window of an id, or the one that its items moved to. */
async function readWindow(read: Parts["store"]["read"], tenant: string, id: string): Promise<WindowRecord | undefined> {
  const kept = new Map<string, WindowRecord>();
  let next: string | undefined = id;
  for (let moves = 0; next !== undefined && !kept.has(next) && moves < MAX_MOVES; moves++) {
    const record: WindowRecord | undefined = await read.cell("window", tenant, next);
    if (record === undefined) break;
    kept.set(next, record);
    next = record.state === "merged" ? record.into : undefined;
  }
  return followed(id, (key) => kept.get(key)) ?? kept.get(id);
}

async function readAll<N extends Noun>(
  { store }: Doors,
  tenant: string,
  { noun, ids }: { readonly noun: N; readonly ids: ReadonlySet<string> },
): Promise<ReadonlyMap<string, Cells[N]>> {
  const found = new Map<string, Cells[N]>();
  for (const id of ids) {
    const value = await store.read.cell(noun, tenant, id);
    if (value !== undefined) found.set(id, value);
  }
  return found;
}

async function readChannels(
  { store, configurations }: Doors,
  tenant: string,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, ChannelNow>> {
  const channels = new Map<string, ChannelNow>();
  for (const id of ids) {
    const compiled = configurations.of(tenant).channels.get(id);
    const state = await store.read.cell("channel", tenant, id);
    const address = compiled === undefined ? undefined : addressOf(compiled, configurations.own(tenant));
    const answer = state?.down && (await downAnswer(store.read, tenant, { id, since: state.down.since }));
    channels.set(id, {
      ...(compiled === undefined ? {} : { compiled }),
      ...(state === undefined ? {} : { state }),
      ...(address === undefined ? {} : { address }),
      ...(answer === undefined ? {} : { answer }),
    });
  }
  return channels;
}

async function readTries(
  { store }: Doors,
  tenant: string,
  deliveries: ReadonlyMap<string, Delivery>,
): Promise<ReadonlyMap<string, readonly TriedOnce[]>> {
  const tries = new Map<string, readonly TriedOnce[]>();
  for (const { id, attempts } of deliveries.values())
    if (attempts > 0) tries.set(id, (await readAttempts(store.read, tenant, id)) ?? []);
  return tries;
}
