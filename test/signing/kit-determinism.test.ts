/** The same content is the same kit: whatever the file system, the machine and the user say beside it. */
import { execFile, execFileSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { sha256Hex } from "../../src/core/hash.ts";
import { buildKit, type BuildFile } from "../../src/signing/kit-build.ts";
import { openKit } from "../../src/signing/kit-open.ts";
import { readKitSource } from "../../src/signing/kit-source.ts";
import { signerOf } from "../../src/signing/keys.ts";
import { temporaryFolder } from "../support/folder.ts";
import { KIT_VECTORS, testKey } from "../support/kit-forge.ts";

const SPEC = {
  schema: "offline-kit/v1",
  kinds: ["rules"],
  epoch: 0,
  sequence: 1,
  tenants: ["*"],
  expiresAt: null,
  minApp: "0.0.0",
  acks: {},
  provenance: { builder: "test", source: [] },
};
const rule = (id: string) => ({
  schema: "rule/v1",
  match: {},
  id,
  actions: [{ channel: "ops-mail", id: `${id}-mail` }],
});
/** Names that a locale would sort in another order than bytes do; one content twice; an object as people write it. */
const CONTENT: Readonly<Record<string, string>> = {
  "content/docs/Zebra.txt": "zebra\n",
  "content/docs/apple.txt": "apple\n",
  "content/docs/apple-2.txt": "zebra\n",
  "content/docs/apple/core.txt": "core\n",
  "content/docs/apple core.txt": "same\r\n",
  "content/docs/I.txt": "i\n",
  "content/docs/i.d.txt": "dotted\n",
  "content/docs/_.txt": "",
  "content/docs/10.txt": "ten\n",
  "content/docs/9.txt": "nine\n",
  "content/docs/big.bin": "0123456789abcdef".repeat(10_000),
  "content/rules/acme/a.json": `${JSON.stringify(rule("a"), null, 2)}
`,
  "content/rules/_/b.json": JSON.stringify(rule("b")),
};
const CREATED = "2026-11-01T08:00:00Z";
const isRoot = process.getuid?.() === 0;

interface World {
  readonly umask: string;
  readonly env: Readonly<Record<string, string>>;
  readonly out: string;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly owner: number;
  readonly order: (names: readonly string[]) => readonly string[];
}

const NORTH: World = {
  umask: "022",
  env: { LC_ALL: "C", TZ: "UTC" },
  out: "a.kit.tar",
  mode: 0o644,
  mtime: 1_000_000_000,
  owner: 0,
  order: (names) => names.toSorted(),
};
const SOUTH: World = {
  umask: "077",
  env: { LC_ALL: "tr_TR.UTF-8", LANG: "tr_TR.UTF-8", TZ: "Pacific/Kiritimati" },
  out: "hq.rules-0.9 kopya.tar",
  mode: 0o750,
  mtime: 4_000_000_000.5,
  owner: 0,
  order: (names) => names.toSorted().toReversed(),
};

function makeSource(world: World): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, "offline-kit.json"), JSON.stringify(SPEC, null, world === NORTH ? 2 : 0));
  for (const name of world.order(Object.keys(CONTENT))) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, CONTENT[name] ?? "");
    chmodSync(file, world.mode);
    utimesSync(file, world.mtime, world.mtime);
    if (world.owner !== 0) chownSync(file, world.owner, world.owner + 1);
  }
  return folder;
}

/** Builds in a process of its own; answers the kit's file. */
async function build(world: World): Promise<string> {
  const folder = makeSource(world);
  const key = path.join(folder, "alice.pem");
  copyFileSync(path.join(KIT_VECTORS, "keys/test-only-alice-3lBtrtKJ.pem"), key);
  chmodSync(key, 0o600);
  const out = path.join(folder, world.out);
  const main = path.resolve("src/main.ts");
  const place = ["--stream", "hq/rules", "--sequence", "1", "--created-at", CREATED];
  const words = [main, "kit", "build", folder, ...place, "--key", key, "--out", out];
  const shell = `umask ${world.umask} && exec "$0" "$@"`;
  await promisify(execFile)("sh", ["-c", shell, process.execPath, ...words], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...world.env },
  });
  return out;
}

const WORLDS: readonly (readonly [string, World])[] = [
  ["order of creation, dates, modes, umask, locale, time zone and name", SOUTH],
  ["umask alone", { ...NORTH, umask: "000" }],
  ["locale and time zone alone", { ...NORTH, env: SOUTH.env }],
];

test("a kit is the same bytes whatever lies beside its content", { timeout: 240_000 }, async () => {
  const first = readFileSync(await build(NORTH));
  for (const [name, world] of WORLDS) {
    const other = readFileSync(await build(world));
    expect(sha256Hex(other), name).toBe(sha256Hex(first));
  }
});

test.skipIf(!isRoot)("and whoever owns the files (only root can give files away)", { timeout: 120_000 }, async () => {
  const [mine, theirs] = [await build(NORTH), await build({ ...NORTH, owner: 65_534 })];
  expect(sha256Hex(readFileSync(theirs))).toBe(sha256Hex(readFileSync(mine)));
});

const input = (files: readonly BuildFile[], signer: "alice" | "carol") => ({
  spec: readKitSource(makeSource(NORTH)).spec,
  files,
  stream: "hq/rules",
  audience: ["*"],
  createdAt: CREATED,
  signers: [signerOf(testKey(signer))],
});

test("the order in which files are named does not count", async () => {
  const { files } = readKitSource(makeSource(NORTH));
  const folder = temporaryFolder();
  for (const [at, order] of [files, files.toReversed(), [...files.slice(5), ...files.slice(0, 5)]].entries())
    await buildKit(input(order, "alice"), path.join(folder, `${at}`));
  const [first, ...others] = [0, 1, 2].map((at) => sha256Hex(readFileSync(path.join(folder, `${at}`))));
  expect(others).toEqual([first, first]);
});

test("a P-256 signature differs, and nothing else", async () => {
  const { files } = readKitSource(makeSource(SOUTH));
  const folder = temporaryFolder();
  const read = async (name: string) => {
    const kit = await openKit(path.join(folder, name));
    const rest: Uint8Array[] = [];
    await kit.copyRest((bytes) => void rest.push(Buffer.from(bytes)));
    await kit.close();
    const [bundle] = kit.bundles;
    return {
      bundle,
      same: [kit.kit, kit.statement, bundle?.name, sha256Hex(Buffer.concat(rest))],
    };
  };
  for (const name of ["a", "b"]) await buildKit(input(files, "carol"), path.join(folder, name));
  const [a, b] = [await read("a"), await read("b")];
  expect(b.same).toEqual(a.same);
  expect(Buffer.from(b.bundle?.bytes ?? "").equals(Buffer.from(a.bundle?.bytes ?? ""))).toBe(false);
});

test("GNU tar makes the same archive of what it unpacks", async () => {
  const folder = temporaryFolder();
  await buildKit(input(readKitSource(makeSource(SOUTH)).files, "alice"), path.join(folder, "a.tar"));
  const form = "--format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 --no-recursion -b1";
  const script = `mkdir out && tar -xf a.tar -C out && tar -tf a.tar > names && tar -C out ${form} -T "$PWD/names" -cf "$PWD/b.tar" && cmp a.tar b.tar`;
  expect(execFileSync("sh", ["-c", script], { cwd: folder, encoding: "utf8" })).toBe("");
});
