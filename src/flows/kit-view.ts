import type { KnownHead, Manifest } from "../core/kit.ts";
import { objectPlace } from "../core/kit-place.ts";
import { objectKey, placeKey, type Policies, type SiteIdentity, type SiteView } from "../core/kit-site.ts";
import { inSteps, runSteps, type Steps } from "../core/steps.ts";
import type { Reader } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import type { LiveConfigurations } from "./configurations.ts";

/** Streams that one read answers; a site holds a handful. */
const MAX_STREAMS = 10_000;

/** What the site holds, as judging this kit needs it. */
export async function siteView(
  { read, configurations }: { readonly read: Reader; readonly configurations: LiveConfigurations },
  identity: Omit<SiteIdentity, "policies">,
  manifest: Manifest,
): Promise<SiteView> {
  const heads = new Map(await read.cells("stream", SITE_TENANT, "", MAX_STREAMS));
  const known = new Map(await read.cells("known", SITE_TENANT, "", MAX_STREAMS));
  return {
    ...identity,
    policies: await heldPolicies(read),
    heads,
    known,
    accepted: await acceptedAt(read, [
      [manifest.stream, manifest],
      ...Object.entries(manifest.heads).filter(([stream]) => heads.has(stream)),
    ]),
    newest: Math.max(0, ...[...heads.values()].map(({ createdAt }) => createdAt)),
    owners: await runSteps(ownerSteps(configurations, manifest), configurations.pause),
    blobs: new Set(),
  };
}

/** The two trust policies that the site holds. */
export async function heldPolicies(read: Pick<Reader, "cell">): Promise<Policies> {
  const local = await read.cell("trust", SITE_TENANT, "local");
  const upstream = await read.cell("trust", SITE_TENANT, "upstream");
  return {
    ...(local === undefined ? {} : { local }),
    ...(upstream === undefined ? {} : { upstream }),
  };
}

/** The kits that were taken in at these places. */
async function acceptedAt(
  read: Pick<Reader, "cell">,
  places: readonly (readonly [stream: string, place: Pick<KnownHead, "epoch" | "sequence">])[],
): Promise<Map<string, string>> {
  const accepted = new Map<string, string>();
  for (const [stream, place] of places) {
    const key = placeKey(stream, place);
    const found = await read.cell("accepted", SITE_TENANT, key);
    if (found !== undefined) accepted.set(key, found.manifest);
  }
  return accepted;
}

/** Of the objects that a kit carries: the stream that each belongs to here, where one does. */
function* ownerSteps(
  configurations: Pick<LiveConfigurations, "own" | "tenants">,
  { files }: Pick<Manifest, "files">,
): Steps<Map<string, string>> {
  const streams = new Map(configurations.tenants().map((tenant) => [tenant, configurations.own(tenant).streams]));
  const owners = new Map<string, string>();
  yield* inSteps(files, (file) => {
    const place = objectPlace(file);
    const owner = place === undefined ? undefined : streams.get(place.tenant)?.[`${place.kind}/${place.id}`];
    if (place !== undefined && owner !== undefined) owners.set(objectKey(place), owner);
  });
  return owners;
}
