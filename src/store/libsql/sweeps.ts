import type { Sweep } from "../../ports.ts";
import type { Connection } from "./guard.ts";

/** Sorts after every instant: no timer meets another that has not moved yet. */
const ASIDE = 2n ** 60n;

/** Runs sweeps over all tenants, within the transaction of their plan. */
export function runSweeps(connection: Connection, sweeps: readonly Sweep[]): void {
  for (const { by } of sweeps) {
    connection.run(
      `UPDATE delivery SET due = max(0, due + ?1),
         body = CAST(json_set(CAST(body AS TEXT), '$.dueAt', max(0, due + ?1)) AS BLOB) WHERE due IS NOT NULL`,
      [by],
    );
    connection.run("UPDATE timer SET due = due + ?1 + ?2", [by, ASIDE]);
    connection.run("UPDATE OR REPLACE timer SET due = max(0, due - ?1)", [ASIDE]);
  }
}

/** A connection whose transactions begin with the sweeps that are set on it. */
export interface SweepingConnection extends Connection {
  /** The sweeps of the transactions that `work` makes. */
  readonly sweeping: (sweeps: readonly Sweep[], work: () => void) => void;
}

/** The same connection, with sweeps. */
export function withSweeps(connection: Connection): SweepingConnection {
  let current: readonly Sweep[] = [];
  return {
    ...connection,
    immediate: (work) =>
      connection.immediate(() => {
        runSweeps(connection, current);
        return work();
      }),
    sweeping: (sweeps, work) => {
      current = sweeps;
      try {
        work();
      } finally {
        current = [];
      }
    },
  };
}
