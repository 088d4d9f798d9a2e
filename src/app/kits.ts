/**
 * Kits at this site: the starter kit, and what happens to a kit that comes in.
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { SITE_TENANT } from "../core/cells.ts";
import type { StreamHead } from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";
import { headOf } from "../core/kit-site.ts";
import { kitFileName } from "../core/kit-derive.ts";
import { assembleContent, parseSpec } from "../core/kit-spec.ts";
import {
  checkKitObjects,
  type KitObject,
  unbuiltFiles,
  planKit,
  siteView,
  takeKit,
  type VerifiedKit,
} from "../flows/kit-take.ts";
import type { Caller, ImportedKit, Services } from "../http/services.ts";
import { buildKit } from "../signing/kit-build.ts";
import { type GoodKit, verifyKit } from "../signing/kit-verify.ts";
import { readPrivateKey, signerOf } from "../signing/keys.ts";
import { asset, assetNames } from "../system/assets.ts";
import { readPrivateFile } from "../system/files.ts";
import { version } from "../system/version.ts";
import { type Parts, siteOf } from "./parts.ts";
import { quarantine } from "./quarantine.ts";

const MAX_STREAMS = 10_000;

/** Kits as the routes ask for them. */
export function kitService(parts: Parts): Services["kits"] {
  let last: Promise<unknown> = Promise.resolve();
  return {
    list: async () =>
      (await parts.store.read.cells("stream", SITE_TENANT, "", MAX_STREAMS)).map(([stream, head]) => ({
        stream,
        ...head,
      })),
    known: async () =>
      (await parts.store.read.cells("known", SITE_TENANT, "", MAX_STREAMS)).map(([stream, head]) => ({
        stream,
        ...head,
      })),
    // One import at a time: each is judged by what the one before left.
    importFile: (caller, file) => {
      const next = last.then(() => importKitFile(parts, { caller, file }));
      last = next.catch(() => undefined); // its caller is told
      return next;
    },
  };
}

/** Builds the starter kit out of the program's own seeds and templates, signed by the local authority; answers its file. */
export async function buildStarterKit({ files, clock }: Parts, site: string): Promise<string> {
  const names = [...assetNames("seeds/"), ...assetNames("templates/")];
  const spec = parseSpec(asset("offline-kit.json"));
  const stream = `${site}/starter`;
  const signer = signerOf(readPrivateKey(Buffer.from(readPrivateFile(files.localAuthority)).toString("latin1")));
  const out = path.join(files.out, kitFileName({ stream, epoch: spec.epoch, sequence: spec.sequence }));
  const createdAt = `${new Date(clock.now()).toISOString().slice(0, 19)}Z`;
  await buildKit(
    { spec, files: assembleContent(asset, names), stream, audience: [`site:${site}`], createdAt, signers: [signer] },
    out,
  );
  return out;
}

/** Verifies and takes in a kit, which stays the caller's. Throws KitError for one that is refused: then it is recorded and quarantined. */
export async function importKitFile(
  parts: Parts,
  { caller, file, site }: { caller: Caller; file: string; site?: string },
): Promise<ImportedKit> {
  try {
    const verified = await verify(parts, file, site ?? (await siteOf(parts)) ?? "");
    const plan = planKit(parts, verified);
    await takeKit(parts, verified, { plan, actor: caller.actor });
    const { stream } = verified.manifest;
    const changes = plan.tenants.flatMap(({ tenant, changes: list }) =>
      list.map(({ kind, id, change }) => ({ tenant, kind, id, change })),
    );
    const left = plan.tenants.flatMap(({ tenant, left: list }) => list.map(({ kind, id }) => ({ tenant, kind, id })));
    return { stream, ...headOf(verified.manifest, verified.kit), changes, left, unknownTenants: plan.unknown };
  } catch (error) {
    if (error instanceof KitError) await refuse(parts, { caller, file, error });
    throw error;
  }
}

async function verify(parts: Parts, file: string, site: string): Promise<VerifiedKit> {
  const objects: KitObject[] = [];
  const heads = new Map<string, StreamHead>();
  const identity = { site, groups: [], appVersion: version(), now: parts.clock.now() };
  const verdict = await verifyKit({
    file,
    site: async () => {
      const view = await siteView(parts.store.read, parts.configurations, identity);
      for (const [stream, head] of view.heads) heads.set(stream, head);
      return view;
    },
    validate: async (found, { files }) => {
      objects.push(...found);
      return [...checkKitObjects(found).faults, ...unbuiltFiles(files)];
    },
  });
  if (!verdict.ok) throw new KitError(verdict.code, verdict.detail, { reasons: verdict.reasons });
  if (verdict.upstream !== undefined)
    throw new KitError("CONTENT_INVALID", "this version takes in no trust kits; upgrade this site first");
  const { manifest, kit } = verdict;
  return { manifest, kit, signers: signersOf(verdict), objects, before: heads.get(manifest.stream)?.manifest };
}

function signersOf({ bundles }: GoodKit): string[] {
  return bundles.flatMap(({ counts, keyId }) => (counts && keyId !== undefined ? [keyId] : []));
}

/** One leaf, and a copy in quarantine; a repeat of the kit that is in place is no refusal to keep. */
async function refuse(
  parts: Parts,
  { caller, file, error }: { caller: Caller; file: string; error: KitError },
): Promise<void> {
  if (error.code === "KIT_ALREADY_APPLIED") return;
  const sha256 = await hashFile(file);
  await parts.store.transact({
    flow: "kit-refuse",
    tenant: SITE_TENANT,
    input: { actor: caller.actor, sha256, code: error.code },
  });
  quarantine(parts.files.quarantine, { file, sha256, code: error.code, message: error.message });
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(fs.createReadStream(file), hash);
  return hash.digest("hex");
}
