import { execFileSync } from "node:child_process";
import { createPrivateKey, sign as signBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { cosignHint } from "../../src/core/key-id.ts";
import { bundlePath, preAuthEncoding, signStatement } from "../../src/signing/dsse.ts";
import { createKeyPair, type KeyPair, publicKeyPem, signerOf, writeKeyPair } from "../../src/signing/keys.ts";
import { calledAs } from "../../src/system/process.ts";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { ALICE, BOB, fileOf, head, keyFile, unsigned } from "../support/kit-author.ts";
import { KIT_VECTORS, objectOf, testKey } from "../support/kit-forge.ts";

describe("kit sign", () => {
  test("appends signers, says whose signatures there are, and replaces one of the same key", async () => {
    const { file, manifest } = await unsigned();
    const [alice, bob] = [testKey("alice").keyId, testKey("bob").keyId];
    const once = await cli(["kit", "sign", file, "--key", keyFile(ALICE)]);
    expect(once).toMatchObject({ code: 0, err: "" });
    expect(once.out).toBe(`${file}: hq/rules 0.1, kit ${manifest}\nsigned by ${alice}\n1 signature now:\n  ${alice}\n`);
    const twice = await cli(["kit", "sign", file, "--key", keyFile(BOB)]);
    expect(twice.out).toContain("2 signatures now:\n");
    const again = await cli(["kit", "sign", file, "--key", keyFile(BOB), "--json"]);
    expect(JSON.parse(again.out)).toMatchObject({ kit: manifest, added: bob, signatures: [alice, bob] });
  });

  test("leaves the given file alone where another is named, and never writes over that", async () => {
    const { file } = await unsigned();
    const bytes = fs.readFileSync(file);
    const out = path.join(temporaryFolder(), "signed.kit.tar");
    expect((await cli(["kit", "sign", file, "--key", keyFile(ALICE), "--out", out])).code).toBe(0);
    expect(fs.readFileSync(file).equals(bytes)).toBe(true);
    expect((await head(out)).bundles).toHaveLength(1);
    expect(await cli(["kit", "sign", file, "--key", keyFile(ALICE), "--out", out])).toMatchObject({ code: 4 });
  });

  test("signs what is compressed only into another file", async () => {
    const { file } = await unsigned();
    const packed = fileOf("x.kit.tar.gz", gzipSync(fs.readFileSync(file)));
    const done = await cli(["kit", "sign", packed, "--key", keyFile(ALICE)]);
    expect(done).toMatchObject({ code: 2, err: expect.stringContaining("is compressed (gzip): give --out") });
    const out = path.join(temporaryFolder(), "x.kit.tar");
    expect((await cli(["kit", "sign", packed, "--key", keyFile(ALICE), "--out", out])).code).toBe(0);
  });

  test("tells where kit and key are swapped, or the folder is missing", async () => {
    const { file } = await unsigned();
    const key = keyFile(ALICE);
    const swapped = await cli(["kit", "sign", key, "--key", file]);
    expect(swapped).toMatchObject({ code: 2, out: "" });
    expect(swapped.err).toBe(`sealpost: ${key} is a key, not a kit; did you swap KIT and --key?\n`);
    const twice = await cli(["kit", "sign", file, "--key", file]);
    expect(twice).toMatchObject({ code: 2, err: `sealpost: ${file} is a kit, not a private key\n` });
    const text = await cli(["kit", "sign", fileOf("notes.txt", "notes"), "--key", key]);
    expect(text).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^sealpost: \S+notes\.txt is no kit: .* \(KIT_\w+\)\n$/),
    });
    const folder = temporaryFolder();
    for (const words of [
      ["sign", file, "--key", key],
      ["statement", file],
    ]) {
      const done = await cli(["kit", ...words, "--out", path.join(folder, "nodir", "x")]);
      expect(done).toMatchObject({
        code: 4,
        out: "",
        err: `sealpost: there is no folder ${path.join(folder, "nodir")}\n`,
      });
    }
    for (const words of [
      ["sign", folder, "--key", key],
      ["statement", folder],
      ["attach", folder, key],
    ])
      expect(await cli(["kit", ...words])).toMatchObject({
        code: 2,
        err: `sealpost: ${folder} is a folder: give the file of a kit\n`,
      });
  });

  test("signs nothing that is damaged, or not there", async () => {
    const { file } = await unsigned();
    const bytes = fs.readFileSync(file);
    fs.writeFileSync(file, bytes.fill("X", bytes.indexOf("a.*"), bytes.indexOf("a.*") + 1));
    expect(await cli(["kit", "sign", file, "--key", keyFile(ALICE)])).toMatchObject({
      code: 3,
      err: expect.stringContaining("KIT_FILE_HASH"),
    });
    expect(fs.readFileSync(file).equals(bytes)).toBe(true);
    expect(await cli(["kit", "statement", file])).toMatchObject({ code: 3, out: "" });
    for (const verb of ["sign", "statement", "attach", "inspect"]) {
      const words = { sign: ["--key", keyFile(ALICE)], attach: ["bundle.json"] }[verb] ?? [];
      expect(await cli(["kit", verb, "/no/such.kit.tar", ...words]), verb).toMatchObject({ code: 4, out: "" });
    }
  });
});

describe("kit statement", () => {
  test("writes exactly what is to be signed, and says how on stderr", async () => {
    const { file } = await unsigned();
    const { statement } = await head(file);
    const done = await cli(["kit", "statement", file]);
    expect(done).toMatchObject({ code: 0, out: statement });
    expect(done.err).toContain("cosign attest-blob --statement statement.json");
    expect(done.err).toContain("openssl pkeyutl -sign -rawin");
    expect(done.err).toContain(
      "cosign signs the JSON, openssl the bytes of --pae: a signature over the other one does not count.",
    );
    expect(done.err).toContain("It holds hashes only: to see what you sign, have the kit itself and look at it:");
    expect(done.err).toContain(`  ${calledAs()} kit inspect ${file}\n`);
    expect(done.err).toContain(`  ${calledAs()} kit attach ${file} --signature signature.bin --pub KEY.pub.pem\n`);
    const out = path.join(temporaryFolder(), "statement.pae");
    expect(await cli(["kit", "statement", file, "--pae", "--out", out])).toMatchObject({ code: 0, out: "" });
    expect(fs.readFileSync(out).equals(preAuthEncoding(Buffer.from(statement)))).toBe(true);
    expect(await cli(["kit", "statement", file, "--out", out])).toMatchObject({ code: 4 });
    const spaced = path.join(temporaryFolder(), "it's mine.kit.tar");
    fs.copyFileSync(file, spaced);
    const { err } = await cli(["kit", "statement", spaced]);
    expect(err).toContain(String.raw`/it'\''s mine.kit.tar' bundle.json --pub KEY.pub.pem`);
    const doc = await cli(["kit", "statement", file, "--json"]);
    expect(doc.err).toBe("");
    expect(JSON.parse(doc.out)).toMatchObject({ stream: "hq/rules", sequence: 1, text: statement });
    const other = path.join(temporaryFolder(), "statement.json");
    const written = await cli(["kit", "statement", file, "--json", "--out", other]);
    expect(JSON.parse(written.out)).toMatchObject({ out: other, bytes: statement.length });
  });
});

/** A bundle as cosign writes it: hint is the hash of the SPKI, no keyid, and here the statement is not canonical. */
async function cosignBundle(
  statement: string,
  pair: KeyPair,
): Promise<{ [key: string]: z.infer<ReturnType<typeof z.json>> }> {
  const text = `${JSON.stringify(JSON.parse(statement), null, 1)}\n`;
  const own = objectOf(z.json().parse(JSON.parse(Buffer.from(await signStatement(text, signerOf(pair))).toString())));
  const envelope = objectOf(own["dsseEnvelope"]);
  const sig = z.array(z.looseObject({ sig: z.string() })).parse(envelope["signatures"])[0]?.sig ?? "";
  return z.record(z.string(), z.json()).parse({
    mediaType: own["mediaType"],
    verificationMaterial: { publicKey: { hint: cosignHint(pair.spki) } },
    dsseEnvelope: { ...envelope, signatures: [{ sig }] },
  });
}

const pub = (pair: KeyPair): string => fileOf("key.pub.pem", publicKeyPem(pair));

describe("kit attach", () => {
  test("takes a bundle of ours, checks it with the key, and stores it canonical under the key's name", async () => {
    const { file, manifest } = await unsigned();
    const carol = testKey("carol");
    const { statement } = await head(file);
    const bytes = await signStatement(statement, signerOf(carol));
    const pretty = fileOf("bundle.json", JSON.stringify(JSON.parse(Buffer.from(bytes).toString()), null, 2));
    const done = await cli(["kit", "attach", file, pretty, "--pub", pub(carol)]);
    expect(done, done.err).toMatchObject({ code: 0, err: "" });
    expect(done.out).toContain(`signed by ${carol.keyId}\n1 signature now:\n  ${carol.keyId}\n`);
    const after = await head(file);
    expect(after.kit).toBe(manifest);
    expect(after.bundles.map(({ name }) => name)).toEqual([bundlePath(carol.keyId)]);
    expect(Buffer.from(after.bundles[0]?.bytes ?? []).equals(bytes)).toBe(true);
  });

  test("takes a bundle in cosign's form under the name of its hint; without a key it says that nothing was checked", async () => {
    const { file } = await unsigned();
    const pair = createKeyPair("ecdsa-p256");
    const bundle = await cosignBundle((await head(file)).statement, pair);
    const given = fileOf("bundle.json", JSON.stringify(bundle));
    const hint = cosignHint(pair.spki);
    const out = path.join(temporaryFolder(), "signed.kit.tar");
    const done = await cli(["kit", "attach", file, given, "--out", out]);
    expect(done, done.err).toMatchObject({ code: 0 });
    expect(done.out).toContain(
      `signed by ${hint}, as the bundle says: give --pub FILE to have the signature checked\n`,
    );
    const [stored] = (await head(out)).bundles;
    const name = hint.replaceAll("+", "-").replaceAll("/", "_").replace("=", "");
    expect(stored?.name).toBe(`attestations/SHA256-${name}.sigstore.json`);
    expect(Buffer.from(stored?.bytes ?? []).toString()).toBe(canonicalJson(bundle));
    const checked = await cli(["kit", "attach", file, given, "--pub", pub(pair), "--json"]);
    expect(JSON.parse(checked.out)).toMatchObject({ added: pair.keyId, checked: true, signatures: [pair.keyId] });
  });

  test.each(["ed25519", "ecdsa-p256"] as const)(
    "takes the bare signature of openssl by a key of %s",
    async (algorithm) => {
      const { file } = await unsigned();
      const dir = temporaryFolder();
      const pair = createKeyPair(algorithm);
      const { privateKey, publicKey } = writeKeyPair(dir, { purpose: "kit", pair });
      const [pae, signature] = [path.join(dir, "statement.pae"), path.join(dir, "signature.bin")];
      await cli(["kit", "statement", file, "--pae", "--out", pae]);
      const words =
        algorithm === "ed25519"
          ? ["pkeyutl", "-sign", "-rawin", "-inkey", privateKey, "-in", pae, "-out", signature]
          : ["dgst", "-sha256", "-sign", privateKey, "-out", signature, pae];
      execFileSync("openssl", words);
      const done = await cli(["kit", "attach", file, "--signature", signature, "--pub", publicKey, "--json"]);
      expect(done, done.err).toMatchObject({ code: 0 });
      expect(JSON.parse(done.out)).toMatchObject({ added: pair.keyId, checked: true, signatures: [pair.keyId] });
      const own = createPrivateKey(fs.readFileSync(privateKey));
      const other = fileOf(
        "other.bin",
        signBytes(algorithm === "ed25519" ? null : "sha256", Buffer.from("other"), own),
      );
      expect(await cli(["kit", "attach", file, "--signature", other, "--pub", publicKey])).toMatchObject({
        code: 3,
        err: expect.stringContaining("(SIG_INVALID)"),
      });
      const statement = fileOf(
        "own.bin",
        signBytes(algorithm === "ed25519" ? null : "sha256", Buffer.from((await head(file)).statement), own),
      );
      const json = await cli(["kit", "attach", file, "--signature", statement, "--pub", publicKey]);
      expect(json.err).toContain(`${statement}: not made by this key over \`kit statement --pae\` of this kit`);
      expect(json.err).toContain("; was statement.json signed, or another kit's? (SIG_INVALID)");
    },
  );

  test.each<[string, (bundle: JsonObject, statement: string) => Promise<unknown>, string]>([
    [
      "another kit's",
      async () =>
        signStatement(
          (await head(`${KIT_VECTORS}/kits/good-1-hq.rules-0.1.kit.tar`)).statement,
          signerOf(testKey("carol")),
        ),
      "SIG_OTHER_KIT",
    ],
    [
      "a statement that says more",
      async (_, text) => signStatement(text.replace('"files":1', '"files":2'), signerOf(testKey("carol"))),
      "SIG_STATEMENT",
    ],
    ["what is no statement", async () => signStatement("[]", signerOf(testKey("carol"))), "SIG_STATEMENT"],
    ["what is no JSON", async () => signStatement("x", signerOf(testKey("carol"))), "SIG_STATEMENT"],
    ["no JSON", async () => "x", "SIG_BUNDLE_SHAPE"],
    ["another version", async (bundle) => ({ ...bundle, mediaType: "application/x" }), "SIG_BUNDLE_VERSION"],
    ["an unknown field", async (bundle) => ({ ...bundle, more: 1 }), "SIG_BUNDLE_SHAPE"],
    [
      "a log entry",
      async (bundle) => ({
        ...bundle,
        verificationMaterial: { ...objectOf(bundle["verificationMaterial"]), tlogEntries: [{}] },
      }),
      "SIG_BUNDLE_SHAPE",
    ],
    [
      "a hint that is no hash",
      async (_, text) => ({
        ...(await cosignBundle(text, testKey("carol"))),
        verificationMaterial: { publicKey: { hint: "AAAA" } },
      }),
      "SIG_BUNDLE_SHAPE",
    ],
    [
      "a name that is no key id",
      async (_, text) => signStatement(text, { ...signerOf(testKey("carol")), keyId: "carol" }),
      "SIG_BUNDLE_SHAPE",
    ],
    ["another key", async (_, text) => signStatement(text, signerOf(testKey("bob"))), "SIG_UNKNOWN_KEY"],
    [
      "a signature by another key",
      async (_, text) => signStatement(text, { ...signerOf(testKey("bob")), keyId: testKey("carol").keyId }),
      "SIG_INVALID",
    ],
  ])("refuses %s with its code, and changes nothing", async (_name, change, code) => {
    const { file } = await unsigned();
    const bytes = fs.readFileSync(file);
    const { statement } = await head(file);
    const good = objectOf(
      z.json().parse(JSON.parse(Buffer.from(await signStatement(statement, signerOf(testKey("carol")))).toString())),
    );
    const made = await change(good, statement);
    const given = fileOf(
      "bundle.json",
      typeof made === "string" || made instanceof Uint8Array ? made : JSON.stringify(made),
    );
    const done = await cli(["kit", "attach", file, given, "--pub", pub(testKey("carol")), "--json"]);
    expect(done).toMatchObject({ code: 3, out: "" });
    expect(JSON.parse(done.err)).toMatchObject({ exit: 3, problem: { code } });
    expect(fs.readFileSync(file).equals(bytes)).toBe(true);
  });

  test("tells where kit and signature are swapped", async () => {
    const { file } = await unsigned();
    const bundle = fileOf("bundle.json", await signStatement((await head(file)).statement, signerOf(testKey("carol"))));
    const raw = fileOf("signature.bin", Buffer.alloc(64, 7));
    const done = await cli(["kit", "attach", bundle, file]);
    expect(done).toMatchObject({
      code: 2,
      err: `sealpost: ${bundle} is no kit, ${file} is one: did you swap KIT and BUNDLE?\n`,
    });
    const bare = await cli(["kit", "attach", raw, "--signature", file, "--pub", pub(testKey("carol"))]);
    expect(bare).toMatchObject({
      code: 2,
      err: `sealpost: ${raw} is no kit, ${file} is one: did you swap KIT and --signature?\n`,
    });
    const lone = await cli(["kit", "attach", raw, bundle]);
    expect(lone).toMatchObject({ code: 3, err: expect.stringContaining("signature.bin is no kit: ") });
  });

  test("says the sentence of another kit's bundle", async () => {
    const { file } = await unsigned();
    const stranger = await head(`${KIT_VECTORS}/kits/good-1-hq.rules-0.1.kit.tar`);
    const done = await cli(["kit", "attach", file, fileOf("b.json", stranger.bundles[0]?.bytes ?? "")]);
    expect(done.err).toContain("The signature is good, but for another kit or policy. (SIG_OTHER_KIT)");
  });

  test.each<[string, (file: string) => string[], number]>([
    ["neither a bundle nor a signature", () => [], 2],
    ["both", () => ["b.json", "--signature", "s.bin"], 2],
    ["a bare signature without a key", (file) => ["--signature", file], 2],
    ["a bundle that is not there", () => ["/no/such.json"], 4],
    ["a key that is not there", () => ["b.json", "--pub", "/no/such.pem"], 4],
    ["a key that is none", () => ["b.json", "--pub", "package.json"], 1],
    ["a file that is far too large", () => [fileOf("large", Buffer.alloc(4_194_305))], 3],
  ])("refuses %s", async (_name, words, code) => {
    const { file } = await unsigned();
    expect(await cli(["kit", "attach", file, ...words(file)])).toMatchObject({ code, out: "" });
  });
});
