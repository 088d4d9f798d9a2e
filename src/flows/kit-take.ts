/**
 * From a verified kit to the site's configuration: what its objects would change, and the one question that does it.
 * @module
 */
import { canonicalJson } from "../core/canonical-json.ts";
import { KINDS } from "../core/config.ts";
import { type ConfigPlan, planChange } from "../core/config-plan.ts";
import type { Manifest } from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";
import { objectPath, type ObjectPlace } from "../core/kit-place.ts";
import { headOf, type Policies, type SiteIdentity, type SiteView } from "../core/kit-site.ts";
import type { Json } from "../core/json.ts";
import { type CheckedObject, checkObject } from "../core/objects.ts";
import { decodeUtf8, parseStrictJson } from "../core/strict-json.ts";
import type { Reader } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { type ConfigDoors, referenceFaults } from "./config-apply.ts";

const MAX_DEPTH = 32;
/** Streams and places that one read answers; a site holds a handful. */
const MAX_HEADS = 10_000;

/** An object that a kit carries. */
export interface KitObject extends ObjectPlace {
  readonly bytes: Uint8Array;
}

/** A kit that has been verified for this site. */
export interface VerifiedKit {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest, hex. */
  readonly kit: string;
  readonly signers: readonly string[];
  readonly objects: readonly KitObject[];
  /** The kit at the head of the stream when this one was judged. */
  readonly before: string | undefined;
}

/** What the objects of a kit would change, tenant by tenant. */
export interface KitPlan {
  readonly tenants: readonly (ConfigPlan & { readonly tenant: string })[];
  readonly objects: readonly CheckedObject[];
  /** Tenants that the kit has objects for and the site does not have. */
  readonly unknown: readonly string[];
}

/** What the site holds, as judging a kit needs it. */
export async function siteView(
  read: Reader,
  configurations: ConfigDoors["configurations"],
  identity: Omit<SiteIdentity, "policies">,
): Promise<SiteView> {
  const [local, upstream] = await Promise.all([
    read.cell("trust", SITE_TENANT, "local"),
    read.cell("trust", SITE_TENANT, "upstream"),
  ]);
  const policies: Policies = {
    ...(local === undefined ? {} : { local }),
    ...(upstream === undefined ? {} : { upstream }),
  };
  const heads = new Map(await read.cells("stream", SITE_TENANT, "", MAX_HEADS));
  const accepted = await read.cells("accepted", SITE_TENANT, "", MAX_HEADS);
  return {
    ...identity,
    policies,
    heads,
    known: new Map(await read.cells("known", SITE_TENANT, "", MAX_HEADS)),
    accepted: new Map(accepted.map(([key, { manifest }]) => [key, manifest])),
    newest: Math.max(0, ...[...heads.values()].map(({ createdAt }) => createdAt)),
    owners: ownersOf(configurations),
    blobs: new Set(),
  };
}

/** `<tenant>/<kind>/<id>` of every object that came with a stream. */
function ownersOf(configurations: ConfigDoors["configurations"]): Map<string, string> {
  const owners = new Map<string, string>();
  for (const tenant of configurations.tenants()) {
    for (const [key, stream] of Object.entries(configurations.own(tenant).streams))
      owners.set(`${tenant}/${key}`, stream);
  }
  return owners;
}

/** What is wrong with an object's content: its path in the kit, and where in it. */
export interface KitObjectFault {
  readonly path: string;
  readonly pointer: string;
  readonly detail: string;
}

/** Files that this version can neither take in nor leave aside: only objects, and papers that need no taking in. */
export function unbuiltFiles(files: Manifest["files"]): KitObjectFault[] {
  return files
    .filter(({ role }) => role !== "object" && role !== "doc" && role !== "sbom")
    .map(({ path, role }) => ({
      path,
      pointer: "",
      detail: `this version takes in no files of role ${role}; upgrade this site first`,
    }));
}

/** Checks the objects of a kit against the schemas of this version (step 9): what is good, and every fault. */
export function checkKitObjects(objects: readonly KitObject[]): {
  readonly good: readonly { readonly tenant: string; readonly checked: CheckedObject }[];
  readonly faults: readonly KitObjectFault[];
} {
  const results = objects.map((object) => ({ tenant: object.tenant, result: checkKitObject(object) }));
  return {
    good: results.flatMap(({ tenant, result }) => ("checked" in result ? [{ tenant, checked: result.checked }] : [])),
    faults: results.flatMap(({ result }) => ("faults" in result ? result.faults : [])),
  };
}

function checkKitObject(
  object: KitObject,
): { readonly checked: CheckedObject } | { readonly faults: readonly KitObjectFault[] } {
  const path = objectPath(object);
  const invalid = (detail: string, pointer = ""): KitObjectFault => ({ path, pointer, detail });
  const kind = KINDS.find((known) => known === object.kind && known !== "binding");
  if (kind === undefined)
    return { faults: [invalid(`this version takes in no objects of kind ${object.kind}; upgrade this site first`)] };
  const value = jsonOf(object.bytes);
  if (value === undefined) return { faults: [invalid("is not JSON as a kit may carry it")] };
  const result = checkObject(kind, object.id, value);
  return result.ok
    ? { checked: result.checked }
    : { faults: result.faults.map(({ pointer, detail }) => invalid(detail, pointer)) };
}

function jsonOf(bytes: Uint8Array): Json | undefined {
  const text = decodeUtf8(bytes);
  const parsed = text === undefined ? undefined : parseStrictJson(text, { depth: MAX_DEPTH });
  return parsed?.ok === true ? parsed.value : undefined;
}

/** Plans what a kit whose objects are good would change. Throws KitError KIT_OBJECT_OWNED or CONTENT_INVALID. */
export function planKit({ configurations }: ConfigDoors, { manifest, objects }: VerifiedKit): KitPlan {
  const checked = checkKitObjects(objects).good;
  const known = new Set(configurations.tenants());
  const touched = new Set(checked.map(({ tenant }) => tenant));
  for (const tenant of known)
    if (Object.values(configurations.own(tenant).streams).includes(manifest.stream)) touched.add(tenant);
  const tenants = [...touched]
    .filter((tenant) => known.has(tenant))
    .map((tenant) => {
      const own = checked.filter((object) => object.tenant === tenant).map((object) => object.checked);
      return {
        ...planChange(configurations.own(tenant), { objects: own, prune: true, stream: manifest.stream }),
        tenant,
      };
    });
  const fault = tenants.flatMap((plan) => plan.faults)[0];
  if (fault !== undefined) throw new KitError("KIT_OBJECT_OWNED", `${fault.kind}/${fault.id} ${fault.detail}`);
  const given = checked.map((object) => object.checked);
  const candidates = tenants.map(({ tenant, candidate }) => ({ tenant, candidate }));
  const [loose] = referenceFaults(configurations, candidates, given);
  if (loose !== undefined)
    throw new KitError("CONTENT_INVALID", `${loose.kind}/${loose.id}${loose.pointer}: ${loose.detail}`);
  return {
    tenants,
    objects: checked.map((object) => object.checked),
    unknown: [...touched].filter((tenant) => !known.has(tenant)),
  };
}

/** Stages and compiles a planned kit aside and takes it in with one question. */
export async function takeKit(
  { store, configurations }: ConfigDoors,
  verified: VerifiedKit,
  { plan, actor }: { plan: KitPlan; actor: string },
): Promise<void> {
  const { manifest, kit, signers } = verified;
  const switches = plan.tenants.map(({ tenant, base, candidate, changes }) => ({ tenant, base, candidate, changes }));
  const kept = { hash: kit, text: canonicalJson(manifest) }; // by its id: undo goes back to it
  await store.stage([kept, ...plan.objects.map(({ object, text }) => ({ hash: object.hash, text }))]);
  configurations.stage(
    plan.objects.map(({ object }) => object),
    switches,
  );
  const input = {
    actor,
    stream: manifest.stream,
    head: headOf(manifest, kit),
    before: verified.before,
    heads: manifest.heads,
    switches,
    signers,
  };
  await store.transact({ flow: "kit-import", tenant: SITE_TENANT, input });
}
