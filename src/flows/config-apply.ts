import { addresses } from "../core/compile.ts";
import { EmailConfig } from "../core/channel.ts";
import type { ChangeVia } from "../core/change.ts";
import type { Kind } from "../core/config.ts";
import { type ConfigPlan, planSteps, referenceSteps } from "../core/config-plan.ts";
import { partSteps } from "../core/generation.ts";
import type { Json } from "../core/json.ts";
import { type CheckedObject, checkObject, type ConfigObject, type ObjectFault } from "../core/objects.ts";
import { runSteps, type Steps } from "../core/steps.ts";
import type { Store, StoredObject } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import type { Candidate, LiveConfigurations } from "./configurations.ts";
import { FlowError } from "./error.ts";
import type { Flows } from "./index.ts";

/** What a change of configuration works with. */
export interface ConfigDoors {
  readonly store: Store<Flows>;
  readonly configurations: LiveConfigurations;
}

/** An object as a person gave it, not yet checked. */
export interface GivenObject {
  readonly kind: Kind;
  readonly id: string;
  readonly value: Json;
}

export interface ConfigRequest {
  readonly tenant: string;
  readonly objects: readonly GivenObject[];
  readonly prune: boolean;
  /** Keys `<kind>/<id>` of what is taken away. */
  readonly removed?: readonly string[];
}

/** Who asks, why, and by which way. */
export interface Asker {
  readonly actor: string;
  readonly why?: string;
  readonly via?: ChangeVia;
}

/** A plan with the objects that it needs; it can be applied only while `faults` is empty. */
export interface CheckedPlan extends ConfigPlan {
  readonly tenant: string;
  readonly objects: readonly CheckedObject[];
}

/** Objects that are handed to the store in one go. */
const STAGED = 512;

/** Checks objects and plans the change; changes nothing and keeps nothing. */
export async function planConfig({ configurations }: ConfigDoors, request: ConfigRequest): Promise<CheckedPlan> {
  const { tenant, prune, removed = [] } = request;
  const { pause } = configurations;
  const { objects, faults: bad } = await runSteps(checkSteps(request.objects), pause);
  const plan = await runSteps(planSteps(configurations.own(tenant), { objects, prune, removed }), pause);
  const found = [...bad, ...objects.flatMap(({ object }) => misplaced(tenant, object)), ...plan.faults];
  const candidates = [{ tenant, candidate: plan.candidate }];
  const faults = found.length > 0 ? found : await referenceFaults(configurations, candidates, objects);
  return { ...plan, tenant, objects, faults };
}

/** What an object says that only the site's own may say. */
export function misplaced(tenant: string, object: ConfigObject): ObjectFault[] {
  if (tenant === SITE_TENANT || object.kind !== "policies" || object.value.dropImport === undefined) return [];
  const detail = "what is taken in from the drop folder a site says for itself, in its own policy (tenant _site)";
  return [{ kind: object.kind, id: object.id, pointer: "/dropImport", detail }];
}

function* checkSteps(
  given: readonly GivenObject[],
): Steps<{ readonly objects: readonly CheckedObject[]; readonly faults: readonly ObjectFault[] }> {
  const objects: CheckedObject[] = [];
  const faults: ObjectFault[] = [];
  for (const { kind, id, value } of given) {
    const result = checkObject(kind, id, value);
    if (result.ok) objects.push(result.checked);
    else faults.push(...result.faults);
    yield;
  }
  return { objects, faults };
}

/**
 * What would not fit together in any tenant that these candidates touch and fits now; each fault once, with its tenant where
 * they touch others than it. Throws FlowError `conflict` where a candidate was made from a generation that is no longer
 * adopted.
 */
export async function referenceFaults(
  configurations: LiveConfigurations,
  candidates: readonly Candidate[],
  objects: readonly CheckedObject[],
): Promise<ObjectFault[]> {
  const faults = new Map<string, ObjectFault>();
  const given = objects.map(({ object }) => object);
  const isWide = candidates.some(({ tenant }) => tenant === SITE_TENANT);
  for await (const { tenant, objects: merged } of configurations.preview(candidates, given)) {
    if (tenant === SITE_TENANT) continue;
    const found = await runSteps(referenceSteps(merged), configurations.pause);
    if (found.length === 0) continue;
    // What is wrong already is no fault of this change: else nothing could be changed until all of it is mended at once.
    const held = await runSteps(referenceSteps(configurations.objects(tenant)), configurations.pause);
    const known = new Set(held.map((fault) => JSON.stringify(fault)));
    for (const fault of found) {
      if (known.has(JSON.stringify(fault))) continue;
      const detail = isWide ? `in tenant ${tenant}: ${fault.detail}` : fault.detail;
      faults.set(JSON.stringify([tenant, fault]), { ...fault, detail });
    }
  }
  return [...faults.values()];
}

/**
 * Keeps objects and the generations that name them, compiles the candidates aside, and asks the question that switches to
 * them. Throws FlowError `conflict` where a candidate was made from a generation that is no longer adopted, and what the
 * question throws.
 */
export async function switchTo<T>(
  { store, configurations }: ConfigDoors,
  { objects, candidates }: { readonly objects: readonly CheckedObject[]; readonly candidates: readonly Candidate[] },
  ask: () => Promise<T>,
): Promise<T> {
  let waiting: StoredObject[] = [];
  const keep = async (some: readonly StoredObject[]): Promise<void> => {
    waiting.push(...some);
    if (waiting.length < STAGED) return;
    await store.stage(waiting);
    waiting = [];
  };
  for (let from = 0; from < objects.length; from += STAGED)
    await keep(objects.slice(from, from + STAGED).map(({ object, text }) => ({ hash: object.hash, text })));
  for (const { candidate } of candidates) await keep(await runSteps(partSteps(candidate), configurations.pause));
  if (waiting.length > 0) await store.stage(waiting);
  const values = objects.map(({ object }) => object);
  return await configurations.stage(values, candidates, ask);
}

/** Switches to a plan; answers how often the tenant has switched. Throws FlowError `invalid` or `conflict`. */
export async function applyConfig(
  doors: ConfigDoors,
  plan: CheckedPlan,
  { actor, why, via }: Asker,
): Promise<{ n: number }> {
  const { tenant, base, candidate, changes, faults, objects } = plan;
  if (faults.length > 0) throw new FlowError("invalid", "the change has faults; nothing was changed");
  if (candidate.id === base) return { n: candidate.n };
  const told = { ...(why === undefined ? {} : { why }), ...(via === undefined ? {} : { via }) };
  const input = { actor, base, candidate, changes, ...told };
  return await switchTo(doors, { objects, candidates: [{ tenant, candidate }] }, () =>
    doors.store.transact({ flow: "config-switch", tenant, input }),
  );
}

/**
 * Plans to fill in `bind` values of a channel, or with null to take them away; other values stay. Throws FlowError `missing`
 * for an unknown channel.
 */
export async function planBinding(
  doors: ConfigDoors,
  tenant: string,
  { id, values }: { id: string; values: BindingValues },
): Promise<CheckedPlan> {
  const channel = doors.configurations.of(tenant).channels.get(id);
  if (channel === undefined) throw new FlowError("missing", `there is no channel "${id}"`);
  const before = ownBinding(doors.configurations, tenant, id);
  const kept = Object.entries({ ...before, ...values }).filter(([, value]) => value !== null);
  const value: Json = { schema: "binding/v1", id, values: Object.fromEntries(kept) };
  const change =
    kept.length === 0
      ? { objects: [], removed: [`binding/${id}`] }
      : { objects: [{ kind: "binding", id, value } as const] };
  const plan = await planConfig(doors, { tenant, prune: false, ...change });
  const names = channel.channel.bind ?? [];
  return { ...plan, faults: [...plan.faults, ...bindingFaults(id, { values, before, names })] };
}

/** Values by their names; null takes one away. */
type BindingValues = Readonly<Record<string, string | null>>;

/** The values that the tenant itself has filled in: those of the site are not its own to copy. */
function ownBinding(configurations: LiveConfigurations, tenant: string, id: string): Readonly<Record<string, string>> {
  const hash = configurations.own(tenant).objects[`binding/${id}`];
  const held = configurations
    .objects(tenant)
    .find((object) => object.kind === "binding" && object.hash === hash && object.id === id);
  return held?.kind === "binding" ? held.value.values : {};
}

interface BindingChange {
  readonly values: BindingValues;
  readonly before: Readonly<Record<string, string>>;
  /** What the channel leaves to the site. */
  readonly names: readonly string[];
}

/** What was filled in can be taken away, also where the channel leaves it to the site no more. */
function bindingFaults(id: string, { values, before, names }: BindingChange): ObjectFault[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (value === null && Object.hasOwn(before, name)) return [];
    const detail = names.includes(name)
      ? valueFault(name, value)
      : `the channel leaves ${names.join(", ") || "nothing"} to the site, not "${name}"`;
    return detail === undefined ? [] : [{ kind: "binding", id, pointer: `/values/${name}`, detail }];
  });
}

function valueFault(name: string, value: string | null): string | undefined {
  if (value === null) return undefined;
  if (name === "to") {
    const bad = addresses(value).find((address) => !EmailConfig.shape.from.safeParse(address).success);
    return bad === undefined && addresses(value).length > 0 ? undefined : "must be mail addresses, separated by commas";
  }
  const parsed = EmailConfig.safeParse({ [name]: name === "port" ? Number(value) : value });
  return parsed.success ? undefined : parsed.error.issues[0]?.message;
}
