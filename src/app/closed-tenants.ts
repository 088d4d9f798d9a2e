import { SITE_TENANT } from "../core/cells.ts";
import { MAX_TENANTS } from "../core/tenants.ts";
import type { Flows } from "../flows/index.ts";
import type { Store } from "../ports.ts";

/** The tenants that are closed, from memory. */
export interface ClosedTenants {
  readonly has: (tenant: string) => boolean;
}

/** Reads which tenants are closed, and follows each commit that changes it. */
export async function followClosed({
  read,
  onCommit,
}: Pick<Store<Flows>, "read" | "onCommit">): Promise<ClosedTenants> {
  const closed = new Set<string>();
  const note = (id: string, closedAt: number | undefined): void => {
    if (closedAt === undefined) closed.delete(id);
    else closed.add(id);
  };
  for (const [id, { closedAt }] of await read.cells("tenant", SITE_TENANT, "", MAX_TENANTS)) note(id, closedAt);
  onCommit(({ cells }) => {
    for (const cell of cells) if (cell.noun === "tenant") note(cell.key, cell.value?.closedAt);
  });
  return { has: (tenant) => closed.has(tenant) };
}
