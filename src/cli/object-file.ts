/**
 * Objects as people hand them in: from a file or standard input, and changed by `--set path=value`.
 * @module
 */
import * as fs from "node:fs";
import { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { parseStrictJson } from "../core/strict-json.ts";
import { type FileFault, positionOf, readObjectText } from "./config-folder.ts";
import { faultLine } from "./config-report.ts";
import { CliError } from "./error.ts";
import type { Io } from "./io.ts";

const MAX_DEPTH = 32;
const STDIN = "standard input";

/** An object with the text that it was read from. */
export interface GivenObject {
  readonly value: JsonObject;
  readonly file: string;
  readonly text: string;
}

/** Reads one object; `-` is standard input. Throws CliError `failed` with the place of the fault. */
export async function readGiven(file: string, io: Io): Promise<GivenObject> {
  if (file !== "-") demandFile(file);
  const name = file === "-" ? STDIN : file;
  const bytes = file === "-" ? await collect(io.stdin()) : fs.readFileSync(file);
  const read = readObjectText(name, bytes);
  if (!("value" in read)) throw new CliError("failed", faultLine(read));
  if (!isJsonObject(read.value)) throw new CliError("failed", `${name}: must hold one object`);
  return { value: read.value, file: name, text: read.text };
}

/** Throws CliError `usage` for what a person takes for a file: a field, the object itself, a folder. */
function demandFile(file: string): void {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory() === true)
    throw new CliError("usage", `${file} is a folder: give the file of one object, or sealpost config apply a folder`);
  if (stat !== undefined) return;
  if (/^\s*[[{]/.test(file))
    throw new CliError("usage", `${file} is no file: pipe the object in, and give - as the file`);
  if (/^[A-Za-z][\w.]*=/.test(file))
    throw new CliError("usage", `${file} is no file: a field is put with --set ${file}`);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const Faulted = z.looseObject({
  detail: z.string().optional(),
  errors: z.array(z.looseObject({ pointer: z.string(), detail: z.string() })).min(1),
});

/** What the server found wrong, at its place in the file that was handed in; undefined for another answer. */
export function placedFaults(problem: Json | undefined, { file, text }: GivenObject): string[] | undefined {
  const read = Faulted.safeParse(problem);
  if (!read.success) return undefined;
  return read.data.errors.map(({ pointer, detail }): string => {
    const fault: FileFault = { file, ...(pointer === "" ? {} : positionOf(text, pointer)), pointer, detail };
    return faultLine(fault);
  });
}

/** One `--set path=value` or `--unset path`; without a value the field is taken away. */
export interface FieldEdit {
  /** Names and places, in order. */
  readonly path: readonly string[];
  readonly value?: Json;
}

/** Reads `path=value`: a value is JSON, or else text. Throws CliError `usage`. */
export function readSet(given: string): FieldEdit {
  const at = given.indexOf("=");
  if (at < 1) throw new CliError("usage", `--set: "${given}" is not path=value, such as match.minSeverity=high`);
  const text = given.slice(at + 1);
  const parsed = parseStrictJson(text, { depth: MAX_DEPTH });
  return { path: pathOf(given.slice(0, at)), value: parsed.ok ? parsed.value : text };
}

/** Reads the path of `--unset`. Throws CliError `usage`. */
export function readUnset(given: string): FieldEdit {
  return { path: pathOf(given) };
}

function pathOf(text: string): string[] {
  const path = text.split(".");
  if (path.some((name) => name === "" || name === "__proto__"))
    throw new CliError("usage", `"${text}" is no path of a field, such as actions.0.channel`);
  return path;
}

/** The object with the edits made, one after the other. Throws CliError `usage` for a path that leads nowhere. */
export function edited(value: JsonObject, edits: readonly FieldEdit[]): JsonObject {
  let result: Json = value;
  for (const { path, value: put } of edits) result = changed(result, { path, put, whole: path.join(".") });
  if (isJsonObject(result)) return result;
  throw new CliError("usage", "an object stays one");
}

interface Change {
  readonly path: readonly string[];
  readonly put: Json | undefined;
  readonly whole: string;
}

function changed(value: Json | undefined, { path, put, whole }: Change): Json {
  const [name = "", ...rest] = path;
  if (Array.isArray(value)) return changedList(value, { path, put, whole });
  if (value !== undefined && !isJsonObject(value))
    throw new CliError("usage", `${whole}: ${name} stands in what has no fields`);
  const held: JsonObject = value ?? {};
  if (rest.length > 0) return { ...held, [name]: changed(held[name], { path: rest, put, whole }) };
  const { [name]: _, ...others } = held;
  return put === undefined ? others : { ...held, [name]: put };
}

/** A place of a list; the one after its last appends. */
function changedList(list: readonly Json[], { path: [name = "", ...rest], put, whole }: Change): Json {
  const at = /^(0|[1-9][0-9]{0,4})$/.test(name) ? Number(name) : Number.NaN;
  if (!(at <= list.length))
    throw new CliError("usage", `${whole}: ${name} is no place of that list, which has ${list.length}`);
  if (rest.length === 0 && put === undefined) return list.filter((_, place) => place !== at);
  const item = rest.length === 0 ? (put ?? null) : changed(list[at], { path: rest, put, whole });
  return [...list.slice(0, at), item, ...list.slice(at + 1)];
}
