/**
 * The wall between tenants: each SQL text passes here when it is prepared, once. A statement that touches rows of tenants
 * binds the number of one tenant's log, or the keys that begin with its name; what must not is in a closed list, with why.
 * @module
 */
import { EngineError } from "../engine.ts";
import { SCHEMAS } from "./schema/migrate.ts";

/** Tables whose rows belong to one tenant each: its log's number stands first. */
const BY_LOG: ReadonlySet<string> = new Set([
  "segment",
  "ledger_log",
  "ledger_tile",
  "subject_key",
  "delivery",
  "delivery_count",
  "timer",
  "member",
]);
/** Tables that hold nothing of a tenant's: which there are, hashes of what is known, objects by their own hash. */
const OF_THE_SITE: ReadonlySet<string> = new Set(["tenant", "seen_pack", "object", "sqlite_schema", "json_each"]);
/** Rows whose place is made of the log's number (`leafPlace`), or that a row of the tenant's names. */
const BY_PLACE: ReadonlySet<string> = new Set(["segment_body"]);

/** Statements about more than one tenant, or about rows that another row has named; each with its reason. */
const LISTED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "SELECT log, CAST(origin AS BLOB), size, root FROM ledger_log": "all logs, for heads and the site's list of them",
    "SELECT log, CAST(channel AS BLOB), due FROM delivery INDEXED BY delivery_due WHERE due IS NOT NULL AND (log, channel) > (?, ?) ORDER BY log, channel, due LIMIT 1":
      "the deliver job walks from channel to channel over all tenants; each row names its tenant",
    "SELECT log, due FROM (SELECT log, (SELECT min(due) FROM timer WHERE timer.log = tenant.log) AS due FROM tenant) WHERE due IS NOT NULL":
      "the earliest timer of each tenant; each row names its tenant",
    "SELECT segment.log, segment.id, t_last, h FROM tenant CROSS JOIN segment ON segment.log = tenant.log WHERE segment.id > (SELECT coalesce(max(upto), 0) FROM seen_pack) ORDER BY segment.id":
      "at the start: hashes of the newest events, each with its tenant's number",
    "UPDATE delivery SET due = max(0, due + ?1), body = CAST(json_set(CAST(body AS TEXT), '$.dueAt', max(0, due + ?1)) AS BLOB) WHERE due IS NOT NULL":
      "the clock was set: the instants of all tenants move",
    "UPDATE timer SET due = due + ?1 + ?2": "the clock was set: the instants of all tenants move",
    "UPDATE OR REPLACE timer SET due = max(0, due - ?1)": "the clock was set: the instants of all tenants move",
    "SELECT coalesce(max(id), 0) + 1 FROM segment_body": "the next id of a segment, over all tenants",
    "INSERT INTO segment_body(id, z, body) VALUES": "the row that `segment` names, in the same transaction",
    "SELECT wrapped FROM subject_key WHERE id = ?": "the id stands in a row of the tenant's own ledger",
    "INSERT INTO ledger_segment(id, n, z, leaves, salts, sealed) VALUES": "the id is leafPlace of the tenant's log",
    "SELECT id FROM ledger_segment WHERE id <= ? ORDER BY id DESC LIMIT 1":
      "the id of the segment before a place; one of another log is refused by its number",
    "SELECT z, leaves FROM ledger_segment WHERE id = ?": "the id is leafPlace of the tenant's log",
    "SELECT salts, sealed FROM ledger_segment WHERE id = ?": "the id is leafPlace of the tenant's log",
    "INSERT INTO heap_cell(id, h, p, k, v) VALUES ON CONFLICT DO UPDATE SET v = excluded.v":
      "k is cellKey of noun, tenant and key",
    "DELETE FROM heap_cell WHERE id = ?": "the id was found by cellKey of noun, tenant and key",
    "SELECT heap_cell.id, CAST(k AS BLOB), v FROM json_each(?) CROSS JOIN heap_cell ON heap_cell.id = CAST(value AS INTEGER)":
      "rows by a hash of cellKey; each is compared by its key, which names the tenant",
    "SELECT CAST(json_group_array(id) AS BLOB), CAST(json_group_array(h) AS BLOB) FROM (SELECT id, h FROM heap_cell WHERE id > ? ORDER BY id LIMIT 10000)":
      "at the start: ids and hashes of keys, no values",
    "DELETE FROM heap_cell WHERE k >= ? AND k < ? RETURNING h, id":
      "the clock was set: the dedupe claims of all tenants lapse",
    "SELECT CAST(k AS BLOB), v FROM heap_cell WHERE p = ? AND id > ? ORDER BY id LIMIT ?": "p is cellKey up to a colon",
    "SELECT CAST(k AS BLOB), v FROM heap_cell WHERE k >= ? AND k < ? AND id > ? ORDER BY id LIMIT ?":
      "both ends are made of cellKey",
  }),
);

/** What stands in the place of parentheses. */
const HELD = "\u0001";
const TABLE = /\b(?:FROM|JOIN|INTO|UPDATE(?! SET\b)(?: OR [A-Z]+)?) (\w+)/gi;
const CLAUSE = "(?:WHERE|GROUP|HAVING|WINDOW|ORDER|LIMIT|RETURNING)";
const MANY_TABLES = new RegExp(String.raw`\bFROM\b(?:(?! ${CLAUSE}\b)[^,])*,|\b(?:UNION|EXCEPT|INTERSECT)\b`, "i");
/** Where a table is named in another way than by its bare name: in parentheses, brackets or quotes, or behind IN. */
const MISNAMED = /\b(?:FROM|JOIN|INTO)\b(?! \w| ?\( ?SELECT\b)|\bUPDATE\b(?! \w)|\bIN\b(?! ?\()/i;
const KINDS = /^(?:SELECT|INSERT|UPDATE|DELETE)\b/i;
const ENDS = "(?= AND | ORDER | LIMIT | RETURNING |$)";
const BOUND_LOG = new RegExp(String.raw`\b(?:WHERE|ON) (?:\w+\.)?log = \?\d*${ENDS}`);
const BOUND_KEY = new RegExp(String.raw`\b(?:WHERE|ON) k (?:= \?|= value|>=? \? AND k < \?)${ENDS}`);
const KEYED_INSERT = /^INSERT INTO (?:\w+\(log, |cell\(k, v\) )/;
const UNTOUCHING = /^(?:PRAGMA|BEGIN|COMMIT|ROLLBACK)\b[^;]*$/;
/** Quoted names, comments and more than one statement: the wall does not read them. */
const UNREADABLE = /["`[;]|--|\/\*|'(?![\w.$]*')|\u0001/;

/** Throws EngineError `failed` for a statement that could reach rows of a tenant that it does not name. */
export function requireTenant(sql: string): void {
  if (UNTOUCHING.test(sql) || SCHEMAS.includes(sql)) return;
  const text = plain(sql);
  if (LISTED.has(text)) return;
  const why = faultOf(text);
  if (why !== undefined) throw new EngineError("failed", `a statement ${why}: ${sql}`);
}

/** One space between words, and no groups of parameters behind VALUES. */
function plain(sql: string): string {
  return sql
    .replaceAll(/\s+/g, " ")
    .replace(/ VALUES (?:\((?:\?,? ?)+\),? ?)+/, " VALUES ")
    .trim();
}

/** Why a statement may not be; undefined where it may. */
function faultOf(text: string): string | undefined {
  const literals = text.replaceAll(/'[\w.$]*'/g, "''");
  if (UNREADABLE.test(literals.replaceAll("''", ""))) return "holds what the wall cannot read";
  if (!KINDS.test(text)) return "is none that reads or writes rows";
  if (MISNAMED.test(literals)) return "names a table in a way that the wall cannot read";
  if (/^INSERT\b/i.test(text) && !KEYED_INSERT.test(text) && touchesTenants(text))
    return "writes rows without a tenant";
  if (/^INSERT\b/i.test(text) && /\bSELECT\b/i.test(literals)) return "writes what it selects";
  return scopesOf(literals)
    .map(scopeFault)
    .find((fault) => fault !== undefined);
}

/** A statement and the ones in its parentheses, each without the others. */
function scopesOf(text: string): string[] {
  const scopes: string[] = [];
  let rest = text;
  for (;;) {
    const [whole = "", held] = /\(([^()]*)\)/.exec(rest) ?? [];
    if (held === undefined) return [...scopes, rest];
    scopes.push(held);
    rest = rest.replace(whole, HELD);
  }
}

function tablesOf(scope: string): string[] {
  return [...scope.matchAll(TABLE)].map(([, table = ""]) => table);
}

function touchesTenants(scope: string): boolean {
  return tablesOf(scope).some((table) => !OF_THE_SITE.has(table));
}

function scopeFault(scope: string): string | undefined {
  const tables = tablesOf(scope);
  const foreign = tables.find((table) => !isKnown(table));
  if (foreign !== undefined) return `touches ${foreign}, of which the wall does not know whose rows it holds`;
  if (MANY_TABLES.test(scope)) return "joins tables in a way that the wall cannot read";
  if (!touchesTenants(scope)) return undefined;
  const walled = tables.filter((table) => !OF_THE_SITE.has(table) && !BY_PLACE.has(table));
  const [table] = walled;
  if (walled.length > 1) return "touches more than one table of tenants";
  if (/\bOR\b/i.test(scope)) return "goes around its tenant by OR";
  if (scope.startsWith("INSERT INTO ")) return undefined; // its columns were looked at
  return (table === "cell" ? BOUND_KEY : BOUND_LOG).test(scope) ? undefined : "does not bind its tenant first";
}

function isKnown(table: string): boolean {
  return OF_THE_SITE.has(table) || BY_LOG.has(table) || BY_PLACE.has(table) || table === "cell";
}
