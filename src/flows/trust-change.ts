import { policyBytes, policyFingerprint, type TrustPolicy } from "../core/trust.ts";
import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";

/** A trust policy as the site holds it from now on; whether it may has been judged by who asks. */
export interface TrustChangeInput {
  readonly actor: string;
  readonly which: "local" | "upstream";
  readonly policy: TrustPolicy;
  /** `SHA256:` + unpadded base64 of SHA-256 of the policy's bytes. */
  readonly fingerprint: string;
  /** A policy that is held already gives way to this one, whatever its roots say. */
  readonly replace?: boolean;
  readonly why?: string;
}

/** Sets one of the site's two trust policies. Throws FlowError `exists` where another one is held and shall not be replaced. */
export const trustChange: Flow<TrustChangeInput, null> = {
  alone: true,
  prepare: (_context, { actor, which, policy, fingerprint, replace, why }) => ({
    cells: [{ noun: "trust", tenant: SITE_TENANT, key: which }],
    decide: (view) => {
      const held = view.get("trust", SITE_TENANT, which);
      const before = held === undefined ? undefined : policyFingerprint(policyBytes(held));
      if (before === fingerprint) return null; // asked again
      if (before !== undefined && replace !== true)
        throw new FlowError(
          "exists",
          `this site holds ${which} trust policy version ${held?.version} (${before}) already: a trust kit signed by its roots changes it`,
        );
      view.put("trust", SITE_TENANT, which, policy);
      view.leaf(SITE_TENANT, {
        type: "trust.change",
        actor,
        id: `trust/${which}`,
        body: {
          fingerprint,
          ...(before === undefined ? {} : { replaced: before }),
          version: policy.version,
          ...(why === undefined ? {} : { why }),
        },
      });
      return null;
    },
  }),
};
