import { SITE_TENANT, type TenantRecord } from "../core/cells.ts";
import { referenceSteps } from "../core/config-plan.ts";
import { runSteps } from "../core/steps.ts";
import { MAX_TENANTS } from "../core/tenants.ts";
import { tenantTag } from "../core/token.ts";
import type { LiveConfigurations } from "../flows/configurations.ts";
import { FlowError } from "../flows/error.ts";
import type { ShownTenant, TenantService } from "../http/access-services.ts";
import { type Parts, siteOf } from "./parts.ts";
import { makeLogKeys } from "./site-keys.ts";
import type { Turns } from "./turns.ts";

type TenantParts = Pick<Parts, "store" | "files" | "keys">;

/** Tenants as the routes ask for them; one is opened in its turn with changes of the site's objects, which it will have too. */
export function tenantService(parts: TenantParts & Pick<Parts, "configurations">, turns: Turns): TenantService {
  const { read, transact } = parts.store;
  return {
    page: async ({ limit, cursor, isClosed }) => {
      const all = (await read.cells("tenant", SITE_TENANT, "", MAX_TENANTS)).map(([, record]) => record);
      const wanted = all.filter(
        ({ id, closedAt }) =>
          (cursor === undefined || id > cursor) && (isClosed === undefined || isClosed === (closedAt !== undefined)),
      );
      const items = wanted.slice(0, limit).map(shown);
      const last = items.at(-1);
      return wanted.length > limit && last !== undefined ? { items, cursor: last.record.id } : { items };
    },
    get: async (id) => {
      const record = await read.cell("tenant", SITE_TENANT, id);
      return record === undefined ? undefined : shown(record);
    },
    open: ({ actor }, { id, name }) =>
      turns(SITE_TENANT, async () => {
        const site = await siteOf(parts);
        if (site === undefined) throw new FlowError("missing", "the folder holds no finished site");
        if ((await read.cell("tenant", SITE_TENANT, id)) !== undefined)
          throw new FlowError("exists", `tenant ${id} exists`); // before a key of it is looked at
        await requireWhole(parts.configurations);
        const named = name === undefined ? {} : { name };
        return shown((await openTenant(parts, { site, id, actor, ...named })).record);
      }),
    change: async ({ actor }, id, change) => {
      const input = { actor, id, ...change };
      return shown(await transact({ flow: "tenant-change", tenant: SITE_TENANT, input }));
    },
  };
}

/** A new tenant has the site's objects and none of its own: a rule of theirs must not name what only other tenants have. */
async function requireWhole(configurations: LiveConfigurations): Promise<void> {
  const objects = configurations.objects(SITE_TENANT);
  const [first, ...more] = await runSteps(referenceSteps(objects), configurations.pause);
  if (first === undefined) return;
  const { kind, id, pointer, detail } = first;
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  throw new FlowError(
    "invalid",
    `a new tenant would have the site's ${kind}/${id}, which does not fit without own objects: ${pointer}: ${detail}${others}`,
  );
}

/** Opens a tenant; its seal key is on disk before its genesis leaf names it. Throws FlowError `exists` or `conflict`. */
export async function openTenant(
  { files, keys, store }: TenantParts,
  { site, ...given }: { readonly site: string; readonly id: string; readonly name?: string; readonly actor: string },
): Promise<{ readonly record: TenantRecord; readonly origin: string }> {
  const { origin, key, seal } = makeLogKeys(files, keys, { site, tenant: given.id });
  const input = { ...given, origin, key, seal };
  const record = await store.transact({ flow: "tenant-open", tenant: SITE_TENANT, input });
  return { record, origin };
}

function shown(record: TenantRecord): ShownTenant {
  return { record, tag: tenantTag(record) };
}
