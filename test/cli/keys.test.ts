import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fingerprintWords } from "../../src/core/pgp-words.ts";
import { createKeyPair, keyFileNames, readPrivateKey, readPublicKey, writeKeyPair } from "../../src/signing/keys.ts";
import { cli } from "../support/cli.ts";
import { makeCliSite } from "../support/cli-site.ts";
import { temporaryFolder } from "../support/folder.ts";

const PASSPHRASE = "correct horse battery";
const Made = z.object({
  purpose: z.string(),
  algorithm: z.string(),
  fingerprint: z.string(),
  words: z.array(z.string()),
  privateKey: z.string(),
  publicKey: z.string(),
  encrypted: z.boolean(),
});

function passphraseFile(text = `${PASSPHRASE}\nsecond line\n`, mode = 0o600): string {
  const file = path.join(temporaryFolder(), "passphrase");
  fs.writeFileSync(file, text);
  fs.chmodSync(file, mode);
  return file;
}

async function newPair(...words: readonly string[]): Promise<z.infer<typeof Made>> {
  const done = await cli(["keys", "new", "--purpose", "kit", ...words, "--json"]);
  expect(done, done.err).toMatchObject({ code: 0, err: "" });
  return Made.parse(JSON.parse(done.out));
}

describe("keys new", () => {
  test.each(["ed25519", "ecdsa-p256"])("makes a pair of %s in a folder that it makes private", async (algorithm) => {
    const dir = path.join(temporaryFolder(), "a", "keys");
    const made = await newPair("--algorithm", algorithm, "--out", dir);
    const pair = readPrivateKey(fs.readFileSync(made.privateKey, "utf8"));
    expect(made).toMatchObject({ purpose: "kit", algorithm, fingerprint: pair.keyId, encrypted: false });
    expect(made.words).toEqual(fingerprintWords(pair.keyId));
    expect(readPublicKey(fs.readFileSync(made.publicKey, "utf8")).keyId).toBe(pair.keyId);
    const names = keyFileNames("kit", pair);
    expect(fs.readdirSync(dir).toSorted()).toEqual([names.privateKey, names.publicKey].toSorted());
    const modes = [dir, made.privateKey, made.publicKey].map((name) => fs.statSync(name).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600, 0o644]);
  });

  test("says where each half goes, and the fingerprint as words in rows of eight", async () => {
    const dir = temporaryFolder();
    const { code, out, err } = await cli(["keys", "new", "--purpose", "root", "--out", dir]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [, id = ""] = /^fingerprint {2}(SHA256:\S{43})$/m.exec(out) ?? [];
    const words = fingerprintWords(id);
    expect(out).toContain(`words\n  ${words.slice(0, 8).join(" ")}\n  ${words.slice(8, 16).join(" ")}\n`);
    expect(out).toMatch(/^private key {2}\S+\/root-[\w-]{8}\.pem\n {2}Stays with its owner/);
    expect(out).toMatch(/^public key {3}\S+\/root-[\w-]{8}\.pub\.pem\n {2}Goes to whoever makes the trust policy/m);
  });

  test("puts the private half under a passphrase, which is the first line of a private file and nothing else", async () => {
    const dir = temporaryFolder();
    const made = await newPair("--out", dir, "--passphrase-file", passphraseFile());
    const pem = fs.readFileSync(made.privateKey, "utf8");
    expect(made.encrypted).toBe(true);
    expect(() => readPrivateKey(pem)).toThrow("passphrase");
    expect(readPrivateKey(pem, PASSPHRASE).keyId).toBe(made.fingerprint);
  });

  test.each<[string, () => string[], number, RegExp]>([
    ["a purpose of other characters", () => ["--purpose", "../kit"], 2, /--purpose: a word of a-z/],
    ["a purpose that would be a flag", () => ["--purpose=-kit"], 2, /not beginning with -/],
    ["another algorithm", () => ["--purpose", "kit", "--algorithm", "rsa"], 2, /ed25519, ecdsa-p256/],
    ["no purpose", () => [], 2, /--purpose/],
    [
      "a passphrase file that others can read",
      () => ["--purpose", "kit", "--passphrase-file", passphraseFile(undefined, 0o644)],
      1,
      /open to others.*chmod 0600/,
    ],
    [
      "no such passphrase file",
      () => ["--purpose", "kit", "--passphrase-file", "/no/such"],
      4,
      /there is no \/no\/such/,
    ],
    [
      "an empty passphrase",
      () => ["--purpose", "kit", "--passphrase-file", passphraseFile("\nx")],
      2,
      /first line is empty/,
    ],
    [
      "a passphrase that openssl would not take back",
      () => ["--purpose", "kit", "--passphrase-file", passphraseFile("x".repeat(1025))],
      2,
      /at most 1024 bytes/,
    ],
  ])("refuses %s, and writes nothing", async (_name, words, code, says) => {
    const dir = temporaryFolder();
    const done = await cli(["keys", "new", "--out", path.join(dir, "keys"), ...words()]);
    expect(done).toMatchObject({ code, out: "" });
    expect(done.err).toMatch(says);
    expect(done.err).not.toContain(PASSPHRASE);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  test("leaves no half pair where the second file cannot be written", () => {
    const dir = temporaryFolder();
    const pair = createKeyPair();
    const names = keyFileNames("kit", pair);
    fs.mkdirSync(path.join(dir, names.publicKey));
    expect(() => writeKeyPair(dir, { purpose: "kit", pair })).toThrow("EEXIST");
    expect(fs.readdirSync(dir)).toEqual([names.publicKey]);
  });
});

describe("keys show", () => {
  test("tells of both halves the same, in the words of ssh-keygen and openssl too", async () => {
    const dir = temporaryFolder();
    const made = await newPair("--out", dir);
    const shown = [];
    for (const file of [made.privateKey, made.publicKey]) {
      const { code, out } = await cli(["keys", "show", file, "--json"]);
      expect(code).toBe(0);
      shown.push(z.looseObject({ openssh: z.string(), pem: z.string() }).parse(JSON.parse(out)));
    }
    const [own, others] = shown;
    expect(own).toMatchObject({
      half: "private",
      algorithm: "ed25519",
      fingerprint: made.fingerprint,
      words: made.words,
    });
    expect(others).toMatchObject({
      half: "public",
      fingerprint: made.fingerprint,
      openssh: own?.openssh,
      pem: own?.pem,
    });
    const line = path.join(dir, "line.pub");
    fs.writeFileSync(line, `${own?.openssh}\n`);
    expect(execFileSync("ssh-keygen", ["-lf", line], { encoding: "utf8" })).toContain(`${made.fingerprint} kit-`);
    expect(execFileSync("openssl", ["pkey", "-in", made.privateKey, "-pubout"], { encoding: "utf8" })).toBe(own?.pem);
  });

  test("prints the public half as PEM where it is asked for", async () => {
    const made = await newPair("--out", temporaryFolder());
    const pem = fs.readFileSync(made.publicKey, "utf8");
    const file = made.publicKey;
    expect((await cli(["keys", "show", file, "--pem"])).out).toContain(`\n${pem}`);
    const plain = (await cli(["keys", "show", file])).out;
    expect(plain).not.toContain("BEGIN");
    expect(plain).toContain(
      `${file}: public ed25519 key\nfingerprint  ${made.fingerprint}\nwords\n  ${made.words[0]} `,
    );
  });

  test("reads a site's own key", async () => {
    const { dir } = await makeCliSite();
    const done = await cli(["keys", "show", path.join(dir, "keys", "local.pem")]);
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out).toContain("local.pem: private ed25519 key\nfingerprint  SHA256:");
  });

  test("has no OpenSSH line for a key that OpenSSH does not know", async () => {
    const file = path.join(temporaryFolder(), "x.pem");
    fs.writeFileSync(file, generateKeyPairSync("ml-dsa-65").publicKey.export({ format: "pem", type: "spki" }));
    const { out } = await cli(["keys", "show", file]);
    expect(out).toContain("fingerprint  SPKI256:");
    expect(out).not.toContain("openssh");
  });

  test("of a key under a passphrase takes the public file beside it, or the passphrase", async () => {
    const secret = passphraseFile();
    const made = await newPair("--out", temporaryFolder(), "--passphrase-file", secret);
    const { out } = await cli(["keys", "show", made.privateKey]);
    expect(out).toContain(`under a passphrase; shown as ${made.publicKey} beside it says`);
    expect(out).toContain(made.fingerprint);
    fs.rmSync(made.publicKey);
    expect(await cli(["keys", "show", made.privateKey])).toMatchObject({
      code: 2,
      err: expect.stringContaining("give --passphrase-file FILE"),
    });
    const opened = await cli(["keys", "show", made.privateKey, "--passphrase-file", secret, "--json"]);
    expect(JSON.parse(opened.out)).toMatchObject({ fingerprint: made.fingerprint, encrypted: true, half: "private" });
    const wrong = await cli(["keys", "show", made.privateKey, "--passphrase-file", passphraseFile("wrong")]);
    expect(wrong).toMatchObject({ code: 1, out: "" });
    expect(wrong.err).toBe(`sealpost: ${made.privateKey}: the passphrase is wrong\n`);
    const torn = path.join(temporaryFolder(), "torn.pem");
    fs.writeFileSync(torn, fs.readFileSync(made.privateKey, "utf8").slice(0, 100), { mode: 0o600 });
    const damaged = await cli(["keys", "show", torn, "--passphrase-file", secret]);
    expect(damaged).toMatchObject({ code: 1, err: expect.stringContaining("torn.pem: the key is damaged") });
  });

  test.each<[string, () => string, number, RegExp]>([
    ["that is not there", () => "/no/such.pem", 4, /there is no file \/no\/such\.pem/],
    ["that is a folder", () => temporaryFolder(), 2, /^sealpost: (\S+) is a folder: .+ keys list \1\n$/],
    ["that is no key", () => "package.json", 1, /package\.json is no key file/],
    [
      "of another kind of key",
      () => {
        const file = path.join(temporaryFolder(), "x.pem");
        const pem = generateKeyPairSync("x25519").privateKey.export({ format: "pem", type: "pkcs8" });
        fs.writeFileSync(file, pem, { mode: 0o600 });
        return file;
      },
      1,
      /neither Ed25519 nor/,
    ],
    [
      "that others can read",
      () => {
        const { privateKey } = writeKeyPair(temporaryFolder(), { purpose: "kit", pair: createKeyPair() });
        fs.chmodSync(privateKey, 0o640);
        return privateKey;
      },
      1,
      /open to others \(0640\); to close it: chmod 0600/,
    ],
  ])("refuses a file %s", async (_name, file, code, says) => {
    const done = await cli(["keys", "show", file()]);
    expect(done).toMatchObject({ code, out: "" });
    expect(done.err).toMatch(says);
  });
});

describe("keys list", () => {
  test("lists every key file of a folder and nothing else, and warns of what others can read", async () => {
    const dir = temporaryFolder();
    const open = await newPair("--out", dir);
    const locked = await newPair("--out", dir, "--algorithm", "ecdsa-p256", "--passphrase-file", passphraseFile());
    fs.chmodSync(open.privateKey, 0o644);
    fs.renameSync(locked.publicKey, path.join(dir, "other.pub.pem"));
    fs.writeFileSync(path.join(dir, "notes.txt"), "-----BEGIN PRIVATE KEY-----\nno key\n");
    fs.writeFileSync(path.join(dir, "large.pem"), `-----BEGIN PUBLIC KEY-----\n${"A".repeat(70_000)}`);
    fs.mkdirSync(path.join(dir, "folder.pem"));
    fs.symlinkSync("nowhere", path.join(dir, "gone.pem"));
    const box = generateKeyPairSync("x25519").privateKey.export({ format: "pem", type: "pkcs8" });
    fs.writeFileSync(path.join(dir, "box.pem"), box);
    const { code, out } = await cli(["keys", "list", dir, "--json"]);
    expect(code).toBe(0);
    const key = { algorithm: "ed25519", fingerprint: open.fingerprint, purpose: "kit", encrypted: false };
    const rows = [
      { ...key, file: open.privateKey, half: "private", warning: expect.stringContaining("chmod 0600") },
      { ...key, file: open.publicKey, half: "public" },
      { file: locked.privateKey, half: "private", encrypted: true },
      {
        file: path.join(dir, "other.pub.pem"),
        half: "public",
        encrypted: false,
        algorithm: "ecdsa-p256",
        fingerprint: locked.fingerprint,
      },
    ].toSorted((a, b) => (a.file < b.file ? -1 : 1));
    expect(JSON.parse(out)).toEqual({ items: rows });
    const people = await cli(["keys", "list", dir]);
    expect(people.out.split("\n")[0]).toMatch(/^FILE +PURPOSE +HALF +ALGORITHM +FINGERPRINT +PASSPHRASE$/);
    expect(people.out).toMatch(new RegExp(`^${path.basename(locked.privateKey)} +private +yes$`, "m"));
    expect(people.err).toMatch(/^warning: \S+ is open to others \(0644\); to close it: chmod 0600 '\S+'\n$/);
  });

  test("knows a key under a passphrase by the public file beside it", async () => {
    const dir = temporaryFolder();
    const made = await newPair("--out", dir, "--passphrase-file", passphraseFile());
    const { out } = await cli(["keys", "list", dir, "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      items: [
        { file: made.privateKey, fingerprint: made.fingerprint, encrypted: true, purpose: "kit" },
        { file: made.publicKey, fingerprint: made.fingerprint },
      ],
    });
  });

  test("of no folder is 4", async () => {
    expect(await cli(["keys", "list", "/no/such"])).toMatchObject({ code: 4, out: "" });
  });
});
