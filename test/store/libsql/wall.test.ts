import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDatabase, openReader } from "../../../src/store/libsql/open.ts";
import { requireTenant } from "../../../src/store/libsql/wall.ts";
import { storeHome } from "../../support/store-home.ts";

describe("a statement that touches rows of tenants", () => {
  test.each([
    ["SELECT body FROM delivery WHERE log = ? AND k = ?"],
    ["SELECT body FROM delivery INDEXED BY delivery_due WHERE log = ?1 AND (?2 IS NULL OR status = ?2) ORDER BY k"],
    ["SELECT k FROM json_each(?2) CROSS JOIN delivery ON log = ?1 AND k = unhex(value)"],
    ["SELECT count(*) FROM (SELECT k FROM delivery WHERE log = ? LIMIT 5)"],
    ["SELECT h, body FROM segment JOIN segment_body USING (id) WHERE log = ? AND id = ?"],
    ["INSERT INTO timer(log, due, flow, key) VALUES (?,?,?,?),(?,?,?,?) ON CONFLICT DO NOTHING"],
    ["INSERT INTO cell(k, v) VALUES (?,?) ON CONFLICT DO UPDATE SET v = excluded.v"],
    ["SELECT v FROM cell WHERE k >= ? AND k < ? ORDER BY k LIMIT ?"],
    ["DELETE FROM cell WHERE k = ?"],
    ["SELECT text FROM object WHERE hash = ?"],
    ["PRAGMA user_version"],
    ["BEGIN IMMEDIATE"],
  ])("may be: %s", (sql) => {
    expect(() => requireTenant(sql)).not.toThrow();
  });

  test.each([
    ["SELECT body FROM delivery", "bind"],
    ["SELECT body FROM delivery WHERE status = ?", "bind"],
    ["SELECT body FROM delivery WHERE k = ? AND log = ?", "bind"],
    ["SELECT body FROM delivery WHERE log = ? OR 1 = 1", "OR"],
    ["SELECT body FROM delivery WHERE log = ? + 1", "bind"],
    ["SELECT body FROM delivery WHERE log = 1", "bind"],
    ["SELECT body FROM delivery WHERE log > ?", "bind"],
    ["SELECT body FROM delivery WHERE log = ? UNION SELECT body FROM delivery", "cannot read"],
    ["SELECT body FROM delivery WHERE log = ? AND k IN (SELECT k FROM delivery)", "bind"],
    ["SELECT m.body FROM member AS m JOIN delivery WHERE log = ?", "more than one"],
    ["SELECT a.body FROM json_each(?), delivery AS a", "cannot read"],
    ["select body from delivery", "bind"],
    ["SELECT body FROM delivery -- WHERE log = ?", "cannot read"],
    ["SELECT body FROM delivery WHERE status = 'WHERE log = ?'", "cannot read"],
    ['SELECT body FROM "delivery"', "cannot read"],
    ["SELECT body FROM main.delivery WHERE log = ?", "main"],
    ["SELECT v FROM cell", "bind"],
    ["SELECT v FROM cell WHERE k > ?", "bind"],
    ["SELECT v FROM cell WHERE k LIKE ?", "bind"],
    ["SELECT body FROM segment_body WHERE id = ?", "bind"],
    ["SELECT v FROM heap_cell WHERE id > ?", "heap_cell"],
    ["SELECT leaves FROM ledger_segment", "ledger_segment"],
    ["INSERT INTO delivery(k, log) VALUES (?, ?)", "without a tenant"],
    ["INSERT INTO delivery SELECT * FROM delivery WHERE log = ?", "without a tenant"],
    ["UPDATE delivery SET status = ?", "bind"],
    ["DELETE FROM timer", "bind"],
    ["DELETE FROM timer WHERE log = ?; DELETE FROM timer", "cannot read"],
    ["BEGIN; DELETE FROM timer", "cannot read"],
    ["SELECT * FROM anything_new WHERE log = ?", "anything_new"],
    ["SELECT body FROM (delivery)", "names a table"],
    ["SELECT body FROM(delivery)", "names a table"],
    ["SELECT body FROM ((delivery))", "names a table"],
    ["SELECT body FROM json_each(?) CROSS JOIN (delivery)", "names a table"],
    ["SELECT body FROM 'delivery'", "names a table"],
    ["SELECT body FROM [delivery]", "cannot read"],
    ["SELECT id FROM segment_body WHERE id IN delivery", "names a table"],
    ["SELECT b.body FROM object a, delivery b", "cannot read"],
    ["SELECT b.body FROM object NOT INDEXED, delivery b", "cannot read"],
    ["ATTACH 'site.db' AS other", "none that reads or writes"],
    ["VACUUM INTO 'copy.db'", "none that reads or writes"],
    ["WITH d AS (SELECT 1) SELECT * FROM d", "none that reads or writes"],
    ["REPLACE INTO delivery(log, k) VALUES (?, ?)", "none that reads or writes"],
    ["DROP TABLE delivery", "none that reads or writes"],
    ["INSERT INTO timer(log, due, flow, key) SELECT log, ?, ?, ? FROM tenant", "writes what it selects"],
    ["INSERT INTO object(hash, text) SELECT hash, text FROM object", "writes what it selects"],
  ])("may not be: %s", (sql, why) => {
    expect(() => requireTenant(sql)).toThrow(why);
  });
});

test("every statement that stands in the code of this store passes", () => {
  const folder = new URL("../../../src/store/libsql/", import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "wall.ts");
  const texts = files.flatMap((name) => statementsIn(readFileSync(new URL(name, folder), "utf8")));
  expect(texts.length).toBeGreaterThan(50);
  const refused = texts.filter((sql) => {
    try {
      requireTenant(sql);
      return false;
    } catch {
      return true;
    }
  });
  expect(refused).toEqual([]);
});

/** Texts of SQL in source; of those that are put together, only bulk ones, with a row of parameters. */
function statementsIn(source: string): string[] {
  const texts = [...source.matchAll(/(["`])((?:SELECT|INSERT|UPDATE|DELETE) [^"`]*)\1/g)].map(([, , sql = ""]) => sql);
  const whole = texts.filter((sql) => !sql.includes("${"));
  return whole.map((sql) => (sql.endsWith(" VALUES") ? `${sql} (?)${/INTO heap_cell/.test(sql) ? UPSERT : ""}` : sql));
}
const UPSERT = " ON CONFLICT DO UPDATE SET v = excluded.v";

describe("a connection to a site's database", () => {
  test("refuses a query without a tenant before it is prepared, for writing and for reading", async () => {
    const { file, remove } = storeHome();
    const writing = await openDatabase(file);
    const reading = await openReader(file);
    onTestFinished(() => {
      reading.close();
      writing.close();
      remove();
    });
    for (const connection of [writing, reading]) {
      expect(() => connection.all("SELECT body FROM delivery", [])).toThrow("does not bind its tenant");
      expect(() => connection.run("DELETE FROM delivery WHERE status = ?", ["sent"])).toThrow("does not bind");
      expect(() => connection.exec("DELETE FROM cell")).toThrow("does not bind its tenant");
      expect(connection.all("SELECT body FROM delivery WHERE log = ?", [1])).toEqual([]);
    }
  });
});
