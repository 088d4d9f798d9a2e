import type { TenantRecord } from "../core/cells.ts";
import { MAX_TENANTS } from "../core/tenants.ts";
import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";

/** A new tenant: its log's origin and the public keys that its genesis leaf names. */
export interface TenantOpenInput {
  readonly actor: string;
  readonly id: string;
  readonly name?: string;
  readonly origin: string;
  /** Verifier keys (vkeys) of the log and of its first seal. */
  readonly key: string;
  readonly seal: string;
}

/**
 * Opens a tenant and its log, whose leaf 0 is the genesis; the site's log tells of it too, but of the site's own. Throws
 * FlowError `exists`, or `conflict` where there are as many tenants as there may be.
 */
export const tenantOpen: Flow<TenantOpenInput, TenantRecord> = {
  alone: true,
  prepare: (_context, { actor, id, name, origin, key, seal }) => ({
    cells: [{ noun: "tenant", tenant: SITE_TENANT, key: id }],
    decide: (view, stamp) => {
      if (view.get("tenant", SITE_TENANT, id) !== undefined) throw new FlowError("exists", `tenant ${id} exists`);
      if (view.list("tenant", SITE_TENANT, "", MAX_TENANTS).length >= MAX_TENANTS)
        throw new FlowError("conflict", `there are ${MAX_TENANTS} tenants already, which is as many as there may be`);
      const named = name === undefined ? {} : { name };
      view.openLog(id, origin);
      view.leaf(id, { type: "ledger.genesis", actor, body: { key, seal } });
      if (id !== SITE_TENANT)
        view.leaf(SITE_TENANT, {
          type: "config.change",
          actor,
          id: `tenants/${id}`,
          body: { change: "opened", ...named },
        });
      const record: TenantRecord = { id, ...named, createdAt: stamp.now };
      view.put("tenant", SITE_TENANT, id, record);
      return record;
    },
  }),
};
