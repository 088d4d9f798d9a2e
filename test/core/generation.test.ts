import { expect, test } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { EMPTY_GENERATION, generation, type GenerationPart, partSteps } from "../../src/core/generation.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { runWhole } from "../../src/core/steps.ts";

const Part = z.object({ objects: z.record(z.string(), z.string()), streams: z.record(z.string(), z.string()) });
type Maps = Parameters<typeof partSteps>[0];

/** So many rules, every third from a stream. */
function rules(count: number, changed = -1): Maps {
  const keys = Array.from({ length: count }, (_, at) => `rules/r-${at}`);
  return {
    objects: Object.fromEntries(keys.map((key, at) => [key, sha256Hex(at === changed ? "other" : key)])),
    streams: Object.fromEntries(keys.flatMap((key, at) => (at % 3 === 0 ? [[key, "hq/rules"]] : []))),
  };
}

function partsOf(maps: Maps): GenerationPart[] {
  return runWhole(partSteps(maps));
}

test.each([0, 1, 2000])("the id of a generation of %d objects is SHA-256 of its RFC 8785 text", (count) => {
  const { objects, streams } = rules(count);
  expect(generation(7, objects, streams)).toEqual({
    id: sha256Hex(canonicalJson({ objects, streams })),
    n: 7,
    objects,
    streams,
    parts: partsOf({ objects, streams }).map(({ hash }) => hash),
  });
});

test("the empty generation has no part", () => {
  expect(EMPTY_GENERATION).toMatchObject({ n: 0, objects: {}, streams: {}, parts: [] });
});

test("the parts are the whole in order of keys, each by the hash of its text", () => {
  const maps = rules(3000);
  const parts = partsOf(maps);
  const read = parts.map(({ text }) => Part.parse(JSON.parse(text)));
  expect(Object.assign({}, ...read.map(({ objects }) => objects))).toEqual(maps.objects);
  expect(Object.assign({}, ...read.map(({ streams }) => streams))).toEqual(maps.streams);
  expect(read.flatMap(({ objects }) => Object.keys(objects))).toEqual(Object.keys(maps.objects).toSorted());
  for (const { hash, text } of parts) expect(hash).toBe(sha256Hex(text));
  expect(parts.length).toBeGreaterThan(5);
});

test("a change of one object changes few parts", () => {
  const before = partsOf(rules(3000)).map(({ hash }) => hash);
  const after = partsOf(rules(3000, 1500)).map(({ hash }) => hash);
  expect(after.filter((hash) => !before.includes(hash)).length).toBeLessThanOrEqual(2);
});

test("a part has at most 1,024 entries, whatever their hashes are", () => {
  const keys = Array.from({ length: 2500 }, (_, at) => [`rules/r-${at}`, "f".repeat(64)]);
  const parts = partsOf({ objects: Object.fromEntries(keys), streams: {} });
  expect(parts.map(({ text }) => text.split("rules/").length - 1)).toEqual([1024, 1024, 452]);
});
