/**
 * Real sites for the tables of hostile kits: made by the real init once, then one for each state that rows need.
 * @module
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { importKitFile } from "../../src/app/kits.ts";
import { writeTrustCopies } from "../../src/app/trust.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { policyBytes, policyFingerprint, type TrustPolicy } from "../../src/core/trust.ts";
import { type Problem, problemOf } from "../../src/http/problem.ts";
import { connect, type Connection } from "../../src/store/libsql/guard.ts";
import { idOf, type SiteNeed, takenKits, upstreamOf, WIDE } from "./hostile-row.ts";
import { testPolicy } from "./kit-forge.ts";
import { makeSite, openSite, type RunningSite } from "./site.ts";

/** Everything that a site holds. */
export interface Snapshot {
  /** Of each table of the ledger its rows, as SQL literals; of another one the SHA-256 of them all. */
  readonly tables: ReadonlyMap<string, readonly string[]>;
  /** Of each file and folder its mode, and of a file the SHA-256 of its bytes. */
  readonly files: ReadonlyMap<string, string>;
  /** Of each tenant's compiled configuration its `cfg`. */
  readonly cfg: readonly (readonly [tenant: string, cfg: string])[];
  /** Of each log its size. */
  readonly logs: ReadonlyMap<string, number>;
}

export interface HostileSite {
  readonly dir: string;
  readonly running: RunningSite;
  readonly snapshot: () => Promise<Snapshot>;
  /** Hands a kit in at a door of the API: `plan`, or `import` with its parameters. */
  readonly post: (door: string, kit: Uint8Array) => Promise<Response>;
  /** Hands a kit in as a file, without HTTP: the problem that it is refused with. */
  readonly hand: (kit: Uint8Array) => Promise<Problem | undefined>;
  readonly close: () => Promise<void>;
}

const READER_MS = 5000;

/** The state that a row needs: rows of the same one share a site. */
export async function stateOf(needs: SiteNeed): Promise<string> {
  const policy = upstreamOf(needs);
  const kits = (await takenKits(needs)).map(idOf);
  return canonicalJson([policy ?? null, kits, needs.limits?.kitBytes ?? 0]);
}

/** Makes the one site `ship-07` that all others are copies of. */
export async function makeFirst(folder: string): Promise<void> {
  await makeSite(path.join(folder, "first"), "ship-07");
}

/** Opens the site of a state: a copy of the first one that has taken in what the row needs, made when it is asked for. */
export async function openState(folder: string, state: string, needs: SiteNeed): Promise<HostileSite> {
  const dir = path.join(folder, createHash("sha256").update(state).digest("hex").slice(0, 16));
  const isNew = !fs.existsSync(dir);
  if (isNew) {
    fs.cpSync(path.join(folder, "first"), dir, { recursive: true });
    fs.chmodSync(dir, 0o700);
  }
  const running = await openSite(dir, {
    SEALPOST_GROUPS: "fleet",
    SEALPOST_REQUESTS_PER_MINUTE: "0",
    ...(needs.limits?.kitBytes === undefined ? {} : { SEALPOST_MAX_KIT_BYTES: String(needs.limits.kitBytes) }),
  });
  const reader = await connect(running.parts.files.database, READER_MS); // sees all tenants: it looks for any change
  const site: HostileSite = {
    dir,
    running,
    snapshot: () => snapshotOf(running, reader),
    post: (door, kit) =>
      running.request("POST", `/api/v1/kits/${door}`, {
        tenant: "_site",
        body: Uint8Array.from(kit),
        type: "application/x-tar",
      }),
    hand: async (kit) => {
      const file = path.join(folder, "handed.kit");
      fs.writeFileSync(file, kit);
      return await importKitFile(running.parts, { caller: { tenant: "_site", actor: "job:test" }, file }).then(
        () => undefined,
        problemOf,
      );
    },
    close: async () => {
      reader.close();
      await running.close();
    },
  };
  if (isNew) await prepare(site, needs);
  return site;
}

async function prepare({ running, post }: HostileSite, needs: SiteNeed): Promise<void> {
  const kits = await takenKits(needs);
  if (kits.length > 0)
    await trust(
      running,
      testPolicy(() => WIDE),
    );
  for (const kit of kits) {
    const answer = await post("import", kit);
    if (answer.status !== 200) throw new Error(`a kit that should stand was refused: ${await answer.text()}`);
  }
  const policy = upstreamOf(needs);
  if (policy !== undefined) await trust(running, policy);
}

/** Sets the upstream policy, whatever it says: that it may be set has tests of its own. */
async function trust({ parts }: RunningSite, policy: TrustPolicy): Promise<void> {
  const fingerprint = policyFingerprint(policyBytes(policy));
  await parts.store.transact({
    flow: "trust-change",
    tenant: "_site",
    input: { actor: "job:test", which: "upstream", policy, fingerprint, replace: true },
  });
  await writeTrustCopies(parts);
}

async function snapshotOf({ parts }: RunningSite, reader: Connection): Promise<Snapshot> {
  const logs = await parts.store.read.logs();
  return {
    tables: new Map(tablesOf(reader).map((table) => [table, rowsOf(reader, table)])),
    files: filesOf(parts.files.dir),
    cfg: parts.configurations.tenants().map((tenant) => [tenant, parts.configurations.of(tenant).cfg]),
    logs: new Map(logs.map(({ tenant, size }) => [tenant, size])),
  };
}

function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString("utf8");
  throw new Error("the database answers something else than bytes");
}

function tablesOf(reader: Connection): string[] {
  return reader
    .all("SELECT CAST(name AS BLOB) FROM sqlite_schema WHERE type = 'table'", [])
    .map(([name]) => textOf(name));
}

function rowsOf(reader: Connection, table: string): string[] {
  const columns = reader
    .all(`SELECT CAST(name AS BLOB) FROM pragma_table_info('${table}')`, [])
    .map(([name]) => `quote("${textOf(name)}")`);
  const row = columns.join(" || ',' || ");
  if (table.startsWith("ledger_"))
    return reader.all(`SELECT CAST(${row} AS BLOB) FROM "${table}"`, []).map(([value]) => textOf(value));
  const [all] = reader.all(`SELECT CAST(coalesce(group_concat(${row}, x'0a'), '') AS BLOB) FROM "${table}"`, []);
  return [createHash("sha256").update(textOf(all?.[0])).digest("hex")];
}

/** The database and the lock have their own ways to be compared. */
const OPEN_FILES = /^(?:sealpost|lock)\.db(?:-wal|-shm|-journal)?$/;

function filesOf(dir: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of fs.readdirSync(dir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(dir, file);
    if (OPEN_FILES.test(name)) continue;
    const mode = (fs.statSync(file).mode & 0o7777).toString(8);
    found.set(
      name,
      entry.isFile() ? `${mode} ${createHash("sha256").update(fs.readFileSync(file)).digest("hex")}` : mode,
    );
  }
  return found;
}
