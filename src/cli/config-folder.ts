/**
 * A folder of configuration: `<kind>/<id>.json` or `.yaml`, one object a file.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { KINDS } from "../core/config.ts";
import type { Json } from "../core/json.ts";
import { pointerPath } from "../core/pointer.ts";
import { decodeUtf8, parseStrictJson } from "../core/strict-json.ts";
import { CliError } from "./error.ts";

const MAX_BYTES = 2 ** 20;
const MAX_DEPTH = 32;
const EXTENSION = /\.(json|ya?ml)$/;
/** Bindings are the site's own values: `channels bind` writes them. */
const WRITTEN: readonly string[] = KINDS.filter((kind) => kind !== "binding");

/** One object as its file has it. */
export interface FolderObject {
  readonly kind: string;
  readonly id: string;
  readonly value: Json;
  /** Path as people know it. */
  readonly file: string;
  readonly text: string;
}

/** What is wrong in which file; line and column count from 1. */
export interface FileFault {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly pointer?: string;
  readonly detail: string;
}

export interface Folder {
  readonly objects: readonly FolderObject[];
  readonly faults: readonly FileFault[];
}

/** Reads a folder whole, in order of names; names that begin with a dot are passed over. Throws CliError `missing` where there is none. */
export function readConfigFolder(dir: string): Folder {
  if (fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new CliError("missing", `${dir} is not a folder`);
  const objects: FolderObject[] = [];
  const faults: FileFault[] = [];
  for (const kind of names(dir)) {
    const at = path.join(dir, kind);
    if (!WRITTEN.includes(kind) || !fs.statSync(at).isDirectory()) {
      faults.push({ file: at, detail: `is not a folder of ${WRITTEN.join(", ")}` });
      continue;
    }
    for (const name of names(at)) readInto({ objects, faults }, kind, path.join(at, name));
  }
  return { objects, faults: [...faults, ...twice(objects)] };
}

/** Where a pointer (RFC 6901) points in a file's text; undefined where the text cannot tell. */
export function positionOf(text: string, pointer: string): { line: number; column: number } | undefined {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, strict: false });
  const steps = pointerPath(pointer);
  for (let length = steps.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(steps.slice(0, length), true); // the nearest that is there
    if (!isNode(node) || node.range === undefined || node.range === null) continue;
    const { line, col } = lineCounter.linePos(node.range[0]);
    return { line, column: col };
  }
  return undefined;
}

function names(dir: string): string[] {
  return fs
    .readdirSync(dir)
    .filter((name) => !name.startsWith("."))
    .toSorted();
}

function readInto(found: { objects: FolderObject[]; faults: FileFault[] }, kind: string, file: string): void {
  const id = path.basename(file).replace(EXTENSION, "");
  if (!EXTENSION.test(file)) return void found.faults.push({ file, detail: "is neither .json nor .yaml" });
  const stat = fs.statSync(file);
  if (!stat.isFile()) return void found.faults.push({ file, detail: "is not a file" }); // a pipe would wait for ever
  const { size } = stat;
  if (size > MAX_BYTES) return void found.faults.push({ file, detail: `is larger than ${MAX_BYTES} bytes` });
  const read = readObjectText(file, fs.readFileSync(file));
  if ("value" in read) found.objects.push({ kind, id, file, ...read });
  else found.faults.push(read);
}

/** One object in JSON or YAML, and its text; JSON is read strictly. */
export function readObjectText(
  file: string,
  bytes: Uint8Array,
): { readonly value: Json; readonly text: string } | FileFault {
  if (bytes.length > MAX_BYTES) return { file, detail: `is larger than ${MAX_BYTES} bytes` };
  const text = decodeUtf8(bytes);
  if (text === undefined) return { file, detail: "is not UTF-8" };
  const isJson = EXTENSION.test(file) ? file.endsWith(".json") : text.trimStart().startsWith("{");
  const parsed = isJson ? readJson(text) : readYaml(text);
  return "value" in parsed ? { value: parsed.value, text } : { file, ...parsed };
}

type Parsed = { readonly value: Json } | Omit<FileFault, "file">;

function readJson(text: string): Parsed {
  const parsed = parseStrictJson(text, { depth: MAX_DEPTH });
  if (parsed.ok) return { value: parsed.value };
  const { code, pointer, detail } = parsed.fault;
  return { ...(code === "syntax" ? saidPosition(detail) : duplicatePosition(text, pointer)), pointer, detail };
}

/** The words of a syntax fault say where it is. */
function saidPosition(detail: string): { line?: number; column?: number } {
  const [, line, column] = /line ([0-9]+), column ([0-9]+)/.exec(detail) ?? [];
  return line === undefined ? {} : { line: Number(line), column: Number(column) };
}

/** The YAML reader knows where a key occurs again. */
function duplicatePosition(text: string, pointer: string): { line?: number; column?: number } {
  const lineCounter = new LineCounter();
  const [error] = parseDocument(text, { lineCounter }).errors;
  if (error === undefined) return positionOf(text, pointer) ?? {};
  const { line, col } = lineCounter.linePos(error.pos[0]);
  return { line, column: col };
}

function readYaml(text: string): Parsed {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, strict: true, uniqueKeys: true, prettyErrors: false });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    const { line, col } = lineCounter.linePos(problem.pos[0]);
    return { line, column: col, detail: problem.code === "BAD_ALIAS" ? BARE_STAR : problem.message };
  }
  try {
    const value = z.json().safeParse(document.toJS({ maxAliasCount: 100 }));
    return value.success ? { value: value.data } : { detail: "holds what JSON cannot" };
  } catch (error) {
    return aliasFault(text, error);
  }
}

const BARE_STAR = "what begins with * needs quotes in YAML";

/** A bare `*.full`, which YAML takes for an alias of something; or an alias bomb. */
function aliasFault(text: string, error: unknown): Omit<FileFault, "file"> {
  const detail = error instanceof Error ? error.message : String(error);
  const [, name] = /^Unresolved alias .*: (\S+)$/.exec(detail) ?? [];
  if (name === undefined) return { detail };
  const before = text.slice(0, text.indexOf(`*${name}`)).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, detail: `${BARE_STAR}: "*${name}"` };
}

/** `a.json` beside `a.yaml`. */
function twice(objects: readonly FolderObject[]): FileFault[] {
  const seen = new Map<string, string>();
  return objects.flatMap(({ kind, id, file }) => {
    const other = seen.get(`${kind}/${id}`);
    seen.set(`${kind}/${id}`, file);
    return other === undefined ? [] : [{ file, detail: `is ${kind}/${id} again, after ${other}` }];
  });
}
