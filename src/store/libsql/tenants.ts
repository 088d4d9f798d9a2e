import { MAX_TENANTS } from "../../core/tenants.ts";
import { EngineError } from "../engine.ts";
import { runBulk } from "./bulk.ts";
import { type Connection, integer, text } from "./guard.ts";

const INSERT = { head: "INSERT INTO tenant(log, id) VALUES", width: 2, tail: "" };

/** The small integers that stand for tenants in rows, and so for their logs. */
export class Tenants {
  private readonly numbers = new Map<string, number>();
  private readonly names = new Map<number, string>();

  constructor(connection: Connection) {
    for (const row of connection.all("SELECT log, CAST(id AS BLOB) FROM tenant", []))
      this.keep(text(row, 1), integer(row, 0));
  }

  /** The number of a tenant that a commit has named; undefined for another. */
  find(tenant: string): number | undefined {
    return this.numbers.get(tenant);
  }

  name(log: number): string {
    const name = this.names.get(log);
    if (name === undefined) throw new EngineError("failed", `no tenant has log ${log}`);
    return name;
  }

  /** Writes rows for those of `tenants` that have none, and answers their numbers; `adopt` after the commit. */
  assign(
    connection: Connection,
    tenants: Iterable<string>,
  ): { readonly numbers: ReadonlyMap<string, number>; readonly adopt: () => void } {
    const fresh = new Map<string, number>();
    for (const tenant of tenants) {
      if (!this.numbers.has(tenant) && !fresh.has(tenant)) fresh.set(tenant, this.numbers.size + fresh.size + 1);
    }
    if (fresh.size === 0) return { numbers: this.numbers, adopt: () => undefined };
    if (this.numbers.size + fresh.size > MAX_TENANTS)
      throw new EngineError("failed", `more than ${MAX_TENANTS} tenants`);
    runBulk(
      connection,
      INSERT,
      [...fresh].map(([tenant, log]) => [log, tenant]),
    );
    return {
      numbers: new Map([...this.numbers, ...fresh]),
      adopt: () => fresh.forEach((log, tenant) => this.keep(tenant, log)),
    };
  }

  private keep(tenant: string, log: number): void {
    this.numbers.set(tenant, log);
    this.names.set(log, tenant);
  }
}
