import { Frontier, hashToBytes } from "../../core/merkle.ts";
import type { LogRecord } from "../../ports.ts";
import { EngineError, type PlacedLeaf, type TenantPlan } from "../engine.ts";
import { EMPTY_LOG, type FullTile, growLog, type LogGrowth, resumeLog } from "../ledger.ts";
import type { Access } from "./access.ts";
import { runBulk } from "./bulk.ts";
import { bytes, type Connection, integer, type Row, text } from "./guard.ts";
import { leafPlace } from "./keys.ts";
import { leafLines } from "./leaves.ts";

const TILE = { head: "INSERT INTO ledger_tile(log, level, idx, data) VALUES", width: 4, tail: "" };

/** A log as committed; `growth` once something was appended to it since the start. */
interface Head {
  readonly origin: string;
  readonly size: number;
  readonly growth?: LogGrowth;
}

/** The heads of all logs, as committed. */
export class Logs {
  private readonly heads = new Map<string, Head>();

  constructor(access: Access) {
    for (const { tenant, origin, size } of readLogs(access)) this.heads.set(tenant, { origin, size });
  }

  find(tenant: string): { readonly origin: string; readonly size: number } | undefined {
    return this.heads.get(tenant);
  }

  /** Writes head and full tiles of a log as its plan leaves it; answers its origin, and `adopt` for after the commit. */
  grow(access: Access, log: number, plan: TenantPlan): { readonly origin: string; readonly adopt: () => void } {
    const before = this.before(plan);
    checkPlaces(plan.leaves, before.size);
    const grown = growLog(before.growth ?? resume(access, log), linesOf(plan.leaves));
    const head = { origin: before.origin, size: before.size + plan.leaves.length, growth: grown.growth };
    if (plan.origin === undefined) updateHead(access.connection, log, head, before.size);
    else insertHead(access.connection, log, head);
    writeTiles(access.connection, log, grown.tiles);
    return { origin: head.origin, adopt: () => void this.heads.set(plan.tenant, head) };
  }

  private before({ tenant, origin, logSize }: TenantPlan): Head {
    const known = this.heads.get(tenant);
    if (origin !== undefined) {
      if (known !== undefined || logSize !== 0) throw new EngineError("failed", `the log of ${tenant} is open already`);
      return { origin, size: 0, growth: EMPTY_LOG };
    }
    if (known === undefined) throw new EngineError("failed", `the log of ${tenant} is not open`);
    if (known.size !== logSize)
      throw new EngineError("failed", `the log of ${tenant} has ${known.size} leaves, not ${logSize}`);
    return known;
  }
}

function linesOf(leaves: readonly PlacedLeaf[]): string[] {
  return leaves.map(({ line }) => line);
}

function checkPlaces(leaves: readonly PlacedLeaf[], size: number): void {
  const stray = leaves.find(({ seq }, at) => seq !== size + at);
  if (stray !== undefined) throw new EngineError("failed", `leaf ${stray.seq} is out of its place`);
}

function resume(access: Access, log: number): LogGrowth {
  const { connection } = access;
  const [row] = connection.all("SELECT frontier FROM ledger_log WHERE log = ?", [log]);
  const frontier = Frontier.parse(bytes(row, 0));
  const linesFrom = (seq: number): readonly string[] => [...leafLines(access, log, seq, frontier.size - seq)].flat();
  return resumeLog(frontier, linesFrom, (level, index) => {
    const tile = readTile(connection, log, level, index);
    if (tile === undefined) throw new EngineError("failed", `tile ${level}/${index} of log ${log} is missing`);
    return tile;
  });
}

function insertHead(connection: Connection, log: number, { origin, size, growth }: Required<Head>): void {
  const sql = "INSERT INTO ledger_log(log, origin, size, root, frontier) VALUES (?, ?, ?, ?, ?)";
  connection.run(sql, [log, origin, size, hashToBytes(growth.frontier.root()), growth.frontier.serialise()]);
}

function updateHead(connection: Connection, log: number, { size, growth }: Required<Head>, before: number): void {
  const sql = "UPDATE ledger_log SET size = ?, root = ?, frontier = ? WHERE log = ? AND size = ?";
  const values = [size, hashToBytes(growth.frontier.root()), growth.frontier.serialise(), log, before];
  if (connection.run(sql, values) !== 1) throw new EngineError("failed", `the head of log ${log} is not at ${before}`);
}

function writeTiles(connection: Connection, log: number, tiles: readonly FullTile[]): void {
  runBulk(
    connection,
    TILE,
    tiles.map(({ level, index, data }) => [log, level, index, data]),
  );
}

/** The bytes of a full tile, or undefined. */
export function readTile(connection: Connection, log: number, level: number, index: number): Buffer | undefined {
  const sql = "SELECT data FROM ledger_tile WHERE log = ? AND level = ? AND idx = ?";
  const [row] = connection.all(sql, [log, level, index]);
  return row === undefined ? undefined : bytes(row, 0);
}

/** All open logs, by tenant; or that of one. */
export function readLogs(
  { connection, tenants }: Pick<Access, "connection" | "tenants">,
  tenant?: string,
): LogRecord[] {
  const all = "SELECT log, CAST(origin AS BLOB), size, root FROM ledger_log";
  const rows =
    tenant === undefined
      ? connection.all(all, [])
      : connection.all(`${all} WHERE log = ?`, [tenants.find(tenant) ?? leafPlace(0, 0)]);
  return rows.map((row: Row) => ({
    tenant: tenants.name(integer(row, 0)),
    origin: text(row, 1),
    size: integer(row, 2),
    root: bytes(row, 3),
  }));
}
