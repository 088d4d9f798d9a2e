/**
 * What the live configurations hold of each tenant, and what stands aside until its question is answered.
 * @module
 */
import { compileSteps } from "../core/compile.ts";
import type { Compiled, Generation } from "../core/config.ts";
import { EMPTY_GENERATION } from "../core/generation.ts";
import type { ConfigObject } from "../core/objects.ts";
import { inSteps, type Steps } from "../core/steps.ts";
import { FlowError } from "./error.ts";

/** A tenant's own generation with its objects, by `<kind>/<id>`. */
export interface Held {
  readonly generation: Generation;
  readonly objects: ReadonlyMap<string, ConfigObject>;
}

/** What a tenant's configuration is compiled from; for the site itself both are the same. */
export interface Pair {
  readonly site: Held;
  readonly own: Held;
}

/** Candidates on their way, with what they compile to for every tenant that they touch. */
export interface Aside {
  readonly held: ReadonlyMap<string, Held>;
  readonly compiled: Map<string, Pair & { readonly compiled: Compiled }>;
}

/** What a tenant holds that has no objects of its own. */
export const NOTHING: Held = { generation: EMPTY_GENERATION, objects: new Map() };

const POLICY = "policies/default";

/** Whether a candidate was made from another generation than the adopted one: its question will be refused. */
function isStale(own: Generation, candidate: Generation): boolean {
  return candidate.id !== own.id && candidate.n !== own.n + 1;
}

/** Throws FlowError `conflict` where a candidate cannot follow the adopted generation. */
export function refuseStale(tenant: string, own: Generation, candidate: Generation): void {
  if (isStale(own, candidate))
    throw new FlowError("conflict", `the configuration of ${tenant} was changed meanwhile; plan again`);
}

/** Finds a candidate's objects among what its tenant holds and what is new. Throws FlowError `missing`. */
export function* holdSteps(own: Held, candidate: Generation, fresh: ReadonlyMap<string, ConfigObject>): Steps<Held> {
  const objects = new Map<string, ConfigObject>();
  yield* inSteps(Object.entries(candidate.objects), ([key, hash]) => {
    const held = own.objects.get(key);
    const object = held?.hash === hash ? held : fresh.get(`${key} ${hash}`);
    if (object === undefined) throw new FlowError("missing", `object ${key} (${hash}) has not been staged`);
    objects.set(key, object);
  });
  return { generation: candidate, objects };
}

/** New objects, by `<kind>/<id> <hash>`: one content may stand under two names. */
export function* freshSteps(objects: readonly ConfigObject[]): Steps<Map<string, ConfigObject>> {
  const fresh = new Map<string, ConfigObject>();
  yield* inSteps(objects, (object) => void fresh.set(`${object.kind}/${object.id} ${object.hash}`, object));
  return fresh;
}

/** The site's objects, each replaced by the tenant's own of that kind and id. */
export function* mergeSteps({ site, own }: Pair): Steps<Map<string, ConfigObject>> {
  const merged = new Map<string, ConfigObject>();
  yield* inSteps(site.objects, ([key, object]) => void merged.set(key, object));
  if (own !== site) yield* inSteps(own.objects, ([key, object]) => void merged.set(key, object));
  return merged;
}

/** Compiles a tenant's merged map; the site's policy fills what the tenant's own lacks. */
export function* pairSteps(tenant: string, pair: Pair): Steps<Compiled> {
  const merged = yield* mergeSteps(pair);
  const map: Record<string, string> = {};
  yield* inSteps(merged, ([key, { hash }]) => void (map[key] = hash));
  const policy = pair.site.objects.get(POLICY);
  return yield* compileSteps(tenant, map, [...merged.values()], policy?.kind === "policies" ? policy.value : undefined);
}
