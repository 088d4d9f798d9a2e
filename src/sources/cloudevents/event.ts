import { correlationKey, type AlertState, type EventInput } from "../../core/event.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { SEND_SOURCE } from "../../core/hand-sent.ts";
import { readAbout } from "./about.ts";
import { isBase64, isMediaType, isTime, isUri, isUriReference } from "./format.ts";
import { readBody } from "./body.ts";
import { pointerTo, readText, type Reading, refuse, textFault } from "./reading.ts";

/** Characters that an attribute may have at most. */
const MAX_ID = 1024;
const MAX_TYPE = 256;
const MAX_TIME = 64;

/** Every member that is read by name; all others are extensions. */
const KNOWN: ReadonlySet<string> = new Set([
  "specversion",
  "id",
  "source",
  "type",
  "subject",
  "time",
  "datacontenttype",
  "dataschema",
  "data",
  "data_base64",
  "severitytext",
  "kind",
  "alertstate",
  "correlationid",
  "tenant",
]);
const EXTENSION_NAME = /^[a-z0-9]{1,20}$/;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One event of the JSON event format, or undefined with its faults noted; `at` is its pointer. Unset attributes may be `null`. */
export function readEvent(value: JsonObject, at: string, reading: Reading): EventInput | undefined {
  const before = reading.faults.length;
  if (value.specversion !== "1.0")
    refuse(reading, at, "specversion", value.specversion === undefined ? "is missing" : 'must be "1.0"');
  const text = (name: string, max: number): string | undefined => readText(value[name], { at, name, max }, reading);
  const sourceId = required(value, "id", { at, max: MAX_ID }, reading);
  const source = readSource(value, at, reading);
  const type = required(value, "type", { at, max: MAX_TYPE }, reading);
  const kind = text("kind", MAX_TYPE);
  const subject = text("subject", MAX_ID);
  const correlation = text("correlationid", MAX_ID);
  const time = formatted(
    text("time", MAX_TIME),
    isTime,
    { at, name: "time", detail: "must be a time of RFC 3339" },
    reading,
  );
  checkFormats(value, at, reading);
  checkExtensions(value, at, reading);
  const stated = readAbout(value, at, reading);
  const alertState = readAlertState(value.alertstate, at, reading);
  noteTenant(text("tenant", MAX_TYPE), at, reading);
  if (reading.faults.length > before || source === undefined || sourceId === undefined || type === undefined)
    return undefined;
  const told = readBody(type, { value, at, stated }, reading);
  if (told === undefined) return undefined;
  const event: Writable<EventInput> = {
    source,
    sourceId,
    type,
    kind: kind ?? told.kind ?? type,
    severity: told.severity ?? "info",
    labels: told.labels,
    scope: told.scope,
    correlationId: "",
  };
  if (subject !== undefined) event.subject = subject;
  if (time !== undefined) event.time = time;
  if (alertState !== undefined) event.alertState = alertState;
  if (told.vuln !== undefined) event.vuln = told.vuln;
  if (value.data !== undefined) event.data = value.data;
  else if (typeof value.data_base64 === "string") event.data = value.data_base64;
  event.correlationId = correlationKey(event, correlation);
  return event;
}

function readSource(value: JsonObject, at: string, reading: Reading): string | undefined {
  const text = required(value, "source", { at, max: MAX_ID }, reading);
  if (text === SEND_SOURCE)
    return refuse(reading, at, "source", "is that of messages that people send by hand: POST /notify/send");
  return formatted(text, isUriReference, { at, name: "source", detail: "must be a URI reference" }, reading);
}

function required(
  value: JsonObject,
  name: string,
  { at, max }: { at: string; max: number },
  reading: Reading,
): string | undefined {
  const given = value[name];
  if (given === undefined) return refuse(reading, at, name, "is missing");
  if (given === null) return refuse(reading, at, name, "must be a string");
  return readText(given, { at, name, max }, reading);
}

function formatted(
  text: string | undefined,
  isFormat: (text: string) => boolean,
  { at, name, detail }: { at: string; name: string; detail: string },
  reading: Reading,
): string | undefined {
  if (text === undefined || isFormat(text)) return text;
  return refuse(reading, at, name, detail);
}

/** Attributes that are checked and not kept. */
function checkFormats(value: JsonObject, at: string, reading: Reading): void {
  if (value.datacontenttype !== undefined) {
    const text = readText(value.datacontenttype, { at, name: "datacontenttype", max: MAX_ID }, reading);
    formatted(text, isMediaType, { at, name: "datacontenttype", detail: "must be a media type" }, reading);
  }
  if (value.dataschema !== undefined) {
    const text = readText(value.dataschema, { at, name: "dataschema", max: MAX_ID }, reading);
    formatted(text, isUri, { at, name: "dataschema", detail: "must be a URI" }, reading);
  }
  const binary = value.data_base64;
  if (binary === undefined || binary === null) return;
  if (value.data !== undefined) refuse(reading, at, "data_base64", "an event has data or data_base64, not both");
  else if (typeof binary !== "string" || !isBase64(binary)) refuse(reading, at, "data_base64", "must be base64");
}

function checkExtensions(value: JsonObject, at: string, reading: Reading): void {
  for (const name of Object.keys(value)) {
    if (KNOWN.has(name)) continue;
    if (!EXTENSION_NAME.test(name)) refuse(reading, at, name, "a name of an attribute is 1 to 20 of a-z and 0-9");
    else {
      const fault = extensionFault(value[name]);
      if (fault !== undefined) refuse(reading, at, name, fault);
    }
  }
}

/** Extensions are of the CloudEvents types that JSON can show: String, Boolean, Integer (32 bits, signed). */
function extensionFault(value: Json | undefined): string | undefined {
  if (value === undefined || value === null || typeof value === "boolean") return undefined;
  if (typeof value === "string") return textFault(value, Number.MAX_SAFE_INTEGER);
  if (typeof value === "number" && (value | 0) === value) return undefined;
  return "must be a string, a boolean or a whole number of 32 bits";
}

function readAlertState(value: Json | undefined, at: string, reading: Reading): AlertState | undefined {
  if (value === undefined || value === null) return undefined;
  if (value === "firing" || value === "resolved") return value;
  return refuse(reading, at, "alertstate", "must be firing or resolved");
}

/** Names each tenant once: a batch mostly names one. */
function noteTenant(tenant: string | undefined, at: string, { tenants }: Reading): void {
  if (tenant === undefined || tenants.some((named) => named.tenant === tenant)) return;
  tenants.push({ pointer: pointerTo(at, "tenant"), tenant });
}
