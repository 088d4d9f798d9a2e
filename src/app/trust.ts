/**
 * The site's trust policies: the store's rows decide, the files in `trust/` are copies for people.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { canonicalJson } from "../core/canonical-json.ts";
import { SITE_TENANT } from "../core/cells.ts";
import { errorWords } from "../core/error-words.ts";
import { KitError } from "../core/kit-code.ts";
import { kitInstantMs } from "../core/kit-time.ts";
import { parsePolicy, policyBytes, policyFingerprint, type TrustPolicy } from "../core/trust.ts";
import { FlowError } from "../flows/error.ts";
import { heldPolicies } from "../flows/kit-view.ts";
import type { GivenPolicy, ShownPolicy, TrustService } from "../http/kit-services.ts";
import type { Caller } from "../http/services.ts";
import { writeDurably } from "../system/files.ts";
import { type Parts, siteOf } from "./parts.ts";

/** Trust as the routes ask for it. */
export function trustService(parts: Parts): TrustService {
  return {
    show: async () => {
      const { local, upstream } = await heldPolicies(parts.store.read);
      return {
        site: (await siteOf(parts)) ?? "",
        groups: parts.settings.groups,
        ...(local === undefined ? {} : { local: shown(local) }),
        ...(upstream === undefined ? {} : { upstream: shown(upstream) }),
      };
    },
    add: (caller, given) => addPolicy(parts, caller, given),
  };
}

function shown(policy: TrustPolicy): ShownPolicy {
  return { fingerprint: policyFingerprint(policyBytes(policy)), policy };
}

async function addPolicy(
  parts: Parts,
  { actor }: Caller,
  { policy: value, fingerprint, replace, why }: GivenPolicy,
): Promise<ShownPolicy> {
  const policy = parsePolicy(Buffer.from(canonicalJson(value), "utf8"));
  const found = shown(policy);
  if (found.fingerprint !== fingerprint)
    throw new FlowError(
      "conflict",
      "the policy is not the one of this fingerprint: it was changed on its way, or the fingerprint is another one's; ask again for both, by different ways",
    );
  const end = policy.expiresAt === null ? undefined : kitInstantMs(policy.expiresAt);
  if (end !== undefined && parts.clock.now() > end)
    throw new KitError("TRUST_EXPIRED", `version ${policy.version} at ${policy.expiresAt}`);
  await parts.store.transact({
    flow: "trust-change",
    tenant: SITE_TENANT,
    input: {
      actor,
      which: "upstream",
      policy,
      fingerprint,
      ...(replace ? { replace } : {}),
      ...(why === undefined ? {} : { why }),
    },
  });
  await writeTrustCopies(parts);
  return found;
}

/** Makes the copies in `trust/` what the store holds. One that cannot be written is left to the next start: the row stands. */
export async function writeTrustCopies({ files, store, log }: Pick<Parts, "files" | "store" | "log">): Promise<void> {
  const held = await heldPolicies(store.read);
  for (const name of ["local", "upstream"] as const) {
    const policy = held[name];
    if (policy === undefined) continue;
    const file = path.join(files.trust, `${name}.json`);
    const bytes = Buffer.from(policyBytes(policy));
    try {
      if (!fs.existsSync(file) || !fs.readFileSync(file).equals(bytes)) writeDurably(file, bytes);
    } catch (error) {
      log.error("the copy of a trust policy could not be written", { policy: name, ...errorWords(error) });
    }
  }
}
