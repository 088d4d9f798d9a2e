// Kits of 10,000 files x 2 KB: build and verify, in this process, against GNU tar + sha256sum and against raw hashing of the same bytes.
import { spawn } from "node:child_process";
import { createHash, hash } from "node:crypto";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { newSite, type SiteView } from "../../src/core/kit-site.ts";
import { localPolicy } from "../../src/core/trust.ts";
import { createKeyPair, signerOf } from "../../src/signing/keys.ts";
import { buildKit } from "../../src/signing/kit-build.ts";
import { readKitSource } from "../../src/signing/kit-source.ts";
import { verifyKit } from "../../src/signing/kit-verify.ts";
import type { Case, Mark, Side } from "./measure.ts";

const FILES = 10_000;
const SIZE = 2048;
const CREATED = "2026-11-01T08:00:00Z";
const CHUNK = 1_048_576;
const STREAM = "bench/files";
const KEY = createKeyPair();
const SIGNER = signerOf(KEY);
const SITE: SiteView = newSite({
  site: "bench",
  groups: [],
  appVersion: "9.9.9",
  now: Date.parse(CREATED),
  policies: { local: localPolicy({ site: "bench", spki: KEY.spki, createdAt: "2026-10-01T00:00:00Z" }) },
});

/** As KIT-FORMAT writes headers; the order is that of the list of names. */
const TAR = "tar --format=ustar --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 --no-recursion -b1";
const PEER = {
  build: `xargs -d '\\n' -a ../names sha256sum > ../SHA256SUMS && ${TAR} -cf ../peer.tar ../SHA256SUMS -T ../names 2> ../notes`,
  verify: "tar -xf ../ours.kit.tar && sha256sum --quiet -c SHA256SUMS",
  list: "tar -tf ../ours.kit.tar > ../listed && sha256sum ../ours.kit.tar > ../sum",
};

const TEXT = (at: number): string => hash("sha256", `bench ${at}`, "hex").repeat(SIZE / 64);
/** Canonical already, so that what is hashed is what lies there. */
const RULE = (at: number): string => {
  const rule = { schema: "rule/v1", id: `r-${at}`, match: {}, actions: [{ id: `r-${at}-mail`, channel: "ops-mail" }] };
  const room = SIZE - canonicalJson({ ...rule, description: "" }).length;
  return canonicalJson({ ...rule, description: TEXT(at).slice(0, room) });
};
const ROLES = {
  doc: { kinds: ["rules"], name: (at: number) => `content/docs/part-${at % 100}/page-${at}.txt`, text: TEXT },
  object: { kinds: ["rules"], name: (at: number) => `content/rules/acme/r-${at}.json`, text: RULE },
} as const;

/** One role's folder: `source/` with its spec and content, `names` of its content sorted, room for what is built. */
function makeSource(home: string, role: keyof typeof ROLES): string {
  const { kinds, name, text } = ROLES[role];
  const source = path.join(home, "source");
  const names = Array.from({ length: FILES }, (_, at) => name(at));
  for (const folder of new Set(names.map((one) => path.dirname(one))))
    fs.mkdirSync(path.join(source, folder), { recursive: true });
  for (const [at, one] of names.entries()) fs.writeFileSync(path.join(source, one), text(at));
  const provenance = { builder: "bench", source: [] };
  const place = { epoch: 0, sequence: 1, tenants: ["*"], expiresAt: null, minApp: "0.0.0", acks: {} };
  const spec = { schema: "offline-kit/v1", kinds, ...place, provenance };
  fs.writeFileSync(path.join(source, "offline-kit.json"), JSON.stringify(spec));
  fs.writeFileSync(path.join(home, "names"), `${names.toSorted().join("\n")}\n`);
  return source;
}

/** As many hashes as a verifier must make, of the same bytes, and nothing else. */
function hashEntries(file: string): number {
  const bytes = fs.readFileSync(file);
  for (let at = 0; bytes[at] !== 0; ) {
    const size = Number.parseInt(bytes.toString("latin1", at + 124, at + 135), 8);
    hash("sha256", bytes.subarray(at + 512, at + 512 + size), "hex");
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return 1;
}

async function shell(command: string, cwd: string): Promise<number> {
  const child = spawn("sh", ["-c", command], { cwd, env: { ...process.env, LC_ALL: "C" }, stdio: "inherit" });
  await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`${command}: exit ${child.exitCode}`);
  return 1;
}

async function build(source: string, out: string): Promise<number> {
  const input = { ...readKitSource(source), stream: STREAM, audience: ["*"], createdAt: CREATED, signers: [SIGNER] };
  await buildKit(input, out);
  return 1;
}

async function verify(file: string): Promise<number> {
  const verdict = await verifyKit({ file, site: SITE });
  if (!verdict.ok) throw new Error(verdict.message);
  return 1;
}

function hashFiles(source: string, names: readonly string[]): number {
  for (const name of names) hash("sha256", fs.readFileSync(path.join(source, name)), "hex");
  return 1;
}

function hashFile(file: string): number {
  const digest = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(CHUNK);
  const handle = fs.openSync(file, "r");
  for (let read = 1; read > 0; ) {
    read = fs.readSync(handle, buffer);
    digest.update(buffer.subarray(0, read));
  }
  fs.closeSync(handle);
  digest.digest("hex");
  return 1;
}

function peer(name: string, command: string, cwd: string): Side {
  return { name, run: () => shell(command, cwd) };
}

function here(name: string, work: () => number): Side {
  return { name: `${name}, in this process`, run: async () => work() };
}

async function casesOf(top: string, role: keyof typeof ROLES): Promise<Case[]> {
  const home = path.join(top, role);
  const source = makeSource(home, role);
  const kit = path.join(home, "ours.kit.tar");
  const names = fs.readFileSync(path.join(home, "names"), "utf8").trim().split("\n");
  const unpacked = path.join(home, "unpacked");
  await build(source, kit);
  const empty = (): void => {
    fs.rmSync(unpacked, { recursive: true, force: true });
    fs.mkdirSync(unpacked);
  };
  const made: Side = { name: "build", run: () => build(source, path.join(home, "built.kit.tar")) };
  const judged: Side = { name: "verify", run: () => verify(kit) };
  const what = `${FILES} ${role}s x 2 KB`;
  /** Objects are read, judged as JSON and written canonical as well, which no peer does: their ratios have no mark. */
  const against = (candidate: Side, floor: Side, ratio?: number): Case => {
    const mark: Mark | undefined = ratio === undefined || role === "object" ? undefined : { kind: "at-most", ratio };
    const name = `kits, ${candidate.name} ${what} (${candidate === made ? "one fsync" : "nothing written"}): against ${floor.name}`;
    return { name, unit: "kit", by: "time", candidate, floor, refill: empty, ...(mark === undefined ? {} : { mark }) };
  };
  return [
    against(made, peer("sha256sum of the files + GNU tar -c, no fsync", PEER.build, source), 1.2),
    against(made, peer("the same + sync of the archive", `${PEER.build} && sync ../peer.tar`, source), 1.2),
    {
      ...against(
        made,
        here("read and hash each file", () => hashFiles(source, names)),
        2,
      ),
      cpu: true,
    },
    against(judged, peer("GNU tar -x + sha256sum -c, no fsync", PEER.verify, unpacked), 1.2),
    against(judged, peer("GNU tar -t + sha256sum of the archive (no content is compared)", PEER.list, unpacked)),
    {
      ...against(
        judged,
        here("read and hash the kit as one", () => hashFile(kit)),
        2,
      ),
      cpu: true,
    },
    {
      ...against(
        judged,
        here("read the kit and hash each file in it", () => hashEntries(kit)),
      ),
      cpu: true,
    },
  ];
}

export async function kitsCases(): Promise<{ cases: Case[]; close: () => Promise<void> }> {
  const top = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-bench-kits-"));
  const cases = [...(await casesOf(top, "doc")), ...(await casesOf(top, "object"))];
  return { cases, close: async () => fs.rmSync(top, { recursive: true }) };
}
