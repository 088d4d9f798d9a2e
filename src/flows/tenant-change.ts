import type { TenantRecord } from "../core/cells.ts";
import { tenantTag } from "../core/token.ts";
import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";
import { FlowError } from "./error.ts";

/** A tenant as it shall be: its name, and whether anything new is taken in for it. What is absent stays; `null` takes the name away. */
export interface TenantChangeInput {
  readonly actor: string;
  readonly id: string;
  readonly name?: string | null;
  readonly isClosed?: boolean;
  /** `tenantTag` of the record that is changed: another one in place is refused. */
  readonly base?: string;
}

/**
 * Names a tenant, closes it or opens it again, with a leaf in the site's log; nothing of its own log is touched. A change that
 * changes nothing leaves none. Throws FlowError `missing` or `stale`.
 */
export const tenantChange: Flow<TenantChangeInput, TenantRecord> = {
  alone: true,
  prepare: (_context, input) => ({
    cells: [{ noun: "tenant", tenant: SITE_TENANT, key: input.id }],
    decide: (view, stamp) => {
      const before = view.get("tenant", SITE_TENANT, input.id);
      if (before === undefined) throw new FlowError("missing", `there is no tenant ${input.id}`);
      if (input.base !== undefined && tenantTag(before) !== input.base)
        throw new FlowError("stale", `tenant ${input.id} was changed meanwhile`);
      const after = changed(before, input, stamp.now);
      if (tenantTag(after) === tenantTag(before)) return before;
      view.put("tenant", SITE_TENANT, input.id, after);
      view.leaf(SITE_TENANT, {
        type: "config.change",
        actor: input.actor,
        id: `tenants/${input.id}`,
        body: { change: changeOf(before, after), ...(after.name === undefined ? {} : { name: after.name }) },
      });
      return after;
    },
  }),
};

function changed(before: TenantRecord, { name, isClosed }: TenantChangeInput, now: number): TenantRecord {
  const { id, createdAt } = before;
  const named = name === undefined ? before.name : (name ?? undefined);
  const closedAt = (isClosed ?? before.closedAt !== undefined) ? (before.closedAt ?? now) : undefined;
  return {
    id,
    createdAt,
    ...(named === undefined ? {} : { name: named }),
    ...(closedAt === undefined ? {} : { closedAt }),
  };
}

function changeOf(before: TenantRecord, after: TenantRecord): string {
  if (before.closedAt === after.closedAt) return "changed";
  return after.closedAt === undefined ? "opened-again" : "closed";
}
