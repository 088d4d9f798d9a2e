/**
 * The manifest of a kit and what follows from it, judged from the format page alone: nothing here comes from the product.
 * @module
 */
import { createHash } from "node:crypto";
import { headerOf, Refused } from "./archive.ts";
import { canonical, type Fields, JsonFault, readCanonical, type Value } from "./json.ts";
import * as shape from "./shape.ts";
import { fieldsIn, listIn, numberIn, textIn, textsIn } from "./shape.ts";

const TOGETHER = "approvals calendars channels connectors policies rules schedules templates".split(" ");
const ALONE = "app ledger parity trust".split(" ");
const KINDS = [...TOGETHER, ...ALONE, "witness"];
const ROLES = "object sealed blob sbom doc ledger trust witness".split(" ");
/** Folders that belong to a kind of another name. */
const FOLDERS = new Map([
  ["escalations", "schedules"],
  ["users", "schedules"],
  ["suites", "policies"],
  ["heartbeats", "policies"],
  ...KINDS.map((kind) => [kind, kind] as const),
]);
const ROLE_FOLDERS = new Map([
  ["blob", ["app", "connectors"]],
  ["ledger", ["ledger"]],
  ["trust", ["trust"]],
  ["witness", ["witness"]],
]);

export interface Row {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly role: string;
}

const sequence = shape.whole(1);
const place = shape.fields({ epoch: shape.whole(0), sequence, manifest: shape.hash });
const MANIFEST = shape.fields({
  schema: shape.is("offline-kit/v1"),
  stream: shape.stream,
  kinds: shape.list(shape.is(...KINDS), 1),
  epoch: shape.whole(0),
  sequence,
  prev: shape.either(shape.hash, shape.is(null)),
  audience: shape.list(shape.text(new RegExp(`^([*]|(site|group):${shape.ID})$`)), 1, 1000),
  tenants: shape.list(shape.either(shape.id, shape.is("*")), 1),
  createdAt: shape.instant,
  expiresAt: shape.either(shape.instant, shape.is(null)),
  minApp: shape.text(/^(0|[1-9]\d*)([.](0|[1-9]\d*)){2}$/),
  files: shape.list(
    shape.fields({
      path: shape.text(),
      sha256: shape.hash,
      size: shape.whole(0),
      role: shape.is(...ROLES),
    }),
  ),
  omitted: shape.list(shape.hash),
  state: shape.fields({ root: shape.hash, count: shape.whole(0) }),
  heads: shape.record(shape.stream, place),
  acks: shape.record(shape.stream, shape.fields({ sequence, manifest: shape.hash })),
  provenance: shape.fields({
    builder: shape.text(),
    source: shape.list(
      shape.fields({
        uri: shape.text(/^./s),
        sha256: shape.either(shape.absent, shape.hash),
        gitCommit: shape.either(shape.absent, shape.text(/^([0-9a-f]{40}|[0-9a-f]{64})$/)),
      }),
    ),
  }),
});

export const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A manifest whose bytes and fields are sound; throws Refused. */
export function soundManifest(bytes: Uint8Array): Fields {
  const value = jsonOf(bytes);
  const manifest = fieldsIn(value);
  const schema = manifest.get("schema");
  if (typeof schema === "string" && schema !== "offline-kit/v1") throw new Refused("KIT_FORMAT_VERSION");
  if (!MANIFEST(value)) throw new Refused("KIT_MANIFEST");
  const kinds = textsIn(manifest.get("kinds"));
  const lone = kinds.filter((kind) => ALONE.includes(kind)).length;
  const tenants = textsIn(manifest.get("tenants"));
  demand(isRising(kinds) && lone < 2 && (lone === 0 || kinds.every((kind) => !TOGETHER.includes(kind))));
  demand(!tenants.includes("*") || tenants.length === 1);
  const rows = rowsOf(manifest);
  if (rows.length > 20_000) throw new Refused("KIT_LIMIT_FILES");
  if (rows.some(({ size }) => size > 2 ** 31)) throw new Refused("KIT_LIMIT_ENTRY");
  if (!rows.every(({ path }) => isPath(path))) throw new Refused("KIT_PATH");
  if (!isRising(rows.map(({ path }) => path))) throw new Refused("KIT_MANIFEST_ORDER");
  if (isColliding(rows.map(({ path }) => path.toLowerCase()))) throw new Refused("KIT_PATH_COLLISION");
  demand(rows.every((row) => isPlaced(row, kinds, tenants)));
  const sizes = new Map(rows.map((row) => [row.sha256, row.size]));
  demand(rows.every((row) => sizes.get(row.sha256) === row.size));
  const omitted = textsIn(manifest.get("omitted"));
  demand(new Set(omitted).size === omitted.length);
  demand(omitted.every((one) => sizes.has(one) && rows.every((row) => row.sha256 !== one || row.role === "blob")));
  const state = fieldsIn(manifest.get("state"));
  if (state.get("count") !== rows.length || state.get("root") !== rootOf(rows)) throw new Refused("KIT_STATE_ROOT");
  return manifest;
}

function demand(met: boolean): void {
  if (!met) throw new Refused("KIT_MANIFEST");
}

const JSON_CODES = {
  utf8: "KIT_JSON_UTF8",
  syntax: "KIT_JSON_SYNTAX",
  depth: "KIT_JSON_DEPTH",
  form: "KIT_JSON_NOT_CANONICAL",
} as const;

function jsonOf(bytes: Uint8Array): Value {
  try {
    return readCanonical(bytes);
  } catch (error) {
    throw error instanceof JsonFault ? new Refused(JSON_CODES[error.kind]) : error;
  }
}

/** The file table; of a manifest that is not sound, what can be read of it. */
export function rowsOf(manifest: Fields): Row[] {
  return listIn(manifest.get("files")).map((value) => {
    const row = fieldsIn(value);
    return {
      path: textIn(row.get("path")),
      sha256: textIn(row.get("sha256")),
      size: numberIn(row.get("size")),
      role: textIn(row.get("role")),
    };
  });
}

function isRising(texts: readonly string[]): boolean {
  return texts.every((one, at) => at === 0 || one > (texts[at - 1] ?? ""));
}

function isPath(path: string): boolean {
  if (!/^content\/[ -~]*$/.test(path) || /[\\:*?"<>|]/.test(path) || path.length > 240) return false;
  const device = /^(con|prn|aux|nul|com[1-9]|lpt[1-9]) *([.]|$)/i;
  const odd = path.split("/").some((part) => /^$|^[-~]|[.]$/.test(part) || device.test(part));
  return !odd && headerOf(path, 0) !== undefined;
}

function isColliding(paths: readonly string[]): boolean {
  const all = new Set(paths);
  const folders = paths.flatMap((path) => path.split("/").map((_, at, parts) => parts.slice(0, at).join("/")));
  return all.size < paths.length || folders.some((folder) => all.has(folder));
}

function isPlaced({ path, role }: Row, kinds: readonly string[], tenants: readonly string[]): boolean {
  if (role === "sbom" || role === "doc") return true;
  const [, folder = "", tenant = "", ...rest] = path.split("/");
  if (!kinds.includes(FOLDERS.get(folder) ?? "")) return false;
  const own = ROLE_FOLDERS.get(role);
  if (own === undefined) {
    const name = role === "object" ? `^${shape.ID}[.]json$` : `^${shape.ID}[.]sealed[.]json$`;
    const known = tenant === "_" ? tenants.includes("*") : tenants.includes("*") || tenants.includes(tenant);
    const typed = tenant === "_" || shape.id(tenant);
    const other = ["ledger", "trust", "witness"].includes(folder);
    return !other && known && typed && rest.length === 1 && new RegExp(name).test(rest[0] ?? "");
  }
  return own.includes(folder) && tenant !== "" && (role !== "trust" || policyVersion(path) !== undefined);
}

/** The version of the policy that a trust file is or signs. */
export function policyVersion(path: string): { version: number; signs: boolean } | undefined {
  const found = /^content\/trust\/policy[.]([1-9]\d*)([.]json|[.]sig\/[A-Za-z0-9_-]{1,90}[.]sigstore[.]json)$/.exec(
    path,
  );
  return found === null ? undefined : { version: Number(found[1]), signs: found[2] !== ".json" };
}

/** RFC 6962. */
function rootOf(rows: readonly Row[]): string {
  const tree = (leaves: readonly Buffer[]): Buffer => {
    const [only] = leaves;
    if (only === undefined) return createHash("sha256").digest();
    if (leaves.length === 1) return only;
    let half = 1;
    while (half * 2 < leaves.length) half *= 2;
    const nodes = [tree(leaves.slice(0, half)), tree(leaves.slice(half))];
    return createHash("sha256").update("\u0001").update(Buffer.concat(nodes)).digest();
  };
  const leaf = (row: Row): Buffer => createHash("sha256").update(`\0${row.path}\0${row.sha256}`).digest();
  return tree(rows.map(leaf)).toString("hex");
}

/** The rows whose bytes are carried: each content at its first path, nothing that is omitted. */
export function carriedRows(manifest: Fields): Row[] {
  const rows = rowsOf(manifest);
  const omitted = textsIn(manifest.get("omitted"));
  const first = new Map(rows.toReversed().map((row) => [row.sha256, row]));
  return rows.filter((row) => first.get(row.sha256) === row && !omitted.includes(row.sha256));
}

/** Bytes of SHA256SUMS. */
export function sumsOf(manifest: Fields): Buffer {
  return Buffer.from(
    carriedRows(manifest)
      .map((row) => `${row.sha256}  ${row.path}\n`)
      .join(""),
  );
}

function subject(name: string, hash: string): Value {
  return new Map<string, Value>([
    ["digest", new Map([["sha256", hash]])],
    ["name", name],
  ]);
}

/** What signers of the kit must have said, canonical. */
export function statementOf(manifest: Fields, kit: string): string {
  const rows = rowsOf(manifest);
  const both = [subject("offline-kit.json", kit), subject("SHA256SUMS", sha256(sumsOf(manifest)))];
  const all = [...both, ...rows.map((row) => subject(row.path, row.sha256))];
  const predicate = new Map<string, Value>([
    ["manifest", kit],
    ["stream", manifest.get("stream") ?? null],
    ["sequence", manifest.get("sequence") ?? null],
    ["kinds", manifest.get("kinds") ?? null],
    ["files", rows.length],
  ]);
  return statement("urn:sealpost:kit:v1", predicate, all.length > 1024 ? both : all);
}

/** An in-toto statement, canonical. */
export function statement(predicateType: string, predicate: Fields, subjects: readonly Value[]): string {
  const type = "https://in-toto.io/Statement/v1";
  return canonical(
    new Map<string, Value>([
      ["_type", type],
      ["predicateType", predicateType],
      ["predicate", predicate],
      ["subject", subjects],
    ]),
  );
}
