import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/core/hash.ts";
import { parsePolicy } from "../../src/core/trust.ts";
import { dressOf } from "../../src/signing/archive-source.ts";
import { openKit } from "../../src/signing/kit-open.ts";
import { verifyKit } from "../../src/signing/kit-verify.ts";
import { siteAfter } from "../../src/signing/site-after.ts";
import { stagingFolder } from "../../src/signing/staging.ts";
import { forgeKit, KIT_VECTORS, type Recipe, TEST_CLOCK, testPolicy, testSite } from "../support/kit-forge.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "staging-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string): string => join(folder, name);
async function forged(recipe: Recipe, name = "a.kit.tar"): Promise<string> {
  writeFileSync(inFolder(name), await forgeKit(recipe));
  return inFolder(name);
}
const BIG = Buffer.alloc(3_000_001, "0123456789");
const MIXED: Recipe = {
  content: {
    "content/big.txt": BIG,
    "content/connectors/acme/a.bin": "same",
    "content/copy.txt": "same",
    "content/rules/acme/a.json": '{"id":"a"}',
  },
  rows: (rows) => rows.map((row) => ({ ...row, role: row.path.endsWith(".bin") ? "blob" : row.role })),
  manifest: (manifest) => ({ ...manifest, kinds: ["connectors", "rules"] }),
};
const site = testSite({
  policies: {
    upstream: testPolicy(() => ({
      delegations: [{ stream: "hq/rules", kinds: ["connectors", "rules"], tenants: ["*"], role: "rules" }],
    })),
  },
});

describe("a staging folder", () => {
  test("keeps the chosen roles by hash, and nothing else", async () => {
    const { staging, sync, clear } = stagingFolder(inFolder("staged"), ["blob", "doc"]);
    const verdict = await verifyKit({ file: await forged(MIXED), site, staging });
    sync();
    expect(verdict.ok).toBe(true);
    expect(readdirSync(inFolder("staged")).toSorted()).toEqual([sha256Hex(BIG), sha256Hex("same")].toSorted());
    expect(readFileSync(join(inFolder("staged"), sha256Hex(BIG))).equals(BIG)).toBe(true);
    expect(statSync(inFolder("staged")).mode & 0o777).toBe(0o700);
    await clear();
    expect(existsSync(inFolder("staged"))).toBe(false);
  });

  test("keeps a content whose first path has another role", async () => {
    const { staging } = stagingFolder(inFolder("staged"), ["doc"]);
    await verifyKit({ file: await forged(MIXED), site, staging });
    expect(readdirSync(inFolder("staged"))).toContain(sha256Hex("same"));
  });

  test("is not touched before the quorum stands", async () => {
    const { staging } = stagingFolder(inFolder("staged"), ["blob", "doc"]);
    const verdict = await verifyKit({ file: await forged({ ...MIXED, signers: ["carol"] }), site, staging });
    expect(verdict).toMatchObject({ ok: false, code: "SIG_THRESHOLD" });
    expect(readdirSync(inFolder("staged"))).toEqual([]);
  });

  test("is cleared of half a file after a refusal, and of what an earlier import left", async () => {
    const { staging, clear } = stagingFolder(inFolder("staged"), ["doc"]);
    const file = await forged(MIXED);
    truncateSync(file, 1_000_000);
    expect(await verifyKit({ file, site, staging })).toMatchObject({ ok: false, code: "KIT_TRUNCATED" });
    expect(readdirSync(inFolder("staged"))).toHaveLength(1);
    const next = stagingFolder(inFolder("staged"), ["doc"]);
    expect(readdirSync(inFolder("staged"))).toEqual([]);
    await clear();
    await next.clear();
    expect(existsSync(inFolder("staged"))).toBe(false);
  });

  test("hands on the failure of the disk that it lies on", async () => {
    const full = {
      write: () => {
        throw new Error("ENOSPC");
      },
      end: () => undefined,
    };
    await expect(verifyKit({ file: await forged(MIXED), site, staging: () => full })).rejects.toThrow("ENOSPC");
  });
});

describe("content", () => {
  test("is judged by the caller, object by object, with the tenant that the site gives them", async () => {
    const file = await forged({
      content: { "content/rules/_/b.json": '{"id":"b"}', "content/rules/acme/a.json": '{"id":"a"}' },
    });
    const seen: unknown[] = [];
    const verdict = await verifyKit({
      file,
      site: async (manifest, kit) => (seen.push(manifest.stream, kit.length), testSite()),
      validate: async (objects) => {
        seen.push(
          ...objects.map(({ tenant, kind, id, value, bytes, sha256 }) => [
            tenant,
            kind,
            id,
            value,
            sha256 === sha256Hex(bytes),
          ]),
        );
        return [
          { path: "content/rules/acme/a.json", pointer: "/match", detail: "is missing" },
          { path: "content/rules/acme/a.json", pointer: "", detail: "is dull" },
        ];
      },
    });
    expect(seen).toEqual([
      "hq/rules",
      64,
      ["_site", "rules", "b", { id: "b" }, true],
      ["acme", "rules", "a", { id: "a" }, true],
    ]);
    expect(verdict).toMatchObject({ ok: false, code: "CONTENT_INVALID" });
    expect(!verdict.ok && verdict.reasons).toEqual([
      { at: "content/rules/acme/a.json#/match", code: "CONTENT_INVALID", detail: "is missing" },
      { at: "content/rules/acme/a.json", code: "CONTENT_INVALID", detail: "is dull" },
    ]);
  });

  test("is not judged where nobody asks", async () => {
    expect(
      await verifyKit({ file: await forged({ content: { "content/rules/acme/a.json": "junk" } }), site: testSite() }),
    ).toMatchObject({ ok: true });
  });
});

const vector = (name: string): string => join(KIT_VECTORS, "kits", name);

describe("a site after kits that are taken as applied", () => {
  test("has their heads, objects, clock floor and policies", async () => {
    const files = ["good-2-hq.base-0.1.kit.tar", "good-3-hq.trust-0.1.kit.tar", "before-hq.rules-0.5.kit.tar"].map(
      vector,
    );
    const view = await siteAfter(testSite({ now: 0 }), files);
    expect([...view.heads].map(([stream, { sequence }]) => [stream, sequence])).toEqual([
      ["hq/base", 1],
      ["hq/trust", 1],
      ["hq/rules", 5],
    ]);
    expect(view.owners.get("acme/rules/login-burst")).toBe("hq/base");
    expect(view.owners.get("_site/templates/plain")).toBe("hq/base");
    expect(view.newest).toBe(Math.max(...[...view.heads.values()].map(({ createdAt }) => createdAt)));
    expect(view.newest).toBeGreaterThan(Date.UTC(2026, 10, 1));
    expect(view.newest).toBeLessThan(TEST_CLOCK);
    expect(view.policies.upstream?.version).toBe(2);
    const again = await siteAfter(view, [vector("good-3-hq.trust-0.1.kit.tar")]);
    expect(again.policies.upstream).toEqual(view.policies.upstream);
    expect(await verifyKit({ file: vector("good-2-hq.base-0.1.kit.tar"), site: view })).toMatchObject({
      ok: false,
      code: "KIT_ALREADY_APPLIED",
    });
  });

  test("frees the objects that a stream's newer kit no longer has, and holds its blobs", async () => {
    const first = await forged({}, "1.tar");
    const second = await forged(
      {
        content: { "content/rules/acme/a.json": "{}" },
        manifest: (base) => ({
          ...base,
          sequence: 2,
          heads: {
            "hq/base": { epoch: 0, sequence: 9, manifest: "a".repeat(64) },
            "port/x": { epoch: 0, sequence: 9, manifest: "a".repeat(64) },
          },
        }),
      },
      "2.tar",
    );
    const view = await siteAfter(testSite(), [first, second]);
    expect([...view.owners]).toEqual([["acme/rules/a", "hq/rules"]]);
    expect([...view.known.keys()].toSorted()).toEqual(["hq/base", "hq/rules"]);
    expect([...view.accepted.keys()]).toEqual(["hq/rules@0.1", "hq/rules@0.2"]);
    expect([...(await siteAfter(testSite(), [await forged(MIXED)])).blobs]).toEqual([sha256Hex("same")]);
  });

  test("cannot be made of what is no kit", async () => {
    await expect(siteAfter(testSite(), [join(KIT_VECTORS, "README.md")])).rejects.toMatchObject({
      code: "KIT_TAR_CHECKSUM",
    });
  });
});

describe("a file that is no kit", () => {
  test.each([
    ["missing", "nothing", "ENOENT"],
    ["a folder", ".", "EISDIR"],
  ])("and %s is told by the file system's own error", async (_name, name, code) => {
    await expect(verifyKit({ file: inFolder(name), site: testSite() })).rejects.toMatchObject({ code });
  });

  test("of three bytes has no dress", async () => {
    writeFileSync(inFolder("short"), Buffer.from([0x28, 0xb5, 0x2f]));
    expect(await dressOf(inFolder("short"))).toBe("none");
    await expect(openKit(inFolder("short"))).rejects.toMatchObject({ code: "KIT_TRUNCATED" });
  });

  test("is never taken for a policy", () => {
    expect(() => parsePolicy(Buffer.from([0xff]))).toThrow("not UTF-8");
  });
});
