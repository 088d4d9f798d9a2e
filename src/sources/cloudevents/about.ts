import type { Scope } from "../../core/event.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { pointerTo, readText, type Reading, refuse, textFault } from "./reading.ts";

/** Labels of one event, and characters of their names and values. */
const MAX_LABELS = 100;
const MAX_NAME = 256;
const MAX_VALUE = 4096;
const MAX_SCOPE = 1024;
const SCOPE_NAMES = ["namespace", "repo", "digest", "resource"] as const;

type Labels = Readonly<Record<string, string>>;

const NO_LABELS: Labels = {};
const NO_SCOPE: Scope = {};

/** What an event is about: `labels` and `scope` of its data, empty where it has none (`null` is none). `at` is the event's pointer. */
export function readAbout(data: Json | undefined, at: string, reading: Reading): { labels: Labels; scope: Scope } {
  if (!isJsonObject(data)) return { labels: NO_LABELS, scope: NO_SCOPE };
  return {
    labels: readLabels(data.labels, `${at}/data`, reading),
    scope: readScope(data.scope, `${at}/data`, reading),
  };
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
