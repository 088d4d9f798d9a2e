/**
 * The five nouns of configuration objects: their columns, their filters, and examples that work on the demo site.
 * @module
 */
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";

export type ObjectVerb = "list" | "show" | "create" | "edit" | "delete" | "history" | "revert";

/** What the commands on one noun differ in. */
export interface ObjectNoun {
  /** As in routes and commands. */
  readonly kind: string;
  readonly one: string;
  readonly description: string;
  /** What stands where no id is given. */
  readonly presetId?: string;
  /** What the help of these verbs says of this noun alone. */
  readonly notes?: { readonly history: string; readonly revert: string };
  readonly filters: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly cells: (value: JsonObject) => readonly string[];
  /** Without `sealpost <noun>` and the site; a text before ` | ` is what is piped in. */
  readonly examples: Readonly<Record<ObjectVerb, readonly string[]>>;
}

function text(value: Json | undefined): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function items(value: Json | undefined): readonly Json[] {
  const list: readonly Json[] = Array.isArray(value) ? value : [];
  return list;
}

function isOn({ isEnabled }: JsonObject): string {
  return isEnabled === false ? "off" : "on";
}

function channelsOf({ actions }: JsonObject): string {
  return [...new Set(items(actions).map((action) => (isJsonObject(action) ? text(action["channel"]) : "")))].join(", ");
}

const RULE = `{"id":"disk-full","match":{"types":["com.example.disk.*"]},"actions":[{"id":"disk-mail","channel":"ops-mail"}]}`;
const RULES: ObjectNoun = {
  kind: "rules",
  one: "rule",
  description: "rules: which events lead to which messages",
  filters: { channel: "with an action on this channel", enabled: "true or false" },
  columns: ["name", "priority", "", "channels"],
  cells: (value) => [text(value["name"]), text(value["priority"] ?? 100), isOn(value), channelsOf(value)],
  examples: {
    list: ["list --channel ops-mail", "list --enabled false"],
    show: ["show everything-high"],
    create: [`echo '${RULE}' | create - --why "disks fill up"`],
    edit: ["edit backups --set isEnabled=false", "edit backups --set match.minSeverity=low --dry-run"],
    delete: ['delete platform-daily --why "nobody reads it"'],
    history: ["history everything-high"],
    revert: ["revert everything-high --to 1"],
  },
};

const CHANNEL = `"type":"email","config":{"host":"mail.plant.example","from":"alerts@plant.example"},"to":["night@plant.example"]}`;
export const CHANNELS: ObjectNoun = {
  kind: "channels",
  one: "channel",
  description: "channels: where messages go",
  notes: {
    history: "; also the values that the site has bound, to which revert does not go back",
    revert: "; the values that the site has bound stay as they are",
  },
  filters: { type: "of this type (email)", enabled: "true or false" },
  columns: ["name", "type", "", "sent", "failed"],
  cells: (value) => {
    const meta = isJsonObject(value["meta"]) ? value["meta"] : {};
    return [
      text(value["name"]),
      text(value["type"]),
      isOn(value),
      text(meta["successCount"]),
      text(meta["failureCount"]),
    ];
  },
  examples: {
    list: ["list --type email"],
    show: ["show ops-mail"],
    create: [`echo '{"id":"night-mail",${CHANNEL}' | create -`],
    edit: ["edit ops-mail --set concurrency=4"],
    delete: [`echo '{"id":"old-mail",${CHANNEL}' | create -`, "delete old-mail"],
    history: ["history ops-mail"],
    revert: ["revert ops-mail --to 1"],
  },
};

const TEMPLATE = `"subject":"{{event.type}}","text":"{{event.type}} from {{event.source}}"}`;
const TEMPLATES: ObjectNoun = {
  kind: "templates",
  one: "template",
  description: "templates: what messages say",
  filters: { purpose: "of this purpose" },
  columns: ["purpose", "languages"],
  cells: ({ purpose, messages }) => [
    text(purpose),
    messages === undefined || !isJsonObject(messages) ? "" : Object.keys(messages).join(", "),
  ],
  examples: {
    list: ["list", "list --purpose digest --tenant _site"],
    show: ["show tmpl-event --tenant _site"],
    create: [`echo '{"id":"tmpl-short",${TEMPLATE}' | create -`],
    edit: [`edit tmpl-critical --set 'subject=Act now: {{event.type}}' --tenant _site`],
    delete: [`echo '{"id":"tmpl-old",${TEMPLATE}' | create -`, "delete tmpl-old"],
    history: ["history tmpl-event --tenant _site"],
    revert: ["revert tmpl-event --to 1 --tenant _site"],
  },
};

const WEEKEND = `{"id":"weekend","weekly":[{"days":["sat","sun"],"from":"00:00","to":"24:00"}]}`;
const CALENDARS: ObjectNoun = {
  kind: "calendars",
  one: "calendar",
  description: "calendars: quiet times",
  filters: {},
  columns: ["name", "zone"],
  cells: ({ name, zone }) => [text(name), text(zone)],
  examples: {
    list: ["list"],
    show: ["show nights --tenant _site"],
    create: [`echo '${WEEKEND}' | create -`],
    edit: ["edit nights --set zone=Europe/Berlin --tenant _site"],
    delete: ["delete nights --tenant _site"],
    history: ["history nights --tenant _site"],
    revert: ["revert nights --to 1 --tenant _site"],
  },
};

const POLICIES: ObjectNoun = {
  kind: "policies",
  one: "policy",
  description: "policies: the defaults of a tenant, and of the site (tenant _site)",
  presetId: "default",
  filters: {},
  columns: ["name", "zone"],
  cells: ({ name, zone }) => [text(name), text(zone)],
  examples: {
    list: ["list"],
    show: ["show --tenant _site"],
    create: [`echo '{"id":"default","zone":"Europe/Berlin"}' | create -`],
    edit: ["edit --set itemCap=100 --tenant _site"],
    delete: ["delete --tenant _site"],
    history: ["history --tenant _site"],
    revert: ["revert --to 1 --tenant _site"],
  },
};

/** How to keep an object off other than by deleting it. */
export function offWords({ kind }: ObjectNoun): string {
  return kind === "rules" || kind === "channels"
    ? "switch it off with --set isEnabled=false instead"
    : "edit it instead";
}

/** Those that have no verbs of their own. */
export const PLAIN_NOUNS: readonly ObjectNoun[] = [RULES, TEMPLATES, CALENDARS, POLICIES];

/** An example of a verb as people type it. */
export function exampleLine({ kind }: ObjectNoun, example: string): string {
  const at = example.indexOf(" | ");
  const [piped, words] = at < 0 ? ["", example] : [example.slice(0, at + 3), example.slice(at + 3)];
  return `${piped}sealpost ${kind} ${words} --data ./data`;
}
