/**
 * From a verified kit to the site's configuration: what its objects would change, and the one question that does it.
 * @module
 */
import { canonicalJson } from "../core/canonical-json.ts";
import { KINDS } from "../core/config.ts";
import { type ConfigPlan, planSteps } from "../core/config-plan.ts";
import { sha256Hex } from "../core/hash.ts";
import type { Manifest } from "../core/kit.ts";
import { KitError, type KitReason } from "../core/kit-code.ts";
import { objectPath, type ObjectPlace } from "../core/kit-place.ts";
import { type CountedSigner, headOf, type StreamRecord } from "../core/kit-site.ts";
import { kitInstantMs } from "../core/kit-time.ts";
import { type CheckedObject, checkObject, type ObjectFault } from "../core/objects.ts";
import { runSteps, type Steps } from "../core/steps.ts";
import { strictJson } from "../core/strict-json.ts";
import { policyBytes, policyFingerprint, type TrustPolicy } from "../core/trust.ts";
import { SITE_TENANT } from "../ports.ts";
import { type ConfigDoors, misplaced, referenceFaults, switchTo } from "./config-apply.ts";
import type { JudgedBy, KitImportInput, TenantSwitch } from "./kit-import.ts";

/** An object that a kit carries. */
export interface KitObject extends ObjectPlace {
  readonly bytes: Uint8Array;
  /** `bytes` as text, with their SHA-256 (hex), where they are known to be canonical. */
  readonly canonical?: { readonly text: string; readonly hash: string };
}

/** A kit that has been verified for this site, its objects checked. */
export interface VerifiedKit {
  readonly manifest: Manifest;
  /** RFC 8785, as it came. */
  readonly manifestText: string;
  /** SHA-256 of the manifest, hex. */
  readonly kit: string;
  readonly signers: readonly CountedSigner[];
  readonly objects: readonly PlacedObject[];
  readonly judgedBy: JudgedBy;
  /** The upstream policy that a trust kit leaves behind, and the version that it follows. */
  readonly trust?: { readonly policy: TrustPolicy; readonly from: number };
  /** What stood at the head of the stream when this one was judged. */
  readonly held: StreamRecord | undefined;
}

/** A good object, and whose it is. */
export interface PlacedObject {
  readonly tenant: string;
  readonly checked: CheckedObject;
}

/** What the objects of a kit would change, tenant by tenant. */
export interface KitPlan {
  /** SHA-256 (hex) over RFC 8785 of what the import would switch: from where, to where. */
  readonly hash: string;
  readonly tenants: readonly (ConfigPlan & { readonly tenant: string })[];
  readonly objects: readonly CheckedObject[];
  /** Tenants that the kit has objects for and the site does not have. */
  readonly unknown: readonly string[];
}

/** What is wrong with an object's content: its path in the kit, and where in it. */
export interface KitObjectFault {
  readonly path: string;
  readonly pointer: string;
  readonly detail: string;
}

/** The objects of a kit that are good, and every fault of the others. */
export interface CheckedContent {
  readonly good: readonly PlacedObject[];
  readonly faults: readonly KitObjectFault[];
}

/** Roles of files that are taken in; trust files are judged by the chain. */
const BUILT_ROLES: ReadonlySet<string> = new Set(["object", "doc", "sbom", "trust"]);

/** Files that this version can neither take in nor leave aside. */
export function unbuiltFiles(files: Manifest["files"]): KitObjectFault[] {
  return files
    .filter(({ role }) => !BUILT_ROLES.has(role))
    .map(({ path, role }) => ({
      path,
      pointer: "",
      detail: `this version takes in no files of role ${role}; upgrade this site first`,
    }));
}

/** Checks the objects of a kit against the schemas of this version (step 9), in slices: what is good, and every fault. */
export function* objectSteps(objects: readonly KitObject[], isOwn = false): Steps<CheckedContent> {
  const good: PlacedObject[] = [];
  const faults: KitObjectFault[] = [];
  for (const object of objects) {
    const result = checkKitObject(object, isOwn);
    if ("checked" in result) good.push({ tenant: object.tenant, checked: result.checked });
    else faults.push(...result.faults);
    yield;
  }
  return { good, faults };
}

function checkKitObject(
  object: KitObject,
  isOwn: boolean,
): { readonly checked: CheckedObject } | { readonly faults: readonly KitObjectFault[] } {
  const path = objectPath(object);
  const invalid = (detail: string, pointer = ""): KitObjectFault => ({ path, pointer, detail });
  const kind = KINDS.find((known) => known === object.kind && known !== "binding");
  if (kind === undefined)
    return { faults: [invalid(`this version takes in no objects of kind ${object.kind}; upgrade this site first`)] };
  const value = strictJson(object.canonical?.text ?? object.bytes);
  if (value === undefined) return { faults: [invalid("is not JSON as a kit may carry it")] };
  const result = checkObject(kind, object.id, value, object.canonical);
  // What is taken in by itself, a site says for itself, whoever else's kits it trusts.
  const tenant = isOwn ? object.tenant : "";
  const faults = result.ok ? misplaced(tenant, result.checked.object) : result.faults;
  if (result.ok && faults.length === 0) return { checked: result.checked };
  return { faults: faults.map(({ pointer, detail }) => invalid(detail, pointer)) };
}

/** Plans what a verified kit would change. Throws KitError KIT_OBJECT_OWNED or CONTENT_INVALID. */
export async function planKit({ configurations }: ConfigDoors, verified: VerifiedKit): Promise<KitPlan> {
  const { manifest, objects } = verified;
  const known = new Set(configurations.tenants());
  const byTenant = Map.groupBy(objects, ({ tenant }) => tenant);
  // Who signed was judged for these kinds and tenants: a kit takes away nothing beyond them.
  const kinds = new Set<string>(manifest.kinds);
  const isSpokenFor = (tenant: string): boolean =>
    manifest.tenants.includes("*") || (tenant !== SITE_TENANT && manifest.tenants.includes(tenant));
  for (const tenant of known)
    if (
      isSpokenFor(tenant) &&
      !byTenant.has(tenant) &&
      Object.values(configurations.own(tenant).streams).includes(manifest.stream)
    )
      byTenant.set(tenant, []);
  const tenants: KitPlan["tenants"][number][] = [];
  for (const [tenant, placed] of byTenant) {
    if (!known.has(tenant)) continue;
    const wanted = { objects: placed.map(({ checked }) => checked), prune: true, kinds, stream: manifest.stream };
    tenants.push({ ...(await runSteps(planSteps(configurations.own(tenant), wanted), configurations.pause)), tenant });
  }
  const fault = tenants.flatMap((plan) => plan.faults)[0];
  if (fault !== undefined) throw new KitError("KIT_OBJECT_OWNED", `${fault.kind}/${fault.id} ${fault.detail}`);
  const given = objects.map(({ checked }) => checked);
  const candidates = tenants.map(({ tenant, candidate }) => ({ tenant, candidate }));
  const [first, ...more] = reasonsOf(await referenceFaults(configurations, candidates, given));
  if (first !== undefined)
    throw new KitError(
      "CONTENT_INVALID",
      `${first.at}: ${first.detail}${more.length === 0 ? "" : `, and ${more.length} more`}`,
      {
        reasons: [first, ...more],
      },
    );
  const unknown = [...byTenant.keys()].filter((tenant) => !known.has(tenant));
  return { hash: planHash(verified, tenants), tenants, objects: given, unknown };
}

function reasonsOf(faults: readonly ObjectFault[]): KitReason[] {
  return faults.map(({ kind, id, pointer, detail }) => ({
    at: `${kind}/${id}${pointer}`,
    code: "CONTENT_INVALID",
    detail,
  }));
}

/** What a plan is known by: the kit, what stood before, each switch, and the trust policy that it leaves. */
function planHash({ kit, held, judgedBy, trust }: VerifiedKit, tenants: KitPlan["tenants"]): string {
  return sha256Hex(
    canonicalJson({
      before: held?.manifest ?? null,
      kit,
      policy: judgedBy.fingerprint,
      switches: tenants.map(({ tenant, base, candidate }) => ({ base, candidate: candidate.id, tenant })),
      trust: trust === undefined ? null : policyFingerprint(policyBytes(trust.policy)),
    }),
  );
}

/** Stages and compiles a planned kit aside and takes it in with one question. Throws FlowError `conflict` where something changed meanwhile. */
export async function takeKit(
  doors: ConfigDoors,
  verified: VerifiedKit,
  { plan, actor, override }: { plan: KitPlan; actor: string; override: string | undefined },
): Promise<void> {
  const { manifest, kit, signers, trust, judgedBy, held } = verified;
  const switches: TenantSwitch[] = plan.tenants
    .filter(({ base, candidate }) => candidate.id !== base)
    .map(({ tenant, base, candidate, changes }) => ({ tenant, base, candidate, changes }));
  const input: KitImportInput = {
    actor,
    stream: manifest.stream,
    head: headOf(manifest, kit),
    expiresAt: manifest.expiresAt === null ? null : (kitInstantMs(manifest.expiresAt) ?? null),
    before: held?.manifest,
    judgedBy,
    heads: manifest.heads,
    switches,
    ...(trust === undefined ? {} : { trust: trust.policy }),
    signers,
    objects: manifest.files.filter(({ role }) => role === "object").length,
    files: keptFiles(manifest).length,
    plan: plan.hash,
    ...(override === undefined ? {} : { override }),
  };
  await doors.store.stage([{ hash: kit, text: verified.manifestText }]); // by its id: undo goes back to it
  await switchTo(doors, { objects: plan.objects, candidates: switches }, () =>
    doors.store.transact({ flow: "kit-import", tenant: SITE_TENANT, input }),
  );
}

/** The files that a site keeps beside its configuration: docs and SBOMs. */
export function keptFiles({ files }: Pick<Manifest, "files">): Manifest["files"] {
  return files.filter(({ role }) => role === "doc" || role === "sbom");
}
