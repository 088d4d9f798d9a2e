/**
 * The manifest of a kit (offline-kit/v1): its schema and the ordered judgement of its bytes (step 3 of an import).
 * @module
 */
import { z } from "zod";
import { sha256Hex } from "./hash.ts";
import { isJsonObject } from "./json.ts";
import { KitError, quoted } from "./kit-code.ts";
import { listOf, refuseCrowd } from "./kit-crowd.ts";
import { mayRepeat, stateRoot } from "./kit-derive.ts";
import { manifestText, quickCanonical, strictManifestValue, withRows } from "./kit-json.ts";
import { collidingPath, folderOf, isPlainIn, pathFault } from "./kit-path.ts";
import { placementFault } from "./kit-place.ts";
import { quickTable, rowText } from "./kit-table.ts";
import { kitInstantMs } from "./kit-time.ts";

export const KIT_SCHEMA = "offline-kit/v1";
/** Rows of the file table between two points where the caller may let others run. */
const SLICE = 1000;
/** Kinds that may be together in one kit. */
export const CONTENT_KINDS = [
  "approvals",
  "calendars",
  "channels",
  "connectors",
  "policies",
  "rules",
  "schedules",
  "templates",
] as const;
/** Kinds that stand alone, but for `witness`, which may go with any. */
const LONE_KINDS = ["app", "ledger", "parity", "trust"] as const;
export const KIT_KINDS = [...CONTENT_KINDS, ...LONE_KINDS, "witness"] as const;
export type KitKind = (typeof KIT_KINDS)[number];

export const FILE_ROLES = ["object", "sealed", "blob", "sbom", "doc", "ledger", "trust", "witness"] as const;
export type FileRole = (typeof FILE_ROLES)[number];

const ID = "[a-z0-9][a-z0-9-]{0,62}";
export const KitId = z.string().regex(new RegExp(`^${ID}$`));
export const StreamName = z.string().regex(new RegExp(`^${ID}(?:/${ID}){1,3}$`));
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const KitInstant = z
  .string()
  .refine((text) => kitInstantMs(text) !== undefined, "no instant YYYY-MM-DDTHH:MM:SSZ");
const Count = z.int().min(0);
const Sequence = z.int().min(1);
export const AppVersion = z.string().regex(/^(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})){2}$/, "no version N.N.N");

export const Tenants = listOf(z.union([z.literal("*"), KitId]))
  .refine((list) => list.length > 0, "at least one")
  .refine((list) => list.length === 1 || !list.includes("*"), "* stands alone");
const Audience = z
  .array(z.string().regex(new RegExp(`^(?:\\*|site:${ID}|group:${ID})$`)))
  .min(1)
  .max(1000);
export const Kinds = z
  .array(z.enum(KIT_KINDS))
  .min(1)
  .refine(isSortedUnique, "not sorted, or one twice")
  .refine(isKindSet, "these kinds cannot be together");
export const Acks = z.record(StreamName, z.strictObject({ sequence: Sequence, manifest: Sha256 }));
export const Provenance = z.strictObject({
  builder: z.string(),
  source: listOf(
    z.strictObject({
      uri: z.string().min(1),
      sha256: Sha256.exactOptional(),
      gitCommit: z
        .string()
        .regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)
        .exactOptional(),
    }),
  ),
});

const FileRow = z.strictObject({ path: z.string(), sha256: Sha256, size: Count, role: z.enum(FILE_ROLES) });
export type FileRow = Readonly<z.infer<typeof FileRow>>;

const KnownHead = z.strictObject({ epoch: Count, sequence: Sequence, manifest: Sha256 });
/** A place in a stream and the kit (SHA-256 of its manifest, hex) that stands there. */
export type KnownHead = Readonly<z.infer<typeof KnownHead>>;

/** The highest place of a stream that the site has taken in; `createdAt` (epoch ms) is that kit's. */
export type StreamHead = KnownHead & { readonly createdAt: number };

const Envelope = z.strictObject({
  schema: z.literal(KIT_SCHEMA),
  stream: StreamName,
  kinds: Kinds,
  epoch: Count,
  sequence: Sequence,
  prev: Sha256.nullable(),
  audience: Audience,
  tenants: Tenants,
  createdAt: KitInstant,
  expiresAt: KitInstant.nullable(),
  minApp: AppVersion,
  files: z.array(z.unknown()),
  omitted: listOf(Sha256),
  state: z.strictObject({ root: Sha256, count: Count }),
  heads: z.record(StreamName, KnownHead),
  acks: Acks,
  provenance: Provenance,
});
export type Manifest = Omit<z.infer<typeof Envelope>, "files"> & { files: FileRow[] };

/** Ceilings of a kit, in bytes where nothing else is said. Configuration; the defaults are the format's. */
export interface KitLimits {
  readonly kitBytes: number;
  readonly manifestBytes: number;
  readonly bundleBytes: number;
  readonly fileBytes: number;
  /** Rows of the file table. */
  readonly files: number;
  readonly bundles: number;
  /** Undressed size over dressed size. */
  readonly ratio: number;
  /** One configuration object or trust file, and all of a kit together: they are judged in memory. */
  readonly objectBytes: number;
  readonly objectsBytes: number;
}

const MIB = 1_048_576;
export const KIT_LIMITS: KitLimits = {
  kitBytes: 8192 * MIB,
  manifestBytes: 8 * MIB,
  bundleBytes: 4 * MIB,
  fileBytes: 2048 * MIB,
  files: 20_000,
  bundles: 16,
  ratio: 100,
  objectBytes: 4 * MIB,
  objectsBytes: 64 * MIB,
};

/** The kit id: SHA-256 of the manifest's bytes, hex. */
export function kitId(manifest: Uint8Array): string {
  return sha256Hex(manifest);
}

/** The bytes of a manifest: RFC 8785. */
export function manifestBytes(manifest: Manifest): Uint8Array {
  return Buffer.from(withRows(manifest, manifest.files.map(rowText)), "utf8");
}

/** The manifest that bytes hold, judged as step 3 asks. Throws KitError. */
export function parseManifest(bytes: Uint8Array, limits: KitLimits = KIT_LIMITS): Manifest {
  const steps = manifestSteps(bytes, limits);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** As `parseManifest`, in slices: it yields where a caller may let others run. */
export function* manifestSteps(bytes: Uint8Array, limits: KitLimits): Generator<void, Manifest> {
  const text = manifestText(bytes);
  yield;
  const manifest = (yield* quickManifest(text)) ?? (yield* exactManifest(text));
  yield* checkTable(manifest, limits);
  yield* checkState(manifest);
  return manifest;
}

/** A manifest of these parts and their state, judged as `manifestSteps` judges its bytes; rows have been made, not read. */
export function* completeManifest(parts: Omit<Manifest, "state">, limits: KitLimits): Generator<void, Manifest> {
  const { files } = parts;
  const state = { root: yield* stateRoot(files), count: files.length };
  const around = accepted(Envelope.safeParse({ ...parts, state, files: [] }), "");
  const manifest: Manifest = { ...around, files };
  yield* checkTable(manifest, limits);
  return manifest;
}

function* checkTable(manifest: Manifest, limits: KitLimits): Generator<void> {
  checkLimits(manifest, limits);
  yield* checkPaths(manifest.files);
  yield* checkPlaces(manifest);
  checkSizes(manifest.files);
  checkOmitted(manifest);
  yield;
}

/** The manifest of a text in its usual form; undefined where the exact reading must tell what it is. */
function* quickManifest(text: string): Generator<void, Manifest | undefined> {
  const table = yield* quickTable(text, FILE_ROLES);
  if (table !== undefined) refuseCrowd(table.around);
  const value = table === undefined ? undefined : quickCanonical(table.around);
  const parsed = value === undefined ? undefined : Envelope.safeParse(value);
  return table !== undefined && parsed?.success === true && parsed.data.files.length === 0
    ? { ...parsed.data, files: table.rows }
    : undefined;
}

function* exactManifest(text: string): Generator<void, Manifest> {
  refuseCrowd(text, KIT_LIMITS.files);
  const value = yield* strictManifestValue(text);
  const version = isJsonObject(value) ? value["schema"] : undefined;
  if (typeof version === "string" && version !== KIT_SCHEMA) throw new KitError("KIT_FORMAT_VERSION", quoted(version));
  if (text.includes('"__proto__":')) throw new KitError("KIT_MANIFEST", "the key __proto__ is not allowed"); // zod passes it over
  const { files: list, ...around } = accepted(Envelope.safeParse(value), "");
  const files: FileRow[] = [];
  for (const row of list) {
    files.push(accepted(FileRow.safeParse(row), `files/${files.length}/`));
    if (files.length % SLICE === 0) yield;
  }
  return { ...around, files };
}

function accepted<T>(parsed: z.ZodSafeParseResult<T>, at: string): T {
  if (parsed.success) return parsed.data;
  throw new KitError("KIT_MANIFEST", issueText(parsed.error, at));
}

/** The first issue of a schema, for a detail: pointer and words. */
export function issueText(error: z.ZodError, at = ""): string {
  const [issue] = error.issues;
  if (issue === undefined) return "";
  return `${quoted(`/${at}${issue.path.map(String).join("/")}`)}: ${issue.message.slice(0, 200)}`;
}

function checkLimits({ files }: Manifest, limits: KitLimits): void {
  if (files.length > limits.files) throw new KitError("KIT_LIMIT_FILES", `${files.length} of at most ${limits.files}`);
  const large = files.find((file) => file.size > limits.fileBytes);
  if (large !== undefined) throw new KitError("KIT_LIMIT_ENTRY", `${quoted(large.path)} has ${large.size} bytes`);
}

function* checkPaths(files: readonly FileRow[]): Generator<void> {
  const apart: string[] = [];
  let folder = "";
  let judged = 0;
  for (const { path } of files) {
    if (++judged % SLICE === 0) yield;
    if (isPlainIn(path, folder)) continue;
    const fault = pathFault(path);
    if (fault !== undefined) throw new KitError("KIT_PATH", `${quoted(path)} ${fault}`);
    folder = folderOf(path);
    apart.push(path);
  }
  let before = "";
  for (const { path } of files) {
    if (path <= before) throw new KitError("KIT_MANIFEST_ORDER", quoted(path));
    before = path;
  }
  yield;
  const paths = files.map(({ path }) => path);
  const colliding = yield* collidingPath(paths, apart);
  if (colliding !== undefined) throw new KitError("KIT_PATH_COLLISION", quoted(colliding));
  yield;
}

function* checkPlaces(manifest: Manifest): Generator<void> {
  const kit = { kinds: manifest.kinds, tenants: new Set(manifest.tenants) };
  let judged = 0;
  for (const file of manifest.files) {
    if (++judged % SLICE === 0) yield;
    const fault = placementFault(file, kit);
    if (fault !== undefined) throw new KitError("KIT_MANIFEST", `${quoted(file.path)} ${fault}`);
  }
}

function checkSizes(files: readonly FileRow[]): void {
  if (!mayRepeat(files)) return;
  const sizes = new Map<string, number>();
  for (const { path, sha256, size } of files) {
    if ((sizes.get(sha256) ?? size) !== size)
      throw new KitError("KIT_MANIFEST", `${quoted(path)}: one hash, two sizes`);
    sizes.set(sha256, size);
  }
}

function checkOmitted({ files, omitted }: Manifest): void {
  if (omitted.length === 0) return;
  const roles = new Map<string, boolean>();
  for (const { sha256, role } of files) roles.set(sha256, role === "blob" && (roles.get(sha256) ?? true));
  if (new Set(omitted).size < omitted.length) throw new KitError("KIT_MANIFEST", "omitted names a blob twice");
  const stray = omitted.find((sha256) => roles.get(sha256) !== true);
  if (stray !== undefined) throw new KitError("KIT_MANIFEST", `omitted ${stray} is no blob of the file table`);
}

function* checkState({ files, state }: Manifest): Generator<void> {
  const root = yield* stateRoot(files);
  if (state.count !== files.length)
    throw new KitError("KIT_STATE_ROOT", `${state.count} counted, ${files.length} in the table`);
  if (state.root !== root) throw new KitError("KIT_STATE_ROOT", `${state.root} claimed, ${root} found`);
}

function isSortedUnique(list: readonly string[]): boolean {
  return list.every((item, at) => at === 0 || item > (list[at - 1] ?? ""));
}

function isKindSet(kinds: readonly KitKind[]): boolean {
  const lone = LONE_KINDS.filter((kind) => kinds.includes(kind)).length;
  const content = CONTENT_KINDS.filter((kind) => kinds.includes(kind)).length;
  return lone === 0 || (lone === 1 && content === 0);
}
