import { compile, mergedMap } from "../core/compile.ts";
import type { Compiled, Generation } from "../core/config.ts";
import { EMPTY_GENERATION, splitKey } from "../core/config-plan.ts";
import { type ConfigObject, readObject } from "../core/objects.ts";
import { MAX_TENANTS } from "../core/tenants.ts";
import type { CellChange, Committed, Configurations, Reader } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";

/** Objects that no generation names and that are kept all the same: staged ahead of a switch, or planned and left. */
const SPARE_OBJECTS = 50_000;

/** The compiled configurations of all tenants, kept in step with what is committed. */
export interface LiveConfigurations extends Configurations {
  /** The tenant's own generation, as adopted; the empty one for an unknown tenant. */
  readonly own: (tenant: string) => Generation;
  readonly tenants: () => readonly string[];
  /** Objects of the tenant's merged map. */
  readonly objects: (tenant: string) => readonly ConfigObject[];
  /**
   * For each tenant that these candidates touch, the objects that it would have; `objects` are those that nobody has
   * staged yet. A candidate of the site's touches every tenant.
   */
  readonly preview: (candidates: readonly Candidate[], objects: readonly ConfigObject[]) => readonly Preview[];
  /** Makes objects known and compiles candidates aside, ahead of the question that switches to them. */
  readonly stage: (objects: readonly ConfigObject[], candidates: readonly Candidate[]) => void;
  /** Follows a commit; called before the next batch is prepared. */
  readonly follow: (committed: Committed) => void;
}
export interface Candidate {
  readonly tenant: string;
  readonly candidate: Generation;
}

export interface Preview {
  readonly tenant: string;
  readonly objects: readonly ConfigObject[];
}

/** Loads and compiles what is adopted; `read` is asked only here. */
export async function loadConfigurations(read: Reader): Promise<LiveConfigurations> {
  const live = createConfigurations();
  const tenants = await read.cells("tenant", SITE_TENANT, "", MAX_TENANTS);
  const cells: CellChange[] = tenants.map(([key, value]) => ({ noun: "tenant", tenant: SITE_TENANT, key, value }));
  for (const [tenant] of tenants) {
    const own = await read.cell("generation", tenant, "current");
    if (own === undefined) continue;
    live.stage(await readObjects(read, own), []);
    cells.push({ noun: "generation", tenant, key: "current", value: own });
  }
  live.follow({ cells, logs: [] });
  return live;
}

async function readObjects(read: Reader, own: Generation): Promise<ConfigObject[]> {
  const hashes = [...new Set(Object.values(own.objects))];
  const kept = new Map((await read.objects(hashes)).map((object) => [object.hash, object]));
  return Object.entries(own.objects).flatMap(([key, hash]) => {
    const at = splitKey(key);
    const object = kept.get(hash);
    if (at === undefined || object === undefined)
      throw new FlowError("missing", `object ${key} (${hash}) is not in the store`);
    return [readObject(at.kind, at.id, object)];
  });
}

/** Empty configurations, to be filled by `stage` and `follow`. */
export function createConfigurations(): LiveConfigurations {
  const state: State = { generations: new Map(), known: new Map(), compiled: new Map(), aside: new Map() };
  return {
    own: (tenant) => ownOf(state, tenant),
    tenants: () => [...state.generations.keys()],
    of: (tenant) => state.compiled.get(tenant) ?? compile(tenant, {}, []),
    objects: (tenant) => objectsOf(state.known, mapOf(state, tenant)),
    preview: (candidates, objects) => preview(state, candidates, objects),
    stage: (objects, candidates) => stage(state, objects, candidates),
    follow: (committed) => follow(state, committed),
  };
}

interface State {
  /** Each tenant's own. */
  readonly generations: Map<string, Generation>;
  /** By `<kind>/<id> <hash>`: one content may stand under two names. */
  readonly known: Map<string, ConfigObject>;
  readonly compiled: Map<string, Compiled>;
  /** Compiled ahead, by `<tenant> <site generation> <own generation>`. */
  readonly aside: Map<string, Compiled>;
}

function ownOf({ generations }: State, tenant: string): Generation {
  return generations.get(tenant) ?? EMPTY_GENERATION;
}

/** The merged map of a tenant; `candidates` stand in for what is adopted. */
function mapOf(state: State, tenant: string, candidates: readonly Candidate[] = []): Readonly<Record<string, string>> {
  const site = candidateOf(state, SITE_TENANT, candidates);
  return tenant === SITE_TENANT ? site.objects : mergedMap(site, candidateOf(state, tenant, candidates));
}

function candidateOf(state: State, tenant: string, candidates: readonly Candidate[]): Generation {
  return candidates.find((one) => one.tenant === tenant)?.candidate ?? ownOf(state, tenant);
}

function objectsOf(
  known: Pick<ReadonlyMap<string, ConfigObject>, "get">,
  map: Readonly<Record<string, string>>,
): ConfigObject[] {
  return Object.entries(map).map(([key, hash]) => {
    const object = known.get(`${key} ${hash}`);
    if (object === undefined) throw new FlowError("missing", `object ${key} (${hash}) has not been staged`);
    return object;
  });
}

function knownKey({ kind, id, hash }: ConfigObject): string {
  return `${kind}/${id} ${hash}`;
}

/** Compiles a tenant's merged map; the site's policy fills what the tenant's own lacks. */
function compiled(state: State, tenant: string, candidates: readonly Candidate[] = []): Compiled {
  const map = mapOf(state, tenant, candidates);
  const key = "policies/default";
  const hash = candidateOf(state, SITE_TENANT, candidates).objects[key];
  const site = hash === undefined ? undefined : state.known.get(`${key} ${hash}`);
  return compile(tenant, map, objectsOf(state.known, map), site?.kind === "policies" ? site.value : undefined);
}

function preview(state: State, candidates: readonly Candidate[], objects: readonly ConfigObject[]): Preview[] {
  const fresh = new Map(objects.map((object) => [knownKey(object), object]));
  const known = { get: (key: string) => fresh.get(key) ?? state.known.get(key) };
  return touchedBy(state, candidates).map((tenant) => ({
    tenant,
    objects: objectsOf(known, mapOf(state, tenant, candidates)),
  }));
}

function touchedBy({ generations }: State, candidates: readonly Candidate[]): string[] {
  const named = candidates.map(({ tenant }) => tenant);
  return named.includes(SITE_TENANT) ? [...generations.keys()] : named;
}

/** What a compilation is kept aside by: the two generations that it came from. */
function asideKey(state: State, tenant: string, candidates: readonly Candidate[] = []): string {
  return `${tenant} ${candidateOf(state, SITE_TENANT, candidates).id} ${candidateOf(state, tenant, candidates).id}`;
}

function stage(state: State, objects: readonly ConfigObject[], candidates: readonly Candidate[]): void {
  for (const object of objects) {
    state.known.delete(knownKey(object)); // the newest stand last, and go last
    state.known.set(knownKey(object), object);
  }
  state.aside.clear();
  for (const tenant of touchedBy(state, candidates)) {
    state.aside.set(asideKey(state, tenant, candidates), compiled(state, tenant, candidates));
  }
}

function follow(state: State, { cells }: Committed): void {
  const touched = new Set<string>();
  for (const cell of cells) {
    if (cell.noun === "tenant" && cell.value !== undefined && !state.generations.has(cell.key)) {
      state.generations.set(cell.key, EMPTY_GENERATION);
      touched.add(cell.key);
    }
    if (cell.noun !== "generation" || cell.key !== "current" || cell.value === undefined) continue;
    state.generations.set(cell.tenant, cell.value);
    touched.add(cell.tenant);
  }
  for (const tenant of touched.has(SITE_TENANT) ? state.generations.keys() : touched) adopt(state, tenant);
  if (touched.size > 0) forgetSpare(state);
}

function adopt(state: State, tenant: string): void {
  const key = asideKey(state, tenant);
  state.compiled.set(tenant, state.aside.get(key) ?? compiled(state, tenant));
  state.aside.delete(key);
}

/** Objects that were staged long ago and that no generation names go, the oldest first. */
function forgetSpare({ generations, known }: State): void {
  const named = new Set<string>();
  for (const { objects } of generations.values())
    for (const [key, hash] of Object.entries(objects)) named.add(`${key} ${hash}`);
  for (const key of known.keys()) {
    if (known.size <= named.size + SPARE_OBJECTS) return;
    if (!named.has(key)) known.delete(key);
  }
}
