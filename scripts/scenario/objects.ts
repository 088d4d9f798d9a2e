// The configuration of a scenario: what it leaves out is filled in, as its README says.
import type { Kind } from "../../src/core/config.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { type CheckedObject, checkObject } from "../../src/core/objects.ts";
import { idOf, type Objects } from "./read.ts";

/** Nothing is ever sent: any relay will do, and a channel of any type becomes a mail channel. */
const RELAY = { host: "127.0.0.1", from: "alerts@scenario.example" };
const CHANNEL_FIELDS = ["id", "name", "to", "isEnabled"] as const;
/** What stands in for the templates that a scenario names without bringing them. */
const TEMPLATES = ["tmpl-event", "tmpl-digest-hourly", "tmpl-digest-daily"];

/** The configuration objects of a scenario, checked as at a save. Throws with every fault. */
export function configurationOf(objects: Objects): CheckedObject[] {
  const given: (readonly [Kind, JsonObject])[] = [
    ...list(objects.policy).map((policy) => ["policies", { id: "default", schema: "policy/v1", ...policy }] as const),
    ...list(objects.channels).map((channel) => ["channels", channelOf(channel)] as const),
    ...list(objects.rules).map((rule) => ["rules", { schema: "rule/v1", ...rule }] as const),
    ...list(objects.calendars).map((calendar) => ["calendars", { schema: "calendar/v1", ...calendar }] as const),
    ...templatesOf(objects).map((template) => ["templates", template] as const),
  ];
  const results = given.map(([kind, value]) => checkObject(kind, idOf(value), value));
  const faults = results.flatMap((result) => (result.ok ? [] : result.faults));
  if (faults.length > 0)
    throw new Error(faults.map(({ kind, id, pointer, detail }) => `${kind}/${id}${pointer}: ${detail}`).join("; "));
  return results.flatMap((result) => (result.ok ? [result.checked] : []));
}

function list(objects: readonly JsonObject[] | undefined): readonly JsonObject[] {
  return objects ?? [];
}

function channelOf(given: JsonObject): JsonObject {
  const kept = CHANNEL_FIELDS.flatMap((name): [string, Json][] => {
    const value = given[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { schema: "channel/v1", type: "email", config: RELAY, ...Object.fromEntries(kept) };
}

function templatesOf({ templates, rules }: Objects): JsonObject[] {
  const own = list(templates);
  const named = list(rules).flatMap(({ actions }) => (Array.isArray(actions) ? actions.flatMap(templateName) : []));
  const ids = new Set([...TEMPLATES, ...named]);
  for (const one of own) ids.delete(idOf(one));
  const plain = [...ids].map((id) => ({ id, subject: id, text: id }));
  return [...plain, ...own].map((template) => ({ schema: "template/v1", ...template }));
}

function templateName(action: Json): string[] {
  const name = isJsonObject(action) ? action["template"] : undefined;
  return typeof name === "string" ? [name] : [];
}
