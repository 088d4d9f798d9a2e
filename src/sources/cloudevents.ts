/**
 * CloudEvents 1.0 over HTTP: structured (one event in JSON), batched, and binary. One invalid event refuses the whole
 * request.
 * @module
 */
import type { EventInput } from "../core/event.ts";
import { isJsonObject, type Json } from "../core/json.ts";
import type { Source, SourceResult } from "../core/source.ts";
import { decodeUtf8, parseStrictJson } from "../core/strict-json.ts";
import { readBinary } from "./cloudevents/binary.ts";
import { readEvent } from "./cloudevents/event.ts";
import { createReading, isFull, type Reading } from "./cloudevents/reading.ts";

/** Events that one request may hold. */
export const MAX_BATCH = 1000;
/** Levels of arrays and objects in a request. */
const MAX_DEPTH = 32;
/** A longer pointer of a fault says nothing to people and is answered as the root. */
const MAX_POINTER = 1024;

/** One event in the JSON event format. */
export const cloudEvents: Source = {
  name: "cloudevents",
  mediaTypes: ["application/cloudevents+json"],
  read: (bytes) => readDocument(bytes, readOne),
};

/** Events in the JSON batch format: at most MAX_BATCH, an empty batch included. */
export const cloudEventsBatch: Source = {
  name: "cloudevents",
  mediaTypes: ["application/cloudevents-batch+json"],
  read: (bytes) => readDocument(bytes, readBatch),
};

/** One event in binary mode: its attributes are `ce-` headers, its data is the body, of any media type. */
export const cloudEventsBinary: Source = {
  name: "cloudevents",
  mediaTypes: [],
  marker: "ce-specversion",
  read: (bytes, headers = {}) => readBinary(bytes, headers, MAX_DEPTH - 1),
};

function readDocument(bytes: Uint8Array, read: (value: Json) => SourceResult): SourceResult {
  if (bytes.length === 0) return { ok: false, code: "empty-body", faults: [] };
  const text = decodeUtf8(bytes);
  if (text === undefined) return { ok: false, code: "bad-utf8", faults: [] };
  const parsed = parseStrictJson(text, { depth: MAX_DEPTH });
  if (parsed.ok) return read(parsed.value);
  const { code, pointer, detail } = parsed.fault;
  const faults = [{ pointer: pointer.length > MAX_POINTER ? "" : pointer, detail }];
  if (code === "empty") return { ok: false, code: "empty-body", faults };
  return { ok: false, code: code === "lone-surrogate" ? "invalid-event" : "bad-json", faults };
}

function readOne(value: Json): SourceResult {
  const reading = createReading();
  const event = readMember(value, "", reading);
  return result(event === undefined ? [] : [event], reading);
}

function readBatch(value: Json): SourceResult {
  if (!isJsonArray(value))
    return { ok: false, code: "invalid-event", faults: [{ pointer: "", detail: "a batch is a JSON array of events" }] };
  if (value.length > MAX_BATCH) {
    return {
      ok: false,
      code: "batch-too-large",
      faults: [{ pointer: "", detail: `holds ${value.length} events where at most ${MAX_BATCH} may be` }],
    };
  }
  const reading = createReading();
  const events: EventInput[] = [];
  for (let at = 0; at < value.length && !isFull(reading); at++) {
    const event = readMember(value[at], `/${at}`, reading);
    if (event !== undefined) events.push(event);
  }
  return result(events, reading);
}

function readMember(value: Json | undefined, at: string, reading: Reading): EventInput | undefined {
  if (isJsonObject(value)) return readEvent(value, at, reading);
  reading.faults.push({ pointer: at, detail: "an event is a JSON object" });
  return undefined;
}

function result(events: readonly EventInput[], { faults, tenants }: Reading): SourceResult {
  return faults.length === 0 ? { ok: true, events, tenants } : { ok: false, code: "invalid-event", faults };
}

/** Array.isArray does not narrow readonly arrays. */
function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
