import type { Binding, Channel } from "./channel.ts";
import { type ActionSurroundings, type CompiledAction, compileAction, type NamedCalendar } from "./action.ts";
import { compileCalendar } from "./calendar.ts";
import { canonicalJson } from "./canonical-json.ts";
import { EmailConfig } from "./channel.ts";
import type { Compiled, CompiledChannel, Generation } from "./config.ts";
import { sha256Hex } from "./hash.ts";
import { buildIndex, compileRules } from "./index.ts";
import type { ConfigObject } from "./objects.ts";
import { type CompiledPolicy, compilePolicy, type Policy } from "./policy.ts";
import type { Rule } from "./rule.ts";
import { isDigestTemplate } from "./template.ts";

/** The `_site` objects, each replaced by the tenant's own of that kind and id: `<kind>/<id>` -> hash. */
export function mergedMap(site: Generation, own: Generation): Readonly<Record<string, string>> {
  return { ...site.objects, ...own.objects };
}

/** `cfg` of a merged map: the same at every site that holds the same objects, whatever they are bound to. */
export function cfgOf(map: Readonly<Record<string, string>>): string {
  const signed = Object.entries(map).filter(([key]) => !key.startsWith("binding/"));
  return sha256Hex(canonicalJson(Object.fromEntries(signed))).slice(0, 16);
}

/** Compiles a merged map whose objects are at hand; `sitePolicy` fills what the tenant's own policy lacks. */
export function compile(
  tenant: string,
  map: Readonly<Record<string, string>>,
  objects: readonly ConfigObject[],
  sitePolicy?: Policy,
): Compiled {
  const rules = objects.flatMap((object) =>
    object.kind === "rules" ? [{ rule: object.value, hash: object.hash }] : [],
  );
  const templates = objects.filter((object) => object.kind === "templates");
  const policy = policyOf(objects, sitePolicy);
  const calendars = calendarsOf(objects, policy);
  return {
    tenant,
    cfg: cfgOf(map),
    rules: buildIndex(compileRules(rules)),
    channels: channelsOf(objects),
    templates: new Map(templates.map(({ id, hash }) => [id, hash])),
    digestTemplates: new Set(templates.filter(({ value }) => isDigestTemplate(value)).map(({ id }) => id)),
    actions: actionsOf(rules, { policy, calendars }),
    calendars,
    policy,
  };
}

function policyOf(objects: readonly ConfigObject[], site: Policy | undefined): CompiledPolicy {
  const own = objects.find((object) => object.kind === "policies");
  return compilePolicy(own?.value ?? {}, site);
}

/** Calendars without a zone are of the tenant's. */
function calendarsOf(objects: readonly ConfigObject[], { zone }: CompiledPolicy): Map<string, NamedCalendar> {
  return new Map(
    objects.flatMap((object) => {
      if (object.kind !== "calendars") return [];
      const { id, hash, value } = object;
      const own = value.zone ?? zone;
      return [[id, { id, hash, zone: own, times: compileCalendar(value, own) }]];
    }),
  );
}

function actionsOf(
  rules: readonly { readonly rule: Rule; readonly hash: string }[],
  surroundings: ActionSurroundings,
): Map<string, CompiledAction> {
  const actions = new Map<string, CompiledAction>();
  for (const { rule, hash } of rules) {
    const ref = `${rule.id}@${hash.slice(0, 12)}`;
    for (const action of rule.actions) actions.set(action.id, compileAction({ rule, ref }, action, surroundings));
  }
  return actions;
}

function channelsOf(objects: readonly ConfigObject[]): Map<string, CompiledChannel> {
  const bindings = new Map(
    objects.flatMap((object) => (object.kind === "binding" ? [[object.id, object.value] as const] : [])),
  );
  return new Map(
    objects.flatMap((object) =>
      object.kind === "channels"
        ? [[object.id, bindChannel(object.value, object.hash, bindings.get(object.id))] as const]
        : [],
    ),
  );
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
