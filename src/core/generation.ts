/**
 * A tenant's generation: its id, and the parts in which it is kept. Each part is an object by its hash, and where one ends
 * depends on the hashes in it: a change of one entry leaves nearly all parts as they were.
 * @module
 */
import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import type { Generation } from "./config.ts";
import { sha256Hex, sha256Pieces } from "./hash.ts";
import { runWhole, sortTexts, type Steps } from "./steps.ts";

type TextMap = Readonly<Record<string, string>>;

/** A part of a generation, by SHA-256 (hex) of its text. */
export interface GenerationPart {
  readonly hash: string;
  readonly text: string;
}

/** A part ends behind an entry whose hash ends so (one of 256), or at so many entries. */
const CUT = "00";
const MOST = 1024;
/** Members of a map that are written in one step. */
const STEP = 256;

/** The generation of a tenant that has no objects of its own. */
export const EMPTY_GENERATION: Generation = generation(0, {}, {});

/** A generation with its id. */
export function generation(n: number, objects: TextMap, streams: TextMap): Generation {
  return runWhole(generationSteps(n, objects, streams));
}

/** A generation with its id. */
export function* generationSteps(n: number, objects: TextMap, streams: TextMap): Steps<Generation> {
  const sum = sha256Pieces();
  sum.write('{"objects":');
  yield* writeMap(objects, sum.write);
  sum.write(',"streams":');
  yield* writeMap(streams, sum.write);
  sum.write("}");
  const parts = (yield* partSteps({ objects, streams })).map(({ hash }) => hash);
  return { id: sum.hex(), n, objects, streams, parts };
}

/** Writes the RFC 8785 text of a map, piece by piece. */
export function* writeMap(map: TextMap, write: (piece: string) => void): Steps<void> {
  const keys = yield* sortTexts(Object.keys(map));
  for (let from = 0; from < keys.length; from += STEP) {
    const members = keys
      .slice(from, from + STEP)
      .map((key) => `${canonicalJson(key)}:${canonicalJson(map[key] ?? "")}`);
    write(`${from === 0 ? "{" : ","}${members.join(",")}`);
    yield;
  }
  write(keys.length === 0 ? "{}" : "}");
}

/** The parts that a generation is kept in. */
export function* partSteps({ objects, streams }: Pick<Generation, "objects" | "streams">): Steps<GenerationPart[]> {
  const parts: GenerationPart[] = [];
  const keys = yield* sortTexts(Object.keys(objects));
  let from = 0;
  for (const [at, key] of keys.entries()) {
    const isEnd = at + 1 === keys.length || at + 1 - from === MOST || objects[key]?.endsWith(CUT) === true;
    if (!isEnd) continue;
    const held = keys.slice(from, at + 1);
    const text = canonicalJson({ objects: pick(objects, held), streams: pick(streams, held) });
    parts.push({ hash: sha256Hex(text), text });
    from = at + 1;
    yield;
  }
  return parts;
}

const Part = z.object({ objects: z.record(z.string(), z.string()), streams: z.record(z.string(), z.string()) });

/** What a part holds. */
export function parsePart(text: string): { readonly objects: TextMap; readonly streams: TextMap } {
  return Part.parse(JSON.parse(text));
}

function pick(map: TextMap, keys: readonly string[]): TextMap {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = map[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
