import type { Sweep } from "../../ports.ts";
import type { Access } from "./access.ts";

/** Sorts after every instant: no timer meets another that has not moved yet. */
const ASIDE = 2n ** 60n;

/** Runs sweeps over all tenants, within the transaction of their plan; `adopt` after the commit. */
export function runSweeps({ connection, heap }: Access, sweeps: readonly Sweep[]): { readonly adopt: () => void } {
  for (const { by } of sweeps) {
    connection.run(
      `UPDATE delivery SET due = max(0, due + ?1),
         body = CAST(json_set(CAST(body AS TEXT), '$.dueAt', max(0, due + ?1)) AS BLOB) WHERE due IS NOT NULL`,
      [by],
    );
    connection.run("UPDATE timer SET due = due + ?1 + ?2", [by, ASIDE]);
    connection.run("UPDATE OR REPLACE timer SET due = max(0, due - ?1)", [ASIDE]);
  }
  return heap.clear(connection, "claim");
}
