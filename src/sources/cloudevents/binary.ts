/**
 * The binary mode of the HTTP protocol binding 1.0.2: attributes in `ce-` headers, the data is the body.
 * @module
 */
import type { Json, JsonObject } from "../../core/json.ts";
import type { Fault, SourceHeaders, SourceResult } from "../../core/source.ts";
import { decodeUtf8, parseStrictJson } from "../../core/strict-json.ts";
import { readEvent } from "./event.ts";
import { createReading, isFull, type Reading, refuse } from "./reading.ts";

const PREFIX = "ce-";
/** A longer pointer of a fault says nothing to people and is answered as that of the body. */
const MAX_POINTER = 1024;
const NO_DATA: JsonObject = {};

type Refused = Extract<SourceResult, { readonly ok: false }>;
type Data = { readonly ok: true; readonly member: JsonObject } | Refused;

/**
 * The one event of headers and body. Pointers of faults name the header (`/ce-source`, `/content-type`); those of the body
 * begin with `/data`. `depth` is how deep its JSON may be nested.
 */
export function readBinary(bytes: Uint8Array, headers: SourceHeaders, depth: number): SourceResult {
  const head = createReading();
  const attributes = readAttributes(headers, head);
  if (head.faults.length > 0) return refused(head.faults);
  const data = readData(bytes, headers["content-type"]?.[0], depth);
  if (!data.ok) return data;
  const reading = createReading();
  const event = readEvent({ ...attributes, ...data.member }, "", reading);
  if (event === undefined) return refused(reading.faults.map(inHeaders));
  return { ok: true, events: [event], tenants: reading.tenants.map((named) => ({ ...named, pointer: "/ce-tenant" })) };
}

function refused(faults: readonly Fault[]): Refused {
  return { ok: false, code: "invalid-event", faults };
}

/** A fault of a member of the event at the place where a request in binary mode has it. */
function inHeaders({ pointer, detail }: Fault): Fault {
  if (pointer === "/datacontenttype") return { pointer: "/content-type", detail };
  if (pointer === "/data_base64") return { pointer: "/data", detail };
  if (pointer === "/data" || pointer.startsWith("/data/")) return { pointer, detail };
  return { pointer: pointer === "" ? pointer : `/${PREFIX}${pointer.slice(1)}`, detail };
}

/** The attributes by name. What stands twice, or where it has no place, is a fault: with the pointer of its header. */
function readAttributes(headers: SourceHeaders, reading: Reading): JsonObject {
  const attributes: (readonly [name: string, value: string])[] = [];
  for (const [header, values = []] of Object.entries(headers)) {
    const isType = header === "content-type";
    if ((!isType && !header.startsWith(PREFIX)) || isFull(reading)) continue;
    const name = isType ? "datacontenttype" : header.slice(PREFIX.length);
    const value = isType ? onlyOne(header, values, reading) : readValue(header, values, reading);
    if (value !== undefined) attributes.push([name, value]);
  }
  return Object.fromEntries(attributes);
}

function onlyOne(header: string, values: readonly string[], reading: Reading): string | undefined {
  return values.length > 1 ? refuse(reading, "", header, "is there more than once") : values[0];
}

/** What other headers and the body say must not be said twice. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["ce-data", "the data of an event in binary mode is the body"],
  ["ce-datacontenttype", "stands in the header Content-Type"],
]);

function readValue(header: string, values: readonly string[], reading: Reading): string | undefined {
  const elsewhere = ELSEWHERE.get(header);
  if (elsewhere !== undefined) return refuse(reading, "", header, elsewhere);
  const text = onlyOne(header, values, reading);
  if (text === undefined) return undefined;
  const detail = "is not UTF-8: percent-encode each byte of it that is not ASCII";
  return decodeValue(text) ?? refuse(reading, "", header, detail);
}

/** Neither quoted nor encoded: most values. */
const PLAIN = /^[ !#$&-~]*$/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"$/;

/**
 * The text of a header: quotes around all of it are taken off, then it is percent-decoded once. Undefined where its bytes
 * are not UTF-8. A percent sign without two hex digits, which no encoder makes, stands for itself.
 */
export function decodeValue(header: string): string | undefined {
  if (PLAIN.test(header)) return header;
  const quoted = QUOTED.exec(header)?.[1];
  const text = quoted === undefined ? header : quoted.replaceAll(/\\(.)/g, "$1");
  const octets = text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return decodeUtf8(Buffer.from(octets, "latin1")); // headers arrive as one character for each byte
}

/** The member that a body is in the JSON event format: by its media type `data` (JSON, text) or `data_base64`. */
function readData(bytes: Uint8Array, contentType: string | undefined, depth: number): Data {
  if (bytes.length === 0) return { ok: true, member: NO_DATA };
  const kind = kindOf(contentType);
  if (kind === "other") return { ok: true, member: { data_base64: Buffer.from(bytes).toString("base64") } };
  if (!isUtf8(contentType ?? "")) return { ok: false, code: "unsupported-charset", faults: [] };
  const text = decodeUtf8(bytes);
  if (text === undefined) return { ok: false, code: "bad-utf8", faults: [] };
  return kind === "text" ? { ok: true, member: { data: text } } : readJson(text, depth);
}

function readJson(text: string, depth: number): Data {
  const parsed = parseStrictJson(text, { depth });
  if (parsed.ok) return { ok: true, member: dataMember(parsed.value) };
  const { code, pointer, detail } = parsed.fault;
  const faults = [{ pointer: pointer.length > MAX_POINTER ? "/data" : `/data${pointer}`, detail }];
  if (code === "empty") return { ok: false, code: "empty-body", faults };
  return { ok: false, code: code === "lone-surrogate" ? "invalid-event" : "bad-json", faults };
}

function dataMember(data: Json): JsonObject {
  return { data };
}

function kindOf(contentType: string | undefined): "json" | "text" | "other" {
  const mediaType = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (mediaType.endsWith("/json") || mediaType.endsWith("+json")) return "json";
  return mediaType.startsWith("text/") ? "text" : "other";
}

/** Whether a media type names no charset, or one that UTF-8 reads. */
function isUtf8(contentType: string): boolean {
  const [, charset = "utf-8"] = /;[ \t]*charset[ \t]*=[ \t]*"?([^";\s]*)/i.exec(contentType) ?? [];
  return ["utf-8", "us-ascii"].includes(charset.toLowerCase());
}
