/**
 * Mutations that make manifests and bundles as costly to read as their size allows.
 * @module
 */
import { type Archive, bundlesOf, MANIFEST, partOf, pathOf, setContent } from "./archive.ts";
import { type Mutation, onParts } from "./byte-mutations.ts";
import type { Draw } from "./draw.ts";

const BYTES = 1_048_576;
const BUNDLES = 16;

function filled(unit: string, bytes: number): string {
  return unit.repeat(Math.floor(bytes / unit.length));
}

/** JSON, or nearly, of about so many bytes. */
const TEXTS: readonly ((bytes: number) => string)[] = [
  (bytes) => `[${filled("[],", bytes)}[]]`,
  (bytes) => filled("[", bytes),
  (bytes) => `[${filled(`${"[".repeat(30)}${"]".repeat(30)},`, bytes)}1]`,
  (bytes) => `[${filled('{"b":{"a":1}},', bytes)}1]`,
  (bytes) => `{${filled('"a":1,', bytes)}"a":1}`,
  (bytes) => `{${Array.from({ length: bytes / 12 }, (_, at) => `"k${at}":1`).join(",")}}`,
  (bytes) => `[${filled("1.5e300,", bytes)}1]`,
  (bytes) => `"${filled("x", bytes)}"`,
  (bytes) => `"${filled("\\u0061", bytes)}"`,
  (bytes) => `{"a":1,"a":"${filled("\\n", bytes)}"}`,
  (bytes) => `"${filled("\u00e9", bytes / 2)}\\ud800"`,
  (bytes) => `${filled(" ", bytes)}{}`,
  (bytes) => filled("a", bytes),
];

function manyBundles(archive: Archive, draw: Draw): void {
  const had = bundlesOf(archive);
  const [first] = had;
  if (first === undefined) return;
  const size = Math.floor(BYTES / BUNDLES);
  const text = first.content.toString();
  const content = Buffer.from(
    draw.pick([
      draw.pick(TEXTS)(size),
      `${text}${filled(" ", size)}`,
      text.replace(/"payload":"[^"]*"/, `"payload":"${filled("QUFB", size)}"`),
      text.replace(/"sig":"[^"]*"/, `"sig":"${filled("QUFB", size)}"`),
      text.replace(/"signatures":\[(.*?)\]/, (_, one: string) => `"signatures":[${filled(`${one},`, size)}${one}]`),
      `${text.slice(0, -1)},"extra":${draw.pick(TEXTS)(size)}}`,
    ]),
  );
  const bundles = Array.from({ length: BUNDLES }, (_, at) => partOf(`attestations/${10 + at}.sigstore.json`, content));
  const [manifest, ...rest] = archive.parts.filter((part) => !had.includes(part));
  archive.parts = [...(manifest === undefined ? [] : [manifest]), ...bundles, ...rest];
}

export const BULK_MUTATIONS: Readonly<Record<string, Mutation>> = {
  "huge manifest": onParts((archive, { draw }) => setContent(archive, MANIFEST, Buffer.from(draw.pick(TEXTS)(BYTES)))),
  "huge table": onParts((archive, { draw }) => {
    const row = draw.pick(['{"path":"a"}', '{"path":"content/a","role":"doc","sha256":"0","size":0}', "{}", "[]"]);
    setContent(archive, MANIFEST, Buffer.from(`{"files":[${filled(`${row},`, BYTES)}${row}]}`));
  }),
  "huge bundle": onParts((archive, { draw }) => {
    const bundles = bundlesOf(archive);
    if (bundles.length > 0) setContent(archive, pathOf(draw.pick(bundles)), Buffer.from(draw.pick(TEXTS)(BYTES)));
  }),
  "huge bundles": onParts((archive, { draw }) => manyBundles(archive, draw)),
};
