import { CoreError } from "./error.ts";
import type { Json, JsonObject } from "./json.ts";

/**
 * RFC 8785 text of a JSON value: keys in order of UTF-16 code units, no whitespace, ECMAScript numbers.
 * Throws CoreError `lone-surrogate` or `not-json` (a number that is not finite, undefined).
 */
export function canonicalJson(value: Json): string {
  if (typeof value === "string") return canonicalString(value);
  if (typeof value === "number") return canonicalNumber(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "object") return value === null ? "null" : canonicalContainer(value);
  throw new CoreError("not-json", `a value of type ${typeof value} has no JSON form`);
}

function canonicalNumber(value: number): string {
  if (!Number.isFinite(value)) throw new CoreError("not-json", `${value} has no JSON form`);
  return JSON.stringify(value);
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new CoreError("lone-surrogate", "a string holds a lone surrogate");
  return JSON.stringify(text);
}

function canonicalContainer(value: readonly Json[] | JsonObject): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  let text = "";
  for (const key of Object.keys(value).toSorted(byCodeUnits)) {
    const member = value[key];
    if (member === undefined) throw new CoreError("not-json", `${JSON.stringify(key)} is undefined`);
    text += `${text === "" ? "" : ","}${canonicalString(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** Array.isArray does not narrow readonly arrays. */
function isArray(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

function byCodeUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
