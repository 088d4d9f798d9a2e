import * as fs from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { calledAs } from "../../src/system/process.ts";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { built, fileOf, head, source } from "../support/kit-author.ts";
import { forgeKit, KIT_VECTORS, testKey } from "../support/kit-forge.ts";

describe("kit inspect", () => {
  test("shows what a signed kit says, and that nothing of it is verified", async () => {
    const { code, out } = await cli(["kit", "inspect", `${KIT_VECTORS}/kits/good-1-hq.rules-0.1.kit.tar`]);
    expect(code).toBe(0);
    expect(out).toContain(
      `nothing of this is verified (to verify: ${calledAs()} kit verify ${KIT_VECTORS}/kits/good-1-hq.rules-0.1.kit.tar --data DIR)\nkit         `,
    );
    expect(out).toMatch(/^stream {6}hq\/rules 0\.1$/m);
    expect(out).toMatch(new RegExp(`^${testKey("alice").keyId.replaceAll("+", String.raw`\+`)} +matches$`, "m"));
    expect(out).toMatch(/^object +\d+ +content\/rules\/\S+\.json$/m);
  });

  test("works on a kit that nobody has signed, and on a compressed one, with what it follows", async () => {
    const dir = temporaryFolder();
    const base = await built(source(), "--out", dir, "--stream", "hq/base");
    const first = await built(source(), "--out", dir, "--heads", base.file);
    const { file } = await built(source({ expiresAt: "2030-01-01T00:00:00Z" }), "--prev", first.file, "--out", dir);
    const packed = fileOf("x.kit.tar.gz", gzipSync(fs.readFileSync(file)));
    const { code, out } = await cli(["kit", "inspect", packed]);
    expect(code).toBe(0);
    expect(out).toContain("compressed  gzip, which nobody signs\n");
    expect(out).toContain(`after       ${first.manifest}\n`);
    expect(out).toContain("tells of    hq/base 0.1\n");
    expect(out).toContain("expires     2030-01-01T00:00:00Z\n");
    expect(out).toContain(
      `signatures  none; next: ${calledAs()} kit sign ${packed} --key FILE, or where the key is elsewhere: ${calledAs()} kit statement ${packed}\n`,
    );
    const plain = JSON.parse((await cli(["kit", "inspect", file, "--json"])).out);
    expect(plain).toMatchObject({ dress: "none", trusted: false, bundles: [], stop: null, manifest: { sequence: 2 } });
  });

  test("tells which signature is not over this kit, or cannot be read", async () => {
    const stranger = await head(`${KIT_VECTORS}/kits/good-2-hq.base-0.1.kit.tar`);
    const bytes = await forgeKit({
      signers: ["alice"],
      bundles: (own) => [
        ...own,
        ...stranger.bundles.slice(0, 1).map((bundle) => ({ ...bundle, name: "attestations/x.sigstore.json" })),
        { name: "attestations/y.sigstore.json", bytes: Buffer.from("{}") },
      ],
    });
    const { code, out } = await cli(["kit", "inspect", fileOf("x.kit.tar", bytes), "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      bundles: [
        { key: testKey("alice").keyId, statement: "matches" },
        { name: "attestations/x.sigstore.json", statement: "SIG_OTHER_KIT" },
        { name: "attestations/y.sigstore.json", statement: "SIG_BUNDLE_VERSION" },
      ],
    });
  });

  test.each<[string, () => Promise<Uint8Array>, string, RegExp]>([
    [
      "a changed byte",
      async () => fs.readFileSync(`${KIT_VECTORS}/kits/bad-06-changed-byte.kit.tar`),
      "KIT_FILE_HASH",
      /^stream {6}hq\/rules 0\./m,
    ],
    [
      "an end that is cut off",
      async () => (await forgeKit()).subarray(0, -512),
      "KIT_TAR_END",
      /^stream {6}hq\/rules 0\.1$/m,
    ],
    [
      "a manifest that is not canonical",
      async () => forgeKit({ text: (text) => JSON.stringify(JSON.parse(text), null, 1) }),
      "KIT_JSON_NOT_CANONICAL",
      /^stream {6}"hq\/rules", it claims\n[^]*\d+ +SHA256SUMS\n/m,
    ],
    [
      "a manifest that is no JSON",
      async () => forgeKit({ text: () => "x" }),
      "KIT_JSON_SYNTAX",
      /^stream {6}null, it claims$/m,
    ],
    [
      "a manifest that is no text",
      async () => forgeKit({ text: () => Buffer.from([0xff]) }),
      "KIT_JSON_UTF8",
      /^stream {6}null/m,
    ],
    [
      "a link in it",
      async () => fs.readFileSync(`${KIT_VECTORS}/kits/bad-01-symlink.kit.tar`),
      "KIT_TAR_",
      /it claims|^stream/m,
    ],
    [
      "what is no kit",
      async () => Buffer.from("no kit ".repeat(200)),
      "KIT_TAR_CHECKSUM",
      /^stream {6}null, it claims$/m,
    ],
    ["nothing", async () => Buffer.alloc(0), "KIT_TRUNCATED", /^BYTES +ENTRY$/m],
  ])("shows what it can of %s, says where it stops, and ends with 3", async (_name, bytes, stop, shows) => {
    const file = fileOf("x.kit.tar", await bytes());
    const { code, out } = await cli(["kit", "inspect", file]);
    expect(code, out).toBe(3);
    expect(out).toContain(`STOPS AT ${stop}`);
    expect(out).toMatch(shows);
    const json = await cli(["kit", "inspect", file, "--json"]);
    expect(json.code).toBe(3);
    expect(JSON.parse(json.out)).toMatchObject({ trusted: false, stop: { code: expect.stringContaining(stop) } });
  });
});
