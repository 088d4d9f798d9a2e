/**
 * Builds kits that no builder would build: every stage can be changed, and what follows from it is made to fit, signatures
 * included, so that a kit has the one fault that its test is about.
 * @module
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { isJsonObject, type Json, type JsonObject } from "../../src/core/json.ts";
import { type FileRow, KIT_LIMITS, type KitLimits } from "../../src/core/kit.ts";
import { stateRootOf } from "../../src/core/kit-derive.ts";
import { isJsonList } from "../../src/core/kit-json.ts";
import { newSite, type SiteView } from "../../src/core/kit-site.ts";
import { parsePolicy, type TrustPolicy } from "../../src/core/trust.ts";
import { encodeHeader, paddingOf } from "../../src/signing/archive-header.ts";
import { bundlePath, signStatement } from "../../src/signing/dsse.ts";
import { type KitVerdict, verifyKit } from "../../src/signing/kit-verify.ts";
import { type KeyPair, readPrivateKey, signerOf } from "../../src/signing/keys.ts";

export const KIT_VECTORS = join(import.meta.dirname, "../vectors/kits");

const KEY_FILES = {
  alice: "3lBtrtKJ",
  bob: "fXQ1DhBY",
  bob2: "e3zGpzd0",
  carol: "Qv8SleUp",
  root1: "Nu7woAEp",
  root2: "gJ0o6Ypx",
  root3: "uxFQVt1o",
} as const;
export type TestSigner = keyof typeof KEY_FILES;

const keys = new Map<TestSigner, KeyPair>();

/** A test-only key of the vectors. */
export function testKey(name: TestSigner): KeyPair {
  const file = join(KIT_VECTORS, "keys", `test-only-${name}-${KEY_FILES[name]}.pem`);
  const key = keys.get(name) ?? readPrivateKey(readFileSync(file, "utf8"));
  keys.set(name, key);
  return key;
}

/** The vectors' upstream policy: alice signs `hq/rules`, two owners sign `hq/base`, root1 and root2 are the roots. */
export function testPolicy(change: (policy: TrustPolicy) => Partial<TrustPolicy> = () => ({})): TrustPolicy {
  const policy = parsePolicy(readFileSync(join(KIT_VECTORS, "policies/upstream.1.json")));
  return { ...policy, ...change(policy) };
}

export const TEST_CLOCK = Date.UTC(2026, 10, 20, 12);

/** Site `ship-07` under the vectors' policy, holding nothing. */
export function testSite(change: Partial<SiteView> = {}): SiteView {
  const site = newSite({
    site: "ship-07",
    groups: ["fleet"],
    appVersion: "0.1.0",
    now: TEST_CLOCK,
    policies: { upstream: testPolicy() },
  });
  return { ...site, ...change };
}

export interface ForgedEntry {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Changes the header; its checksum is then made right. */
  readonly header?: (header: Buffer) => void;
  /** Changes the header after its checksum was made. */
  readonly rawHeader?: (header: Buffer) => void;
  readonly padding?: (padding: Buffer) => void;
}

export interface ForgedBundle {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Recipe {
  /** Content, by path; default: two rules of `acme`. */
  readonly content?: Readonly<Record<string, string | Uint8Array>>;
  /** Changes the file table; the state root follows. */
  readonly rows?: (rows: FileRow[]) => readonly JsonObject[];
  readonly manifest?: (manifest: JsonObject) => JsonObject;
  /** Changes the manifest's bytes before they are signed. */
  readonly text?: (text: string) => string | Uint8Array;
  readonly statement?: (statement: JsonObject) => JsonObject;
  readonly signers?: readonly TestSigner[];
  /** Changes each bundle's JSON. */
  readonly bundle?: (bundle: JsonObject) => Json;
  readonly bundles?: (bundles: ForgedBundle[]) => readonly ForgedBundle[];
  readonly sums?: (sums: string) => string;
  readonly entries?: (entries: ForgedEntry[]) => readonly ForgedEntry[];
  /** Changes the whole archive. */
  readonly archive?: (archive: Buffer) => Uint8Array;
}

const RULE = canonicalJson({
  actions: [{ channel: "ops-mail", id: "cpu-hot-mail" }],
  id: "cpu-hot",
  name: "CPU hot",
  schema: "rule/v1",
});
const TEST_CONTENT: Readonly<Record<string, string>> = {
  "content/rules/acme/cpu-hot.json": RULE,
  "content/rules/acme/disk-full.json": RULE.replaceAll("cpu-hot", "disk-full"),
};

/** The bytes of a kit made by a recipe; without one it is good: `hq/rules` 0.1 for all, signed by alice. */
export async function forgeKit(recipe: Recipe = {}): Promise<Buffer> {
  const content = Object.entries(recipe.content ?? TEST_CONTENT).map(([path, bytes]) => ({
    path,
    bytes: Buffer.from(bytes),
  }));
  const rows = content.map(
    ({ path, bytes }): FileRow => ({ path, role: roleOf(path), sha256: sha256Hex(bytes), size: bytes.length }),
  );
  const table = recipe.rows?.(rows) ?? rows.map((row) => ({ ...row }));
  const base = forgedManifest(table);
  const manifest = recipe.manifest?.(base) ?? base;
  const text = canonicalJson(manifest);
  const manifestBytes = Buffer.from(recipe.text?.(text) ?? text);
  const kit = sha256Hex(manifestBytes);
  const carried = content.filter(({ bytes }, at) => content.findIndex((other) => other.bytes.equals(bytes)) === at);
  const sumsText = carried.map(({ path, bytes }) => `${sha256Hex(bytes)}  ${path}\n`).join("");
  const statement = forgedStatement(manifest, { kit, sums: sumsText, table });
  const bundles = await forgedBundles(recipe, canonicalJson(recipe.statement?.(statement) ?? statement));
  const entries: ForgedEntry[] = [
    { path: "offline-kit.json", bytes: manifestBytes },
    ...bundles.map(({ name, bytes }) => ({ path: name, bytes })),
    { path: "SHA256SUMS", bytes: Buffer.from(recipe.sums?.(sumsText) ?? sumsText) },
    ...carried,
  ];
  const archive = forgeTar(recipe.entries?.(entries) ?? entries);
  return Buffer.from(recipe.archive?.(archive) ?? archive);
}

/** The bytes of a tar archive of these entries, end marker included. */
function forgeTar(entries: readonly ForgedEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, bytes, header, rawHeader, padding }) => {
    const block = encodeHeader({ path, size: bytes.length });
    header?.(block);
    if (header !== undefined) fixChecksum(block);
    rawHeader?.(block);
    const pad = Buffer.alloc(paddingOf(bytes.length));
    padding?.(pad);
    return [block, bytes, pad];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function fixChecksum(header: Buffer): void {
  header.write("        ", 148, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}

function roleOf(path: string): FileRow["role"] {
  if (path.startsWith("content/trust/")) return "trust";
  return path.endsWith(".txt") ? "doc" : "object";
}

/** Judges bytes as a kit at a site; step 9 finds no fault. */
export async function verdictOn(
  bytes: Uint8Array,
  site: SiteView = testSite(),
  limits?: Partial<KitLimits>,
): Promise<KitVerdict> {
  const folder = mkdtempSync(join(tmpdir(), "kit-forge-"));
  try {
    const file = join(folder, "forged.kit.tar");
    writeFileSync(file, bytes);
    return await verifyKit({ file, site, limits: { ...KIT_LIMITS, ...limits }, validate: async () => [] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `OK` or the one code. */
export function codeOf(verdict: KitVerdict): string {
  return verdict.ok ? "OK" : verdict.code;
}

function forgedManifest(files: readonly JsonObject[]): JsonObject {
  const leaves = files.map(({ path, sha256 }) => ({ path: textOf(path), sha256: textOf(sha256) }));
  return {
    schema: "offline-kit/v1",
    stream: "hq/rules",
    kinds: ["rules"],
    epoch: 0,
    sequence: 1,
    prev: null,
    audience: ["*"],
    tenants: ["*"],
    createdAt: "2026-11-01T08:00:00Z",
    expiresAt: "2029-12-31T00:00:00Z",
    minApp: "0.0.0",
    files,
    omitted: [],
    state: { root: stateRootOf(leaves), count: files.length },
    heads: {},
    acks: {},
    provenance: { builder: "forge", source: [{ uri: "urn:example:source" }] },
  };
}

function subject(name: Json, sha256: Json): JsonObject {
  return { name, digest: { sha256 } };
}

/** The text that JSON is, or none. */
export function textOf(json: Json | undefined): string {
  return typeof json === "string" ? json : "";
}

/** The list that JSON is, or an empty one. */
export function listOf(json: Json | undefined): readonly Json[] {
  return isJsonList(json) ? json : [];
}

/** The object that JSON is, or an empty one. */
export function objectOf(json: Json | undefined): JsonObject {
  return isJsonObject(json) ? json : {};
}

function forgedStatement(
  manifest: JsonObject,
  of: { kit: string; sums: string; table: readonly JsonObject[] },
): JsonObject {
  const { stream = "", sequence = 0, kinds = [] } = manifest;
  return {
    _type: "https://in-toto.io/Statement/v1",
    predicateType: "urn:sealpost:kit:v1",
    predicate: { manifest: of.kit, stream, sequence, kinds, files: of.table.length },
    subject: [
      subject("offline-kit.json", of.kit),
      subject("SHA256SUMS", sha256Hex(of.sums)),
      ...of.table.map(({ path = "", sha256 = "" }) => subject(path, sha256)),
    ],
  };
}

async function forgedBundles(recipe: Recipe, statement: string): Promise<readonly ForgedBundle[]> {
  const bundles: ForgedBundle[] = [];
  for (const name of recipe.signers ?? ["alice"]) {
    const key = testKey(name);
    const bytes = await signStatement(statement, signerOf(key));
    const json: JsonObject = JSON.parse(Buffer.from(bytes).toString());
    bundles.push({
      name: bundlePath(key.keyId),
      bytes: recipe.bundle === undefined ? bytes : Buffer.from(canonicalJson(recipe.bundle(json))),
    });
  }
  bundles.sort((left, right) => (left.name < right.name ? -1 : 1));
  return recipe.bundles?.(bundles) ?? bundles;
}
