/**
 * What a site holds after kits that are taken as applied.
 * @module
 */
import { KIT_LIMITS, type KitLimits } from "../core/kit.ts";
import { afterKit, type SiteView } from "../core/kit-site.ts";
import { newestPolicy } from "../core/trust-chain.ts";
import { openKit } from "./kit-open.ts";
import { keeper, trustFiles } from "./kit-verify.ts";

/** The site after it has taken in these kits, in order, without judging them. Throws KitError for one that cannot be read. */
export async function siteAfter(
  site: SiteView,
  files: readonly string[],
  limits: KitLimits = KIT_LIMITS,
): Promise<SiteView> {
  let view = site;
  for (const file of files) view = await takenIn(view, file, limits);
  return view;
}

async function takenIn(site: SiteView, file: string, limits: KitLimits): Promise<SiteView> {
  const open = await openKit(file, limits);
  try {
    const { manifest, kit } = open;
    if (!manifest.kinds.includes("trust")) return afterKit(site, manifest, { kit });
    const kept = keeper(manifest, { file, site, limits });
    await open.contents(kept.staging);
    const newest = newestPolicy(trustFiles(kept));
    const version = site.policies.upstream?.version ?? 0;
    return afterKit(
      site,
      manifest,
      newest === undefined || newest.version <= version ? { kit } : { kit, upstream: newest },
    );
  } finally {
    await open.close();
  }
}
