import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EngineError } from "../../../src/store/engine.ts";
import { engineErrorOf, isBusy } from "../../../src/store/libsql/fault.ts";
import { connect } from "../../../src/store/libsql/guard.ts";
import { openDatabase, openReader } from "../../../src/store/libsql/open.ts";
import { type StoreHome, storeHome } from "../../support/store-home.ts";

let home: StoreHome;
beforeEach(() => {
  home = storeHome();
});
afterEach(() => home.remove());

async function sql(script: string): Promise<void> {
  const connection = await connect(home.file, 0);
  connection.exec(script);
  connection.close();
}

describe("opening the database", () => {
  it("makes it durable before it answers, and clean where it erases", async () => {
    const connection = await openDatabase(home.file);
    const pragma = (name: string): unknown => connection.all(`PRAGMA ${name}`, [])[0]?.[0];
    expect(["journal_mode", "synchronous", "secure_delete", "foreign_keys", "wal_autocheckpoint"].map(pragma)).toEqual([
      "wal",
      2,
      1,
      1,
      1000,
    ]);
    connection.close();
    const again = await openDatabase(home.file);
    expect(again.all("SELECT count(*) FROM tenant", [])).toEqual([[0]]);
    again.close();
  });

  it("gives readers a connection that cannot write", async () => {
    const connection = await openDatabase(home.file);
    const reader = await openReader(home.file);
    expect(() => reader.exec("DELETE FROM tenant")).toThrow(expect.objectContaining({ code: "failed" }));
    reader.close();
    connection.close();
  });

  it("takes an empty file, and refuses any other that is no database of ours", async () => {
    writeFileSync(home.file, "");
    const made = await home.open();
    made.close();
    await sql("PRAGMA user_version = 99");
    await expect(home.open()).rejects.toMatchObject({ name: "OpenError", code: "newer" });
    home.remove();
    home = storeHome();
    await sql("CREATE TABLE other(a)");
    await expect(home.open()).rejects.toMatchObject({ code: "foreign" });
    writeFileSync(home.file, "hello");
    await expect(home.open()).rejects.toMatchObject({ code: "foreign" });
    await expect(openDatabase(home.folder)).rejects.toMatchObject({ name: "EngineError" });
    await expect(openDatabase(join(home.folder, "none", "x.db"))).rejects.toMatchObject({ name: "EngineError" });
    await expect(openReader(join(home.folder, "none", "x.db"))).rejects.toMatchObject({ name: "EngineError" });
  });

  it("refuses an encrypted file rather than alter it", async () => {
    const script = `
      const Database = require(${JSON.stringify(createRequire(import.meta.url).resolve("libsql"))});
      const db = new Database(${JSON.stringify(home.file)}, { encryptionKey: "secret" });
      db.exec("CREATE TABLE t(a)"); db.close();`;
    expect(spawnSync(process.execPath, ["-e", script]).status).toBe(0);
    const before = readFileSync(home.file);
    await expect(home.open()).rejects.toMatchObject({ code: "foreign" });
    expect(readFileSync(home.file)).toEqual(before);
  });

  it("refuses a connection whose pragmas do not take", async () => {
    await expect(openDatabase(":memory:")).rejects.toThrow("journal_mode");
    await expect(openReader(":memory:")).rejects.toThrow("journal_mode");
  });

  it("tells damage as an error, and does not die of it", async () => {
    const engine = await home.open();
    engine.close();
    await sql("INSERT INTO tenant VALUES (1, CAST(x'ff' AS TEXT))");
    await expect(home.open()).rejects.toMatchObject({ name: "EngineError", code: "failed" });
  });
});

function sqlite(code: string, rawCode: number): Error {
  return Object.assign(new Error(code), { code, rawCode });
}

describe("faults", () => {
  it.each([
    [sqlite("SQLITE_FULL", 13), "disk-full"],
    [sqlite("SQLITE_IOERR_SHMSIZE", 4874), "disk-full"],
    [Object.assign(new Error("no space"), { code: "ENOSPC" }), "disk-full"],
    [sqlite("UNKNOWN_SQLITE_ERROR_1034", 1034), "io"],
    [sqlite("UNKNOWN_SQLITE_ERROR_1290", 1290), "io"],
    [sqlite("SQLITE_IOERR", 266), "failed"],
    [sqlite("SQLITE_CONSTRAINT", 1555), "failed"],
    [new Error("other"), "failed"],
    ["text", "failed"],
    [new EngineError("refused-row", "ours"), "refused-row"],
  ])("%s is %s", (error, code) => {
    expect(engineErrorOf(error).code).toBe(code);
  });

  it("know a held lock", () => {
    expect([
      isBusy(engineErrorOf(sqlite("SQLITE_BUSY", 5))),
      isBusy(engineErrorOf("x")),
      isBusy(new Error("x")),
    ]).toEqual([true, false, false]);
  });
});
