import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { checkDataDir, dataDir, makeDataDir, sealKeyFile } from "../../src/system/data-dir.ts";
import { freeBytes } from "../../src/system/disk.ts";
import { errnoOf } from "../../src/system/error.ts";
import {
  checkPrivateFile,
  checkPrivateFolder,
  makePrivateFolder,
  readPrivateFile,
  writeDurably,
} from "../../src/system/files.ts";
import { temporaryFolder } from "../support/folder.ts";

function modeOf(name: string): string {
  return (fs.statSync(name).mode & 0o777).toString(8);
}

describe("writing durably", () => {
  test("a file is replaced whole, with its mode, and nothing is left beside it", () => {
    const dir = temporaryFolder();
    const file = path.join(dir, "key.pem");
    writeDurably(file, "first");
    writeDurably(file, Buffer.from("second"), 0o640);
    expect(fs.readFileSync(file, "utf8")).toBe("second");
    expect(modeOf(file)).toBe("640");
    expect(fs.readdirSync(dir)).toEqual(["key.pem"]);
  });

  test("whatever the umask, a private file is private", () => {
    const file = path.join(temporaryFolder(), "key");
    const before = process.umask(0o000);
    try {
      writeDurably(file, "x");
    } finally {
      process.umask(before);
    }
    expect(modeOf(file)).toBe("600");
  });

  test("a file that cannot be written is an error with the system's code, and leaves nothing", () => {
    const dir = temporaryFolder();
    fs.mkdirSync(path.join(dir, "taken"));
    expect(() => writeDurably(path.join(dir, "none", "x"), "x")).toThrow(/x could not be written \(ENOENT\)/);
    expect(() => writeDurably(path.join(dir, "taken"), "x")).toThrow(
      expect.objectContaining({ name: "SystemError", code: "io" }),
    );
    expect(fs.readdirSync(dir)).toEqual(["taken"]);
  });
});

describe("privacy", () => {
  test("a folder is made with those above it, and is its owner's alone", () => {
    const dir = path.join(temporaryFolder(), "a", "b");
    makePrivateFolder(dir);
    makePrivateFolder(dir);
    expect(modeOf(dir)).toBe("700");
  });

  test.each([0o750, 0o701, 0o777])("a folder of mode %o is refused with what to do", (mode) => {
    const dir = path.join(temporaryFolder(), "open");
    fs.mkdirSync(dir);
    fs.chmodSync(dir, mode);
    expect(() => checkPrivateFolder(dir)).toThrow(`chmod 0700 '${dir}'`);
    expect(() => makePrivateFolder(dir)).toThrow(expect.objectContaining({ code: "not-private" }));
  });

  test("a file that others can read is refused, one that is not there too", () => {
    const file = path.join(temporaryFolder(), "key");
    expect(() => readPrivateFile(file)).toThrow(expect.objectContaining({ code: "no-file" }));
    fs.writeFileSync(file, "secret", { mode: 0o644 });
    fs.chmodSync(file, 0o644);
    expect(() => checkPrivateFile(file)).toThrow(`${file} is open to others (0644); to close it: chmod 0600`);
    fs.chmodSync(file, 0o400);
    expect(Buffer.from(readPrivateFile(file)).toString()).toBe("secret");
  });

  test("a symbolic link is no private file, a file no folder", () => {
    const dir = temporaryFolder();
    const file = path.join(dir, "key");
    fs.writeFileSync(file, "", { mode: 0o600 });
    fs.symlinkSync(file, path.join(dir, "link"));
    expect(() => checkPrivateFile(path.join(dir, "link"))).toThrow(expect.objectContaining({ code: "no-file" }));
    expect(() => checkPrivateFolder(file)).toThrow(expect.objectContaining({ code: "no-folder" }));
    expect(() => makePrivateFolder(path.join(file, "below"))).toThrow(expect.objectContaining({ code: "no-folder" }));
  });

  test.runIf(process.getuid?.() === 0)("what belongs to another user is refused", () => {
    const file = path.join(temporaryFolder(), "key");
    fs.writeFileSync(file, "", { mode: 0o600 });
    fs.chownSync(file, 65_534, 65_534);
    expect(() => checkPrivateFile(file)).toThrow(/belongs to user 65534, not to 0/);
  });
});

describe("the folder of a site", () => {
  test("it is made once, all of it private", () => {
    const dir = path.join(temporaryFolder(), "site");
    const files = makeDataDir(dir);
    for (const folder of [
      dir,
      files.keys,
      files.sealKeys,
      files.trust,
      files.blobs,
      files.quarantine,
      files.drop,
      files.out,
    ])
      expect(modeOf(folder), folder).toBe("700");
    fs.writeFileSync(files.database, "");
    expect(checkDataDir(dir)).toEqual(files);
    expect(() => makeDataDir(dir)).toThrow(expect.objectContaining({ code: "site-exists" }));
  });

  test("a folder without a site is told how to become one", () => {
    const dir = temporaryFolder();
    expect(() => checkDataDir(dir)).toThrow(`sealpost init --data '${dir}'`);
  });

  test("names are those of the contract", () => {
    const files = dataDir("/srv/site");
    expect(files.database).toBe("/srv/site/sealpost.db");
    expect(files.socket).toBe("/srv/site/sealpost.sock");
    expect(files.lock).toBe("/srv/site/lock.db");
    expect(sealKeyFile(files, "acme")).toBe("/srv/site/keys/seal/acme.pem");
  });
});

test("free bytes of a disk are a number of bytes; of no disk an error", () => {
  expect(freeBytes(temporaryFolder())).toBeGreaterThan(0);
  expect(() => freeBytes("/no/such/folder")).toThrow(/ENOENT/);
});

test("an error's code is read only where it is one", () => {
  expect(errnoOf(Object.assign(new Error("x"), { code: "EACCES" }))).toBe("EACCES");
  expect(errnoOf(Object.assign(new Error("x"), { code: 5 }))).toBeUndefined();
  expect(errnoOf("EACCES")).toBeUndefined();
});
