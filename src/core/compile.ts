import type { Binding, Channel } from "./channel.ts";
import { type ActionSurroundings, type CompiledAction, compileAction, type NamedCalendar } from "./action.ts";
import { compileCalendar } from "./calendar.ts";
import { EmailConfig } from "./channel.ts";
import type { Compiled, CompiledChannel, Generation } from "./config.ts";
import { writeMap } from "./generation.ts";
import { sha256Pieces } from "./hash.ts";
import { indexSteps, ruleSteps } from "./index.ts";
import type { ConfigObject } from "./objects.ts";
import { type CompiledPolicy, compilePolicy, type Policy } from "./policy.ts";
import { inSteps, runWhole, type Steps } from "./steps.ts";
import { isDigestTemplate } from "./template.ts";

/** The `_site` objects, each replaced by the tenant's own of that kind and id: `<kind>/<id>` -> hash. */
export function mergedMap(site: Generation, own: Generation): Readonly<Record<string, string>> {
  return { ...site.objects, ...own.objects };
}

/** `cfg` of a merged map: the same at every site that holds the same objects, whatever they are bound to. */
export function cfgOf(map: Readonly<Record<string, string>>): string {
  return runWhole(cfgSteps(map));
}

function* cfgSteps(map: Readonly<Record<string, string>>): Steps<string> {
  const signed: Record<string, string> = {};
  yield* inSteps(Object.entries(map), ([key, hash]) => {
    if (!key.startsWith("binding/")) signed[key] = hash;
  });
  const sum = sha256Pieces();
  yield* writeMap(signed, sum.write);
  return sum.hex().slice(0, 16);
}

/** Compiles a merged map whose objects are at hand; `sitePolicy` fills what the tenant's own policy lacks. */
export function compile(
  tenant: string,
  map: Readonly<Record<string, string>>,
  objects: readonly ConfigObject[],
  sitePolicy?: Policy,
): Compiled {
  return runWhole(compileSteps(tenant, map, objects, sitePolicy));
}

/** As `compile`, in steps. */
export function* compileSteps(
  tenant: string,
  map: Readonly<Record<string, string>>,
  objects: readonly ConfigObject[],
  sitePolicy?: Policy,
): Steps<Compiled> {
  const sorted = yield* byKind(objects);
  const policy = compilePolicy(sorted.policies[0]?.value ?? {}, sitePolicy);
  const calendars = yield* calendarsOf(sorted.calendars, policy);
  const { templates } = sorted;
  return {
    tenant,
    cfg: yield* cfgSteps(map),
    rules: yield* indexSteps(yield* ruleSteps(sorted.rules)),
    channels: yield* channelsOf(sorted),
    templates: new Map(templates.map(({ id, hash }) => [id, hash])),
    digestTemplates: new Set(templates.filter(({ value }) => isDigestTemplate(value)).map(({ id }) => id)),
    actions: yield* actionsOf(sorted.rules, { policy, calendars }),
    calendars,
    policy,
  };
}

type Of<K extends ConfigObject["kind"]> = Extract<ConfigObject, { readonly kind: K }>;
interface ByKind {
  readonly binding: Of<"binding">[];
  readonly calendars: Of<"calendars">[];
  readonly channels: Of<"channels">[];
  readonly policies: Of<"policies">[];
  readonly rules: Of<"rules">[];
  readonly templates: Of<"templates">[];
}

function* byKind(objects: readonly ConfigObject[]): Steps<ByKind> {
  const sorted: ByKind = { binding: [], calendars: [], channels: [], policies: [], rules: [], templates: [] };
  yield* inSteps(objects, (object) => {
    switch (object.kind) {
      case "binding":
        return void sorted.binding.push(object);
      case "calendars":
        return void sorted.calendars.push(object);
      case "channels":
        return void sorted.channels.push(object);
      case "policies":
        return void sorted.policies.push(object);
      case "rules":
        return void sorted.rules.push(object);
      case "templates":
        return void sorted.templates.push(object);
    }
  });
  return sorted;
}

/** Calendars without a zone are of the tenant's. */
function* calendarsOf(
  calendars: readonly Of<"calendars">[],
  { zone }: CompiledPolicy,
): Steps<Map<string, NamedCalendar>> {
  const compiled = new Map<string, NamedCalendar>();
  for (const { id, hash, value } of calendars) {
    const own = value.zone ?? zone;
    compiled.set(id, { id, hash, zone: own, times: compileCalendar(value, own) });
    yield;
  }
  return compiled;
}

function* actionsOf(
  rules: readonly Of<"rules">[],
  surroundings: ActionSurroundings,
): Steps<Map<string, CompiledAction>> {
  const actions = new Map<string, CompiledAction>();
  for (const { value: rule, hash } of rules) {
    const ref = `${rule.id}@${hash.slice(0, 12)}`;
    for (const action of rule.actions) actions.set(action.id, compileAction({ rule, ref }, action, surroundings));
    yield;
  }
  return actions;
}

function* channelsOf({ channels, binding }: ByKind): Steps<Map<string, CompiledChannel>> {
  const bindings = new Map(binding.map(({ id, value }) => [id, value]));
  const bound = new Map<string, CompiledChannel>();
  for (const { id, hash, value } of channels) {
    bound.set(id, bindChannel(value, hash, bindings.get(id)));
    yield;
  }
  return bound;
}

/** A channel with the site's values in the place of its `bind` names; a value of no use counts as not filled in. */
export function bindChannel(channel: Channel, hash: string, binding: Binding | undefined): CompiledChannel {
  const names = channel.bind ?? [];
  const given = new Map(
    names.flatMap((name) => (binding?.values[name] === undefined ? [] : [[name, binding.values[name]] as const])),
  );
  const to = given.get("to");
  const config = EmailConfig.safeParse({ ...channel.config, ...configValues(given) });
  const missing = names.filter((name) => !given.has(name) && !isSet(channel, name));
  return {
    id: channel.id,
    hash,
    channel,
    config: config.success ? config.data : channel.config,
    to: to === undefined ? (channel.to ?? []) : addresses(to),
    unbound: config.success ? missing : [...missing, ...config.error.issues.map((issue) => String(issue.path[0]))],
  };
}

/** Addresses of a bound `to`: separated by commas or spaces. */
export function addresses(text: string): string[] {
  return text.split(/[\s,]+/).filter((address) => address !== "");
}

function configValues(given: ReadonlyMap<string, string>): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  for (const [name, value] of given) if (name !== "to") values[name] = name === "port" ? Number(value) : value;
  return values;
}

/** Whether the channel itself has a value for a name that the site may fill in. */
function isSet(channel: Channel, name: string): boolean {
  if (name === "to") return (channel.to ?? []).length > 0;
  if (name === "port" || name === "tls" || name === "name") return true; // they have defaults
  return name === "host" ? channel.config.host !== undefined : channel.config.from !== undefined;
}
