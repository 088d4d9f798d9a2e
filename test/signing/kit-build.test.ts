import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { KIT_LIMITS } from "../../src/core/kit.ts";
import { KitError } from "../../src/core/kit-code.ts";
import { kitFileName } from "../../src/core/kit-derive.ts";
import { localPolicy } from "../../src/core/trust.ts";
import { bundlePath, preAuthEncoding, signStatement } from "../../src/signing/dsse.ts";
import { attachBundles, type BuildFile, buildKit, type KitInput, signKit } from "../../src/signing/kit-build.ts";
import { openKit } from "../../src/signing/kit-open.ts";
import { readKitSource } from "../../src/signing/kit-source.ts";
import { verifyKit } from "../../src/signing/kit-verify.ts";
import { publicKeyPem, signerOf } from "../../src/signing/keys.ts";
import { testKey, testSite } from "../support/kit-forge.ts";

const SPEC = {
  schema: "offline-kit/v1" as const,
  kinds: ["rules" as const],
  epoch: 0,
  sequence: 1,
  tenants: ["*" as const],
  expiresAt: null,
  minApp: "0.0.0",
  acks: {},
  provenance: { builder: "test", source: [] },
};
const RULE = {
  path: "content/rules/acme/cpu-hot.json",
  role: "object" as const,
  bytes: Buffer.from('{"id":"cpu-hot"}'),
};
const NOTES = { path: "content/NOTES.txt", role: "doc" as const, bytes: Buffer.from("Notes\n") };
const LONG = `content/${"d".repeat(90)}/${"f".repeat(60)}.txt`;
const ALICE = signerOf(testKey("alice"));

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kit-build-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string): string => join(folder, name);
const input = (change: Partial<KitInput> = {}): KitInput => ({
  spec: SPEC,
  files: [RULE, NOTES, { ...NOTES, path: LONG, bytes: Buffer.from("long") }, { ...NOTES, path: "content/copy.txt" }],
  stream: "hq/rules",
  audience: ["*"],
  createdAt: "2026-11-01T08:00:00Z",
  signers: [ALICE],
  ...change,
});
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: folder, encoding: "utf8" });
const write = (name: string, text: string): void => {
  mkdirSync(dirname(inFolder(name)), { recursive: true });
  writeFileSync(inFolder(name), text);
};

const many = (count: number): BuildFile[] =>
  Array.from({ length: count }, (_, at) => ({ ...NOTES, path: `content/n${at}.txt`, bytes: Buffer.from(`${at}`) }));
const Envelope = z.object({
  dsseEnvelope: z.object({ payload: z.string(), signatures: z.tuple([z.object({ sig: z.string() })]) }),
});
const Statement = z.object({ subject: z.array(z.json()), predicate: z.object({ files: z.number() }) });
const statementOf = (text: string): z.infer<typeof Statement> => Statement.parse(JSON.parse(text));

describe("a built kit", () => {
  test("is accepted, and named after its stream and place", async () => {
    const { manifest, kit } = await buildKit(input({ sequence: 12, prev: "a".repeat(64) }), inFolder("a.kit.tar"));
    const verdict = await verifyKit({ file: inFolder("a.kit.tar"), site: testSite() });
    expect(verdict).toMatchObject({ ok: true, kit, manifest });
    expect(kitFileName(manifest)).toBe("hq.rules-0.12.kit.tar");
  });

  test("is the same bytes from memory in another order and from files, whatever their dates and modes", async () => {
    const files = input().files.map((file, at): BuildFile => {
      const name = inFolder(`source-${at}`);
      writeFileSync(name, "bytes" in file ? file.bytes : "");
      chmodSync(name, 0o600 + at);
      utimesSync(name, at * 1000, at * 1000);
      return { path: file.path, role: file.role, file: name };
    });
    await buildKit(input(), inFolder("a"));
    await buildKit(input({ files: input().files.toReversed() }), inFolder("b"));
    await buildKit(input({ files }), inFolder("c"));
    expect(readFileSync(inFolder("b")).equals(readFileSync(inFolder("a")))).toBe(true);
    expect(readFileSync(inFolder("c")).equals(readFileSync(inFolder("a")))).toBe(true);
  });

  test("carries one content once, at its first path", async () => {
    const { manifest } = await buildKit(input(), inFolder("a.kit.tar"));
    const listed = run("tar", "-tf", "a.kit.tar").trim().split("\n");
    expect(listed).toEqual(["offline-kit.json", bundlePath(ALICE.keyId), "SHA256SUMS", NOTES.path, LONG, RULE.path]);
    expect(manifest.files.map(({ path }) => path)).toEqual([NOTES.path, "content/copy.txt", LONG, RULE.path]);
  });

  test("is rebuilt byte for byte by GNU tar, and sha256sum -c holds", async () => {
    await buildKit(input(), inFolder("a.kit.tar"));
    mkdirSync(inFolder("out"));
    run("tar", "-xf", "a.kit.tar", "-C", "out");
    writeFileSync(inFolder("names"), run("tar", "-tf", "a.kit.tar"));
    const form = [
      "--format=ustar",
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "--mode=0644",
      "--mtime=@0",
      "--no-recursion",
      "-b1",
    ];
    run("tar", "-C", "out", ...form, "-T", inFolder("names"), "-cf", inFolder("again.tar"));
    run("cmp", "a.kit.tar", "again.tar");
    const sums = execFileSync("sha256sum", ["-c", "SHA256SUMS"], { cwd: inFolder("out"), encoding: "utf8" });
    expect(
      sums
        .trim()
        .split("\n")
        .map((line) => line.split(": ")[1]),
    ).toEqual(["OK", "OK", "OK"]);
  });

  test.each(["alice", "carol"] as const)("is signed so that openssl alone verifies it (%s)", async (name) => {
    const { statement } = await buildKit(input({ signers: [signerOf(testKey(name))] }), inFolder("a.kit.tar"));
    const kit = await openKit(inFolder("a.kit.tar"));
    await kit.close();
    const { dsseEnvelope: envelope } = Envelope.parse(JSON.parse(String(kit.bundles[0]?.bytes)));
    const payload = Buffer.from(envelope.payload, "base64");
    expect(payload.toString()).toBe(statement);
    writeFileSync(
      inFolder("pae"),
      Buffer.concat([Buffer.from(`DSSEv1 28 application/vnd.in-toto+json ${payload.length} `), payload]),
    );
    writeFileSync(inFolder("sig"), Buffer.from(envelope.signatures[0].sig, "base64"));
    writeFileSync(inFolder("key.pub.pem"), publicKeyPem(testKey(name)));
    const raw = name === "alice" ? ["-rawin"] : ["-rawin", "-digest", "sha256"];
    const said = run(
      "openssl",
      "pkeyutl",
      "-verify",
      "-pubin",
      "-inkey",
      "key.pub.pem",
      "-in",
      "pae",
      "-sigfile",
      "sig",
      ...raw,
    );
    expect(said).toContain("Signature Verified Successfully");
    expect(Buffer.from(preAuthEncoding(payload)).equals(readFileSync(inFolder("pae")))).toBe(true);
  });

  test("names only its two signed files where cosign would refuse more subjects", async () => {
    const all = await buildKit(input({ files: many(1022) }), inFolder("a"));
    const two = await buildKit(input({ files: many(1023) }), inFolder("b"));
    expect(statementOf(all.statement).subject).toHaveLength(1024);
    expect(statementOf(two.statement).subject).toHaveLength(2);
    expect(statementOf(two.statement).predicate.files).toBe(1023);
    expect(await verifyKit({ file: inFolder("b"), site: testSite() })).toMatchObject({ ok: true });
  });

  test.each<{ name: string; change: Partial<KitInput>; code: string }>([
    { name: "a path twice", change: { files: [RULE, RULE] }, code: "KIT_MANIFEST_ORDER" },
    { name: "a path that climbs", change: { files: [{ ...NOTES, path: "content/../x" }] }, code: "KIT_PATH" },
    {
      name: "an object outside its kinds",
      change: { files: [{ ...RULE, path: "content/templates/_/a.json" }] },
      code: "KIT_MANIFEST",
    },
    { name: "an impossible date", change: { createdAt: "2026-11-31T08:00:00Z" }, code: "KIT_MANIFEST" },
  ])("is not made where readers would refuse it: $name", async ({ change, code }) => {
    await expect(buildKit(input(change), inFolder("a"))).rejects.toMatchObject({ code });
    expect(existsSync(inFolder("a")) || existsSync(inFolder("a.part"))).toBe(false);
  });

  test("is not made where a file changes meanwhile, and what stood there stays", async () => {
    writeFileSync(inFolder("a"), "old");
    writeFileSync(inFolder("big"), Buffer.alloc(300_000));
    const files: BuildFile[] = [{ path: "content/big.txt", role: "doc", file: inFolder("big") }];
    const signer = {
      keyId: ALICE.keyId,
      sign: (data: Uint8Array) => (writeFileSync(inFolder("big"), Buffer.alloc(300_000, 1)), ALICE.sign(data)),
    };
    await expect(buildKit(input({ files, signers: [signer] }), inFolder("a"))).rejects.toMatchObject({
      code: "KIT_FILE_HASH",
    });
    expect(readFileSync(inFolder("a"), "utf8")).toBe("old");
    expect(existsSync(inFolder("a.part"))).toBe(false);
  });

  test("may leave out blobs", async () => {
    const blob = { path: "content/app/tool.bin", role: "blob" as const, bytes: Buffer.from("tool") };
    const spec = { ...SPEC, kinds: ["app" as const] };
    const full = await buildKit(input({ spec, files: [blob, NOTES] }), inFolder("full"));
    const [{ sha256 } = { sha256: "" }] = full.manifest.files.filter(({ role }) => role === "blob");
    await buildKit(input({ spec, files: [blob, NOTES], omitted: [sha256] }), inFolder("thin"));
    expect(run("tar", "-tf", "thin")).not.toContain("tool.bin");
    expect(statSync(inFolder("thin")).size).toBeLessThan(statSync(inFolder("full")).size);
  });
});

describe("a further signer", () => {
  test("signs what was built unsigned; the id stays, nobody accepts it before", async () => {
    const file = inFolder("a.kit.tar");
    const { kit } = await buildKit(input({ stream: "hq/base", signers: [] }), file);
    expect(await verifyKit({ file, site: testSite() })).toMatchObject({ ok: false, code: "SIG_NONE" });
    await signKit({ file, out: file }, signerOf(testKey("carol")));
    expect(await verifyKit({ file, site: testSite() })).toMatchObject({ ok: false, code: "SIG_THRESHOLD", kit });
    await signKit({ file, out: file }, signerOf(testKey("bob")));
    expect(await verifyKit({ file, site: testSite() })).toMatchObject({ ok: true, kit });
    await signKit({ file, out: file }, signerOf(testKey("bob")));
    expect((await verifyKit({ file, site: testSite() })).bundles).toHaveLength(2);
  });

  test("of a kit with two signers makes the same bytes as a build with both", async () => {
    const both = [ALICE, signerOf(testKey("bob"))];
    await buildKit(input({ signers: both }), inFolder("both"));
    await buildKit(input({ signers: [ALICE] }), inFolder("one"));
    await signKit({ file: inFolder("one"), out: inFolder("two") }, signerOf(testKey("bob")));
    expect(readFileSync(inFolder("two")).equals(readFileSync(inFolder("both")))).toBe(true);
  });

  test("does not sign what is damaged", async () => {
    await buildKit(input(), inFolder("a"));
    const bytes = readFileSync(inFolder("a"));
    writeFileSync(inFolder("a"), bytes.fill("X", bytes.length - 1024 - 512, bytes.length - 1024 - 511));
    await expect(signKit({ file: inFolder("a"), out: inFolder("b") }, ALICE)).rejects.toBeInstanceOf(KitError);
    expect(existsSync(inFolder("b"))).toBe(false);
  });

  test("finds no room behind the last bundle that is allowed", async () => {
    const { statement } = await buildKit(input(), inFolder("a"));
    const bytes = await signStatement(statement, ALICE);
    const more = Array.from({ length: 16 }, (_, at) => ({ name: `attestations/b${at}.sigstore.json`, bytes }));
    await expect(
      attachBundles({ file: inFolder("a"), out: inFolder("b"), limits: KIT_LIMITS }, more),
    ).rejects.toMatchObject({ code: "KIT_LIMIT_BUNDLES" });
    await attachBundles({ file: inFolder("a"), out: inFolder("b") }, more.slice(1));
    expect((await verifyKit({ file: inFolder("b"), site: testSite() })).bundles).toHaveLength(16);
  });
});

describe("a source folder", () => {
  const spec = JSON.stringify({ ...SPEC, kinds: ["channels", "rules", "templates"] }, null, 2);

  test("with seeds and templates makes the content that a site starts with", async () => {
    write("offline-kit.json", spec);
    write("seeds/rules/default/cpu-hot.json", '{\n "schema": "rule/v1",\n "id": "cpu-hot"\n}\n');
    write("seeds/channels/_/mail.json", '{"id":"mail"}');
    write("seeds/events/sample.json", "{}");
    write("templates/event/meta.json", '{"purpose":"events","id":"other"}');
    write("templates/event/subject.hbs", "{{subject}}\n");
    write("templates/event/text.hbs", "Text\n");
    write("templates/event/html.hbs", "<p>Text</p>\n");
    const source = readKitSource(folder);
    expect(source.files.map((file) => [file.path, file.role, "bytes" in file && String(file.bytes)])).toEqual([
      ["content/channels/_/mail.json", "object", '{"id":"mail"}'],
      ["content/rules/default/cpu-hot.json", "object", '{"id":"cpu-hot","schema":"rule/v1"}'],
      [
        "content/templates/_/event.json",
        "object",
        canonicalJson({
          schema: "template/v1",
          id: "event",
          purpose: "events",
          subject: "{{subject}}",
          text: "Text\n",
          html: "<p>Text</p>\n",
        }),
      ],
    ]);
    const { alice } = { alice: testKey("alice") };
    const site = testSite({
      policies: { local: localPolicy({ site: "ship-07", spki: alice.spki, createdAt: "2026-10-01T00:00:00Z" }) },
    });
    await buildKit(
      { ...input({ stream: "ship-07/starter", audience: ["site:ship-07"] }), ...source },
      inFolder("starter.kit.tar"),
    );
    const objects: string[] = [];
    const verdict = await verifyKit({
      file: inFolder("starter.kit.tar"),
      site,
      validate: async (all) => (objects.push(...all.map(({ tenant, kind, id }) => `${tenant}/${kind}/${id}`)), []),
    });
    expect(verdict.ok).toBe(true);
    expect(objects).toEqual(["_site/channels/mail", "default/rules/cpu-hot", "_site/templates/event"]);
  });

  test("with content/ is taken as it lies, objects made canonical, roles by place", async () => {
    write("offline-kit.json", spec);
    write("content/rules/acme/a.json", '{ "id": "a" }');
    write("content/docs/README.md", "Read me");
    write("content/sbom.cdx.json", "{ }");
    const { files } = readKitSource(inFolder("offline-kit.json"));
    expect(files.map(({ path, role }) => [path, role])).toEqual([
      ["content/docs/README.md", "doc"],
      ["content/rules/acme/a.json", "object"],
      ["content/sbom.cdx.json", "sbom"],
    ]);
    expect(files.map((file) => ("bytes" in file ? String(file.bytes) : readFileSync(file.file, "utf8")))).toEqual([
      "Read me",
      '{"id":"a"}',
      "{ }",
    ]);
  });

  test.each(["content/rules/a.json", "content/rules/acme/a.yaml", "content/templates/acme/deep/a.json"])(
    "with %s, which would bring nothing, is refused with the place that is meant",
    (name) => {
      write("offline-kit.json", spec);
      write(name, "{}");
      expect(() => readKitSource(folder)).toThrow(
        expect.objectContaining({
          code: "CONTENT_INVALID",
          reasons: [
            {
              at: name,
              code: "CONTENT_INVALID",
              detail: expect.stringMatching(/^is no object: its place would be content\/(rules|templates)\/<tenant/),
            },
          ],
        }),
      );
    },
  );

  test("is refused where it is no source of a kit", () => {
    expect(() => readKitSource(folder)).toThrow("ENOENT");
    write("offline-kit.json", "{}");
    expect(() => readKitSource(folder)).toThrow(KitError);
    write("offline-kit.json", spec);
    expect(readKitSource(folder).files).toEqual([]);
    copyFileSync(inFolder("offline-kit.json"), inFolder("other.json"));
    expect(readKitSource(inFolder("other.json")).spec.minApp).toBe("0.0.0");
  });
});
