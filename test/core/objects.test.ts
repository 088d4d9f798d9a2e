import { expect, test } from "vitest";
import type { Kind } from "../../src/core/config.ts";
import type { Json } from "../../src/core/json.ts";
import { durationMs } from "../../src/core/object.ts";
import { checkObject, publishedSchemas, readObject } from "../../src/core/objects.ts";

const rule = { schema: "rule/v1", id: "r", actions: [{ id: "a", channel: "c" }] };
const mail = { schema: "channel/v1", id: "c", type: "email", config: { host: "relay.example", from: "a@b.example" } };
const template = { schema: "template/v1", id: "t", subject: "s", text: "t" };

const IDS = { binding: "c", calendars: "c", channels: "c", policies: "default", rules: "r", templates: "t" } as const;

test.each<[string, Kind, Json, string, RegExp]>([
  ["an unknown field by its name", "rules", { ...rule, colour: "red" }, "/colour", /not known or not built/],
  ["a field of a later version", "rules", { ...rule, highImpact: true }, "/highImpact", /not known or not built/],
  [
    "an unknown field deep inside",
    "rules",
    { ...rule, actions: [{ id: "a", channel: "c", customTemplate: "x" }] },
    "/actions/0/customTemplate",
    /not known/,
  ],
  ["a key that needs escapes", "rules", { ...rule, "a/b~c": 1 }, "/a~1b~0c", /not known/],
  ["a wrong type", "rules", { ...rule, priority: "high" }, "/priority", /number/],
  ["another id than its name", "rules", { ...rule, id: "other" }, "/id", /"other" where "r"/],
  ["a bad id", "rules", { ...rule, id: "R!" }, "/id", /an id is/],
  [
    "a matcher that is none",
    "rules",
    { ...rule, match: { labels: ["a"] } },
    "/match/labels/0",
    /at 1|position|expected/i,
  ],
  ["a pattern that is none", "rules", { ...rule, match: { labels: ['a=~"("'] } }, "/match/labels/0", /missing closing/],
  ["an expression that is none", "rules", { ...rule, match: { when: "event.kind ==" } }, "/match/when", /.+/],
  [
    "digest and group at once",
    "rules",
    { ...rule, actions: [{ id: "a", channel: "c", digest: "1h", group: { by: ["x"] } }] },
    "/actions/0/group",
    /not both/,
  ],
  [
    "a validity that never holds",
    "rules",
    { ...rule, validFrom: "2026-06-02T00:00:00Z", validUntil: "2026-06-01T00:00:00+02:00" },
    "/validUntil",
    /later than validFrom/,
  ],
  ["an instant that is none", "rules", { ...rule, validFrom: "tomorrow" }, "/validFrom", /date-time/],
  ["a limit of nothing", "rules", { ...rule, limit: { count: 0, per: "1h" } }, "/limit/count", /Too small/],
  ["a policy of another name", "policies", { schema: "policy/v1", id: "p" }, "/id", /default/],
  ["a zone that is none", "policies", { schema: "policy/v1", id: "default", zone: "Mars/Base" }, "/zone", /time zone/],
  [
    "a calendar that is always quiet",
    "calendars",
    {
      schema: "calendar/v1",
      id: "c",
      zone: "UTC",
      weekly: [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "24:00" }],
    },
    "/weekly",
    /.+/,
  ],
  [
    "a severity that does not exist",
    "rules",
    { ...rule, match: { minSeverity: "loud" } },
    "/match/minSeverity",
    /Invalid option/,
  ],
  ["a rule without actions", "rules", { ...rule, actions: [] }, "/actions", /Too small/],
  [
    "a channel without a relay",
    "channels",
    { ...mail, config: { from: "a@b.example" } },
    "/config/host",
    /needs a value, or "host" in bind/,
  ],
  [
    "a header in an address",
    "channels",
    { ...mail, to: ["a@b.example\r\nBcc: x@y"] },
    "/to/0",
    /control character|single line|mail address/,
  ],
  ["a template that does not compile", "templates", { ...template, text: "{{#if x}}" }, "/text", /.+/],
  ["a helper that does not exist", "templates", { ...template, text: "{{exec 'rm'}}" }, "/text", /.+/],
  ["a lone surrogate", "templates", { ...template, purpose: "\ud800" }, "/purpose", /surrogate/],
])("%s is refused with its place", (_, kind, value, pointer, detail) => {
  const id = IDS[kind];
  const result = checkObject(kind, id, value);
  expect(result.ok).toBe(false);
  if (!result.ok) expect(result.faults).toContainEqual({ kind, id, pointer, detail: expect.stringMatching(detail) });
});

test("an object keeps its text as given, canonical, and its hash; defaults are in its value alone", () => {
  const result = checkObject("rules", "r", { ...rule, name: "R" });
  if (!result.ok) throw new Error("refused");
  const { object, text } = result.checked;
  expect(text).toBe('{"actions":[{"channel":"c","id":"a"}],"id":"r","name":"R","schema":"rule/v1"}');
  expect(object).toMatchObject({ kind: "rules", id: "r", value: { priority: 100, isEnabled: true, match: {} } });
  expect(readObject("rules", "r", { hash: object.hash, text })).toEqual(object);
});

test.each<[Kind, string, Json]>([
  ["calendars", "c", { schema: "calendar/v1", id: "c", holidays: ["2026-12-25"] }],
  ["channels", "c", mail],
  ["policies", "default", { schema: "policy/v1", id: "default", quotas: [{ count: 5, per: "1m" }] }],
  ["templates", "t", template],
  ["binding", "c", { schema: "binding/v1", id: "c", values: { host: "relay" } }],
])("%s are read back as they were checked", (kind, id, value) => {
  const result = checkObject(kind, id, value);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  const { object, text } = result.checked;
  expect(readObject(kind, id, { hash: object.hash, text })).toEqual(object);
});

test("the schemas that are published say what is checked", () => {
  expect(Object.keys(publishedSchemas())).toEqual(["calendar/v1", "channel/v1", "policy/v1", "rule/v1", "template/v1"]);
  expect(publishedSchemas()["rule/v1"]).toMatchObject({
    type: "object",
    additionalProperties: false,
    required: ["schema", "id", "actions"],
  });
});

test.each(["0s", "01s", "1w", "3651d", "999999999d", "315360001s"])(
  "%s is no duration that may be stated",
  (window) => {
    const deduping = { schema: "rule/v1", id: "r", actions: [{ id: "a", channel: "c", dedupe: { window } }] };
    expect(checkObject("rules", "r", deduping)).toMatchObject({
      ok: false,
      faults: [{ pointer: "/actions/0/dedupe/window" }],
    });
  },
);

test("ten years may be stated", () => {
  const deduping = { schema: "rule/v1", id: "r", actions: [{ id: "a", channel: "c", dedupe: { window: "3650d" } }] };
  expect(checkObject("rules", "r", deduping)).toMatchObject({ ok: true });
});

test.each([
  ["250ms", 250],
  ["10s", 10_000],
  ["5m", 300_000],
  ["2h", 7_200_000],
  ["7d", 604_800_000],
])("%s is %d ms", (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
