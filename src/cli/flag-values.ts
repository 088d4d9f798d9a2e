/**
 * Values of flags: repeated ones, JSON, labels.
 * @module
 */
import type { Json } from "../core/json.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { CliError } from "./error.ts";

const MAX_DEPTH = 32;

/** Gathers the values of a flag that may be given more than once. */
export function repeated(value: string, all: readonly string[]): string[] {
  return [...all, value];
}

/** The JSON of a flag. Throws CliError `usage`. */
export function flagJson(flag: string, text: string): Json {
  const parsed = parseStrictJson(text, { depth: MAX_DEPTH });
  if (parsed.ok) return parsed.value;
  throw new CliError("usage", `${flag}: is no JSON: ${parsed.fault.detail}`);
}

/** Labels of `--label name=value`. Throws CliError `usage`. */
export function flagLabels(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(given.map(labelOf));
}

function labelOf(given: string): readonly [string, string] {
  const at = given.indexOf("=");
  if (at < 1) throw new CliError("usage", `--label: "${given}" is not name=value, such as host=db-01`);
  return [given.slice(0, at), given.slice(at + 1)];
}
