import type { TrustPolicy } from "../core/trust.ts";
import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";

/** A trust policy as the site holds it from now on; whether it may has been judged by who asks. */
export interface TrustChangeInput {
  readonly actor: string;
  readonly which: "local" | "upstream";
  readonly policy: TrustPolicy;
  /** `SHA256:` + unpadded base64 of SHA-256 of the policy's bytes. */
  readonly fingerprint: string;
}

/** Sets one of the site's two trust policies. */
export const trustChange: Flow<TrustChangeInput, null> = {
  alone: true,
  prepare: (_context, { actor, which, policy, fingerprint }) => ({
    cells: [{ noun: "trust", tenant: SITE_TENANT, key: which }],
    decide: (view) => {
      view.put("trust", SITE_TENANT, which, policy);
      view.leaf(SITE_TENANT, {
        type: "trust.change",
        actor,
        id: `trust/${which}`,
        body: { fingerprint, version: policy.version },
      });
      return null;
    },
  }),
};
