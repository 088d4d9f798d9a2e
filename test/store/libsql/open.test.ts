import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { recordId, recordKey } from "../../../src/core/id.ts";
import { EngineError } from "../../../src/store/engine.ts";
import { engineErrorOf, isBusy } from "../../../src/store/libsql/fault.ts";
import { connect } from "../../../src/store/libsql/guard.ts";
import { openDatabase, openReader } from "../../../src/store/libsql/open.ts";
import { SCHEMA_001 } from "../../../src/store/libsql/schema/001.ts";
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

function at(hour: number): number {
  return 1_763_730_000_000 + hour * 3_600_000;
}

describe("a database of the first version", () => {
  const deliveries = ["pending", "sent", "held", "sent", "dead"].map((status, n) => ({
    id: recordId("dl", at(n), [String(n)]),
    tenant: "default",
    rule: `r${n % 2}@000000000000`,
    status,
    channel: "mail-ops",
    createdAt: at(n),
    ...(status === "pending" ? { dueAt: at(n) } : {}),
  }));

  it("is brought to the newest where it lies: its deliveries are found and counted", async () => {
    const old = await connect(home.file, 0);
    old.exec(`PRAGMA application_id = 0x53507374; ${SCHEMA_001}; PRAGMA user_version = 1;
      INSERT INTO tenant VALUES (1, 'default')`);
    for (const one of deliveries)
      old.run("INSERT INTO delivery(log, k, channel, status, event, due, body) VALUES (1, ?, ?, ?, NULL, ?, ?)", [
        recordKey(one.id, one.createdAt),
        one.channel,
        one.status,
        one.dueAt ?? null,
        Buffer.from(JSON.stringify(one)),
      ]);
    old.close();
    for (let opened = 0; opened < 2; opened++) {
      const engine = await home.open();
      const { read } = engine;
      expect((await read.deliveries("default", { limit: 9 })).items).toEqual(deliveries.toReversed());
      expect((await read.deliveries("default", { limit: 9, window: "w" })).items).toEqual([]);
      expect(await read.dueChannels()).toEqual([{ tenant: "default", channel: "mail-ops", due: at(0) }]);
      expect(await read.counts("default", at(2))).toEqual({
        since: at(2) - (at(2) % 3_600_000),
        byStatus: { pending: 1, held: 1, sent: 1, dead: 1 },
        backlog: 2,
        byRule: [
          { rule: "r0", byStatus: { pending: 1, held: 1, dead: 1 } },
          { rule: "r1", byStatus: { sent: 1 } },
        ],
      });
      expect((await read.counts("default", 0)).byStatus).toEqual({ pending: 1, sent: 2, held: 1, dead: 1 });
      engine.close();
    }
  });
});

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
