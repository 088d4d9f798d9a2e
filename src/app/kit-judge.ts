import { issuerOf, type StreamRecord } from "../core/kit-site.ts";
import { KIT_LIMITS } from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";
import { policyBytes, policyFingerprint } from "../core/trust.ts";
import { runSteps } from "../core/steps.ts";
import { decodeUtf8 } from "../core/strict-json.ts";
import { objectSteps, type PlacedObject, unbuiltFiles, type VerifiedKit } from "../flows/kit-take.ts";
import { siteView } from "../flows/kit-view.ts";
import type { Staging } from "../signing/kit-open.ts";
import { type GoodKit, verifyKit } from "../signing/kit-verify.ts";
import { systemPause } from "../system/pause.ts";
import { version } from "../system/version.ts";
import { type Parts, siteOf } from "./parts.ts";

/** What is judged, and what of it is kept. */
export interface KitFile {
  readonly file: string;
  /** The site's id; absent: as the store has it. */
  readonly site?: string | undefined;
  readonly overrideExpired: boolean;
  readonly staging?: Staging;
}

/** A kit that stands in its stream already. */
export interface RepeatedKit {
  readonly repeated: StreamRecord & { readonly stream: string };
}

/** Judges a kit for this site, content included (steps 1 to 9). Throws KitError for one that is refused. */
export async function judgeKit(
  parts: Parts,
  { file, site, overrideExpired, staging }: KitFile,
): Promise<VerifiedKit | RepeatedKit> {
  const id = site ?? (await siteOf(parts)) ?? "";
  const { groups, maxKitBytes } = parts.settings;
  const identity = { site: id, groups, appVersion: version(), now: parts.clock.now() };
  const seen: { objects: readonly PlacedObject[]; held?: StreamRecord } = { objects: [] };
  const verdict = await verifyKit({
    file,
    limits: { ...KIT_LIMITS, kitBytes: maxKitBytes },
    overrideExpired,
    ...(staging === undefined ? {} : { staging }),
    site: async (manifest) => {
      const view = await siteView({ ...parts, read: parts.store.read }, identity, manifest);
      const held = view.heads.get(manifest.stream);
      if (held !== undefined) seen.held = held;
      return view;
    },
    validate: async (objects, { files, stream }) => {
      const { good, faults } = await runSteps(objectSteps(objects, issuerOf(stream) === id), systemPause);
      seen.objects = good;
      return [...faults, ...unbuiltFiles(files)];
    },
  });
  if (verdict.ok) return verifiedOf(verdict, id, seen);
  if (verdict.code === "KIT_ALREADY_APPLIED" && verdict.manifest !== undefined && seen.held !== undefined)
    return { repeated: { ...seen.held, stream: verdict.manifest.stream } };
  throw new KitError(verdict.code, verdict.detail, { reasons: verdict.reasons });
}

function verifiedOf(
  { manifest, manifestBytes, kit, bundles, policy, upstream }: GoodKit,
  site: string,
  { objects, held }: { readonly objects: readonly PlacedObject[]; readonly held?: StreamRecord },
): VerifiedKit {
  const signers = bundles
    .flatMap(({ counts, keyId, owner }) =>
      counts && keyId !== undefined && owner !== undefined ? [{ keyId, owner }] : [],
    )
    .toSorted((left, right) => (left.owner < right.owner ? -1 : 1));
  const isOwn = manifest.stream.startsWith(`${site}/`);
  const isNewTrust = upstream !== undefined && upstream.version > policy.version;
  return {
    manifest,
    manifestText: decodeUtf8(manifestBytes) ?? "",
    kit,
    signers,
    objects,
    judgedBy: { which: isOwn ? "local" : "upstream", fingerprint: policyFingerprint(policyBytes(policy)) },
    held,
    ...(isNewTrust ? { trust: { policy: upstream, from: policy.version } } : {}),
  };
}
