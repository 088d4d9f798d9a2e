/**
 * Mutations of what a kit says: its manifest, its contents and its signatures, followed up as far as a forger without a
 * key could.
 * @module
 */
import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import { objectOf, listOf, textOf } from "../kit-forge.ts";
import {
  type Archive,
  bundlesOf,
  contentOf,
  filesOf,
  type Follow,
  jsonIn,
  MANIFEST,
  partOf,
  pathOf,
  refit,
  setContent,
  sorted,
  splitArchive,
  statementOf,
  SUMS,
  withPayload,
} from "./archive.ts";
import { type Mutation, onParts } from "./byte-mutations.ts";
import type { Draw } from "./draw.ts";
import { editJson, reformText } from "./json-edits.ts";
import { otherEncoding, twinSignature } from "./signature-forms.ts";

/** All that can be derived without a key. */
export const ALL: Follow = { rows: true, root: true, sums: true, payload: true };
const NONE: Follow = { rows: false, root: false, sums: false, payload: false };

function someFollow(draw: Draw): Follow {
  const root = draw.chance(0.7);
  const sums = root && draw.chance(0.7);
  return { rows: draw.chance(0.7), root, sums, payload: sums && draw.chance(0.6) };
}

/** Changes a value of the manifest; what follows from it is the caller's. */
export function editManifest(archive: Archive, draw: Draw): void {
  const manifest = jsonIn(contentOf(archive, MANIFEST));
  if (manifest !== undefined) setContent(archive, MANIFEST, Buffer.from(sorted(editJson(manifest, draw))));
}

/** Changes a carried file: a value where it is JSON, else a byte. */
export function editFile(archive: Archive, draw: Draw): void {
  const files = filesOf(archive);
  if (files.length === 0) return;
  const { content, ...part } = draw.pick(files);
  const json = jsonIn(content);
  const edited = json === undefined ? draw.bytes(content.length + draw.below(2)) : Buffer.from(editedText(json, draw));
  setContent(archive, pathOf({ content, ...part }), edited);
}

function editedText(json: Json, draw: Draw): string {
  const text = sorted(draw.chance(0.8) ? editJson(json, draw) : json);
  return draw.chance(0.2) ? reformText(text, draw) : text;
}

/** Adds, drops or renames a row of the file table together with its entry. */
export function editTable(archive: Archive, draw: Draw): void {
  const manifest = objectOf(jsonIn(contentOf(archive, MANIFEST)));
  const files = listOf(manifest["files"]).filter(isJsonObject);
  if (files.length === 0) return;
  const row = draw.pick(files);
  const path = textOf(row["path"]);
  const others = files.filter((one) => one !== row);
  const added = `${path.slice(0, path.lastIndexOf("/"))}/zz-${draw.below(1000)}.json`;
  const change = draw.pick(["out", "in", "renamed"] as const);
  if (change !== "in") archive.parts = archive.parts.filter((part) => pathOf(part) !== path);
  if (change !== "out") archive.parts.push(partOf(added, Buffer.from(`{"id":"${draw.below(1000)}"}`)));
  const rows = [...(change === "in" ? files : others), ...(change === "out" ? [] : [{ ...row, path: added }])];
  const table = rows.toSorted((left, right) => (textOf(left["path"]) < textOf(right["path"]) ? -1 : 1));
  setContent(archive, MANIFEST, Buffer.from(sorted({ ...manifest, files: table })));
  const order = table.map((one) => textOf(one["path"]));
  const head = archive.parts.filter((part) => !order.includes(pathOf(part)));
  const carried = archive.parts.filter((part) => order.includes(pathOf(part)));
  archive.parts = [...head, ...carried.toSorted((a, b) => order.indexOf(pathOf(a)) - order.indexOf(pathOf(b)))];
}

const SAYING: Readonly<Record<string, Mutation>> = {
  "manifest value": onParts((archive, { draw }) => {
    editManifest(archive, draw);
    refit(archive, someFollow(draw));
  }),
  "manifest form": onParts((archive, { draw }) => {
    const text = contentOf(archive, MANIFEST)?.toString("utf8") ?? "";
    setContent(archive, MANIFEST, Buffer.from(reformText(text, draw)));
  }),
  "file changed": onParts((archive, { draw }) => {
    editFile(archive, draw);
    refit(archive, draw.chance(0.3) ? NONE : someFollow(draw));
  }),
  "table changed": onParts((archive, { draw }) => {
    editTable(archive, draw);
    refit(archive, draw.chance(0.5) ? ALL : someFollow(draw));
  }),
  "sums form": onParts((archive, { draw }) => {
    const text = contentOf(archive, SUMS)?.toString("latin1") ?? "";
    const lines = text.split("\n");
    const forms = [text.replaceAll("\n", "\r\n"), text.replace("  ", " *"), text.toUpperCase(), text.trimEnd()];
    setContent(archive, SUMS, Buffer.from(draw.pick([...forms, lines.toReversed().join("\n"), `${text}\n`, ""])));
  }),
};

/** Changes one bundle's JSON. */
function onBundle(change: (bundle: JsonObject, draw: Draw, archive: Archive) => Json | string): Mutation {
  return onParts((archive, { draw }) => {
    const bundles = bundlesOf(archive);
    if (bundles.length === 0) return;
    const part = draw.pick(bundles);
    const changed = change(objectOf(jsonIn(part.content)), draw, archive);
    setContent(archive, pathOf(part), Buffer.from(typeof changed === "string" ? changed : sorted(changed)));
  });
}

/** A bundle with another signature, and where `names` is given other names of its key. */
function withSignature(bundle: JsonObject, change: (sig: string) => string, names?: { hint: Json; keyid: Json }): Json {
  const envelope = objectOf(bundle["dsseEnvelope"]);
  const [first] = listOf(envelope["signatures"]).map(objectOf);
  const signature = {
    ...first,
    sig: change(textOf(first?.["sig"])),
    ...(names === undefined ? {} : { keyid: names.keyid }),
  };
  const material = objectOf(bundle["verificationMaterial"]);
  const named = names === undefined ? material : { ...material, publicKey: { hint: names.hint } };
  return { ...bundle, verificationMaterial: named, dsseEnvelope: { ...envelope, signatures: [signature] } };
}

const JUNK: readonly ((text: string) => string)[] = [
  (text) => text.replace(/=+$/, ""),
  (text) => `${text}=`,
  (text) => `${text.slice(0, 8)}\n${text.slice(8)}`,
  (text) => text.replaceAll("+", "-").replaceAll("/", "_"),
  (text) => `${text}AAAA`,
  (text) => text.slice(0, -4),
  () => "",
  () => "AA==",
  (text) => text.replace(/.==$/, "R=="),
];

function namesOf(draw: Draw, archive: Archive): { hint: Json; keyid: Json } {
  const hints = bundlesOf(archive).map(({ content }) =>
    textOf(objectOf(objectOf(objectOf(jsonIn(content))["verificationMaterial"])["publicKey"])["hint"]),
  );
  const names = [...hints, ...hints, "", "__proto__", "constructor", "SHA256:x", "x".repeat(200)];
  const hint = draw.pick(names);
  return { hint, keyid: draw.chance(0.5) ? hint : draw.pick([...names, null, 1]) };
}

const SIGNING: Readonly<Record<string, Mutation>> = {
  "bundle value": onBundle((bundle, draw) => editJson(bundle, draw)),
  "bundle form": onBundle((bundle, draw) => reformText(sorted(bundle), draw)),
  "bundle in many lines": onBundle((bundle, draw) => JSON.stringify(bundle, undefined, draw.pick([1, 2, "\t"]))),
  "empty fields": onBundle((bundle, draw) => {
    const empty = draw.pick([{ rfc3161Timestamps: [] }, {}]);
    const material = { ...objectOf(bundle["verificationMaterial"]), timestampVerificationData: empty };
    return { ...bundle, verificationMaterial: draw.chance(0.5) ? { ...material, tlogEntries: [] } : material };
  }),
  "base64 junk": onBundle((bundle, draw) => {
    const envelope = objectOf(bundle["dsseEnvelope"]);
    const change = draw.pick(JUNK);
    if (draw.chance(0.5)) return withSignature(bundle, change);
    return { ...bundle, dsseEnvelope: { ...envelope, payload: change(textOf(envelope["payload"])) } };
  }),
  "signature bit": onBundle((bundle, draw) =>
    withSignature(bundle, (sig) => {
      const bytes = Buffer.from(sig, "base64");
      if (bytes.length > 0) bytes.writeUInt8((bytes.at(-1) ?? 0) ^ (1 << draw.below(8)), draw.below(bytes.length));
      return bytes.toString("base64");
    }),
  ),
  "signature twin": onBundle((bundle) => withSignature(bundle, twinSignature)),
  "signature encoding": onBundle((bundle, draw) => withSignature(bundle, (sig) => otherEncoding(sig, draw))),
  "key names": onBundle((bundle, draw, archive) => withSignature(bundle, (sig) => sig, namesOf(draw, archive))),
  "payload value": onBundle((bundle, draw) => {
    const payload = jsonIn(Buffer.from(textOf(objectOf(bundle["dsseEnvelope"])["payload"]), "base64")) ?? {};
    const text = draw.chance(0.5) ? sorted(editJson(payload, draw)) : reformText(sorted(payload), draw);
    return withPayload(Buffer.from(sorted(bundle)), text).toString();
  }),
  "bundle out": onParts((archive, { draw }) => {
    const bundles = bundlesOf(archive);
    if (bundles.length === 0) return;
    const out = draw.pick(bundles);
    archive.parts = archive.parts.filter((part) => part !== out);
  }),
  "bundle doubled": onParts((archive, { draw }) => addBundle(archive, bundlesOf(archive), draw)),
  "bundle of another kit": onParts((archive, { draw, others }) =>
    addBundle(archive, bundlesOf(splitArchive(draw.pick(others))), draw),
  ),
  "bundle of another kit, payload ours": onParts((archive, { draw, others }) => {
    const bundles = bundlesOf(splitArchive(draw.pick(others)));
    const statement = statementOf(archive) ?? "{}";
    for (const part of bundles) Object.assign(part, partOf(pathOf(part), withPayload(part.content, statement)));
    addBundle(archive, bundles, draw);
  }),
  "bundles in one another's place": onParts((archive) => {
    const bundles = bundlesOf(archive);
    const contents = bundles.map(({ content }) => content).toReversed();
    for (const [at, part] of bundles.entries()) Object.assign(part, partOf(pathOf(part), contents[at] ?? part.content));
  }),
};

/** Puts one more bundle in, in its order, or in the place of one. */
function addBundle(archive: Archive, from: ReturnType<typeof bundlesOf>, draw: Draw): void {
  if (from.length === 0) return;
  const path = `attestations/${draw.pick(["0", "SHA256-x", "zz"])}${draw.below(100)}.sigstore.json`;
  const added = partOf(path, draw.pick(from).content);
  const had = bundlesOf(archive);
  const kept = draw.chance(0.3) ? had.slice(1) : had;
  const bundles = [...kept, added].toSorted((left, right) => (pathOf(left) < pathOf(right) ? -1 : 1));
  const [manifest, ...rest] = archive.parts.filter((part) => !had.includes(part));
  archive.parts = [...(manifest === undefined ? [] : [manifest]), ...bundles, ...rest];
}

export const CONTENT_MUTATIONS: Readonly<Record<string, Mutation>> = { ...SAYING, ...SIGNING };
