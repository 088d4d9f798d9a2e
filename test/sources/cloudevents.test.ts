import { readFileSync } from "node:fs";
import * as path from "node:path";
import { CloudEvent, HTTP } from "cloudevents";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import type { Json } from "../../src/core/json.ts";
import type { SourceResult } from "../../src/core/source.ts";
import { cloudEvents, cloudEventsBatch, MAX_BATCH } from "../../src/sources/cloudevents.ts";
import { SOURCES, sourceOf } from "../../src/sources/index.ts";

const SOUND = { specversion: "1.0", id: "1", source: "/test", type: "com.example.some" };

function read(value: unknown): SourceResult {
  return cloudEvents.read(Buffer.from(JSON.stringify(value)));
}
function readText(text: string): SourceResult {
  return cloudEvents.read(Buffer.from(text));
}
function readBatch(value: unknown): SourceResult {
  return cloudEventsBatch.read(Buffer.from(JSON.stringify(value)));
}
function eventIn(result: SourceResult): EventInput {
  expect(result).toMatchObject({ ok: true });
  const [event] = result.ok ? result.events : [];
  if (event === undefined) throw new Error("no event");
  return event;
}
function example(name: string): Buffer {
  return readFileSync(path.join(import.meta.dirname, "../vectors/cloudevents", name));
}

/** RFC 3986 has `a:`, a URI with an empty path; the oracle refuses it. */
function isBareScheme(value: unknown): boolean {
  return typeof value === "string" && /^[a-z][a-z0-9+.-]*:(?:[?#]|$)/i.test(value);
}

/** An event whose data is so many lists in each other. */
function nested(levels: number): string {
  return `{"specversion":"1.0","id":"1","source":"/s","type":"t","data":${"[".repeat(levels)}${"]".repeat(levels)}}`;
}

describe("the examples of the specification", () => {
  const cases: readonly [string, Partial<EventInput>][] = [
    ["binary.json", { sourceId: "A234-1234-1234", data: "Li4uIGJhc2U2NCBlbmNvZGVkIHN0cmluZyAuLi4=" }],
    ["xml.json", { sourceId: "B234-1234-1234", data: '<much wow="xml"/>' }],
    ["object.json", { sourceId: "C234-1234-1234", data: { appinfoA: "abc", appinfoB: 123, appinfoC: true } }],
    ["string.json", { sourceId: "D234-1234-1234", data: "I'm just a string" }],
  ];
  it.each(cases)("%s is read", (name, expected) => {
    const event = eventIn(cloudEvents.read(example(name)));
    expect(event).toMatchObject({
      source: "/mycontext",
      type: "com.example.someevent",
      kind: "com.example.someevent",
      severity: "info",
      ...expected,
    });
    expect(event).toMatchObject({ time: "2018-04-05T17:31:00Z", labels: {}, scope: {} });
    expect(event).not.toHaveProperty("subject");
  });

  it("the batch is read in its order", () => {
    const result = cloudEventsBatch.read(example("batch.json"));
    expect(result).toMatchObject({ ok: true, events: [{ source: "/mycontext/4" }, { source: "/mycontext/9" }] });
  });

  it("an empty batch is a batch", () => {
    expect(readBatch([])).toEqual({ ok: true, events: [], tenants: [] });
  });
});

describe("what an event becomes", () => {
  it("takes kind, severity, alert state, correlation and time from its attributes", () => {
    const event = eventIn(
      read({
        ...SOUND,
        subject: "s",
        time: "2026-11-20T12:00:00+05:45",
        kind: "pack.approval",
        severitytext: "WARNING",
        alertstate: "firing",
        correlationid: "c-1",
      }),
    );
    expect(event).toEqual({
      source: "/test",
      sourceId: "1",
      type: "com.example.some",
      kind: "pack.approval",
      subject: "s",
      time: "2026-11-20T12:00:00+05:45",
      severity: "medium",
      alertState: "firing",
      labels: {},
      scope: {},
      correlationId: "c-1",
    });
  });

  it("takes labels and scope from its data, which stays as it is", () => {
    const data = {
      labels: { service: "db", "app.kubernetes.io/name": "" },
      scope: { namespace: "n", repo: "r", digest: "d", resource: "x", more: 1 },
      n: null,
    };
    const event = eventIn(read({ ...SOUND, data }));
    expect(event).toMatchObject({
      labels: data.labels,
      scope: { namespace: "n", repo: "r", digest: "d", resource: "x" },
      data,
    });
    expect(event.scope).not.toHaveProperty("more");
  });

  it("correlates by source and labels where it names no key", () => {
    const event = eventIn(read({ ...SOUND, data: { labels: { b: "2", a: "1" } } }));
    expect(event.correlationId).toBe(sha256Hex('{"labels":{"a":"1","b":"2"},"source":"/test"}'));
  });

  it.each<[string, Record<string, Json>]>([
    ["a null payload", { data: null }],
    [
      "unset attributes",
      {
        subject: null,
        time: null,
        datacontenttype: null,
        dataschema: null,
        kind: null,
        severitytext: null,
        alertstate: null,
        tenant: null,
        data_base64: null,
      },
    ],
    ["labels and scope that are unset", { data: { labels: null, scope: { namespace: null } } }],
    ["extensions of each type", { text: "", flag: false, number: -2147483648, unset: null, a1b2c3d4e5f6g7h8i9j0: 1 }],
    ["a NUL inside its data", { data: { log: "a\u0000b" } }],
    ["non-ASCII text", { subject: "Σ 東京 😀", data: { labels: { ключ: "стойност" } } }],
    [
      "formats at their edges",
      {
        datacontenttype: 'text/plain; charset="utf-8"',
        dataschema: "urn:x:y",
        source: "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
      },
    ],
    ["a leap second", { time: "1990-12-31T15:59:60-08:00" }],
    ["a leap day with a long fraction, in lower case", { time: "2024-02-29t23:59:59.123456789z" }],
    ["an empty binary payload", { data_base64: "" }],
  ])("%s is sound", (_name, more) => {
    expect(read({ ...SOUND, ...more })).toMatchObject({ ok: true });
  });

  it("tells each tenant that is named once, with where", () => {
    const result = readBatch([
      { ...SOUND, tenant: "acme" },
      { ...SOUND, tenant: "acme" },
      { ...SOUND, tenant: "globex" },
    ]);
    expect(result).toMatchObject({
      tenants: [
        { pointer: "/0/tenant", tenant: "acme" },
        { pointer: "/2/tenant", tenant: "globex" },
      ],
    });
  });
});

describe("what is refused, and where", () => {
  const bad: readonly [string, Record<string, unknown>, string][] = [
    ["another version", { specversion: "0.3" }, "/specversion"],
    ["no version", { specversion: undefined }, "/specversion"],
    ["no id", { id: undefined }, "/id"],
    ["a null id", { id: null }, "/id"],
    ["an empty id", { id: "" }, "/id"],
    ["a long id", { id: "x".repeat(1025) }, "/id"],
    ["no source", { source: undefined }, "/source"],
    ["an empty source", { source: "" }, "/source"],
    ["a source with a space", { source: "/a b" }, "/source"],
    ["a source with a bad escape", { source: "/a%2" }, "/source"],
    ["a relative source with a colon", { source: "1:2/3" }, "/source"],
    ["a source with two fragments", { source: "/a#b#c" }, "/source"],
    ["a source outside ASCII", { source: "/é" }, "/source"],
    ["a source with a bad host", { source: "http://[zz/" }, "/source"],
    ["a source with a bad port", { source: "http://a:b/" }, "/source"],
    ["no type", { type: undefined }, "/type"],
    ["a type that is a boolean", { type: true }, "/type"],
    ["an empty subject", { subject: "" }, "/subject"],
    ["a time without offset", { time: "2026-11-20T12:00:00" }, "/time"],
    ["a time that does not exist", { time: "2026-02-30T12:00:00Z" }, "/time"],
    ["a leap day of another year", { time: "2100-02-29T12:00:00Z" }, "/time"],
    ["the 13th month", { time: "2026-13-01T12:00:00Z" }, "/time"],
    ["hour 24", { time: "2026-11-20T24:00:00Z" }, "/time"],
    ["a leap second at noon", { time: "2026-11-20T12:00:60Z" }, "/time"],
    ["an offset of 24 hours", { time: "2026-11-20T12:00:00+24:00" }, "/time"],
    ["a date", { time: "2026-11-20" }, "/time"],
    ["a time with a space", { time: "2026-11-20 12:00:00Z" }, "/time"],
    ["a bad media type", { datacontenttype: "json" }, "/datacontenttype"],
    ["a relative schema", { dataschema: "/schema" }, "/dataschema"],
    ["data twice", { data: null, data_base64: "AA==" }, "/data_base64"],
    ["bad base64", { data_base64: "AA=" }, "/data_base64"],
    ["binary data that is a number", { data_base64: 5 }, "/data_base64"],
    ["an extension in upper case", { Foo: "x" }, "/Foo"],
    ["an extension with a dash", { "a-b": "x" }, "/a-b"],
    ["an extension with a slash and a tilde", { "a/b~": "x" }, "/a~1b~0"],
    ["an extension without a name", { "": "x" }, "/"],
    ["an extension of 21 characters", { ["x".repeat(21)]: "x" }, `/${"x".repeat(21)}`],
    ["an extension of endless name", { ["X".repeat(300)]: "x" }, ""],
    ["an extension that is an object", { foo: {} }, "/foo"],
    ["an extension that is a list", { foo: [] }, "/foo"],
    ["an extension that is a fraction", { foo: 1.5 }, "/foo"],
    ["an extension of more than 32 bits", { foo: 2 ** 31 }, "/foo"],
    ["an unknown severity", { severitytext: "bad" }, "/severitytext"],
    ["a severity that is a number", { severitytext: 3 }, "/severitytext"],
    ["an unknown alert state", { alertstate: "pending" }, "/alertstate"],
    ["a tenant that is a boolean", { tenant: true }, "/tenant"],
    ["labels that are a list", { data: { labels: ["a"] } }, "/data/labels"],
    ["a label that is a boolean", { data: { labels: { a: true } } }, "/data/labels/a"],
    ["a label that is null", { data: { labels: { a: null } } }, "/data/labels/a"],
    ["a label with a long value", { data: { labels: { a: "x".repeat(4097) } } }, "/data/labels/a"],
    ["a label without a name", { data: { labels: { "": "x" } } }, "/data/labels/"],
    ["a label with a long name", { data: { labels: { ["x".repeat(257)]: "x" } } }, "/data/labels"],
    ["a label with NUL in its name", { data: { labels: { "a\u0000": "x" } } }, "/data/labels/a\u0000"],
    [
      "101 labels",
      { data: { labels: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`l${at}`, "x"])) } },
      "/data/labels",
    ],
    ["a scope that is a text", { data: { scope: "x" } }, "/data/scope"],
    ["a scope with a boolean", { data: { scope: { repo: true } } }, "/data/scope/repo"],
    ["a scope with an empty text", { data: { scope: { digest: "" } } }, "/data/scope/digest"],
  ];
  it.each(bad)("%s", (_name, more, pointer) => {
    expect(read({ ...SOUND, ...more })).toMatchObject({ ok: false, code: "invalid-event", faults: [{ pointer }] });
  });

  const texts = [
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "severitytext",
    "kind",
    "alertstate",
    "correlationid",
    "tenant",
    "anything",
  ];
  const forbidden = ["\u0000", "\n", "\u007f", "\u0085", "\ufffe", "\ufdd0", "\u{1ffff}", "\\ud800", "\\udc00x"];
  it.each(texts.flatMap((name) => forbidden.map((character) => [name, character] as const)))(
    "%s with %j in it",
    (name, character) => {
      const text = JSON.stringify({ ...SOUND, [name]: "@" }).replace(
        '"@"',
        () => `"a${character.startsWith("\\") ? character : JSON.stringify(character).slice(1, -1)}b"`,
      );
      expect(readText(text)).toMatchObject({ ok: false, code: "invalid-event", faults: [{ pointer: `/${name}` }] });
    },
  );

  it.each(["/data/labels/a", "/data/scope/namespace", "/data/deep/0"])("half a surrogate pair at %s", (pointer) => {
    const text =
      '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"labels":{"a":"1"},"scope":{"namespace":"1"},"deep":["1"]}}';
    const [, , name = ""] = pointer.split("/");
    const at = text.indexOf('"1"', text.indexOf(`"${name}"`));
    expect(readText(`${text.slice(0, at)}"\\ud83d"${text.slice(at + 3)}`)).toMatchObject({
      ok: false,
      code: "invalid-event",
      faults: [{ pointer }],
    });
  });

  it.each<[string, string, string, string]>([
    ["a duplicate key", '{"specversion":"1.0","id":"1","id":"2","source":"/s","type":"t"}', "bad-json", "/id"],
    [
      "a prototype key",
      '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"__proto__":1}}',
      "bad-json",
      "/data/__proto__",
    ],
    ["no JSON", "{", "bad-json", ""],
    ["a BOM", '\ufeff{"id":"1"}', "bad-json", ""],
    [
      "a number that is too large",
      '{"specversion":"1.0","id":"1","source":"/s","type":"t","data":1e999}',
      "bad-json",
      "/data",
    ],
    ["nothing but space", " \n", "empty-body", ""],
    ["a text", '"x"', "invalid-event", ""],
    ["a batch where one event is due", "[]", "invalid-event", ""],
    ["null", "null", "invalid-event", ""],
  ])("%s", (_name, text, code, pointer) => {
    expect(readText(text)).toMatchObject({ ok: false, code, faults: [{ pointer }] });
  });

  it("depth beyond 32 levels", () => {
    expect(readText(nested(31))).toMatchObject({ ok: true });
    expect(readText(nested(32))).toMatchObject({ ok: false, code: "bad-json" });
  });

  it("bytes that are not UTF-8, and no bytes", () => {
    expect(cloudEvents.read(new Uint8Array([0x22, 0xff, 0x22]))).toMatchObject({ ok: false, code: "bad-utf8" });
    expect(cloudEvents.read(new Uint8Array())).toMatchObject({ ok: false, code: "empty-body" });
  });

  it("a whole batch for one event, with its index", () => {
    const events = Array.from({ length: 20 }, (_, at) => ({
      ...SOUND,
      id: `${at}`,
      ...(at === 17 ? { severitytext: "bad" } : {}),
    }));
    expect(readBatch(events)).toMatchObject({ ok: false, faults: [{ pointer: "/17/severitytext" }] });
    expect(readBatch([SOUND, null])).toMatchObject({ ok: false, faults: [{ pointer: "/1" }] });
    expect(readBatch(SOUND)).toMatchObject({ ok: false, code: "invalid-event", faults: [{ pointer: "" }] });
  });

  it("more than 1,000 events, and no fewer", () => {
    const events = Array.from({ length: MAX_BATCH }, (_, at) => ({ ...SOUND, id: `${at}` }));
    expect(readBatch(events)).toMatchObject({ ok: true });
    expect(readBatch([...events, SOUND])).toMatchObject({ ok: false, code: "batch-too-large" });
  });

  it("names every fault of an event, at most 20 of a request", () => {
    expect(read({ id: 1 })).toMatchObject({
      faults: [{ pointer: "/specversion" }, { pointer: "/id" }, { pointer: "/source" }, { pointer: "/type" }],
    });
    const result = readBatch(Array.from({ length: 30 }, () => ({})));
    expect(result).toHaveProperty("faults.length", 20);
  });

  it("cuts a pointer that is longer than anyone reads", () => {
    const key = "k".repeat(2000);
    expect(readText(`{"${key}":1,"${key}":2}`)).toMatchObject({ code: "bad-json", faults: [{ pointer: "" }] });
  });
});

describe("against the CloudEvents SDK", () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9.-]{0,20}$/);
  const sound = fc.record({
    id: word,
    source: word.map((text) => `/${text}`),
    type: word,
    subject: fc.option(word, { nil: undefined }),
    time: fc.option(
      fc
        .date({ min: new Date("1990-01-01"), max: new Date("2090-01-01"), noInvalidDate: true })
        .map((date) => date.toISOString()),
      { nil: undefined },
    ),
    data: fc.option(
      fc.dictionary(
        fc.stringMatching(/^[a-z]{1,5}$/).filter((name) => name !== "scope"),
        fc.oneof(fc.string({ unit: "grapheme" }), fc.integer(), fc.boolean()),
      ),
      { nil: undefined },
    ),
  });

  it("what it writes is read as it was meant", () => {
    fc.assert(
      fc.property(sound, (fields) => {
        const event = new CloudEvent(
          Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
        );
        const { body } = HTTP.structured(event);
        const result = eventIn(readText(String(body)));
        expect(result).toMatchObject({ sourceId: fields.id, source: fields.source, type: fields.type });
        expect(result.subject).toBe(fields.subject);
        expect(result.time === undefined ? undefined : Date.parse(result.time)).toBe(Date.parse(event.time ?? ""));
        expect(result.data).toEqual(fields.data);
      }),
      { numRuns: 300 },
    );
  });

  it("what is read here, it accepts too", () => {
    const value = fc.oneof(
      fc.string(),
      word,
      fc.constantFrom("1.0", "", null, true, 1, 1.5, [], {}, "2026-11-20T12:00:00Z", "application/json", "http://a/b"),
    );
    const names = fc.constantFrom(
      "specversion",
      "id",
      "source",
      "type",
      "subject",
      "time",
      "datacontenttype",
      "dataschema",
      "ext",
      "Ext",
      "a-b",
      "data",
    );
    let both = 0;
    fc.assert(
      fc.property(fc.dictionary(names, value, { maxKeys: 3 }), (changed) => {
        const event = Object.fromEntries(
          Object.entries({ ...SOUND, ...changed }).filter(([, member]) => member !== null),
        );
        if (!read(event).ok || isBareScheme(event.dataschema)) return;
        both++;
        expect(() => new CloudEvent(event, true)).not.toThrow();
      }),
      { numRuns: 2000 },
    );
    expect(both).toBeGreaterThan(100);
  });
});

describe("the list of sources", () => {
  it("finds each by its media types", () => {
    expect(SOURCES.flatMap(({ mediaTypes }) => mediaTypes)).toEqual([
      "application/cloudevents+json",
      "application/cloudevents-batch+json",
    ]);
    expect(sourceOf("application/cloudevents+json")).toBe(cloudEvents);
    expect(sourceOf("application/cloudevents-batch+json")).toBe(cloudEventsBatch);
    expect(sourceOf("application/json")).toBeUndefined();
  });
});

it("hostile texts take linear time", () => {
  const long = "a".repeat(1000);
  const started = performance.now();
  for (const source of [
    `//${"a:".repeat(500)}`,
    `${long} `,
    `${"%61".repeat(300)}%`,
    `//[${"1:".repeat(400)}`,
    `${"a?".repeat(400)} `,
  ]) {
    for (let at = 0; at < 200; at++)
      read({ ...SOUND, source, datacontenttype: `a/b${";a=b".repeat(200)};`, data_base64: long });
  }
  expect(performance.now() - started).toBeLessThan(2000);
});
