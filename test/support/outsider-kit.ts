/**
 * A kit as an outsider has it, unpacked beside the signers' public keys; and what a forger may do to it, which every way of
 * checking must see.
 * @module
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sha256Hex } from "../../src/core/hash.ts";
import { bundlePath, signStatement } from "../../src/signing/dsse.ts";
import { type BuildFile, type BuiltKit, buildKit } from "../../src/signing/kit-build.ts";
import { publicKeyPem, signerOf } from "../../src/signing/keys.ts";
import { testKey, type TestSigner } from "./kit-forge.ts";
import type { Said } from "./outsiders.ts";

const NOTES = "content/NOTES.txt";
const FORGED = "What a forger wants\n";
/** A signed file that happens to be a list of sums: of what a forger wants. */
const OTHER_SUMS = "content/other-sums.txt";
const FILES: readonly BuildFile[] = [
  { path: NOTES, role: "doc", bytes: Buffer.from("What is new\n") },
  { path: "content/copy.txt", role: "doc", bytes: Buffer.from("What is new\n") },
  { path: `content/${"d".repeat(90)}/${"f".repeat(60)}.txt`, role: "doc", bytes: Buffer.alloc(70_000, "long ") },
  { path: "content/empty.txt", role: "doc", bytes: Buffer.alloc(0) },
  { path: OTHER_SUMS, role: "doc", bytes: Buffer.from(`${sha256Hex(FORGED)}  ${NOTES}\n`) },
  { path: "content/rules/acme/cpu-hot.json", role: "object", bytes: Buffer.from('{"id":"cpu-hot"}') },
  { path: "content/rules/acme/disk-full.json", role: "object", bytes: Buffer.from('{"id":"disk-full"}') },
];

/** The signers: one by Ed25519, one by ECDSA P-256. */
export const SIGNERS = ["alice", "carol"] as const;

/** Builds a kit of stream `hq/base` into `out`. */
export function buildOutsiderKit(
  out: string,
  {
    signers = SIGNERS,
    files = FILES,
    sequence = 1,
  }: {
    readonly signers?: readonly TestSigner[];
    readonly files?: readonly BuildFile[];
    readonly sequence?: number;
  } = {},
): Promise<BuiltKit> {
  const spec = {
    schema: "offline-kit/v1" as const,
    kinds: ["rules" as const],
    epoch: 0,
    sequence,
    tenants: ["*" as const],
    expiresAt: null,
    minApp: "0.0.0",
    acks: {},
    provenance: { builder: "test", source: [] },
  };
  const place = { stream: "hq/base", audience: ["*"], createdAt: "2026-11-01T08:00:00Z" };
  return buildKit({ spec, files, ...place, signers: signers.map((name) => signerOf(testKey(name))) }, out);
}

/** A kit unpacked by GNU tar into `folder`, with `<signer>.pub` of each signer; answers the folder. */
export function unpack(archive: string, folder: string): string {
  mkdirSync(folder);
  const done = spawnSync("tar", ["-xf", archive, "-C", folder], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`tar: ${done.stderr}`);
  for (const name of SIGNERS) writeFileSync(join(folder, `${name}.pub`), publicKeyPem(testKey(name)));
  return folder;
}

/** What is at hand to check with; the paths are relative to the folder. */
export interface Unpacked {
  readonly folder: string;
  readonly key: string;
  readonly bundle: string;
}

/** What a check must complain of. */
type Fault = "signature" | "subject" | "name" | "type" | "sums";

/** What a check says in each case; a fault without words is one that it cannot see. */
type Words = Readonly<Record<"good", RegExp> & Partial<Record<Fault, RegExp>>>;

interface Forgery {
  readonly name: string;
  readonly fault: Fault;
  readonly forge: (kit: Unpacked & { readonly signer: TestSigner; readonly statement: string }) => void | Promise<void>;
}

const FORGERIES: readonly Forgery[] = [
  { name: "one byte of content", fault: "sums", forge: ({ folder }) => flipByte(join(folder, NOTES)) },
  { name: "content and SHA256SUMS together", fault: "subject", forge: ({ folder }) => void forgeContent(folder) },
  { name: "one byte of SHA256SUMS", fault: "subject", forge: ({ folder }) => flipByte(join(folder, "SHA256SUMS")) },
  {
    name: "one byte of the manifest",
    fault: "subject",
    forge: ({ folder }) => flipByte(join(folder, "offline-kit.json")),
  },
  {
    name: "SHA256SUMS, for another of the signed files",
    fault: "name",
    forge: ({ folder }) => {
      writeFileSync(join(folder, NOTES), FORGED);
      cpSync(join(folder, OTHER_SUMS), join(folder, "SHA256SUMS"));
    },
  },
  {
    name: "one bit of the signature",
    fault: "signature",
    forge: ({ folder, bundle }) => editBundle(join(folder, bundle), "sig", flipped),
  },
  {
    name: "content, SHA256SUMS and the statement together",
    fault: "signature",
    forge: ({ folder, bundle }) => {
      const { before, after } = forgeContent(folder);
      editBundle(join(folder, bundle), "payload", (bytes) => Buffer.from(bytes.toString().replace(before, after)));
    },
  },
  {
    name: "the bundle, for that of another kit",
    fault: "subject",
    forge: async ({ folder, bundle, signer }) => {
      const { statement } = await buildOutsiderKit(join(folder, "other.kit.tar"), {
        sequence: 2,
        files: FILES.slice(1),
      });
      writeFileSync(join(folder, bundle), await signStatement(statement, signerOf(testKey(signer))));
    },
  },
  {
    name: "the bundle, for one that states something else",
    fault: "type",
    forge: async ({ folder, bundle, signer, statement }) => {
      const other = statement.replace("urn:sealpost:kit:v1", "urn:sealpost:trust-policy:v1");
      writeFileSync(join(folder, bundle), await signStatement(other, signerOf(testKey(signer))));
    },
  },
  {
    name: "the signer",
    fault: "signature",
    forge: ({ folder, key, signer }) =>
      writeFileSync(join(folder, key), publicKeyPem(testKey(signer === "alice" ? "bob" : "root2"))),
  },
];

/** Every check must accept the kit as it is, and refuse each forgery for its fault, or be known not to see it. */
export function describeCheck(name: string, check: (kit: Unpacked) => Said, says: Words): void {
  describe.each(SIGNERS)(`${name}, with %s's public key alone,`, (signer) => {
    let folder = "";
    let statement = "";
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "outsider-"));
      ({ statement } = await buildOutsiderKit(join(folder, "kit.tar")));
      unpack(join(folder, "kit.tar"), join(folder, "good"));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const kitIn = (where: string): Unpacked & { signer: TestSigner } => ({
      folder: join(folder, where),
      key: `${signer}.pub`,
      bundle: bundlePath(testKey(signer).keyId),
      signer,
    });

    test("accepts a kit of ours", () => {
      const { status, text } = check(kitIn("good"));
      expect(text).toMatch(says.good);
      expect(status).toBe(0);
    });

    const checkForged = async ({ forge }: Forgery): Promise<Said> => {
      const kit = kitIn("forged");
      rmSync(kit.folder, { recursive: true, force: true });
      cpSync(join(folder, "good"), kit.folder, { recursive: true });
      await forge({ ...kit, statement });
      return check(kit);
    };

    test.each(FORGERIES.filter(({ fault }) => says[fault] !== undefined))(
      "refuses it with $name changed",
      async (forgery) => {
        const { status, text } = await checkForged(forgery);
        expect(text).toMatch(says[forgery.fault] ?? "");
        expect(status).not.toBe(0);
      },
    );

    test.each(FORGERIES.filter(({ fault }) => says[fault] === undefined))(
      "cannot see $name changed",
      async (forgery) => {
        const { status, text } = await checkForged(forgery);
        expect(text).toMatch(says.good);
        expect(status).toBe(0);
      },
    );
  });
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
  return changed;
}

function flipByte(file: string): void {
  writeFileSync(file, flipped(readFileSync(file)));
}

/** Content and its line in SHA256SUMS, as a forger would change them; answers what that file was and is. */
function forgeContent(folder: string): { readonly before: string; readonly after: string } {
  const file = join(folder, "SHA256SUMS");
  const sums = readFileSync(file, "utf8");
  const was = sha256Hex(readFileSync(join(folder, NOTES)));
  writeFileSync(join(folder, NOTES), FORGED);
  const forged = sums.replace(was, sha256Hex(FORGED));
  writeFileSync(file, forged);
  return { before: sha256Hex(sums), after: sha256Hex(forged) };
}

function editBundle(file: string, field: "sig" | "payload", edit: (bytes: Buffer) => Buffer): void {
  const text = readFileSync(file, "utf8");
  const forged = text.replace(
    new RegExp(`"${field}":"([^"]+)"`),
    (_, base64: string) => `"${field}":"${edit(Buffer.from(base64, "base64")).toString("base64")}"`,
  );
  if (forged === text) throw new Error(`${file}: ${field} was not changed`);
  writeFileSync(file, forged);
}
