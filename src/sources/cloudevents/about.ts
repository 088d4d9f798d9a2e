import { type Scope, type Severity, severityOf } from "../../core/event.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { pointerTo, readText, type Reading, refuse, textFault } from "./reading.ts";

/** Labels of one event, and characters of their names and values. */
export const MAX_LABELS = 100;
const MAX_NAME = 256;
const MAX_VALUE = 4096;
const MAX_SCOPE = 1024;
const MAX_WORD = 64;
const SCOPE_NAMES = ["namespace", "repo", "digest", "resource"] as const;

type Labels = Readonly<Record<string, string>>;

const NO_LABELS: Labels = {};
const NO_SCOPE: Scope = {};

/** What the sender of an event states: what it is about, and how grave it is if that is said. */
export interface Stated {
  readonly labels: Labels;
  readonly scope: Scope;
  readonly severity: Severity | undefined;
}

/** The severity of an event, and `labels` and `scope` of its data, empty where it has none (`null` is none). `at` is the event's pointer. */
export function readAbout(value: JsonObject, at: string, reading: Reading): Stated {
  const { data } = value;
  const severity = readSeverity(value.severitytext, at, reading);
  if (!isJsonObject(data)) return { labels: NO_LABELS, scope: NO_SCOPE, severity };
  return {
    labels: readLabels(data.labels, `${at}/data`, reading),
    scope: readScope(data.scope, `${at}/data`, reading),
    severity,
  };
}

function readSeverity(value: Json | undefined, at: string, reading: Reading): Severity | undefined {
  const word = readText(value, { at, name: "severitytext", max: MAX_WORD }, reading);
  if (word === undefined) return undefined;
  const detail = "is not a known severity: info, low, medium, high, critical or a common alias";
  return severityOf(word) ?? refuse(reading, at, "severitytext", detail);
}

function readLabels(value: Json | undefined, at: string, reading: Reading): Labels {
  if (value === undefined || value === null) return NO_LABELS;
  if (isJsonObject(value) && isLabels(value, pointerTo(at, "labels"), reading)) return value;
  if (!isJsonObject(value)) refuse(reading, at, "labels", "must be an object of strings");
  return NO_LABELS;
}

/** Whether every member is a sound label; faults of those that are not are noted. */
function isLabels(value: JsonObject, at: string, reading: Reading): value is Labels {
  const before = reading.faults.length;
  const names = Object.keys(value);
  if (names.length > MAX_LABELS) reading.faults.push({ pointer: at, detail: `holds more than ${MAX_LABELS} labels` });
  else for (const name of names) checkLabel(value, name, { at, reading });
  return reading.faults.length === before;
}

function checkLabel(labels: JsonObject, name: string, { at, reading }: { at: string; reading: Reading }): void {
  const nameFault = name === "" ? "must not be empty" : textFault(name, MAX_NAME);
  if (nameFault !== undefined) refuse(reading, at, name, `the label's name ${nameFault}`);
  const fault = textFault(labels[name] ?? null, MAX_VALUE);
  if (fault !== undefined) refuse(reading, at, name, fault);
}

/** The four members that are ours; others stay in the data alone. */
function readScope(value: Json | undefined, at: string, reading: Reading): Scope {
  if (value === undefined || value === null) return NO_SCOPE;
  if (!isJsonObject(value)) {
    refuse(reading, at, "scope", "must be an object");
    return NO_SCOPE;
  }
  const scope: { -readonly [Key in keyof Scope]: Scope[Key] } = {};
  for (const name of SCOPE_NAMES) {
    const text = readText(value[name], { at: `${at}/scope`, name, max: MAX_SCOPE }, reading);
    if (text !== undefined) scope[name] = text;
  }
  return scope;
}
