/** What a kit is not built from, and that a build that fails leaves nothing behind. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { KIT_LIMITS, type KitLimits } from "../../src/core/kit.ts";
import { type BuildFile, buildKit, type KitInput } from "../../src/signing/kit-build.ts";
import { readKitSource } from "../../src/signing/kit-source.ts";
import { type KitSigner, signerOf } from "../../src/signing/keys.ts";
import { verifyKit } from "../../src/signing/kit-verify.ts";
import { temporaryFolder } from "../support/folder.ts";
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
const ALICE = signerOf(testKey("alice"));

let folder = "";
beforeEach(() => {
  folder = temporaryFolder();
});
const inFolder = (name: string): string => join(folder, name);
function write(name: string, bytes: string | Uint8Array = name): void {
  mkdirSync(dirname(inFolder(name)), { recursive: true });
  writeFileSync(inFolder(name), bytes);
}

async function listen(name: string): Promise<void> {
  const server = createServer();
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(inFolder(name), resolve));
}

describe("a source folder", () => {
  beforeEach(() => {
    write("offline-kit.json", JSON.stringify(SPEC));
    mkdirSync(inFolder("content/docs"), { recursive: true });
  });

  const LINK = "a symbolic link, not a plain file";
  test.each<{ name: string; make: () => void | Promise<void>; says: string }>([
    {
      name: "a link to a file outside",
      make: () => symlinkSync("/etc/hostname", inFolder("content/docs/a.txt")),
      says: `"content/docs/a.txt" is ${LINK}`,
    },
    {
      name: "a link to a file inside",
      make: () => (write("content/docs/b.txt"), symlinkSync("b.txt", inFolder("content/docs/a.txt"))),
      says: `"content/docs/a.txt" is ${LINK}`,
    },
    {
      name: "a link to a folder",
      make: () => symlinkSync("/etc", inFolder("content/docs/etc")),
      says: `"content/docs/etc" is ${LINK}`,
    },
    {
      name: "a link to nothing",
      make: () => symlinkSync("nowhere", inFolder("content/docs/a.txt")),
      says: `"content/docs/a.txt" is ${LINK}`,
    },
    {
      name: "a link to itself, in place of an object",
      make: () => (
        mkdirSync(inFolder("content/rules/_"), { recursive: true }),
        symlinkSync("a.json", inFolder("content/rules/_/a.json"))
      ),
      says: `"content/rules/_/a.json" is ${LINK}`,
    },
    {
      name: "a named pipe",
      make: () => void execFileSync("mkfifo", [inFolder("content/docs/pipe")]),
      says: '"content/docs/pipe" is a named pipe, not a plain file',
    },
    {
      name: "a socket",
      make: () => listen("content/docs/s"),
      says: '"content/docs/s" is a socket, not a plain file',
    },
    {
      name: "a link in place of content/",
      make: () => (rmSync(inFolder("content"), { recursive: true }), symlinkSync("/etc", inFolder("content"))),
      says: '"content" is a symbolic link, not a folder',
    },
    {
      name: "a file in place of content/",
      make: () => (rmSync(inFolder("content"), { recursive: true }), write("content")),
      says: '"content" is a file, not a folder',
    },
    {
      name: "a link among seeds",
      make: () => (
        rmSync(inFolder("content"), { recursive: true }),
        write("seeds/rules/_/a.json", "{}"),
        symlinkSync("a.json", inFolder("seeds/rules/_/b.json"))
      ),
      says: `"seeds/rules/_/b.json" is ${LINK}`,
    },
  ])("with $name is refused with its name", async ({ make, says }) => {
    await make();
    expect(() => readKitSource(folder)).toThrow(
      expect.objectContaining({ code: "CONTENT_INVALID", message: expect.stringContaining(says) }),
    );
  });

  test("with empty folders is none the worse", () => {
    write("content/docs/a.txt");
    mkdirSync(inFolder("content/rules/empty"), { recursive: true });
    expect(readKitSource(folder).files.map(({ path }) => path)).toEqual(["content/docs/a.txt"]);
  });

  const isRoot = process.getuid?.() === 0;
  /** Root may read all: it becomes nobody meanwhile. */
  async function unprivileged(work: () => Promise<void>): Promise<void> {
    chmodSync(folder, 0o777);
    if (isRoot) process.seteuid?.(65_534);
    try {
      await work();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  }

  test.each(["content/docs/a.txt", "content/docs", "content/rules/_/a.json"])(
    "with %s unreadable is refused with its name",
    async (name) => {
      write("content/docs/a.txt");
      write("content/rules/_/a.json", "{}");
      chmodSync(inFolder(name), 0);
      const made = unprivileged(async () => {
        const { spec, files } = readKitSource(folder);
        await buildKit(input(files, { spec }), inFolder("out"));
      });
      await expect(made).rejects.toMatchObject({
        code: "unreadable",
        message: expect.stringContaining(`${inFolder(name)} cannot be read (EACCES): make it readable`),
      });
      chmodSync(inFolder(name), 0o755);
      expect(existsSync(inFolder("out"))).toBe(false);
    },
  );
});

function input(files: readonly BuildFile[], change: Partial<KitInput> = {}): KitInput {
  const place = { stream: "hq/rules", audience: ["*"], createdAt: "2026-11-01T08:00:00Z" };
  return { spec: SPEC, files, ...place, signers: [ALICE], ...change };
}

const doc = (name: string): BuildFile => ({ path: `content/${name}`, role: "doc", file: inFolder(name) });
/** Signs, and meanwhile something happens: between hashing and writing. */
const meanwhile = (happens: () => void): KitSigner => ({
  keyId: ALICE.keyId,
  sign: (data) => (happens(), ALICE.sign(data)),
});

const LARGE = 200_000;
const SMALL = 65_536;
/** More small files than are kept in memory, all different. */
function manySmall(): BuildFile[] {
  return Array.from({ length: 1100 }, (_, at) => {
    const name = `s${String(at).padStart(4, "0")}`;
    write(name, `${at}`);
    truncateSync(inFolder(name), SMALL);
    return doc(name);
  });
}

const both = (): BuildFile[] => [doc("large"), doc("small")];

describe("a build that fails", () => {
  beforeEach(() => {
    write("large", Buffer.alloc(LARGE, "l"));
    write("small", "small");
    mkdirSync(inFolder("out"));
  });
  const badSigner: KitSigner = { keyId: ALICE.keyId, sign: () => Promise.reject(new Error("no such slot")) };

  test.each<{ name: string; made: () => KitInput; limits?: Partial<KitLimits>; fails: object }>([
    {
      name: "a large file is changed",
      made: () => input(both(), { signers: [meanwhile(() => write("large", Buffer.alloc(LARGE, "m")))] }),
      fails: { code: "KIT_FILE_HASH", message: expect.stringContaining('"content/large" changed') },
    },
    {
      name: "a large file grows",
      made: () => input(both(), { signers: [meanwhile(() => write("large", Buffer.alloc(LARGE + 1, "l")))] }),
      fails: { code: "KIT_FILE_HASH" },
    },
    {
      name: "a large file is cut",
      made: () => input(both(), { signers: [meanwhile(() => truncateSync(inFolder("large"), 5))] }),
      fails: { code: "KIT_FILE_HASH" },
    },
    {
      name: "a large file goes",
      made: () => input(both(), { signers: [meanwhile(() => rmSync(inFolder("large")))] }),
      fails: { code: "unreadable", message: expect.stringMatching(/large cannot be read \(ENOENT\): it is not there/) },
    },
    {
      name: "a large file becomes a link",
      made: () =>
        input(both(), {
          signers: [meanwhile(() => (rmSync(inFolder("large")), symlinkSync("/etc/hostname", inFolder("large"))))],
        }),
      fails: { code: "unreadable", message: expect.stringContaining("it is a symbolic link") },
    },
    {
      name: "a small file that is no longer in memory is changed",
      made: () => {
        const name = inFolder("s1099");
        return input(manySmall(), {
          signers: [meanwhile(() => (writeFileSync(name, "x"), truncateSync(name, SMALL)))],
        });
      },
      fails: { code: "KIT_FILE_HASH", message: expect.stringContaining('"content/s1099" changed') },
    },
    {
      name: "a small file that is no longer in memory grows",
      made: () => input(manySmall(), { signers: [meanwhile(() => truncateSync(inFolder("s1099"), SMALL + 1))] }),
      fails: { code: "KIT_FILE_HASH" },
    },
    {
      name: "a file is missing",
      made: () => input([doc("small"), doc("none")]),
      fails: { code: "unreadable" },
    },
    {
      name: "a file is a folder",
      made: () => input([doc("out")]),
      fails: { code: "unreadable", message: expect.stringContaining("EISDIR") },
    },
    { name: "a signer fails", made: () => input(both(), { signers: [badSigner] }), fails: { message: "no such slot" } },
    {
      name: "a file is larger than readers accept",
      made: () => input(both()),
      limits: { fileBytes: LARGE - 1 },
      fails: { code: "KIT_LIMIT_ENTRY" },
    },
    {
      name: "there are more files than readers accept",
      made: () => input(both()),
      limits: { files: 1 },
      fails: { code: "KIT_LIMIT_FILES" },
    },
    {
      name: "the manifest is larger than readers accept",
      made: () => input(both()),
      limits: { manifestBytes: 300 },
      fails: { code: "KIT_LIMIT_ENTRY", message: expect.stringContaining("the manifest has") },
    },
    {
      name: "there are more signers than readers accept",
      made: () => input(both(), { signers: [ALICE, signerOf(testKey("bob"))] }),
      limits: { bundles: 1 },
      fails: { code: "KIT_LIMIT_BUNDLES" },
    },
    {
      name: "the kit is larger than readers accept",
      made: () => input(both()),
      limits: { kitBytes: LARGE },
      fails: { code: "KIT_LIMIT_BYTES" },
    },
  ])("because $name leaves nothing behind", async ({ made, limits, fails }) => {
    const building = buildKit(made(), inFolder("out/a.kit.tar"), { ...KIT_LIMITS, ...limits });
    await expect(building).rejects.toMatchObject(fails);
    expect(readdirSync(inFolder("out"))).toEqual([]);
  });

  test("because a folder lies where the kit should leaves that, and nothing else", async () => {
    mkdirSync(inFolder("out/a.kit.tar"));
    await expect(buildKit(input(both()), inFolder("out/a.kit.tar"))).rejects.toThrow("EISDIR");
    expect(readdirSync(inFolder("out"))).toEqual(["a.kit.tar"]);
  });

  test("because no more can be written leaves nothing behind, and what stood there stays", () => {
    write("out/a.kit.tar", "old");
    const script = `
      import { buildKit } from "${join(import.meta.dirname, "../../src/signing/kit-build.ts")}";
      const file = { path: "content/large", role: "doc", file: "large" };
      const place = { stream: "hq/rules", audience: ["*"], createdAt: "2026-11-01T08:00:00Z", signers: [] };
      const input = { spec: ${JSON.stringify(SPEC)}, files: [file], ...place };
      await buildKit(input, "out/a.kit.tar").then(() => "built", (error) => error.code).then(console.log);`;
    write("build.mts", script);
    // A limit on the size of files, of 64 blocks, stands for a full disk; its signal must not end the process first.
    const limited = `trap "" XFSZ; ulimit -f 64; exec "$0" build.mts`;
    const said = execFileSync("sh", ["-c", limited, process.execPath], { cwd: folder, encoding: "utf8" });
    expect(said.trim()).toBe("EFBIG");
    expect(readdirSync(inFolder("out"))).toEqual(["a.kit.tar"]);
    expect(readFileSync(inFolder("out/a.kit.tar"), "utf8")).toBe("old");
  });
});

describe("a build", () => {
  test("writes what it hashed where a small file changes meanwhile", async () => {
    write("small", "first");
    const signers = [meanwhile(() => write("small", "later"))];
    await buildKit(input([doc("small")], { signers }), inFolder("a.kit.tar"));
    expect(await verifyKit({ file: inFolder("a.kit.tar"), site: testSite() })).toMatchObject({ ok: true });
  });

  test("by one signer twice carries one signature", async () => {
    write("small");
    await buildKit(input([doc("small")], { signers: [ALICE, ALICE] }), inFolder("a.kit.tar"));
    expect((await verifyKit({ file: inFolder("a.kit.tar"), site: testSite() })).bundles).toHaveLength(1);
  });

  test("of more small files than fit into memory is sound", async () => {
    await buildKit(input(manySmall()), inFolder("a.kit.tar"));
    expect(await verifyKit({ file: inFolder("a.kit.tar"), site: testSite() })).toMatchObject({ ok: true });
  });

  test("of contents around the sizes that are read at once is sound", async () => {
    const sizes = [0, 1, 511, 512, 513, SMALL - 1, SMALL, SMALL + 1, 1_048_064, 1_048_065, 1_048_576, 2_500_000];
    const files = sizes.flatMap((size): BuildFile[] => {
      const bytes = Buffer.alloc(size, `${size}-`);
      write(`f${size}`, bytes);
      return [
        doc(`f${size}`),
        { path: `content/b${size}`, role: "doc", bytes: Buffer.concat([bytes, Buffer.from("b")]) },
      ];
    });
    await buildKit(input(files), inFolder("a.kit.tar"));
    expect(await verifyKit({ file: inFolder("a.kit.tar"), site: testSite() })).toMatchObject({ ok: true });
    const unpack = "mkdir u && tar -xf a.kit.tar -C u && cd u && sha256sum --quiet -c SHA256SUMS";
    expect(execFileSync("sh", ["-c", unpack], { cwd: folder, encoding: "utf8" })).toBe("");
  });

  test("does not write through a link that lies where its half-written file will", async () => {
    write("victim", "mine");
    write("small");
    symlinkSync("victim", inFolder("a.kit.tar.part"));
    await buildKit(input([doc("small")]), inFolder("a.kit.tar"));
    expect(readFileSync(inFolder("victim"), "utf8")).toBe("mine");
    expect(lstatSync(inFolder("a.kit.tar")).isFile()).toBe(true);
    expect(existsSync(inFolder("a.kit.tar.part"))).toBe(false);
  });
});
