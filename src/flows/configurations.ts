import { compile } from "../core/compile.ts";
import type { Compiled, Generation, Kind } from "../core/config.ts";
import { splitKey } from "../core/config-plan.ts";
import type { Cells } from "../core/cells.ts";
import { type ConfigObject, readObject } from "../core/objects.ts";
import { type Pause, runSteps, runWhole, type Steps } from "../core/steps.ts";
import { MAX_TENANTS } from "../core/tenants.ts";
import type { Committed, Configurations, Reader } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import {
  type Aside,
  freshSteps,
  type Held,
  holdSteps,
  mergeSteps,
  NOTHING,
  type Pair,
  pairSteps,
  refuseStale,
} from "./configurations-held.ts";
import { FlowError } from "./error.ts";
import { readGeneration } from "./generation-read.ts";

/** The compiled configurations of all tenants, kept in step with what is committed. */
export interface LiveConfigurations extends Configurations {
  /** Lets others run between the steps of long work. */
  readonly pause: Pause;
  /** The tenant's own generation, as adopted; the empty one for an unknown tenant. */
  readonly own: (tenant: string) => Generation;
  readonly tenants: () => readonly string[];
  /** An object of the tenant's merged map, and whose it is. */
  readonly find: (tenant: string, kind: Kind, id: string) => OwnedObject | undefined;
  /** Objects of the tenant's merged map. */
  readonly objects: (tenant: string) => readonly ConfigObject[];
  /**
   * For each tenant that these candidates touch, the objects that it would have; `objects` are those that it does not have
   * yet. A candidate of the site's touches every tenant. Throws FlowError `conflict` where a candidate was made from a
   * generation that is no longer adopted, `missing` for an object that nobody gave.
   */
  readonly preview: (candidates: readonly Candidate[], objects: readonly ConfigObject[]) => AsyncGenerator<Preview>;
  /**
   * Compiles candidates aside, asks the question that switches to them, and keeps what stands aside until it is answered.
   * Throws as `preview` does, then nothing was asked; and what the question throws.
   */
  readonly stage: <T>(
    objects: readonly ConfigObject[],
    candidates: readonly Candidate[],
    ask: () => Promise<T>,
  ) => Promise<T>;
  /** Follows a commit; called before the next batch is prepared. Throws FlowError `missing` for a generation that nobody staged. */
  readonly follow: (committed: Committed) => void;
}
export interface Candidate {
  readonly tenant: string;
  readonly candidate: Generation;
}

/** An object with the tenant that it belongs to, and the stream that brought it. */
export interface OwnedObject {
  readonly object: ConfigObject;
  readonly ownerId: string;
  readonly stream?: string;
}

export interface Preview {
  readonly tenant: string;
  readonly objects: readonly ConfigObject[];
}

/** Loads and compiles what is adopted; `read` is asked only here. */
export async function loadConfigurations(read: Reader, pause: Pause): Promise<LiveConfigurations> {
  const state = emptyState(pause);
  for (const [tenant] of await read.cells("tenant", SITE_TENANT, "", MAX_TENANTS)) {
    const own = await read.cell("generation", tenant, "current");
    state.held.set(tenant, own === undefined ? NOTHING : await readHeld(read, own, pause));
  }
  for (const tenant of state.held.keys())
    state.compiled.set(tenant, await runSteps(pairSteps(tenant, pairOf(state, tenant)), pause));
  return liveOver(state);
}

async function readHeld(read: Reader, record: Cells["generation"], pause: Pause): Promise<Held> {
  const own = await readGeneration(read, record, pause);
  const hashes = [...new Set(Object.values(own.objects))];
  const kept = new Map((await read.objects(hashes)).map((object) => [object.hash, object]));
  return await runSteps(readSteps(own, kept), pause);
}

function* readSteps(
  generation: Generation,
  kept: ReadonlyMap<string, { readonly hash: string; readonly text: string }>,
): Steps<Held> {
  const objects = new Map<string, ConfigObject>();
  for (const [key, hash] of Object.entries(generation.objects)) {
    const at = splitKey(key);
    const object = kept.get(hash);
    if (at === undefined || object === undefined)
      throw new FlowError("missing", `object ${key} (${hash}) is not in the store`);
    objects.set(key, readObject(at.kind, at.id, object));
    yield;
  }
  return { generation, objects };
}

/** Empty configurations, to be filled by `stage` and `follow`. */
export function createConfigurations(pause: Pause): LiveConfigurations {
  return liveOver(emptyState(pause));
}

function liveOver(state: State): LiveConfigurations {
  return {
    pause: state.pause,
    own: (tenant) => heldOf(state, tenant).generation,
    tenants: () => [...state.held.keys()],
    of: (tenant) => state.compiled.get(tenant) ?? compile(tenant, {}, []),
    find: (tenant, kind, id) => {
      const key = `${kind}/${id}`;
      const { site, own } = pairOf(state, tenant);
      return ownedIn(own, tenant, key) ?? ownedIn(site, SITE_TENANT, key);
    },
    objects: (tenant) => [...runWhole(mergeSteps(pairOf(state, tenant))).values()],
    preview: (candidates, objects) => preview(state, candidates, objects),
    stage: (objects, candidates, ask) => stage(state, { objects, candidates }, ask),
    follow: (committed) => follow(state, committed),
  };
}

function ownedIn({ objects, generation }: Held, ownerId: string, key: string): OwnedObject | undefined {
  const object = objects.get(key);
  const stream = generation.streams[key];
  return object === undefined ? undefined : { object, ownerId, ...(stream === undefined ? {} : { stream }) };
}

interface State {
  readonly pause: Pause;
  /** What each tenant has adopted. */
  readonly held: Map<string, Held>;
  readonly compiled: Map<string, Compiled>;
  /** What waits for its question; each question has its own. */
  readonly asides: Set<Aside>;
}

function emptyState(pause: Pause): State {
  return { pause, held: new Map(), compiled: new Map(), asides: new Set() };
}

function heldOf({ held }: Pick<State, "held">, tenant: string): Held {
  return held.get(tenant) ?? NOTHING;
}

/** What a tenant is compiled from; `candidates` stand in for what is adopted. */
function pairOf(state: Pick<State, "held">, tenant: string, candidates: ReadonlyMap<string, Held> = new Map()): Pair {
  const at = (name: string): Held => candidates.get(name) ?? heldOf(state, name);
  return { site: at(SITE_TENANT), own: at(tenant) };
}

function isOf(pair: Pair, found: Pair | undefined): boolean {
  return found?.site.generation.id === pair.site.generation.id && found.own.generation.id === pair.own.generation.id;
}

/** Finds the objects of candidates, all of them made from what is adopted now. */
async function candidatesOf(
  state: State,
  candidates: readonly Candidate[],
  objects: readonly ConfigObject[],
): Promise<ReadonlyMap<string, Held>> {
  const start = candidates.map(({ tenant, candidate }) => ({ tenant, candidate, own: heldOf(state, tenant) }));
  for (const { tenant, candidate, own } of start) refuseStale(tenant, own.generation, candidate);
  const fresh = await runSteps(freshSteps(objects), state.pause);
  const held = new Map<string, Held>();
  for (const { tenant, candidate, own } of start)
    held.set(tenant, await runSteps(holdSteps(own, candidate, fresh), state.pause));
  return held;
}

async function* preview(
  state: State,
  candidates: readonly Candidate[],
  objects: readonly ConfigObject[],
): AsyncGenerator<Preview> {
  const seen = { ...state, held: new Map(state.held) }; // as it is now, whatever is adopted meanwhile
  const held = await candidatesOf(seen, candidates, objects);
  for (const tenant of touchedBy(seen, held)) {
    const merged = await runSteps(mergeSteps(pairOf(seen, tenant, held)), state.pause);
    yield { tenant, objects: [...merged.values()] };
  }
}

function touchedBy({ held }: Pick<State, "held">, candidates: ReadonlyMap<string, unknown>): string[] {
  return [...(candidates.has(SITE_TENANT) ? held : candidates).keys()];
}

async function stage<T>(
  state: State,
  { objects, candidates }: { readonly objects: readonly ConfigObject[]; readonly candidates: readonly Candidate[] },
  ask: () => Promise<T>,
): Promise<T> {
  const aside: Aside = { held: await candidatesOf(state, candidates, objects), compiled: new Map() };
  await compileAside(state, aside);
  state.asides.add(aside);
  try {
    return await ask();
  } finally {
    state.asides.delete(aside);
  }
}

/** Compiles until nothing is lacking: what a candidate is merged with may be replaced meanwhile. */
async function compileAside(state: State, aside: Aside): Promise<void> {
  for (;;) {
    for (const [tenant, { generation }] of aside.held)
      refuseStale(tenant, heldOf(state, tenant).generation, generation);
    const lacking = touchedBy(state, aside.held).filter(
      (tenant) => !isOf(pairOf(state, tenant, aside.held), aside.compiled.get(tenant)),
    );
    if (lacking.length === 0) return;
    for (const tenant of lacking) {
      const pair = pairOf(state, tenant, aside.held);
      const compiled = await runSteps(pairSteps(tenant, pair), state.pause);
      aside.compiled.set(tenant, { ...pair, compiled });
    }
  }
}

function follow(state: State, { cells }: Committed): void {
  const touched = new Set<string>();
  for (const cell of cells) {
    if (cell.noun === "tenant" && cell.value !== undefined && !state.held.has(cell.key)) {
      state.held.set(cell.key, NOTHING);
      touched.add(cell.key);
    }
    if (cell.noun !== "generation" || cell.key !== "current" || cell.value === undefined) continue;
    state.held.set(cell.tenant, stagedOf(state, cell.tenant, cell.value.id));
    touched.add(cell.tenant);
  }
  for (const tenant of touched.has(SITE_TENANT) ? state.held.keys() : touched) adopt(state, tenant);
}

function stagedOf({ held, asides }: State, tenant: string, id: string): Held {
  for (const candidates of [held, ...[...asides].map((aside) => aside.held)]) {
    const found = candidates.get(tenant);
    if (found?.generation.id === id) return found;
  }
  throw new FlowError("missing", `generation ${id} of ${tenant} has not been staged`);
}

/** What was compiled aside; only where a neighbour was adopted between the last look and the commit is it compiled here. */
function adopt(state: State, tenant: string): void {
  const pair = pairOf(state, tenant);
  for (const aside of state.asides) {
    const found = aside.compiled.get(tenant);
    if (found === undefined || !isOf(pair, found)) continue;
    state.compiled.set(tenant, found.compiled);
    return;
  }
  state.compiled.set(tenant, runWhole(pairSteps(tenant, pair)));
}
