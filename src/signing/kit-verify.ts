/**
 * Judges a kit for a site, in the order of the format: steps 1 to 9 of an import. Nothing is written before the quorum
 * stands; a refusal has exactly one code.
 * @module
 */
import { setImmediate } from "node:timers/promises";
import { canonicalJson } from "../core/canonical-json.ts";
import type { Json } from "../core/json.ts";
import { type FileRow, KIT_LIMITS, type KitLimits, type Manifest } from "../core/kit.ts";
import { checkPlace } from "../core/kit-check.ts";
import { KitError, type KitCode, type KitReason, quoted } from "../core/kit-code.ts";
import { type ObjectPlace, objectPlace } from "../core/kit-place.ts";
import { type SiteView, siteInstant } from "../core/kit-site.ts";
import { type BundleVerdict, type CheckedBundle, judgeQuorum, reasonsOf } from "../core/quorum.ts";
import { namingSigners, shortfallOf } from "../core/quorum-words.ts";
import { decodeUtf8, strictJson } from "../core/strict-json.ts";
import { type CheckBundles, followChain, type TrustFile } from "../core/trust-chain.ts";
import { judgeOf, type TrustPolicy } from "../core/trust.ts";
import { checkBundle } from "./dsse.ts";
import { type FileSink, type OpenKit, openKit, type Staging } from "./kit-open.ts";

/** A configuration object of a kit: canonical JSON, and whose it is. */
export interface KitObject extends ObjectPlace {
  readonly bytes: Uint8Array;
  /** `bytes` as text, with their SHA-256 (hex). */
  readonly canonical: { readonly text: string; readonly hash: string };
  /** Parsed anew at each reading, so that many objects take no more room than their bytes. */
  readonly value: Json;
  /** SHA-256 of `bytes`, hex. */
  readonly sha256: string;
}

/** What is wrong with an object's content: its path in the kit, and where in it. */
export interface ContentFault {
  readonly path: string;
  readonly pointer: string;
  readonly detail: string;
}

export interface KitQuestion {
  readonly file: string;
  /** What the site holds; a function is asked once the manifest is known to be sound. */
  readonly site: SiteView | ((manifest: Manifest, kit: string) => Promise<SiteView>);
  readonly limits?: KitLimits;
  /** A person has given a reason to use an expired policy of `needs-override`. */
  readonly overrideExpired?: boolean;
  /** What to keep of the files while they are hashed. */
  readonly staging?: Staging;
  /** Step 9 for objects; without it, content is not judged. */
  readonly validate?: (objects: readonly KitObject[], manifest: Manifest) => Promise<readonly ContentFault[]>;
}

/** What was found out before the verdict; of a refused kit it is only a claim. */
interface Seen {
  readonly kit?: string;
  readonly manifest?: Manifest;
  readonly bundles: readonly BundleVerdict[];
}

export interface GoodKit {
  readonly ok: true;
  readonly kit: string;
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly bundles: readonly BundleVerdict[];
  /** The policy that judged. */
  readonly policy: TrustPolicy;
  /** The upstream policy that a trust kit leaves behind. */
  readonly upstream?: TrustPolicy;
}

export interface RefusedKit extends Seen {
  readonly ok: false;
  readonly code: KitCode;
  /** What exactly was found: the KitError's detail. */
  readonly detail: string;
  /** Sentence for people: what is wrong, what to do next. */
  readonly message: string;
  readonly reasons: readonly KitReason[];
}

export type KitVerdict = GoodKit | RefusedKit;

/** Judges a kit. A refusal is an answer; what throws is the file system or the site. */
export async function verifyKit(question: KitQuestion): Promise<KitVerdict> {
  const seen: { kit?: string; manifest?: Manifest; bundles: readonly BundleVerdict[] } = { bundles: [] };
  let open: OpenKit | undefined;
  try {
    open = await openKit(question.file, question.limits);
    seen.kit = open.kit;
    seen.manifest = open.manifest;
    return await judge(open, question, seen);
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    const { code, detail, message, reasons } = namingSigners(error, seen.bundles);
    return { ok: false, ...seen, code, detail, message, reasons };
  } finally {
    await open?.close();
  }
}

async function judge(
  open: OpenKit,
  question: KitQuestion,
  seen: { bundles: readonly BundleVerdict[] },
): Promise<GoodKit> {
  const { manifest, kit, manifestBytes } = open;
  const site = typeof question.site === "function" ? await question.site(manifest, kit) : question.site;
  const { policy, role } = judgeOf(manifest, site);
  const quorum = judgeQuorum(await checkedBundles(open, policy), {
    policy,
    role,
    createdAt: manifest.createdAt,
    signed: { of: "kit", kit, statement: open.statement },
  });
  seen.bundles = quorum.verdicts;
  if (!quorum.met) {
    throw new KitError("SIG_THRESHOLD", shortfallOf(quorum, role), { reasons: reasonsOf(quorum.verdicts) });
  }
  await setImmediate(); // each step below takes its while over 20,000 files
  checkPlace({ manifest, kit, policy, site, overrideExpired: question.overrideExpired === true });
  await setImmediate();
  const kept = keeper(manifest, question);
  await open.contents(kept.staging);
  const upstream = manifest.kinds.includes("trust") ? chainOf(kept, policy, siteInstant(site)) : undefined;
  if (question.validate !== undefined) await checkContent(kept, manifest, question.validate);
  return {
    ok: true,
    kit,
    manifest,
    manifestBytes,
    bundles: quorum.verdicts,
    policy,
    ...(upstream === undefined ? {} : { upstream }),
  };
}

/** One by one, so that others run between bundles that take long. */
async function checkedBundles({ bundles }: OpenKit, policy: TrustPolicy): Promise<CheckedBundle[]> {
  const checked: CheckedBundle[] = [];
  for (const { name, bytes } of bundles) {
    checked.push(checkBundle(name, bytes, policy));
    await setImmediate();
  }
  return checked;
}

export interface Kept {
  /** Absent where nobody keeps anything. */
  readonly staging: Staging | undefined;
  /** Bytes of trust files, by hash. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  /** Texts of objects, by hash: undefined for what is not UTF-8. Many objects take room once. */
  readonly texts: ReadonlyMap<string, string | undefined>;
  readonly trust: readonly FileRow[];
  readonly objects: readonly FileRow[];
  /** A file that is too large to be judged in memory. */
  readonly tooLarge: FileRow | undefined;
}

/** Keeps in memory what step 9 judges, within limits; the rest goes to the caller's staging. */
export function keeper(manifest: Manifest, { limits = KIT_LIMITS, staging, validate }: KitQuestion): Kept {
  const trust = manifest.files.filter(({ role }) => role === "trust");
  const objects = validate === undefined ? [] : manifest.files.filter(({ role }) => role === "object");
  const wanted = new Map([...trust, ...objects].map((file) => [file.sha256, file]));
  const policies = new Set(trust.map(({ sha256 }) => sha256));
  let total = 0;
  const tooLarge = [...wanted.values()].find(
    ({ size }) => (total += size) > limits.objectsBytes || size > limits.objectBytes,
  );
  const bytes = new Map<string, Uint8Array>();
  const texts = new Map<string, string | undefined>();
  const take = ({ sha256 }: FileRow, content: Uint8Array): void => {
    if (policies.has(sha256)) bytes.set(sha256, content);
    texts.set(sha256, decodeUtf8(content));
  };
  const keep: Staging = (file) =>
    wanted.has(file.sha256) ? keeping(file, (content) => take(file, content), staging?.(file)) : staging?.(file);
  const isAll = wanted.size > 0 && tooLarge === undefined;
  return { trust, objects, tooLarge, bytes, texts, staging: isAll ? keep : staging };
}

/** Takes a file into memory, and hands it on. */
async function keeping(
  file: FileRow,
  keep: (content: Uint8Array) => void,
  staged: ReturnType<Staging>,
): Promise<FileSink> {
  const sink = await staged;
  const content = Buffer.allocUnsafeSlow(file.size);
  let at = 0;
  return {
    write: (chunk) => {
      content.set(chunk, at);
      at += chunk.length;
      return sink?.write(chunk);
    },
    end: () => {
      keep(content);
      return sink?.end();
    },
  };
}

function bytesOf({ bytes }: Pick<Kept, "bytes">, { sha256, path }: FileRow): Uint8Array {
  const found = bytes.get(sha256);
  if (found === undefined) throw new KitError("KIT_MISSING_FILE", quoted(path));
  return found;
}

/** Finds out which signatures on a policy are good. */
const checkTrustBundles: CheckBundles = (files, policy) =>
  files.map(({ path, bytes }) => checkBundle(path, bytes, policy));

export function trustFiles(kept: Kept): TrustFile[] {
  if (kept.tooLarge !== undefined) throw new KitError("TRUST_POLICY", `${quoted(kept.tooLarge.path)} is too large`);
  return kept.trust.map((file) => ({ path: file.path, bytes: bytesOf(kept, file) }));
}

function chainOf(kept: Kept, held: TrustPolicy, instant: number): TrustPolicy {
  return followChain(held, trustFiles(kept), { check: checkTrustBundles, instant });
}

/** Objects between two points where others may run. */
const SLICE = 200;

async function checkContent(
  kept: Kept,
  manifest: Manifest,
  validate: NonNullable<KitQuestion["validate"]>,
): Promise<void> {
  if (kept.tooLarge !== undefined)
    throw new KitError("CONTENT_INVALID", `${quoted(kept.tooLarge.path)} is too large to be judged`);
  const objects: KitObject[] = [];
  for (const file of kept.objects) {
    objects.push(objectOf(file, kept.texts.get(file.sha256)));
    if (objects.length % SLICE === 0) await setImmediate();
  }
  const faults = await validate(objects, manifest);
  if (faults.length === 0) return;
  const reasons = faults.map(
    ({ path, pointer, detail }): KitReason => ({
      at: `${path}${pointer === "" ? "" : `#${pointer}`}`,
      code: "CONTENT_INVALID",
      detail,
    }),
  );
  throw new KitError("CONTENT_INVALID", `${faults.length} faults, the first in ${quoted(reasons[0]?.at ?? "")}`, {
    reasons,
  });
}

/** The value of canonical JSON, or undefined for any other text. */
function jsonOf(text: string): Json | undefined {
  const value = strictJson(text);
  return value !== undefined && canonicalJson(value) === text ? value : undefined;
}

function objectOf(file: FileRow, text: string | undefined): KitObject {
  const place = objectPlace(file);
  if (place === undefined || text === undefined || jsonOf(text) === undefined) {
    const reason: KitReason = { at: file.path, code: "CONTENT_INVALID", detail: "not canonical JSON" };
    throw new KitError("CONTENT_INVALID", `${quoted(file.path)} is not canonical JSON`, { reasons: [reason] });
  }
  return {
    ...place,
    canonical: { text, hash: file.sha256 },
    sha256: file.sha256,
    get bytes(): Uint8Array {
      return Buffer.from(text);
    },
    get value(): Json {
      return jsonOf(text) ?? null;
    },
  };
}
