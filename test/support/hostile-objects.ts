/**
 * Objects that would do harm once they stood: references to nothing, values beyond their range.
 * @module
 */
import { asked, type Expected, type HostileRequest, made } from "./hostile-request.ts";

const ACTION = { id: "planted-mail", channel: "desk" };
const RULE = { schema: "rule/v1", id: "planted", actions: [ACTION] };
const EMAIL = { host: "127.0.0.1", from: "a@plant-7.example" };
const CHANNEL = { schema: "channel/v1", id: "planted", type: "email", config: EMAIL, to: ["a@plant-7.example"] };
const TEMPLATE = { schema: "template/v1", id: "planted", subject: "s", text: "t" };
const CALENDAR = { schema: "calendar/v1", id: "planted", holidays: ["2030-01-01"] };
const SILENCE = { id: "planted", matchers: ["host=h-1"], duration: "1h", comment: "planted" };
const SITE = { tenant: "_site" } as const;

const channel = made("channels", CHANNEL);
const CHANNELS: readonly HostileRequest[] = [
  channel("a type that is not built", { type: "webhook" }),
  channel("port 0", { config: { ...EMAIL, port: 0 } }),
  channel("port 65536", { config: { ...EMAIL, port: 65_536 } }),
  channel("a port that is a text", { config: { ...EMAIL, port: "25" } }),
  channel("a host with a space", { config: { ...EMAIL, host: "a b" } }),
  channel("a host with a line end", { config: { ...EMAIL, host: "a\r\nRCPT TO:<x@y>" } }),
  channel("a sender with a line end", { config: { ...EMAIL, from: "a@b.example\nBcc: c@d.example" } }),
  channel("an addressee in brackets", { to: ["<a@b.example>"] }),
  channel("101 addressees", { to: Array.from({ length: 101 }, (_, n) => `a${n}@b.example`) }),
  channel("a value that no site fills in", { bind: ["__proto__"] }),
  channel("a secret in the open", { secrets: { password: "x" } }),
  channel("ten thousand sends at once", { concurrency: 10_000 }),
  channel("a time-out of nothing", { config: { ...EMAIL, timeout: "0s" } }),
  asked("channels: a binding of what is not left to the site", "422 invalid", [
    "POST /api/v1/channels/desk/bind",
    "admin",
    { body: '{"values":{"host":"evil.example"}}' },
  ]),
  asked("channels: a binding of nothing that is there", "404 not-found", [
    "POST /api/v1/channels/nowhere/bind",
    "admin",
    { body: '{"values":{"host":"evil.example"}}' },
  ]),
  asked("channels: one that a rule names goes", "422 invalid", [
    "DELETE /api/v1/channels/desk",
    "admin",
    { headers: { "if-match": "*" } },
  ]),
];

const template = made("templates", TEMPLATE);
const text = (name: string, source: string): HostileRequest => template(name, { text: source });
const TEMPLATES: readonly HostileRequest[] = [
  text("a block that does not close", "{{#if event}}"),
  text("a thousand blocks in each other", `${"{{#if event}}".repeat(1000)}x${"{{/if}}".repeat(1000)}`),
  text("a helper that is not there", "{{exec 'id'}}"),
  text("a partial", "{{> /etc/passwd}}"),
  text("a decorator", "{{* inline}}"),
  text("a raw block", "{{{{raw}}}} x {{{{/raw}}}}"),
  text(
    "a constructor",
    "{{#with event as |e|}}{{#with (lookup e 'constructor')}}{{this}}{{/with}}{{/with}}{{nothing.such}}{{exec}}{{#exec}}{{/exec}}",
  ),
  text("100,000 characters", "x".repeat(100_000)),
  template("an html of 100,000 characters", { html: "x".repeat(100_000) }),
  template("an empty subject", { subject: "" }),
  template("a channel's type that is not built", { channelTypes: ["pager"] }),
  template("a message that is no ICU", { messages: { en: { a: "{n, plural," } } }),
  template("a message of a thousand plurals", {
    messages: { en: { a: `${"{n, plural, other {".repeat(1000)}x${"}}".repeat(1000)}` } },
  }),
  template("a language that is none", { messages: { "../../x": { a: "b" } } }),
  template("41 languages", {
    messages: Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`en-X${n + 10}`, { a: "b" }])),
  }),
];

const calendar = made("calendars", CALENDAR);
const OTHERS: readonly HostileRequest[] = [
  calendar("the whole week", {
    weekly: [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "24:00" }],
  }),
  calendar("a time of 25 hours", { weekly: [{ days: ["mon"], from: "25:00", to: "26:00" }] }),
  calendar("a zone that is a file", { zone: "../../etc/passwd" }),
  calendar("a zone of a prototype", { zone: "__proto__" }),
  calendar("a range that ends before it begins", { ranges: [{ from: "2030-01-02", to: "2030-01-01" }] }),
  calendar("the 29th of February of no leap year", { holidays: ["2027-02-29"] }),
  calendar("ten thousand holidays", { holidays: Array.from({ length: 10_000 }, () => "2030-01-01") }),
  made("policies", { schema: "policy/v1", id: "default" })("one that stands", {}, "409 conflict"),
  made("policies", { schema: "policy/v1", id: "other" })("a second one", {}),
  asked("policies: a zone that is none", "422 invalid", [
    "PUT /api/v1/policies/default",
    "admin",
    { body: '{"zone":"Mars/Olympus"}', headers: { "if-match": "*" } },
  ]),
  made("tokens", { name: "planted" })("a scope that is none", { scopes: ["notify.root"] }),
  made("tokens", { name: "planted", scopes: ["notify.viewer"] })("an expiry that was", {
    expiresAt: "2001-01-01T00:00:00Z",
  }),
  made("tokens", { name: "planted", scopes: ["notify.viewer"] })("a field that nobody knows", { isSite: true }),
  made("tokens", { scopes: ["notify.viewer"] })("a name with a NUL", { name: "a\u0000b" }),
  ...["_site", "..", "Default", "a".repeat(64), "__proto__", "a/b", "a b", ""].map((id) =>
    asked(`tenants: ${id.slice(0, 20)}`, "422 invalid", [
      "POST /api/v1/tenants",
      "site",
      { body: JSON.stringify({ id }), ...SITE },
    ]),
  ),
  asked("tenants: one that stands", "409 conflict", [
    "POST /api/v1/tenants",
    "site",
    { body: '{"id":"acme"}', ...SITE },
  ]),
];

const silence = made("silences", SILENCE);
const MUTES: readonly HostileRequest[] = [
  silence("no matcher", { matchers: [] }),
  silence("101 matchers", { matchers: Array.from({ length: 101 }, (_, n) => `l${n}=x`) }),
  silence("patterns that are dear", { matchers: Array.from({ length: 100 }, (_, n) => `a=~(x{900}){${n + 2}}`) }),
  silence("an end and a duration", { endsAt: "2030-01-01T00:00:00Z" }),
  silence("a duration of ten thousand years", { duration: "3650000d" }),
  silence("an end that was", { duration: undefined, endsAt: "2001-01-01T00:00:00Z" }),
  silence("the year 275760", { duration: undefined, endsAt: "+275760-09-13T00:00:00Z" }),
  silence("a leap second", { duration: undefined, endsAt: "2026-12-31T12:59:60Z" }),
  silence("no comment", { comment: "" }),
  silence("an id that stands", { id: "later" }, "409 conflict"),
  asked("silences: a thousand and one", "422 invalid", [
    "POST /api/v1/silences",
    "admin",
    { body: JSON.stringify(Array.from({ length: 1001 }, (_, n) => ({ ...SILENCE, id: `p${n}` }))) },
  ]),
  asked("silences: two of one id", "409 conflict", [
    "POST /api/v1/silences",
    "admin",
    { body: JSON.stringify([SILENCE, SILENCE]) },
  ]),
  asked("silences: the last of them none", "422 invalid", [
    "POST /api/v1/silences",
    "admin",
    { body: JSON.stringify([SILENCE, {}]) },
  ]),
  asked("silences: one that is not there", "404 not-found", ["DELETE /api/v1/silences/nowhere", "admin"]),
  asked("silences: an id that is not the path's", "422 invalid", [
    "PUT /api/v1/silences/later",
    "admin",
    { body: JSON.stringify(SILENCE) },
  ]),
  made("maintenance", { ...SILENCE, duration: undefined })("a week without an end of its hours", {
    zone: "UTC",
    weekly: [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "24:00" }],
  }),
  made("suppressions", { id: "planted", duration: "1h", comment: "x" })(
    "a rule that is not there",
    { rule: "nowhere" },
    "404 not-found",
  ),
  asked("digests: a window that is not open", "404 not-found", ["POST /api/v1/digests/nowhere/flush", "admin"]),
  asked("digests: opened in the year 275760", "422 invalid", [
    "POST /api/v1/digests",
    "admin",
    { body: '{"command":"reopen","actionKey":"desk-mail","window":"1d","openedAt":"+275760-09-13T00:00:00Z"}' },
  ]),
  asked("digests: opened at 2^53 + 1", "422 invalid", [
    "POST /api/v1/digests",
    "admin",
    { body: '{"command":"reopen","actionKey":"desk-mail","window":"1d","openedAt":9007199254740993}' },
  ]),
];

function config(name: string, body: unknown, expected: Expected = "422 invalid"): HostileRequest {
  return asked(`config: ${name}`, expected, ["POST /api/v1/config/apply", "admin", { body: JSON.stringify(body) }]);
}

const SWITCHES: readonly HostileRequest[] = [
  config("a kind that is none", { objects: { "tokens/x": {} } }),
  config("an id that leads up the folders", { objects: { "rules/../x": RULE } }),
  config("an id that is not the object's", { objects: { "rules/other": RULE } }),
  config("all goes but a fault", { objects: { "rules/planted": { ...RULE, nobody: 1 } }, prune: true }),
  config("a generation that is not there", { objects: {}, base: "0".repeat(64) }, "409 conflict"),
  config("a generation that is none", { objects: {}, base: "x" }),
  config("a reason of 10,000 characters", { objects: {}, why: "x".repeat(10_000) }),
  config("two rules with one action", {
    objects: { "rules/planted": RULE, "rules/planted-2": { ...RULE, id: "planted-2" } },
  }),
  asked("trust: a fingerprint that is none", "422 invalid", [
    "POST /api/v1/trust",
    "site",
    { body: '{"policy":{},"fingerprint":"x"}', ...SITE },
  ]),
  asked("trust: a policy that is none", "422", [
    "POST /api/v1/trust",
    "site",
    { body: `{"policy":{},"fingerprint":"SHA256:${"A".repeat(43)}"}`, ...SITE },
  ]),
  asked("kits: one issued in the year 275760", "422 invalid", [
    "POST /api/v1/kits/issue",
    "site",
    {
      body: `{"stream":"plant-7/x","epoch":0,"sequence":1,"manifest":"${"0".repeat(64)}","prev":null,"createdAt":"+275760-09-13T00:00:00Z"}`,
      ...SITE,
    },
  ]),
  asked("kits: a sequence of 2^53 + 1", "422 invalid", [
    "POST /api/v1/kits/issue",
    "site",
    {
      body: `{"stream":"plant-7/x","epoch":0,"sequence":9007199254740993,"manifest":"${"0".repeat(64)}","prev":null,"createdAt":"2026-01-01T00:00:00Z"}`,
      ...SITE,
    },
  ]),
  asked("kits: a file that is not there", "404 not-found", [
    `GET /api/v1/kits/plant-7.starter/files/${"0".repeat(64)}`,
    "site",
    SITE,
  ]),
];

export const HOSTILE_OBJECTS: readonly HostileRequest[] = [...CHANNELS, ...TEMPLATES, ...OTHERS, ...MUTES, ...SWITCHES];
