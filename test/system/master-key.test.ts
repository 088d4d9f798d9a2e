import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { Secret } from "../../src/core/secret.ts";
import { ensureMasterKey, readMasterKey } from "../../src/system/master-key.ts";
import { systemRandom } from "../../src/system/random.ts";
import { temporaryFolder } from "../support/folder.ts";

const key = (byte: number): Buffer => Buffer.alloc(32, byte);
const base64 = (byte: number): string => key(byte).toString("base64");

describe("where the master key is looked for", () => {
  test("environment, then credential, then file", () => {
    const dir = temporaryFolder();
    const file = path.join(dir, "master.key");
    fs.writeFileSync(file, `${base64(3)}\n`, { mode: 0o600 });
    fs.writeFileSync(path.join(dir, "sealpost-master-key"), base64(2), { mode: 0o440 });
    const places = { masterKey: new Secret(base64(1)), credentials: dir, file };
    expect(Buffer.from(readMasterKey(places))).toEqual(key(1));
    expect(Buffer.from(readMasterKey({ ...places, masterKey: undefined }))).toEqual(key(2));
    expect(Buffer.from(readMasterKey({ file }))).toEqual(key(3));
    expect(Buffer.from(readMasterKey({ credentials: path.join(dir, "none"), file }))).toEqual(key(3));
  });

  test("nowhere: the error names all three places", () => {
    const file = path.join(temporaryFolder(), "master.key");
    expect(() => readMasterKey({ file })).toThrow(/SEALPOST_MASTER_KEY.*sealpost-master-key.*master\.key/);
  });

  test.each([
    ["too short", Buffer.alloc(31).toString("base64")],
    ["too long", Buffer.alloc(33).toString("base64")],
    ["hex", key(1).toString("hex")],
    ["base64url", Buffer.alloc(32, 0xff).toString("base64url")],
    ["empty", ""],
    ["with junk", `${base64(1)} x`],
  ])("a key that is %s is refused without being quoted", (_what, text) => {
    const file = path.join(temporaryFolder(), "master.key");
    fs.writeFileSync(file, text, { mode: 0o600 });
    expect(() => readMasterKey({ file })).toThrow(
      expect.objectContaining({ code: "bad-master-key", message: `${file} is not 32 bytes in base64` }),
    );
  });

  test("a key file that others can read is refused", () => {
    const file = path.join(temporaryFolder(), "master.key");
    fs.writeFileSync(file, base64(1));
    fs.chmodSync(file, 0o644);
    expect(() => readMasterKey({ file })).toThrow(expect.objectContaining({ code: "not-private" }));
  });
});

test("a new key is written once, private, and found again", () => {
  const file = path.join(temporaryFolder(), "master.key");
  const made = ensureMasterKey({ file }, systemRandom);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(Buffer.from(ensureMasterKey({ file }, systemRandom))).toEqual(Buffer.from(made));
  expect(Buffer.from(readMasterKey({ file }))).toEqual(Buffer.from(made));
});

test("a key of the environment is never written to the folder", () => {
  const dir = temporaryFolder();
  ensureMasterKey({ masterKey: new Secret(base64(1)), file: path.join(dir, "master.key") }, systemRandom);
  expect(fs.readdirSync(dir)).toEqual([]);
});
