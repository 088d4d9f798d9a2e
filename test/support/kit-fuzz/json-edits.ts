/**
 * Changes to JSON: to values, and to the form of a text that may leave the value as it is.
 * @module
 */
import { isJsonObject, type Json } from "../../../src/core/json.ts";
import { isJsonList } from "../../../src/core/kit-json.ts";
import type { Draw } from "./draw.ts";

const LONG = 5000;
const DEEP = 40;

/** Values that programs stumble over. */
const ODD: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e21,
  -1e-7,
  "",
  "*",
  "_",
  "..",
  "0",
  "__proto__",
  "constructor",
  "SHA256:",
  "2026-02-30T00:00:00Z",
  "9999-12-31T23:59:59Z",
  "0".repeat(64),
  "content/rules/../x.json",
  "content/CON.json",
  "é\u{1f4a3}\u202e",
  "\ud800",
  "\u0000",
  "x".repeat(LONG),
  [],
  {},
  [[]],
  { a: { b: [null] } },
  JSON.parse("[".repeat(DEEP) + "]".repeat(DEEP)),
];
const KEYS = ["extra", "schema", "path", "__proto__", "constructor", "", "sha256", "\ud800", "keyid", "toString"];

/** A value with one place in it changed. */
export function editJson(json: Json, draw: Draw): Json {
  if (isJsonList(json) && json.length > 0 && draw.chance(0.7)) {
    const at = draw.below(json.length);
    return json.map((item, index) => (index === at ? editJson(item, draw) : item));
  }
  if (isJsonObject(json) && Object.keys(json).length > 0 && draw.chance(0.85)) {
    const chosen = draw.pick(Object.keys(json));
    return membersOf(Object.entries(json).map(([key, value]) => [key, key === chosen ? editJson(value, draw) : value]));
  }
  return editNode(json, draw);
}

/** `fromEntries` makes even `__proto__` a key like others. */
function membersOf(entries: readonly (readonly [string, Json])[]): Json {
  return Object.fromEntries(entries);
}

function editNode(json: Json, draw: Draw): Json {
  if (draw.chance(0.15)) return draw.pick(ODD);
  if (isJsonList(json)) return editList(json, draw);
  if (isJsonObject(json)) return editMembers(Object.entries(json), draw);
  if (typeof json === "string") return editText(json, draw);
  if (typeof json === "number") return json + draw.pick([1, -1, 0.5, 1000, 2 ** 53, -json]);
  return json === null ? draw.pick(ODD) : !json;
}

function editList(list: readonly Json[], draw: Draw): Json {
  const at = draw.below(Math.max(list.length, 1));
  return draw.pick<() => Json>([
    () => list.toSpliced(at, 1),
    () => list.toSpliced(at, 0, draw.pick([...list, ...ODD])),
    () => list.toReversed(),
    () => [...list.slice(at), ...list.slice(0, at)],
    () => [...list, ...list],
    () => [],
  ])();
}

function editMembers(entries: readonly [string, Json][], draw: Draw): Json {
  const at = draw.below(Math.max(entries.length, 1));
  const value = draw.pick([...entries.map(([, one]) => one), ...ODD]);
  const names = [...KEYS, ...entries.map(([name]) => name.toUpperCase())];
  return membersOf(
    draw.pick([
      () => entries.toSpliced(at, 1),
      () => [...entries, [draw.pick(names), value] as const],
      () => entries.map(([name, one], index) => [index === at ? draw.pick(names) : name, one] as const),
      () => entries.map(([name, one], index) => [name, index === at ? value : one] as const),
    ])(),
  );
}

function editText(text: string, draw: Draw): string {
  const at = draw.below(Math.max(text.length, 1));
  const odd = draw.pick(["a", "A", "0", "/", ".", "-", " ", "\n", "=", "\u0000", "é", "\ud800", "\u{1f4a3}"]);
  return draw.pick([
    () => text.slice(0, at) + text.slice(at + 1),
    () => text.slice(0, at) + odd + text.slice(at),
    () => text.slice(0, at) + odd + text.slice(at + 1),
    () => text.toUpperCase(),
    () => text + text,
    () => text.slice(0, at),
    () => text.split("").toReversed().join(""),
  ])();
}

/** A JSON text in another form; often of the same value, sometimes of none. */
export function reformText(text: string, draw: Draw): string {
  const at = draw.below(text.length + 1);
  return draw.pick([
    () => `${text.slice(0, at)}${draw.pick([" ", "\n", "\t", "\r", "\u00a0", ",", "}", "]", '"'])}${text.slice(at)}`,
    () => text.replaceAll(",", draw.pick([", ", ",\n", "\t,"])),
    () => text.replaceAll(":", ": "),
    () => `${text}${draw.pick(["\n", " ", "\0", "{}", ",", "//"])}`,
    () => `${draw.pick(["\ufeff", " ", "\n", "\0"])}${text}`,
    () => escapedAt(text, at),
    () => text.replace(/":(\d+)/, draw.pick(['":$1.0', '":$1e0', '":-0', '":0$1', '":+$1', '":1e400', '":NaN'])),
    () => text.replace(/\{("[^"]*":[^,{}[\]]*),/, "{$1,$1,"),
    () => text.replace(/\{("[^"]*":[^,{}[\]]*),(.*?)\}/, "{$2,$1}"),
    () => text.replace("{", '{"__proto__":{},'),
    () => text.replaceAll('"', "'"),
    () => text.slice(0, at),
    () => text.replace("}", ",}"),
  ])();
}

/** Writes a character as its escape, where that is allowed. */
function escapedAt(text: string, at: number): string {
  const found = text.slice(at).search(/[a-z/]/);
  if (found === -1) return text;
  const code = text.charCodeAt(at + found).toString(16);
  return `${text.slice(0, at + found)}\\u${code.padStart(4, "0")}${text.slice(at + found + 1)}`;
}
