import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";

/** A new tenant: its log's origin and the public keys that its genesis leaf names. */
export interface TenantOpenInput {
  readonly actor: string;
  readonly id: string;
  readonly origin: string;
  /** Verifier keys (vkeys) of the log and of its first seal. */
  readonly key: string;
  readonly seal: string;
}

/** Opens a tenant and its log, whose leaf 0 is the genesis. Throws FlowError `exists`. */
export const tenantOpen: Flow<TenantOpenInput, { readonly id: string }> = {
  alone: true,
  prepare: (_context, { actor, id, origin, key, seal }) => ({
    cells: [{ noun: "tenant", tenant: SITE_TENANT, key: id }],
    decide: (view, stamp) => {
      if (view.get("tenant", SITE_TENANT, id) !== undefined) throw new FlowError("exists", `tenant ${id} exists`);
      view.openLog(id, origin);
      view.leaf(id, { type: "ledger.genesis", actor, body: { key, seal } });
      view.put("tenant", SITE_TENANT, id, { id, createdAt: stamp.now });
      return { id };
    },
  }),
};
