import { addresses } from "../core/compile.ts";
import { EmailConfig } from "../core/channel.ts";
import type { Kind } from "../core/config.ts";
import { checkReferences, type ConfigPlan, planChange } from "../core/config-plan.ts";
import type { Json } from "../core/json.ts";
import { type CheckedObject, checkObject, type ObjectFault } from "../core/objects.ts";
import type { Store } from "../ports.ts";
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
}

/** Who asks, and why. */
export interface Asker {
  readonly actor: string;
  readonly why?: string;
}

/** A plan with the objects that it needs; it can be applied only while `faults` is empty. */
export interface CheckedPlan extends ConfigPlan {
  readonly tenant: string;
  readonly objects: readonly CheckedObject[];
}

/** Checks objects and plans the change; changes nothing and keeps nothing. */
export function planConfig({ configurations }: ConfigDoors, request: ConfigRequest): CheckedPlan {
  const { tenant } = request;
  const results = request.objects.map(({ kind, id, value }) => checkObject(kind, id, value));
  const objects = results.flatMap((result) => (result.ok ? [result.checked] : []));
  const plan = planChange(configurations.own(tenant), { objects, prune: request.prune });
  const found = [...results.flatMap((result) => (result.ok ? [] : result.faults)), ...plan.faults];
  const faults =
    found.length > 0 ? found : referenceFaults(configurations, [{ tenant, candidate: plan.candidate }], objects);
  return { ...plan, tenant, objects, faults };
}

/** What would not fit together in any tenant that these candidates touch; each fault once. */
export function referenceFaults(
  configurations: LiveConfigurations,
  candidates: readonly Candidate[],
  objects: readonly CheckedObject[],
): ObjectFault[] {
  const faults = configurations
    .preview(
      candidates,
      objects.map(({ object }) => object),
    )
    .flatMap((one) => (one.tenant === SITE_TENANT ? [] : checkReferences(one.objects)));
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}

/** Stages the plan's objects, compiles the candidate aside and switches; throws FlowError `invalid` or `conflict`. */
export async function applyConfig(
  { store, configurations }: ConfigDoors,
  plan: CheckedPlan,
  { actor, why }: Asker,
): Promise<{ n: number }> {
  const { tenant, base, candidate, changes, faults, objects } = plan;
  if (faults.length > 0) throw new FlowError("invalid", "the change has faults; nothing was changed");
  if (candidate.id === base) return { n: candidate.n };
  await store.stage(objects.map(({ object, text }) => ({ hash: object.hash, text })));
  configurations.stage(
    objects.map(({ object }) => object),
    [{ tenant, candidate }],
  );
  const input = { actor, base, candidate, changes, ...(why === undefined ? {} : { why }) };
  return await store.transact({ flow: "config-switch", tenant, input });
}

/** Plans to fill in `bind` values of a channel; other values stay. Throws FlowError `missing` for an unknown channel. */
export function planBinding(
  doors: ConfigDoors,
  tenant: string,
  { id, values }: { id: string; values: Readonly<Record<string, string>> },
): CheckedPlan {
  const channel = doors.configurations.of(tenant).channels.get(id);
  if (channel === undefined) throw new FlowError("missing", `there is no channel "${id}"`);
  const before = ownBinding(doors.configurations, tenant, id);
  const value: Json = { schema: "binding/v1", id, values: { ...before, ...values } };
  const plan = planConfig(doors, { tenant, objects: [{ kind: "binding", id, value }], prune: false });
  return { ...plan, faults: [...plan.faults, ...bindingFaults(id, values, channel.channel.bind ?? [])] };
}

/** The values that the tenant itself has filled in: those of the site are not its own to copy. */
function ownBinding(configurations: LiveConfigurations, tenant: string, id: string): Readonly<Record<string, string>> {
  const hash = configurations.own(tenant).objects[`binding/${id}`];
  const held = configurations
    .objects(tenant)
    .find((object) => object.kind === "binding" && object.hash === hash && object.id === id);
  return held?.kind === "binding" ? held.value.values : {};
}

function bindingFaults(id: string, values: Readonly<Record<string, string>>, names: readonly string[]): ObjectFault[] {
  return Object.entries(values).flatMap(([name, value]) => {
    const detail = names.includes(name)
      ? valueFault(name, value)
      : `the channel leaves ${names.join(", ") || "nothing"} to the site, not "${name}"`;
    return detail === undefined ? [] : [{ kind: "binding", id, pointer: `/values/${name}`, detail }];
  });
}

function valueFault(name: string, value: string): string | undefined {
  if (name === "to") {
    const bad = addresses(value).find((address) => !EmailConfig.shape.from.safeParse(address).success);
    return bad === undefined && addresses(value).length > 0 ? undefined : "must be mail addresses, separated by commas";
  }
  const parsed = EmailConfig.safeParse({ [name]: name === "port" ? Number(value) : value });
  return parsed.success ? undefined : parsed.error.issues[0]?.message;
}
