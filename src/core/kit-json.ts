/**
 * The JSON of a manifest: its bytes must equal their own canonical form.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import { isJsonObject, type Json, type JsonObject } from "./json.ts";
import { KitError, quoted } from "./kit-code.ts";
import { decodeUtf8, parseStrictJson } from "./strict-json.ts";

const MAX_DEPTH = 32;
/** Rows of the file table between two points where the caller may let others run. */
const SLICE = 1000;
const NO_FILES = '"files":[]';

/** Whether a value is a JSON array (Array.isArray does not narrow readonly ones). */
export function isJsonList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The text of a manifest's bytes. Throws KitError KIT_JSON_UTF8. */
export function manifestText(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new KitError("KIT_JSON_UTF8", "");
  return text;
}

/** The value of a manifest's text, in slices. Throws KitError KIT_JSON_*. It may hold a key `__proto__`. */
export function* strictManifestValue(text: string): Generator<void, Json> {
  yield;
  const value = quickValue(text);
  yield;
  if (value !== undefined && (yield* canonicalText(value)) === text) return value;
  return exactValue(text);
}

/** The value of a text that is its own canonical form; undefined where only the exact reading can tell. */
export function quickCanonical(text: string): Json | undefined {
  const value = quickValue(text);
  return value !== undefined && canonicalJson(value) === text ? value : undefined;
}

/**
 * The value of a text that may well be sound: its equality with its own canonical form proves that it is. Undefined
 * where the exact reading must tell what is wrong.
 */
function quickValue(text: string): Json | undefined {
  if (text.includes("__proto__")) return undefined;
  const value = readable(text);
  return value !== undefined && isSound(value, MAX_DEPTH) ? value : undefined;
}

/** The value of a text that is JSON at all. */
function readable(text: string): Json | undefined {
  try {
    // oxlint-disable-next-line typescript/no-unsafe-return -- JSON.parse types its answer `any`; it yields Json by definition
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is nested at most `depth` deep and can be written again. */
function isSound(value: Json, depth: number): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  if (depth === 0) return false;
  if (isJsonList(value)) return value.every((member) => isSound(member, depth - 1));
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isSound(member, depth - 1));
}

/**
 * What is wrong with a text, in the order of the format: depth, syntax, canonical form. A key `__proto__` in a text that is
 * sound otherwise is the schema's business.
 */
function exactValue(text: string): Json {
  const parsed = parseStrictJson(text, { depth: MAX_DEPTH });
  if (parsed.ok && canonicalJson(parsed.value) === text) return parsed.value;
  if (parsed.ok) throw new KitError("KIT_JSON_NOT_CANONICAL", "");
  const { code, pointer, detail } = parsed.fault;
  const at = pointer === "" ? detail : `${quoted(pointer)}: ${detail}`;
  if (code === "depth") throw new KitError("KIT_JSON_DEPTH", at);
  const value = readable(text);
  if (value === undefined) throw new KitError("KIT_JSON_SYNTAX", at);
  if (code !== "prototype-key" || !isSound(value, MAX_DEPTH) || canonicalJson(value) !== text)
    throw new KitError("KIT_JSON_NOT_CANONICAL", at);
  return value;
}

/** RFC 8785 text, the members of an object and the rows of its `files` one by one. */
function* canonicalText(value: Json): Generator<void, string> {
  const files = isJsonObject(value) ? value["files"] : undefined;
  if (!isJsonObject(value) || !isJsonList(files)) return canonicalJson(value);
  const rows: string[] = [];
  for (const row of files) {
    rows.push(canonicalJson(row));
    if (rows.length % SLICE === 0) yield;
  }
  return withRows(value, rows);
}

/** RFC 8785 text of an object whose `files` are these texts. */
export function withRows(value: JsonObject, rows: readonly string[]): string {
  const around = canonicalJson({ ...value, files: [] });
  const at = around.indexOf(NO_FILES) + NO_FILES.length - 1;
  return `${around.slice(0, at)}${rows.join(",")}${around.slice(at)}`;
}
