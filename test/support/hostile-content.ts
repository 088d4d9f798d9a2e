/**
 * Kits that are sound, signed and in their place, and whose content no site of this version can take in.
 * @module
 */
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { Json, JsonObject } from "../../src/core/json.ts";
import { CONTENT_KINDS, type FileRow } from "../../src/core/kit.ts";
import { type How, type HostileRow, rowsOf, type SiteNeed, type Tuple, WIDE } from "./hostile-row.ts";
import type { Recipe } from "./kit-forge.ts";

const MIB = 2 ** 20;
const SITE: SiteNeed = { upstream: WIDE };
const kinds = (...list: string[]): Recipe => ({ manifest: (manifest) => ({ ...manifest, kinds: list }) });
const ALL = kinds(...CONTENT_KINDS);

/** A kit with these objects, by path without `content/` and `.json`. */
function objects(values: Readonly<Record<string, Json>>): Recipe {
  const content = Object.entries(values).map(
    ([name, value]) => [`content/${name}.json`, canonicalJson(value)] as const,
  );
  return { ...ALL, content: Object.fromEntries(content.toSorted(([left], [right]) => (left < right ? -1 : 1))) };
}

/** A kit with one file of these bytes. */
const bytes = (path: string, content: string | Uint8Array): Recipe => ({ ...ALL, content: { [path]: content } });
const inRole = (path: string, role: FileRow["role"], ...list: string[]): Recipe => ({
  ...kinds(...list),
  content: { [path]: "{}" },
  rows: (rows) => rows.map((row) => ({ ...row, role })),
});

const ACTION = { id: "hot-mail", channel: "ops-mail" };
const rule = (change: JsonObject = {}): Json => ({ schema: "rule/v1", id: "hot", actions: [ACTION], ...change });
const action = (change: JsonObject): Json => rule({ actions: [{ ...ACTION, ...change }] });
const template = (change: JsonObject = {}): Json => ({
  schema: "template/v1",
  id: "t",
  subject: "s",
  text: "t",
  ...change,
});
const channel = (change: JsonObject = {}): Json => ({
  schema: "channel/v1",
  id: "post",
  type: "email",
  bind: ["host", "from", "to"],
  ...change,
});
const calendar = (change: JsonObject = {}): Json => ({
  schema: "calendar/v1",
  id: "c",
  holidays: ["2026-12-24"],
  ...change,
});
const policy = (change: JsonObject = {}): Json => ({ schema: "policy/v1", id: "default", ...change });
const weekly = (...list: JsonObject[]): Json => calendar({ weekly: list });
const EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/** What a terminal would obey, and what turns the direction of reading. */
const EVIL = "\u001b[2J\u202e";
const nested = (depth: number): Json => (depth === 0 ? [] : [nested(depth - 1)]);
const RULE_PATH = "content/rules/default/hot.json";
const RULE_TEXT = canonicalJson(rule());

const BYTES: readonly (readonly [name: string, bytes: string | Uint8Array])[] = [
  ["nothing", ""],
  ["no JSON", "id: hot"],
  ["no UTF-8", Buffer.from([0xff])],
  ["a byte order mark", `\ufeff${RULE_TEXT}`],
  ["a line end", `${RULE_TEXT}\n`],
  ["spaces", JSON.stringify(rule(), null, 2)],
  ["keys in another order", RULE_TEXT.replace(/^\{(.*),("schema":"rule\/v1")\}$/, "{$2,$1}")],
  ["a key twice", RULE_TEXT.replace('"id":"hot",', '"id":"hot","id":"hot",')],
  ["a key __proto__", RULE_TEXT.replace("{", '{"__proto__":{},')],
  ["half a surrogate pair", RULE_TEXT.replace('"schema"', '"name":"\\ud800","schema"')],
  ["minus zero", RULE_TEXT.replace('"schema"', '"priority":-0,"schema"')],
  ["a nesting of 33", canonicalJson(nested(32))],
  ["a list", "[]"],
  ["null", "null"],
  ["a text", '"hot"'],
  ["the number of its bytes as zeros", Buffer.alloc(64)],
];

const OBJECTS: readonly (readonly [name: string, values: Readonly<Record<string, Json>>])[] = [
  ["an id that is not the file's name", { "rules/default/hot": rule({ id: "cold" }) }],
  ["no schema", { "rules/default/hot": { id: "hot", actions: [ACTION] } }],
  ["a schema to come", { "rules/default/hot": rule({ schema: "rule/v2" }) }],
  ["a template among rules", { "rules/default/t": template() }],
  ["an unknown field", { "rules/default/hot": rule({ extra: 1 }) }],
  ["an unknown field whose name steers a terminal", { "rules/default/hot": rule({ [EVIL]: 1 }) }],
  ["an unknown field with a name without end", { "rules/default/hot": rule({ ["x".repeat(60_000)]: 1 }) }],
  [
    "a thousand unknown fields",
    { "rules/default/hot": rule(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, n]))) },
  ],
  ["a field that is not built", { "rules/default/hot": rule({ highImpact: true }) }],
  ["an unknown field of an action", { "rules/default/hot": action({ customTemplate: "x" }) }],
  ["a rule without actions", { "rules/default/hot": rule({ actions: [] }) }],
  [
    "a rule whose end is before its beginning",
    { "rules/default/hot": rule({ validFrom: "2026-12-02T00:00:00Z", validUntil: "2026-12-01T00:00:00Z" }) },
  ],
  ["a rule with digest and group", { "rules/default/hot": action({ digest: "1h", group: { by: ["host"] } }) }],
  ["an expression that does not compile", { "rules/default/hot": rule({ match: { when: "event.severity ==" } }) }],
  [
    "an expression that costs too much",
    { "rules/default/hot": rule({ match: { when: `event.type.matches("${"(a+)+".repeat(40)}")` } }) },
  ],
  ["a matcher that is none", { "rules/default/hot": rule({ match: { labels: ["host=~("] } }) }],
  ["a control character in a name", { "rules/default/hot": rule({ name: "hot\u001b[2J" }) }],
  ["a priority below zero", { "rules/default/hot": rule({ priority: -1 }) }],
  ["a missing channel", { "rules/default/hot": action({ channel: "nowhere" }) }],
  ["a missing template", { "rules/default/hot": action({ template: "nothing" }) }],
  ["a missing calendar", { "rules/default/hot": action({ calendar: "never" }) }],
  [
    "a channel of another tenant",
    { "channels/beta/post": channel(), "rules/default/hot": action({ channel: "post" }) },
  ],
  ["one action id in two rules", { "rules/default/cold": rule({ id: "cold" }), "rules/default/hot": rule() }],
  ["one action id twice in a rule", { "rules/default/hot": rule({ actions: [ACTION, ACTION] }) }],
  ["an action id of the starter kit", { "rules/default/hot": action({ id: "critical-mail" }) }],
  ["a template that does not compile", { "templates/_/t": template({ text: "{{#if" }) }],
  ["a template with a helper that is not there", { "templates/_/t": template({ text: "{{exec 1}}" }) }],
  [
    "a template that calls what steers a terminal",
    { "templates/_/t": template({ text: `{{[${EVIL.replace("\u001b", "")}] 1}}` }) },
  ],
  ["a template that calls a name without end", { "templates/_/t": template({ text: `{{${"x".repeat(60_000)} 1}}` }) }],
  ["a template that names constructor", { "templates/_/t": template({ text: "{{event.constructor}}" }) }],
  ["a template with a partial", { "templates/_/t": template({ text: "{{> x}}" }) }],
  ["a template with unescaped html", { "templates/_/t": template({ html: "{{{event.type}}}" }) }],
  ["a template without a text", { "templates/_/t": template({ text: "" }) }],
  ["a template for a channel that is not built", { "templates/_/t": template({ channelTypes: ["pager"] }) }],
  [
    "a template nested too deeply",
    { "templates/_/t": template({ text: "{{#if a}}".repeat(60) + "{{/if}}".repeat(60) }) },
  ],
  ["a calendar that never ends", { "calendars/_/c": weekly({ days: EVERY_DAY, from: "00:00", to: "24:00" }) }],
  [
    "a calendar of two halves that never ends",
    {
      "calendars/_/c": weekly(
        { days: EVERY_DAY, from: "00:00", to: "12:00" },
        { days: EVERY_DAY, from: "12:00", to: "00:00" },
      ),
    },
  ],
  ["an empty calendar", { "calendars/_/c": { schema: "calendar/v1", id: "c" } }],
  ["a holiday that is no date", { "calendars/_/c": calendar({ holidays: ["2026-02-30"] }) }],
  ["a calendar of no zone", { "calendars/_/c": calendar({ zone: "Moon/Base" }) }],
  [
    "a range that ends before it begins",
    { "calendars/_/c": calendar({ ranges: [{ from: "2026-12-02", to: "2026-12-01" }] }) },
  ],
  ["a channel with secrets", { "channels/default/post": channel({ secrets: { password: "secret://relay" } }) }],
  ["a channel with a password", { "channels/default/post": channel({ config: { password: "swordfish" } }) }],
  ["a channel of a type that is not built", { "channels/default/post": channel({ type: "webhook" }) }],
  ["a channel without a relay", { "channels/default/post": channel({ bind: ["from", "to"] }) }],
  [
    "a channel that leaves an unknown value to the site",
    { "channels/default/post": channel({ bind: ["host", "from", "shell"] }) },
  ],
  [
    "a channel to an address with a header in it",
    { "channels/default/post": channel({ to: ["a@b.example\r\nBcc: x@y.example"] }) },
  ],
  ["a policy that is not default", { "policies/_/other": policy({ id: "other" }) }],
  ["a default policy under another name", { "policies/_/other": policy() }],
  ["a policy with a field that is not built", { "policies/default/default": policy({ egress: [] }) }],
  ["a suite", { "suites/_/s": { schema: "suite/v1", id: "s" } }],
  ["a heartbeat", { "heartbeats/_/h": { schema: "heartbeat/v1", id: "h" } }],
  ["an approval", { "approvals/default/a": { schema: "approval/v1", id: "a" } }],
  ["a connector", { "connectors/default/c": { schema: "connector/v1", id: "c" } }],
  ["a schedule", { "schedules/default/s": { schema: "schedule/v1", id: "s" } }],
  ["an escalation", { "escalations/default/e": { schema: "escalation/v1", id: "e" } }],
  ["a person", { "users/default/u": { schema: "user/v1", id: "u" } }],
  [
    "one bad object among good ones",
    { "channels/default/post": channel(), "rules/default/hot": rule(), "templates/_/t": template({ text: "{{/if}}" }) },
  ],
  ["a bad object of a tenant that the site does not have", { "rules/acme/hot": rule({ extra: 1 }) }],
];

const ROLES: readonly (readonly [name: string, recipe: Recipe])[] = [
  ["a sealed secret", inRole("content/channels/default/relay.sealed.json", "sealed", "channels")],
  ["a blob", inRole("content/connectors/default/plugin.wasm", "blob", "connectors")],
  ["a blob of the program", inRole("content/app/sealpost", "blob", "app")],
  ["an object of the program", inRole("content/app/_/version.json", "object", "app")],
  ["a ledger file", inRole("content/ledger/lab/tile", "ledger", "ledger")],
  ["a witness", inRole("content/witness/lab/head", "witness", "witness")],
  ["a witness beside rules", inRole("content/witness/lab/head", "witness", "rules", "witness")],
  ["a parity report", inRole("content/parity/_/report.json", "object", "parity")],
];

/** The site takes a channel from one stream and a rule that uses it from another: the channel's stream cannot drop it. */
const USED: SiteNeed = {
  ...SITE,
  taken: [
    { ...objects({ "channels/default/post": channel() }) },
    {
      ...objects({ "rules/default/hot": action({ channel: "post" }) }),
      manifest: (manifest) => ({ ...manifest, stream: "hq/base" }),
    },
  ],
};
const dropped: How = (ids) => ({
  content: {},
  manifest: (manifest) => ({ ...manifest, kinds: ["channels"], sequence: 2, prev: ids[0] ?? null }),
});
const stolen: Recipe = {
  ...objects({ "channels/default/post": channel({ name: "Mine now" }) }),
  manifest: (manifest) => ({ ...manifest, stream: "lab/rules", kinds: ["channels"] }),
};

/** Papers that are put aside while the rest is judged; nothing of them may stay. */
const PAPERS = { "content/a.txt": "first", "content/z.txt": "last" };
const withPapers = (content: Readonly<Record<string, string>>, more: Recipe = {}): Recipe => ({
  ...ALL,
  content: Object.fromEntries(
    Object.entries({ ...PAPERS, ...content }).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  ),
  ...more,
});
const NOWHERE = canonicalJson(action({ channel: "nowhere" }));
const BESIDE: readonly Tuple[] = [
  ["papers beside an object that is no JSON", "CONTENT_INVALID", withPapers({ [RULE_PATH]: "no JSON" }), SITE],
  ["papers beside a rule without its channel", "CONTENT_INVALID", withPapers({ [RULE_PATH]: NOWHERE }), SITE],
  [
    "papers before a changed file",
    "KIT_FILE_HASH",
    withPapers(
      { [RULE_PATH]: RULE_TEXT },
      {
        entries: (all) =>
          all.map((one) => (one.path === "content/z.txt" ? { ...one, bytes: Buffer.from("lost") } : one)),
      },
    ),
    SITE,
  ],
  [
    "papers before a dirty end",
    "KIT_TRAILING_DATA",
    withPapers({ [RULE_PATH]: RULE_TEXT }, { archive: (archive) => Buffer.concat([archive, Buffer.from("x")]) }),
    SITE,
  ],
  [
    "papers before a file that is cut",
    "KIT_TRUNCATED",
    withPapers({ [RULE_PATH]: RULE_TEXT }, { archive: (archive) => archive.subarray(0, -1500) }),
    SITE,
  ],
];

const ACROSS: readonly Tuple[] = [
  ["an object that is taken away while another stream uses it", "CONTENT_INVALID", dropped, USED],
  ["an object that another issuer's stream brought", "KIT_OBJECT_OWNED", stolen, USED],
  ["one object too large to be judged", "CONTENT_INVALID", bytes(RULE_PATH, Buffer.alloc(4 * MIB + 1, " ")), SITE],
  [
    "two faults, of a path and of the content",
    "KIT_MANIFEST",
    objects({ "binding/default/ops-mail": { schema: "binding/v1", id: "ops-mail", values: {} } }),
    SITE,
  ],
  [
    "a binding among channels",
    "CONTENT_INVALID",
    objects({
      "channels/default/ops-mail-2": { schema: "binding/v1", id: "ops-mail-2", values: { host: "evil.example" } },
    }),
    SITE,
  ],
];

/** Kits whose content must be refused. */
export const HOSTILE_CONTENT: readonly HostileRow[] = rowsOf([
  ...BYTES.map(
    ([name, content]): Tuple => [`an object of ${name}`, "CONTENT_INVALID", bytes(RULE_PATH, content), SITE],
  ),
  ...OBJECTS.map(([name, values]): Tuple => [name, "CONTENT_INVALID", objects(values), SITE]),
  ...ROLES.map(([name, recipe]): Tuple => [name, "CONTENT_INVALID", recipe, SITE]),
  ...BESIDE,
  ...ACROSS,
]);
