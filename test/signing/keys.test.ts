import { execFileSync } from "node:child_process";
import { generateKeyPairSync, verify, createPublicKey } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  algorithmOf,
  keyFileId,
  keyIdOf,
  opensshBlob,
  rawKey,
  shortKeyId,
  strictBase64,
} from "../../src/core/key-id.ts";
import { bundleFileName } from "../../src/signing/dsse.ts";
import { SigningError } from "../../src/signing/error.ts";
import {
  createKeyPair,
  keyFileNames,
  opensshLine,
  privateKeyPem,
  publicKeyPem,
  readPrivateKey,
  readPublicKey,
  signerOf,
  writeKeyPair,
} from "../../src/signing/keys.ts";
import { KIT_VECTORS } from "../support/kit-forge.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keys-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe.each(["ed25519", "ecdsa-p256"] as const)("a new %s pair", (algorithm) => {
  test("has the fingerprint that ssh-keygen prints", () => {
    const pair = createKeyPair(algorithm);
    writeFileSync(join(folder, "key.pub"), `${opensshLine(pair, "test")}\n`);
    const printed = execFileSync("ssh-keygen", ["-lf", join(folder, "key.pub")], { encoding: "utf8" });
    expect(printed.split(" ")[1]).toBe(pair.keyId);
    expect(pair.algorithm).toBe(algorithm);
  });

  test("is written as two files that openssl reads, the private one 0600, and read back", () => {
    const pair = createKeyPair(algorithm);
    const paths = writeKeyPair(folder, { purpose: "kit", pair });
    expect(readdirSync(folder).toSorted()).toEqual([basename(paths.privateKey), basename(paths.publicKey)]);
    expect(basename(paths.privateKey)).toBe(`kit-${shortKeyId(pair.keyId)}.pem`);
    expect(basename(paths.publicKey)).toMatch(/^kit-[A-Za-z0-9_-]{8}\.pub\.pem$/);
    expect(statSync(paths.privateKey).mode & 0o777).toBe(0o600);
    const derived = execFileSync("openssl", ["pkey", "-in", paths.privateKey, "-pubout"], { encoding: "utf8" });
    expect(readFileSync(paths.publicKey, "utf8")).toBe(derived);
    expect(readPrivateKey(readFileSync(paths.privateKey, "utf8")).keyId).toBe(pair.keyId);
    expect(readPublicKey(derived)).toEqual({ algorithm, spki: pair.spki, keyId: pair.keyId });
    expect(() => writeKeyPair(folder, { purpose: "kit", pair })).toThrow("EEXIST");
  });

  test("may stand under a passphrase", () => {
    const pair = createKeyPair(algorithm);
    const pem = privateKeyPem(pair, "correct horse");
    expect(pem).toContain("ENCRYPTED");
    expect(readPrivateKey(pem, "correct horse").keyId).toBe(pair.keyId);
    expect(() => readPrivateKey(pem, "wrong")).toThrow(SigningError);
    expect(() => readPrivateKey(pem)).toThrow(SigningError);
  });

  test("signs what its public half verifies", async () => {
    const pair = createKeyPair(algorithm);
    const data = Buffer.from("data");
    const signature = await signerOf(pair).sign(data);
    const key = createPublicKey(publicKeyPem(pair));
    expect(verify(algorithm === "ed25519" ? null : "sha256", data, key, signature)).toBe(true);
  });
});

describe("what is no key of ours", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const pkcs8 = (key: typeof rsa.privateKey): string => key.export({ format: "pem", type: "pkcs8" }).toString();
  const spki = (key: typeof rsa.publicKey): string => key.export({ format: "pem", type: "spki" }).toString();

  test.each([
    ["an RSA key", pkcs8(rsa.privateKey)],
    ["a P-384 key", pkcs8(p384.privateKey)],
    ["a public key", spki(rsa.publicKey)],
    ["text", "secret"],
  ])("is refused as a private key, without being quoted: %s", (_name, pem) => {
    expect(() => readPrivateKey(pem)).toThrow(
      expect.objectContaining({ code: "bad-key", message: expect.not.stringContaining("secret") }),
    );
  });

  test.each([
    ["an RSA key", spki(rsa.publicKey)],
    ["a private key", pkcs8(p384.privateKey)],
    ["a PEM that is empty inside", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"],
    ["text", "secret"],
  ])("is refused as a public key: %s", (_name, pem) => {
    expect(() => readPublicKey(pem)).toThrow(expect.objectContaining({ code: "bad-key" }));
  });
});

describe("the keys of the vectors", () => {
  const files = readdirSync(join(KIT_VECTORS, "keys")).filter((name) => name.endsWith(".pub.pem"));
  test.each(files)("%s is called after its fingerprint", (name) => {
    const key = readPublicKey(readFileSync(join(KIT_VECTORS, "keys", name), "utf8"));
    const purpose = name.replace(/-[A-Za-z0-9_-]{8}\.pub\.pem$/, "");
    expect(keyFileNames(purpose, key).publicKey).toBe(name);
    expect(
      keyFileNames(purpose, readPrivateKey(readFileSync(join(KIT_VECTORS, "keys", name.replace(".pub", "")), "utf8")))
        .publicKey,
    ).toBe(name);
  });
});

describe("a key id", () => {
  test("in a file name has no character that a path could not hold", () => {
    expect(keyFileId("SHA256:a+b/c")).toBe("SHA256-a-b_c");
    expect(bundleFileName("SHA256:a+b/c")).toBe("SHA256-a-b_c.sigstore.json");
  });

  test("of ML-DSA-65 is the hash of its SPKI, since OpenSSH has no form for it", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ml-dsa-65");
    const der = publicKey.export({ format: "der", type: "spki" });
    expect(algorithmOf(der)).toBe("ml-dsa-65");
    expect(opensshBlob(der)).toBeUndefined();
    expect(keyIdOf(der)).toMatch(/^SPKI256:[A-Za-z0-9+/]{43}$/);
    const pair = readPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" }).toString());
    expect(opensshLine(pair, "x")).toBeUndefined();
    expect(pair.keyId).toBe(keyIdOf(der));
  });

  test("is given only to a key in the one accepted form", () => {
    const { spki } = createKeyPair("ecdsa-p256");
    const off = Buffer.from(spki);
    off.writeUInt8(off.readUInt8(90) ^ 1, 90);
    const compressed = Buffer.from(spki);
    compressed.writeUInt8(2, 26);
    expect(algorithmOf(spki)).toBe("ecdsa-p256");
    expect(rawKey(spki, "ed25519")).toBeUndefined();
    expect([off, compressed, spki.subarray(1), Buffer.alloc(91)].map(algorithmOf)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ["AAE=", 2],
    ["AAF=", undefined],
    ["AAE", undefined],
    ["AAE=\n", undefined],
    ["-_8=", undefined],
    ["", 0],
  ])("base64 %j is read strictly", (text, length) => {
    expect(strictBase64(text)?.length).toBe(length);
  });
});
