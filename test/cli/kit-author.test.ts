import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { kitInstant } from "../../src/core/kit-time.ts";
import { bundlePath } from "../../src/signing/dsse.ts";
import { createKeyPair, writeKeyPair } from "../../src/signing/keys.ts";
import { calledAs } from "../../src/system/process.ts";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { ALICE, AT, BOB, build, Built, built, fileOf, head, keyFile, RULE, source } from "../support/kit-author.ts";
import { KIT_VECTORS, testKey } from "../support/kit-forge.ts";

const other = async (...words: string[]): Promise<string> =>
  (await built(source(), "--out", temporaryFolder(), ...words)).file;

describe("kit build", () => {
  test("without a predecessor makes the first kit of its stream; without keys nobody has signed it", async () => {
    const dir = temporaryFolder();
    const done = await build(source(), "--out", dir);
    const file = path.join(dir, "hq.rules-0.1.kit.tar");
    expect(done, done.err).toMatchObject({ code: 0, err: "" });
    expect(done.out).toMatch(/^\S+: hq\/rules 0\.1: 1 object\nkit [0-9a-f]{64}\nthe first of its stream\n/);
    expect(done.out).toContain(`nobody has signed it yet; next: ${calledAs()} kit sign ${file} --key FILE, or`);
    expect(fs.readdirSync(dir)).toEqual(["hq.rules-0.1.kit.tar"]);
    expect(
      (await cli(["kit", "verify", file, "--site", "a", "--policy", `${KIT_VECTORS}/policies/upstream.1.json`])).out,
    ).toContain("SIG_NONE");
  });

  test("is signed by every key that is given, once each", async () => {
    const [alice, bob] = [keyFile(ALICE), keyFile(BOB)];
    const made = await built(source(), "--out", temporaryFolder(), "--key", alice, "--key", bob, "--key", alice);
    expect(made.signers).toEqual([testKey("alice").keyId, testKey("bob").keyId]);
    expect((await head(made.file)).bundles.map(({ name }) => name)).toEqual(made.signers.map(bundlePath).toSorted());
  });

  test("signs by a key under a passphrase", async () => {
    const pair = createKeyPair();
    const { privateKey } = writeKeyPair(temporaryFolder(), { purpose: "kit", pair, passphrase: "long words" });
    const secret = fileOf("secret", "long words\n");
    fs.chmodSync(secret, 0o600);
    const from = source();
    expect(await build(from, "--out", temporaryFolder(), "--key", privateKey)).toMatchObject({
      code: 2,
      err: expect.stringContaining("is under a passphrase: give --passphrase-file"),
    });
    const made = await built(from, "--out", temporaryFolder(), "--key", privateKey, "--passphrase-file", secret);
    expect(made.signers).toEqual([pair.keyId]);
  });

  test("behind a kit takes the next sequence, its manifest and its epoch, and tells of what that kit told of", async () => {
    const dir = temporaryFolder();
    const base = await built(source(), "--out", dir, "--stream", "hq/base");
    const first = await built(source(), "--out", dir, "--heads", base.file);
    const baseHead = { epoch: 0, sequence: 1, manifest: base.manifest };
    expect(first).toMatchObject({ epoch: 0, sequence: 1, prev: null, heads: { "hq/base": baseHead } });
    const second = await built(source(), "--out", dir, "--prev", first.file);
    expect(second).toMatchObject({ epoch: 0, sequence: 2, prev: first.manifest, heads: { "hq/base": baseHead } });
    const newer = await built(source(), "--out", dir, "--stream", "hq/base", "--prev", base.file);
    const third = await built(source(), "--out", dir, "--prev", second.file, "--heads", newer.file);
    expect(third.heads).toEqual({ "hq/base": { epoch: 0, sequence: 2, manifest: newer.manifest } });
    expect(newer.heads).toEqual({});
    const done = await build(source(), "--out", dir, "--prev", third.file, "--sequence", "9");
    expect(done.out).toContain(`hq/rules 0.9: 1 object\n`);
    expect(done.out).toContain(`after 0.3 ${third.manifest}\ntells of hq/base 0.2\n`);
  });

  test("begins a new epoch at sequence 1 behind the last kit, which a site takes in once its policy has that floor", async () => {
    const dir = temporaryFolder();
    const first = await built(source(), "--out", dir, "--sequence", "4", "--key", keyFile(ALICE));
    const done = await build(source(), "--out", dir, "--prev", first.file, "--epoch", "1", "--key", keyFile(ALICE));
    expect(done.out).toContain("hq/rules 1.1");
    expect(done.out).toContain("begins epoch 1: sites take it in once their trust policy has a floor of hq/rules 1.0");
    const next = path.join(dir, "hq.rules-1.1.kit.tar");
    const again = await built(source({ epoch: 1 }), "--out", dir, "--prev", next);
    expect(again).toMatchObject({ epoch: 1, sequence: 2 });
    const policy = z
      .looseObject({ floors: z.record(z.string(), z.json()) })
      .parse(JSON.parse(fs.readFileSync(`${KIT_VECTORS}/policies/upstream.1.json`, "utf8")));
    const floors = { ...policy.floors, "hq/rules": { epoch: 1, sequence: 0 } };
    const verdicts = [policy.floors, floors].map(async (some) => {
      const file = fileOf("policy.json", canonicalJson(z.json().parse({ ...policy, floors: some })));
      const words = ["kit", "verify", next, "--policy", file, "--site", "ship-07", "--at", "2026-11-20T12:00:00Z"];
      return (await cli([...words, "--after", first.file, "--json"])).out;
    });
    expect(JSON.parse((await verdicts[0]) ?? "")).toMatchObject({ code: "KIT_EPOCH" });
    expect(JSON.parse((await verdicts[1]) ?? "")).toMatchObject({ code: "OK" });
  });

  test("takes place, expiry and audience from flags before the source", async () => {
    const from = source({ sequence: 7, expiresAt: "2030-01-01T00:00:00Z" });
    const dir = temporaryFolder();
    expect(await built(from, "--out", dir)).toMatchObject({ sequence: 7, expiresAt: "2030-01-01T00:00:00Z" });
    expect(await built(from, "--out", dir, "--sequence", "8", "--expires-at", "none")).toMatchObject({
      sequence: 8,
      expiresAt: null,
    });
    expect(await built(from, "--out", dir, "--epoch", "3", "--expires-at", "2027-01-01T00:00:00Z")).toMatchObject({
      epoch: 3,
      sequence: 1,
      expiresAt: "2027-01-01T00:00:00Z",
    });
    const id = "ab".repeat(32);
    expect(await built(from, "--out", dir, "--sequence", "9", "--prev", id)).toMatchObject({ sequence: 9, prev: id });
    const two = ["--audience", "site:a", "--audience", "group:b"];
    const { file } = await built(from, "--out", path.join(dir, "two.kit.tar"), "--sequence", "11", ...two);
    expect((await cli(["kit", "inspect", file])).out).toContain("audience    site:a group:b\n");
  });

  test("takes the clock of this machine where no instant is given", async () => {
    const before = kitInstant(Date.now());
    const done = await cli(["kit", "build", source(), "--stream", "hq/rules", "--out", temporaryFolder(), "--json"]);
    const { createdAt } = Built.parse(JSON.parse(done.out));
    expect(createdAt >= before && createdAt <= kitInstant(Date.now())).toBe(true);
  });

  test("never builds a second kit for one place beside the first, nor over a file, but by force", async () => {
    const dir = temporaryFolder();
    const first = await built(source(), "--out", path.join(dir, "mine.kit.tar"));
    fs.writeFileSync(path.join(dir, "no.kit.tar"), "no kit");
    fs.mkdirSync(path.join(dir, "folder.kit.tar"));
    const bytes = fs.readFileSync(first.file);
    const changed = source({}, { ...RULE, id: "mine", name: "another" });
    const beside = await build(changed, "--out", dir);
    expect(beside).toMatchObject({ code: 4, out: "" });
    expect(beside.err).toContain("mine.kit.tar is hq/rules 0.1 already, and a site that has it would refuse another");
    const over = await build(changed, "--out", first.file, "--sequence", "2");
    expect(over).toMatchObject({ code: 4, err: expect.stringContaining("mine.kit.tar is there already") });
    expect(fs.readFileSync(first.file).equals(bytes)).toBe(true);
    expect(fs.readdirSync(dir).toSorted()).toEqual(["folder.kit.tar", "mine.kit.tar", "no.kit.tar"]);
    const forced = await built(changed, "--out", first.file, "--force");
    expect(forced.manifest).not.toBe(first.manifest);
  });

  test("of one content at one instant is the same bytes", async () => {
    const from = source();
    const [a, b] = [await built(from, "--out", temporaryFolder()), await built(from, "--out", temporaryFolder())];
    expect(fs.readFileSync(a.file).equals(fs.readFileSync(b.file))).toBe(true);
  });

  test.each<[string, () => Promise<string[]>, number, RegExp]>([
    [
      "a predecessor of another stream",
      async () => ["--prev", await other("--stream", "hq/base")],
      2,
      /is of hq\/base, not of hq\/rules/,
    ],
    ["a predecessor that is not there", async () => ["--prev", "/no/such.kit.tar"], 4, /there is no/],
    ["a predecessor that is no kit", async () => ["--prev", fileOf("x", "x")], 3, /KIT_/],
    ["the id of a predecessor without a sequence", async () => ["--prev", "0".repeat(64)], 2, /needs --sequence/],
    [
      "a sequence that is taken",
      async () => ["--prev", await other("--sequence", "5"), "--sequence", "5"],
      2,
      /the next place of the stream is 0\.6/,
    ],
    [
      "an epoch that is over",
      async () => ["--prev", await other("--epoch", "2"), "--epoch", "1"],
      2,
      /has reached epoch 2/,
    ],
    ["an epoch that is no number", async () => ["--epoch", "-1"], 2, /whole number from 0 on/],
    [
      "a head of another issuer",
      async () => ["--heads", await other("--stream", "dc/base")],
      2,
      /--heads names kits of the issuer's other streams/,
    ],
    ["a head of its own stream", async () => ["--heads", await other()], 2, /other streams/],
    [
      "two kits for one place of another stream",
      async () => [
        "--heads",
        await other("--stream", "hq/base"),
        "--heads",
        await other("--stream", "hq/base", "--expires-at", "2030-01-01T00:00:00Z"),
      ],
      4,
      /hq\/base 0\.1 is two kits: [0-9a-f]{64} says \S+, [0-9a-f]{64} says .*KIT_FORK/,
    ],
    [
      "an instant before the predecessor's",
      async () => ["--prev", await other("--created-at", "2026-11-01T08:00:01Z")],
      3,
      /made at 2026-11-01T08:00:01Z, this one would be made at 2026-11-01T08:00:00Z.*KIT_TIME_ORDER.*set this machine's clock/,
    ],
    ["an instant that is none", async () => ["--created-at", "now"], 2, /YYYY-MM-DD/],
    ["an expiry that is none", async () => ["--expires-at", "never"], 2, /or none/],
    ["an expiry that is over", async () => ["--expires-at", AT], 2, /would expire at/],
    ["a stream of one word", async () => ["--stream", "hq"], 2, /--stream: 2 to 4 words/],
    ["an audience that is none", async () => ["--audience", "everyone"], 3, /KIT_MANIFEST/],
    ["a local authority of no site", async () => ["--local"], 2, /give --data DIR/],
    ["a key that is not there", async () => ["--key", "/no/such.pem"], 4, /there is no \/no\/such\.pem/],
    ["a public key", async () => ["--key", keyFile(ALICE.replace(".pem", ".pub.pem"))], 2, /holds a public key/],
    [
      "a key that is none",
      async () => ["--key", "package.json"],
      1,
      /package\.json is no private key: PKCS#8 PEM has BEGIN PRIVATE KEY in its first line\n$/,
    ],
    ["a kit in place of a key", async () => ["--key", await other()], 2, /kit\.tar is a kit, not a private key/],
    ["a folder that is not there", async () => ["--out", "/no/such/x.kit.tar"], 4, /there is no folder/],
  ])("refuses %s, and writes nothing", async (_name, words, code, says) => {
    const dir = temporaryFolder();
    const done = await build(source(), "--out", dir, ...(await words()));
    expect(done, done.err).toMatchObject({ code, out: "" });
    expect(done.err).toMatch(says);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  test("does not begin an epoch by the source alone", async () => {
    const prev = await other();
    const done = await build(source({ epoch: 1 }), "--prev", prev, "--out", temporaryFolder());
    expect(done).toMatchObject({ code: 2, err: expect.stringContaining("give --epoch 1 to begin it") });
  });
});
