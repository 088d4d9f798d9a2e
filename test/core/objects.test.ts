import { expect, test } from "vitest";
import type { Kind } from "../../src/core/config.ts";
import type { Json } from "../../src/core/json.ts";
import { durationMs } from "../../src/core/object.ts";
import { checkObject, publishedSchemas, readObject } from "../../src/core/objects.ts";

const rule = { schema: "rule/v1", id: "r", actions: [{ id: "a", channel: "c" }] };
const mail = { schema: "channel/v1", id: "c", type: "email", config: { host: "relay.example", from: "a@b.example" } };
const template = { schema: "template/v1", id: "t", subject: "s", text: "t" };

test.each<[string, Kind, Json, string, RegExp]>([
  ["an unknown field by its name", "rules", { ...rule, colour: "red" }, "/colour", /not known or not built/],
  ["a field of a later version", "rules", { ...rule, stop: true }, "/stop", /not known or not built/],
  [
    "an unknown field deep inside",
    "rules",
    { ...rule, actions: [{ id: "a", channel: "c", digest: "1h" }] },
    "/actions/0/digest",
    /not known/,
  ],
  ["a key that needs escapes", "rules", { ...rule, "a/b~c": 1 }, "/a~1b~0c", /not known/],
  ["a wrong type", "rules", { ...rule, priority: "high" }, "/priority", /number/],
  ["another id than its name", "rules", { ...rule, id: "other" }, "/id", /"other" where "r"/],
  ["a bad id", "rules", { ...rule, id: "R!" }, "/id", /an id is/],
  [
    "a matcher that is no equality",
    "rules",
    { ...rule, match: { labels: ['a=~"b"'] } },
    "/match/labels/0",
    /only equality/,
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
  const id = kind === "rules" ? "r" : kind === "channels" ? "c" : "t";
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
  ["channels", "c", mail],
  ["templates", "t", template],
  ["binding", "c", { schema: "binding/v1", id: "c", values: { host: "relay" } }],
])("%s are read back as they were checked", (kind, id, value) => {
  const result = checkObject(kind, id, value);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  const { object, text } = result.checked;
  expect(readObject(kind, id, { hash: object.hash, text })).toEqual(object);
});

test("the schemas that are published say what is checked", () => {
  expect(Object.keys(publishedSchemas())).toEqual(["rule/v1", "channel/v1", "template/v1"]);
  expect(publishedSchemas()["rule/v1"]).toMatchObject({
    type: "object",
    additionalProperties: false,
    required: ["schema", "id", "actions"],
  });
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
