import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EngineError } from "../../../src/store/engine.ts";
import {
  bytes,
  connect,
  type Connection,
  immediate,
  integer,
  type SqlValue,
  text,
} from "../../../src/store/libsql/guard.ts";

/** What libsql 0.5.29 itself does: the reason of each check. Run in a process of its own, since it may not survive. */
function raw(script: string): { signal: string | null; out: string } {
  const program = `
    const Database = require("libsql");
    const db = new Database(":memory:");
    db.exec("CREATE TABLE t(a, b)");
    const insert = db.prepare("INSERT INTO t VALUES (?, ?)");
    const seen = (sql) => JSON.stringify(db.prepare(sql).raw().all());
    (async () => { ${script} })();`;
  const { signal, stdout } = spawnSync(process.execPath, ["-e", program], { encoding: "utf8" });
  return { signal, out: stdout.trim() };
}

/** A transaction whose commit fails with `first`, and whose rollback fails too. */
function failing(first: Error): () => unknown {
  const exec = (sql: string): void => {
    if (sql === "COMMIT") throw first;
    if (sql === "ROLLBACK") throw new EngineError("failed", "no rollback");
  };
  return () => immediate({ exec, isIn: () => true }, () => 1);
}

describe("libsql itself", () => {
  it.each([
    ["a bound boolean", "insert.run([true, 1]);"],
    ["a lone Buffer", 'insert.run(Buffer.from("a"));'],
    ["a lone Uint8Array", "insert.run(new Uint8Array(2));"],
    ["a lone Date", "insert.run(new Date(0));"],
    ["a lone object", "insert.run({ a: 1 });"],
    ["TEXT that is no UTF-8", "db.prepare(\"SELECT CAST(x'ff' AS TEXT)\").all();"],
  ])("aborts the process on %s", (_case, script) => {
    expect(raw(`${script} console.log("alive");`)).toEqual({ signal: "SIGABRT", out: "" });
  });

  it.each([
    ["binds integers as REAL", 'insert.run([1, 1]); console.log(seen("SELECT typeof(a) FROM t"));', '[["real"]]'],
    ["takes missing parameters as NULL", 'insert.run([1n]); console.log(seen("SELECT b FROM t"));', "[[null]]"],
    ["ignores surplus parameters", 'insert.run([1n, 2n, 3n]); console.log(seen("SELECT b FROM t"));', "[[2]]"],
    ["cuts text at U+0000", 'insert.run(["a\\0b", 1n]); console.log(seen("SELECT a FROM t"));', '[["a"]]'],
    [
      "alters lone surrogates",
      'insert.run(["\\ud800", 1n]); console.log(seen("SELECT hex(a) FROM t"));',
      '[["EFBFBD"]]',
    ],
    ["stores NaN as NULL", 'insert.run([NaN, 1n]); console.log(seen("SELECT a FROM t"));', "[[null]]"],
    ["rounds large integers", 'console.log(seen("SELECT 9007199254740993"));', "[[9007199254740992]]"],
    ["adds _metadata to rows of get()", 'console.log("_metadata" in db.prepare("SELECT 1 AS a").get());', "true"],
    [
      "answers blobs as ArrayBuffer in rows that are objects",
      "console.log(db.prepare(\"SELECT x'00' AS b\").all()[0].b.constructor.name);",
      "ArrayBuffer",
    ],
    [
      "commits a transaction whose promise rejects",
      `await db.transaction(async () => { insert.run([1n, 1n]); throw new Error("no"); })().catch(() => undefined);
       console.log(seen("SELECT count(*) FROM t"));`,
      "[[1]]",
    ],
    ["has no backup()", 'try { db.backup("x"); } catch (error) { console.log(error.message); }', "not implemented"],
  ])("%s", (_case, script, out) => {
    expect(raw(script)).toEqual({ signal: null, out });
  });

  it("keeps a read lock while iterate() is broken off", () => {
    const script = `
      for (let n = 0; n < 200; n++) insert.run([1n, 1n]);
      for (const row of db.prepare("SELECT a FROM t").iterate()) break;
      try { db.exec("DROP TABLE t"); console.log("dropped"); } catch (error) { console.log(error.message); }`;
    expect(raw(script)).toEqual({ signal: null, out: "database table is locked" });
  });

  it("opens a file for writing although told readonly and fileMustExist", () => {
    const script = `
      const fs = require("node:fs");
      const folder = fs.mkdtempSync(require("node:path").join(require("node:os").tmpdir(), "sealpost-raw-"));
      const other = new Database(folder + "/x.db", { readonly: true, fileMustExist: true });
      other.exec("CREATE TABLE t(a)");
      console.log(fs.existsSync(folder + "/x.db"));
      fs.rmSync(folder, { recursive: true });`;
    expect(raw(script)).toEqual({ signal: null, out: "true" });
  });
});

describe("the guard", () => {
  let db: Connection;
  beforeEach(async () => {
    db = await connect(":memory:", 0);
    db.exec("CREATE TABLE t(a INTEGER, b TEXT, c BLOB) STRICT");
  });
  afterEach(() => db.close());

  const insert = (...values: readonly SqlValue[]): number => db.run("INSERT INTO t VALUES (?, ?, ?)", values);
  const stored = (): readonly unknown[] => db.all("SELECT a, CAST(b AS BLOB), c FROM t", [])[0] ?? [];
  /** Past the types, as a value from outside could get. */
  const insertAny = (value: unknown): unknown => Reflect.apply(insert, undefined, [1, value, null]);

  it("stores booleans as 0 and 1, numbers as integers, views of bytes as what they show", () => {
    const view = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 3);
    expect(insert(true, "é", view)).toBe(1);
    expect(stored()).toEqual([1, Buffer.from("é"), Buffer.of(2, 3)]);
    db.exec("DELETE FROM t");
    insert(false, null, new Uint8Array(0));
    expect(stored()).toEqual([0, null, Buffer.alloc(0)]);
    db.exec("DELETE FROM t");
    insert(-9007199254740991, null, null);
    expect(stored()[0]).toBe(-9007199254740991);
  });

  it.each<[string, unknown]>([
    ["NaN", Number.NaN],
    ["a fraction", 1.5],
    ["a number beyond 2^53", 2 ** 53],
    ["a bigint beyond 64 bits", 2n ** 63n],
    ["the least 64-bit integer, which libsql refuses", -(2n ** 63n)],
    ["U+0000", "a\u0000b"],
    ["a lone surrogate", "\ud800"],
    ["undefined", undefined],
    ["an object", {}],
    ["a list", [1]],
    ["a Date", new Date(0)],
    ["a function", () => 1],
    ["a symbol", Symbol("a")],
    ["an ArrayBuffer", new ArrayBuffer(1)],
    ["another view", new Uint16Array(1)],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(1))],
  ])("refuses %s", (_case, value) => {
    expect(() => insertAny(value)).toThrow(expect.objectContaining({ code: "refused-row" }));
    expect(db.all("SELECT count(*) FROM t", [])).toEqual([[0]]);
  });

  it("takes exactly as many values as a statement has parameters", () => {
    expect(() => insert(1, "b")).toThrow("2 values for 3 parameters");
    expect(() => insert(1, "b", null, 1)).toThrow("4 values for 3 parameters");
    expect(db.all("SELECT ?2, ?1, ?2", [1, 2])).toEqual([[2, 1, 2]]);
    expect(() => db.all("SELECT ?1, ?", [1, 2])).toThrow("two kinds of parameters");
  });

  it("refuses to read TEXT, and damaged values", () => {
    expect(() => db.all("SELECT b FROM t", [])).toThrow("must be read as a BLOB");
    const [row] = db.all("SELECT CAST(CAST(x'ff' AS TEXT) AS BLOB), 9007199254740993, 'a'", []);
    expect(() => text(row, 0)).toThrow("no UTF-8");
    expect(() => integer(row, 1)).toThrow("no an integer");
    expect(() => bytes(row, 2)).toThrow("no bytes");
    expect(() => integer(undefined, 0)).toThrow(expect.objectContaining({ code: "failed" }));
    expect(bytes([new Uint8Array([1]).buffer], 0)).toEqual(Buffer.of(1));
  });

  it("rolls back a transaction that throws or that turns out asynchronous", () => {
    expect(() =>
      db.immediate(() => {
        insert(1, null, null);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(() => db.immediate(() => Promise.resolve(insert(1, null, null)))).toThrow("must be synchronous");
    expect(db.all("SELECT count(*) FROM t", [])).toEqual([[0]]);
    expect(db.immediate(() => insert(1, null, null))).toBe(1);
  });

  it("keeps the first error where the rollback fails too, as one after which the store must end", () => {
    const full = new EngineError("disk-full", "full");
    expect(failing(full)).toThrow(expect.objectContaining({ name: "EngineError", code: "io", cause: full }));
    const fsync = new EngineError("io", "fsync");
    expect(failing(fsync)).toThrow(fsync);
  });

  it("tells the first error where the database was closed in a transaction", () => {
    expect(() =>
      db.immediate(() => {
        db.close();
        throw new Error("first");
      }),
    ).toThrow("first");
  });

  it("tells faults of SQL as engine errors, and is of no use once closed", async () => {
    expect(() => db.exec("nonsense")).toThrow(expect.objectContaining({ name: "EngineError", code: "failed" }));
    expect(() => db.all("SELECT nonsense", [])).toThrow(expect.objectContaining({ name: "EngineError" }));
    await expect(connect("/nowhere/at/all.db", 0)).rejects.toMatchObject({ name: "EngineError" });
    db.close();
    expect(() => db.exec("SELECT 1")).toThrow("closed");
    expect(() => db.run("DELETE FROM t", [])).toThrow("closed");
  });
});
