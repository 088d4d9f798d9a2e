import { CloudEvent, HTTP } from "cloudevents";
import { describe, expect, it } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import type { SourceHeaders, SourceResult } from "../../src/core/source.ts";
import { decodeValue } from "../../src/sources/cloudevents/binary.ts";
import { cloudEventsBinary } from "../../src/sources/cloudevents.ts";
import { sourceOf } from "../../src/sources/index.ts";

const SOUND = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t" } as const;

function read(
  headers: Readonly<Record<string, string | readonly string[]>>,
  body: string | Uint8Array = "",
): SourceResult {
  const map: SourceHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === "string" ? [value] : value]),
  );
  return cloudEventsBinary.read(Buffer.from(body), map);
}

function event(result: SourceResult): EventInput {
  if (result.ok && result.events[0] !== undefined) return result.events[0];
  throw new Error(JSON.stringify(result));
}

function pointers(result: SourceResult): string[] {
  return result.ok ? [] : result.faults.map(({ pointer }) => pointer);
}

describe("a value of a header", () => {
  it.each([
    ["plain", "plain"],
    ["Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"],
    ["a%2520b", "a%20b"],
    ["100%", "100%"],
    ["5%zz", "5%zz"],
    ["%41", "A"],
    ['"quoted \\"text\\" %25"', 'quoted "text" %'],
    ['say "hi"', 'say "hi"'],
    ["caf\u00c3\u00a9", "café"],
  ])("%s is %s", (header, value) => {
    expect(decodeValue(header)).toBe(value);
  });
  it.each(["%C0%A0", "%ff", "caf\u00e9", "%ED%A0%80"])("%s is not UTF-8", (header) => {
    expect(decodeValue(header)).toBeUndefined();
  });
});

describe("an event in binary mode", () => {
  it("has its attributes in headers and its data in the body", () => {
    const headers = {
      ...SOUND,
      "ce-subject": "disk%20%2Fvar",
      "ce-time": "2026-11-20T12:00:00.5+02:00",
      "ce-severitytext": "error",
      "ce-kind": "disk.full",
      "ce-alertstate": "firing",
      "ce-correlationid": "c-1",
      "ce-tenant": "acme",
      "ce-other1": "x",
      "content-type": "application/json; charset=utf-8",
      host: "h",
    };
    const result = read(headers, '{"labels":{"host":"db"},"scope":{"namespace":"n"},"free":1}');
    expect(event(result)).toEqual({
      source: "/s",
      sourceId: "1",
      type: "t",
      kind: "disk.full",
      severity: "high",
      subject: "disk /var",
      time: "2026-11-20T12:00:00.5+02:00",
      alertState: "firing",
      labels: { host: "db" },
      scope: { namespace: "n" },
      correlationId: "c-1",
      data: { labels: { host: "db" }, scope: { namespace: "n" }, free: 1 },
    });
    expect(result).toMatchObject({ tenants: [{ pointer: "/ce-tenant", tenant: "acme" }] });
  });

  it.each([
    ["application/json", "null", null],
    ["application/json", "[1]", [1]],
    ["application/vnd.x+json; a=b", '"text"', "text"],
    ["TEXT/JSON", "1", 1],
    ["text/plain", "{}", "{}"],
    ["text/plain; charset=UTF-8", "grün", "grün"],
    ["application/octet-stream", new Uint8Array([0, 255]), "AP8="],
    ["application/xml", "<a/>", "PGEvPg=="],
    ["application/json", "", undefined],
  ])("takes data of %s", (type, body, data) => {
    expect(event(read({ ...SOUND, "content-type": type }, body)).data).toEqual(data);
  });

  it("takes data without a media type as bytes, and no data", () => {
    expect(event(read(SOUND, "x")).data).toBe("eA==");
    expect("data" in event(read(SOUND))).toBe(false);
  });

  it.each([
    ["a missing attribute", { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s" }, "", ["/ce-type"]],
    ["a wrong version", { ...SOUND, "ce-specversion": "0.3" }, "", ["/ce-specversion"]],
    ["a source that is no reference", { ...SOUND, "ce-source": "a%20b" }, "", ["/ce-source"]],
    ["bytes that are not UTF-8", { ...SOUND, "ce-subject": "%C0%A0" }, "", ["/ce-subject"]],
    ["a name with an underscore", { ...SOUND, "ce-foo_bar": "x" }, "", ["/ce-foo_bar"]],
    ["a prototype name", { ...SOUND, "ce-__proto__": "x" }, "", ["/ce-__proto__"]],
    ["an empty value", { ...SOUND, "ce-subject": "" }, "", ["/ce-subject"]],
    ["an attribute twice", { ...SOUND, "ce-id": ["1", "2"] }, "", ["/ce-id"]],
    ["an extension twice", { ...SOUND, "ce-x": ["1", "1"] }, "", ["/ce-x"]],
    ["two media types", { ...SOUND, "content-type": ["text/plain", "text/plain"] }, "", ["/content-type"]],
    ["no media type", { ...SOUND, "content-type": "nothing" }, "x", ["/content-type"]],
    ["data in a header", { ...SOUND, "ce-data": "x" }, "", ["/ce-data"]],
    ["its media type in a header", { ...SOUND, "ce-datacontenttype": "text/plain" }, "", ["/ce-datacontenttype"]],
    ["a control character", { ...SOUND, "ce-subject": "a%00" }, "", ["/ce-subject"]],
    ["a bad severity", { ...SOUND, "ce-severitytext": "purple" }, "", ["/ce-severitytext"]],
    ["a bad time", { ...SOUND, "ce-time": "today" }, "", ["/ce-time"]],
    ["bad labels", { ...SOUND, "content-type": "application/json" }, '{"labels":{"a":1}}', ["/data/labels/a"]],
    [
      "a known type with bad data",
      { ...SOUND, "ce-type": "scanner.report.ready", "content-type": "text/plain" },
      "x",
      ["/data"],
    ],
    [
      "a known type with bytes",
      { ...SOUND, "ce-type": "scanner.report.ready", "content-type": "image/png" },
      "x",
      ["/data"],
    ],
  ])("refuses %s", (_what, headers, body, expected) => {
    const result = read(headers, body);
    expect(result).toMatchObject({ ok: false, code: "invalid-event" });
    expect(pointers(result)).toEqual(expected);
  });

  it.each([
    ["bad-json", "application/json", "{", ["/data"]],
    ["bad-json", "application/json", '{"a":{"b":1,"b":2}}', ["/data/a/b"]],
    ["bad-json", "application/json", `${"[".repeat(32)}${"]".repeat(32)}`, undefined],
    ["empty-body", "application/json", "  ", ["/data"]],
    ["bad-utf8", "text/plain", new Uint8Array([255]), []],
    ["bad-utf8", "application/json", new Uint8Array([255]), []],
    ["unsupported-charset", "text/plain; charset=latin1", "x", []],
    ["unsupported-charset", 'application/json;charset="utf-16"', "1", []],
  ] as const)("answers %s for %s", (code, type, body, expected) => {
    const result = read({ ...SOUND, "content-type": type }, body);
    expect(result).toMatchObject({ ok: false, code });
    if (expected !== undefined) expect(pointers(result)).toEqual(expected);
  });
});

function marked(name: string): boolean {
  return name === "ce-specversion";
}

/** The SDK writes values of headers as they are; the binding has them percent-encoded. */
function encoded(value: unknown): string {
  return String(value).replaceAll(/[^!#$&-~]/gu, (char) => encodeURIComponent(char));
}

/** A body as the SDK hands it to a transport. */
function textOf(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body ?? "");
}

describe("which source reads a request", () => {
  it.each([
    ["application/json", cloudEventsBinary],
    ["", cloudEventsBinary],
    ["application/cloudevents+xml", undefined],
    ["application/cloudevents+json", sourceOf("application/cloudevents+json")],
    ["application/cloudevents-batch+json", sourceOf("application/cloudevents-batch+json")],
  ])("of %s with ce-specversion", (type, source) => {
    expect(sourceOf(type, marked)).toBe(source);
  });
});

const TABLE: readonly (readonly [string, ConstructorParameters<typeof CloudEvent>[0]])[] = [
  ["plain", { id: "1", source: "/s", type: "t", data: { a: 1 } }],
  ["unicode", { id: "ид-1", source: "/s", type: "тип", subject: "диск 😀 €", data: { ключ: "стойност" } }],
  ["percent signs", { id: "100%", source: "/a%20b", type: "t", subject: "%41 50%25 %", data: "x" }],
  ["quotes", { id: '"1"', source: "/s", type: "t", subject: 'say "hi" \\ "', data: [] }],
  ["a time with an offset", { id: "1", source: "/s", type: "t", time: "2026-11-20T14:30:00+02:00", data: 1 }],
  ["text", { id: "1", source: "/s", type: "t", datacontenttype: "text/plain", data: "grün\n" }],
  ["no data", { id: "1", source: "urn:x:y", type: "t" }],
  ["a list", { id: "1", source: "/s", type: "t", data: [1, null, "x", { b: true }] }],
  ["a schema", { id: "1", source: "https://h/p?q=1#f", type: "t", dataschema: "https://s/1", data: false }],
  [
    "extensions",
    {
      id: "1",
      source: "/s",
      type: "t",
      severitytext: "critical",
      kind: "k",
      alertstate: "resolved",
      correlationid: "c c",
      data: { labels: { host: "дб" }, scope: { repo: "r" } },
    },
  ],
];

/** The SDK encodes nothing in headers: what the binding has encoded it writes as it is, which says something else. */
function isPlain({ data, ...attributes }: (typeof TABLE)[number][1]): boolean {
  return typeof data !== "string" && !/[^ !#$&-~]/.test(Object.values(attributes).join(""));
}

describe("what the CloudEvents SDK encodes", () => {
  it.each(TABLE)("is understood: %s", (_what, given) => {
    const sdk = new CloudEvent(given);
    const binary = HTTP.binary(sdk);
    const headers = Object.fromEntries(
      Object.entries(binary.headers).map(([name, value]) => [
        name,
        name === "content-type" ? String(value) : encoded(value),
      ]),
    );
    const body = binary.body === undefined ? "" : textOf(binary.body);
    const isText = headers["content-type"] === "text/plain";
    const found = event(read(headers, isText || typeof sdk.data !== "string" ? body : JSON.stringify(body)));
    const structured = HTTP.structured(sdk);
    const source = sourceOf("application/cloudevents+json");
    const expected = event(
      source?.read(Buffer.from(String(structured.body))) ?? { ok: false, code: "bad-json", faults: [] },
    );
    expect(found).toEqual(expected);
    expect(found).toMatchObject({ sourceId: sdk.id, source: sdk.source, type: sdk.type });
    expect(found.subject).toBe(sdk.subject);
    expect(found.data).toEqual(sdk.data);
    expect(Date.parse(found.time ?? "")).toBe(Date.parse(sdk.time ?? ""));
  });

  it.each(TABLE.filter(([, given]) => isPlain(given)))(
    "is understood as the SDK itself writes it: %s",
    (_what, given) => {
      const sdk = new CloudEvent(given);
      const { headers, body } = HTTP.binary(sdk);
      const written = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
      const found = event(read(written, body === undefined ? "" : textOf(body)));
      expect([found.sourceId, found.source, found.subject, found.data]).toEqual([
        sdk.id,
        sdk.source,
        sdk.subject,
        sdk.data,
      ]);
    },
  );

  it("is understood as a batch", () => {
    const all = TABLE.map(([, given]) => new CloudEvent(given));
    const result = sourceOf("application/cloudevents-batch+json")?.read(Buffer.from(JSON.stringify(all)));
    expect(result).toMatchObject({ ok: true });
    expect(
      result?.ok === true ? result.events.map(({ sourceId, subject, data }) => [sourceId, subject, data]) : [],
    ).toEqual(all.map(({ id, subject, data }) => [id, subject, data]));
  });

  it("is understood as bytes", () => {
    const bytes = new Uint8Array([0, 1, 254, 255]);
    const sdk = new CloudEvent({
      id: "1",
      source: "/s",
      type: "t",
      datacontenttype: "application/octet-stream",
      data: bytes,
    });
    const binary = HTTP.binary(sdk);
    const headers = Object.fromEntries(Object.entries(binary.headers).map(([name, value]) => [name, String(value)]));
    expect(event(read(headers, bytes)).data).toBe("AAH+/w==");
    const structured = sourceOf("application/cloudevents+json")?.read(Buffer.from(String(HTTP.structured(sdk).body)));
    expect(structured?.ok === true ? structured.events[0]?.data : "").toBe("AAH+/w==");
  });
});
