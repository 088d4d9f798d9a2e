import * as fs from "node:fs";
import * as path from "node:path";
import type { Command as Program } from "commander";
import { shortKeyId } from "../core/key-id.ts";
import { SigningError } from "../signing/error.ts";
import { keyHalf, type PublicKey, readPrivateKey, readPublicKey } from "../signing/keys.ts";
import { SystemError } from "../system/error.ts";
import { checkPrivateFile } from "../system/files.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { perform, withExample, withJson } from "./perform.ts";

/** Keys are small; what is larger is none. */
const MAX_BYTES = 65_536;

/** One key file, as far as it can be read without its passphrase. */
interface Listed {
  readonly file: string;
  /** As its name says, where its name is made of the key that it holds. */
  readonly purpose?: string;
  readonly half: "private" | "public";
  readonly encrypted: boolean;
  readonly algorithm?: string;
  readonly fingerprint?: string;
  /** Why others than its owner can reach a private key, and how to close it. */
  readonly warning?: string;
}

/** Adds `keys list`. */
export function addKeyList(noun: Program, context: Context): void {
  withExample(withJson(noun.command("list").argument("[dir]", "folder", ".")), "sealpost keys list ./keys")
    .description("list the key files of a folder; warns of private ones that others can read")
    .action((dir: string, options: { readonly json?: boolean }) =>
      perform(context, options, async ({ io, out }) => {
        const items = keyFilesIn(dir);
        out.result({ items: items.map((item) => ({ ...item })) }, (print) => {
          print.table(
            ["file", "purpose", "half", "algorithm", "fingerprint", "passphrase"],
            items.map(({ file, purpose = "", half, encrypted, algorithm = "", fingerprint = "" }) => [
              path.basename(file),
              purpose,
              half,
              algorithm,
              fingerprint,
              protection(half, encrypted),
            ]),
          );
        });
        for (const { warning } of items) if (warning !== undefined && !out.isJson) io.stderr(`warning: ${warning}\n`);
      }),
    );
}

function protection(half: Listed["half"], encrypted: boolean): string {
  if (half === "public") return "";
  return encrypted ? "yes" : "no";
}

/** The public key file beside a private one, or undefined. */
export function besideOf(file: string): string | undefined {
  const beside = file.replace(/\.pem$/, ".pub.pem");
  return beside !== file && fs.existsSync(beside) ? beside : undefined;
}

/** The key files right in a folder, by name; others are passed over. */
function keyFilesIn(dir: string): Listed[] {
  if (!fs.statSync(dir, { throwIfNoEntry: false })?.isDirectory())
    throw new CliError("missing", `there is no folder ${dir}`);
  return fs
    .readdirSync(dir)
    .toSorted()
    .flatMap((name) => listed(path.join(dir, name)) ?? []);
}

function listed(file: string): Listed | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile() || stat.size > MAX_BYTES) return undefined;
  const pem = fs.readFileSync(file, "latin1");
  const half = keyHalf(pem);
  if (half === undefined) return undefined;
  const key = publicKeyIn(file, pem, half);
  if (key === undefined && half !== "encrypted") return undefined;
  const warning = half === "public" ? undefined : openness(file);
  return {
    file,
    ...namedAfter(path.basename(file), key),
    half: half === "public" ? "public" : "private",
    encrypted: half === "encrypted",
    ...(key === undefined ? {} : { algorithm: key.algorithm, fingerprint: key.keyId }),
    ...(warning === undefined ? {} : { warning }),
  };
}

/** The public half; undefined for a key of another kind, or under a passphrase without its public file. */
function publicKeyIn(file: string, pem: string, half: "private" | "encrypted" | "public"): PublicKey | undefined {
  try {
    if (half === "public") return readPublicKey(pem);
    if (half === "private") return readPrivateKey(pem);
    const beside = besideOf(file);
    return beside === undefined ? undefined : readPublicKey(fs.readFileSync(beside, "latin1"));
  } catch (error) {
    if (error instanceof SigningError) return undefined;
    throw error;
  }
}

/** `<purpose>-<first 8>` */
function namedAfter(name: string, key: PublicKey | undefined): { readonly purpose?: string } {
  const tail = key === undefined ? "" : `-${shortKeyId(key.keyId)}`;
  const stem = name.replace(/(?:\.pub)?\.pem$/, "");
  return tail !== "" && stem.endsWith(tail) ? { purpose: stem.slice(0, -tail.length) } : {};
}

function openness(file: string): string | undefined {
  try {
    checkPrivateFile(fs.realpathSync(file));
    return undefined;
  } catch (error) {
    if (error instanceof SystemError && error.code === "not-private") return error.message;
    throw error;
  }
}
