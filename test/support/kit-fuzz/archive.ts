/**
 * A kit taken apart, so that its parts can be changed, and put together again. Lenient: what cannot be read stays as it is.
 * @module
 */
import { sha256Hex } from "../../../src/core/hash.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import { type Manifest, parseManifest } from "../../../src/core/kit.ts";
import { KitError } from "../../../src/core/kit-code.ts";
import { carriedFiles, kitStatement, stateRootOf, sumsOf } from "../../../src/core/kit-derive.ts";
import { BLOCK, encodeHeader, paddingOf } from "../../../src/signing/archive-header.ts";
import { listOf, textOf } from "../kit-forge.ts";

export interface Part {
  header: Buffer;
  content: Buffer;
  padding: Buffer;
}

export interface Archive {
  parts: Part[];
  /** What stands behind the last part that could be read. */
  tail: Buffer;
}

export const MANIFEST = "offline-kit.json";
export const SUMS = "SHA256SUMS";

export function splitArchive(bytes: Buffer): Archive {
  const parts: Part[] = [];
  let at = 0;
  while (at + BLOCK <= bytes.length && bytes[at] !== 0) {
    const header = Buffer.from(bytes.subarray(at, at + BLOCK));
    const size = Number.parseInt(header.toString("latin1", 124, 135), 8);
    const end = at + BLOCK + size + paddingOf(size);
    if (Number.isNaN(size) || end > bytes.length) break;
    const content = Buffer.from(bytes.subarray(at + BLOCK, at + BLOCK + size));
    parts.push({ header, content, padding: Buffer.from(bytes.subarray(at + BLOCK + size, end)) });
    at = end;
  }
  return { parts, tail: Buffer.from(bytes.subarray(at)) };
}

export function joinArchive({ parts, tail }: Archive): Buffer {
  return Buffer.concat([...parts.flatMap(({ header, content, padding }) => [header, content, padding]), tail]);
}

export function pathOf({ header }: Part): string {
  const field = (from: number, to: number): string => header.toString("latin1", from, to).split("\0")[0] ?? "";
  const prefix = field(345, 500);
  return prefix === "" ? field(0, 100) : `${prefix}/${field(0, 100)}`;
}

/** A part as a builder would write it; a path that fits no header is cut. */
export function partOf(path: string, content: Buffer): Part {
  const padding = Buffer.alloc(paddingOf(content.length));
  try {
    return { header: encodeHeader({ path, size: content.length }), content, padding };
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    return { header: encodeHeader({ path: path.slice(0, 100), size: content.length }), content, padding };
  }
}

/** Replaces the content of the part with this path, header and padding with it. */
export function setContent(archive: Archive, path: string, content: Buffer): void {
  archive.parts = archive.parts.map((part) => (pathOf(part) === path ? partOf(path, content) : part));
}

export function contentOf({ parts }: Archive, path: string): Buffer | undefined {
  return parts.find((part) => pathOf(part) === path)?.content;
}

export function bundlesOf({ parts }: Archive): Part[] {
  return parts.filter((part) => pathOf(part).startsWith("attestations/"));
}

export function filesOf({ parts }: Archive): Part[] {
  return parts.filter((part) => pathOf(part).startsWith("content/"));
}

/** The value of JSON text in any form, or undefined. */
export function jsonIn(bytes: Buffer | undefined): Json | undefined {
  try {
    const value: Json = JSON.parse(bytes?.toString("utf8") ?? "");
    return value;
  } catch {
    return undefined;
  }
}

/** JSON as RFC 8785 writes it, for any value. */
export function sorted(json: Json | undefined): string {
  if (Array.isArray(json)) return `[${listOf(json).map(sorted).join(",")}]`;
  if (!isJsonObject(json)) return JSON.stringify(json ?? null);
  const keys = Object.keys(json).toSorted((left, right) => (left < right ? -1 : 1));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${sorted(json[key])}`).join(",")}}`;
}

/** How far a change is followed: hashes and sizes in the table, the state root, SHA256SUMS, what bundles claim was signed. */
export interface Follow {
  readonly rows: boolean;
  readonly root: boolean;
  readonly sums: boolean;
  readonly payload: boolean;
}

/** Derives anew what follows from changed contents and rows; signatures stay. */
export function refit(archive: Archive, follow: Follow): void {
  const manifest = jsonIn(contentOf(archive, MANIFEST));
  if (!isJsonObject(manifest)) return;
  const files = listOf(manifest["files"]).map((row) => (follow.rows ? refitRow(archive, row) : row));
  const rows = files.filter(isJsonObject).map(({ path, sha256 }) => ({ path: textOf(path), sha256: textOf(sha256) }));
  const state: Json = follow.root ? { root: stateRootOf(rows), count: files.length } : (manifest["state"] ?? null);
  setContent(archive, MANIFEST, Buffer.from(sorted({ ...manifest, files, state })));
  const omitted = listOf(manifest["omitted"]).map(textOf);
  const done = new Set(omitted);
  const carried = rows.filter(({ sha256 }) => !done.has(sha256) && done.add(sha256));
  if (follow.sums) setContent(archive, SUMS, Buffer.from(sumsOf(carried)));
  const statement = follow.payload ? statementOf(archive) : undefined;
  if (statement === undefined) return;
  for (const part of bundlesOf(archive)) setContent(archive, pathOf(part), withPayload(part.content, statement));
}

function refitRow(archive: Archive, row: Json): Json {
  const content = isJsonObject(row) ? contentOf(archive, textOf(row["path"])) : undefined;
  return content === undefined || !isJsonObject(row)
    ? row
    : { ...row, sha256: sha256Hex(content), size: content.length };
}

/** What signers of a kit with this manifest sign; undefined where it is not sound. */
export function statementOf(archive: Archive): string | undefined {
  const bytes = contentOf(archive, MANIFEST) ?? Buffer.alloc(0);
  const manifest = soundManifest(bytes);
  const sums = manifest === undefined ? undefined : sumsOf(carriedFiles(manifest));
  return manifest === undefined || sums === undefined
    ? undefined
    : kitStatement(manifest, { kit: sha256Hex(bytes), sums });
}

function soundManifest(bytes: Buffer): Manifest | undefined {
  try {
    return parseManifest(bytes);
  } catch (error) {
    if (error instanceof KitError) return undefined;
    throw error;
  }
}

/** A bundle with another payload, its signature left. */
export function withPayload(bundle: Buffer, payload: string): Buffer {
  const json = jsonIn(bundle);
  const envelope = isJsonObject(json) ? json["dsseEnvelope"] : undefined;
  if (!isJsonObject(json) || !isJsonObject(envelope)) return bundle;
  const changed: JsonObject = { ...envelope, payload: Buffer.from(payload).toString("base64") };
  return Buffer.from(sorted({ ...json, dsseEnvelope: changed }));
}
