/**
 * Keys that commands are given as files: private halves (PKCS#8 PEM, also under a passphrase) and public ones (SPKI PEM).
 * @module
 */
import * as fs from "node:fs";
import { SigningError } from "../signing/error.ts";
import { keyHalf, type KeyPair, type PublicKey, readPrivateKey, readPublicKey } from "../signing/keys.ts";
import { readPrivateFile } from "../system/files.ts";
import { CliError } from "./error.ts";

/** More than OpenSSL takes back is not taken at all. */
const MAX_PASSPHRASE = 1024;

/** As much of a file as tells what it is. */
const HEAD = 4096;
/** A manifest as the first entry of an archive; gzip; zstd. */
const KIT_BEGINS = [Buffer.from("offline-kit.json\0"), Buffer.from("1f8b", "hex"), Buffer.from("28b52ffd", "hex")];

/** The first line of a private file, which is a passphrase. Throws CliError `missing` or `usage`, SystemError where others can read it. */
export function passphraseOf(file: string): string {
  const [line = ""] = Buffer.from(bytesOf(file)).toString("utf8").split(/\r?\n/, 1);
  if (line === "") throw new CliError("usage", `${file}: its first line is empty; it must be the passphrase`);
  if (Buffer.byteLength(line) > MAX_PASSPHRASE)
    throw new CliError("usage", `${file}: a passphrase has at most ${MAX_PASSPHRASE} bytes`);
  return line;
}

/**
 * The key pair of a private key file. Throws CliError `missing`, `usage` (a folder, a kit, a public key, or a passphrase is
 * needed) or `failed` (no key, or another passphrase), SystemError where others can read it.
 */
export function keyPairOf(file: string, passphraseFile?: string): KeyPair {
  // What it claims to be may be told to everyone: that it is a public half, or a kit, is what must be said first.
  const half = keyHalf(headOf(file).toString("latin1"));
  if (half === "public")
    throw new CliError("usage", `${file} holds a public key; signing needs the private one (without .pub)`);
  if (half === undefined && isKitFile(file)) throw new CliError("usage", `${file} is a kit, not a private key`);
  if (half === undefined)
    throw new CliError("failed", `${file} is no private key: PKCS#8 PEM has BEGIN PRIVATE KEY in its first line`);
  const pem = Buffer.from(readPrivateFile(file)).toString("latin1");
  if (half !== "encrypted") return read(file, () => readPrivateKey(pem));
  if (passphraseFile === undefined)
    throw new CliError("usage", `${file} is under a passphrase: give --passphrase-file FILE, whose first line it is`);
  const passphrase = passphraseOf(passphraseFile);
  return read(file, () => readPrivateKey(pem, passphrase));
}

/** Whether a file claims to be a key, by its first line. */
export function isKeyFile(file: string): boolean {
  return keyHalf(headOf(file).toString("latin1")) !== undefined;
}

/** Whether a file begins as a kit does: with its manifest, or as a compressed file. */
export function isKitFile(file: string): boolean {
  const head = headOf(file);
  return KIT_BEGINS.some((begin) => head.subarray(0, begin.length).equals(begin));
}

/** The key of a public key file. Throws CliError `missing` or `failed`. */
export function publicKeyOf(file: string): PublicKey {
  if (!fs.existsSync(file)) throw new CliError("missing", `there is no ${file}`);
  const pem = fs.readFileSync(file, "latin1");
  return read(file, () => readPublicKey(pem));
}

/** The first bytes of a file. Throws CliError `missing` or `usage`. */
function headOf(file: string): Buffer {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError("missing", `there is no ${file}`);
  if (!stat.isFile())
    throw new CliError("usage", `${file} is ${stat.isDirectory() ? "a folder" : "no plain file"}: give a file`);
  const fd = fs.openSync(file, "r");
  try {
    const head = Buffer.alloc(HEAD);
    return head.subarray(0, fs.readSync(fd, head, 0, HEAD, 0));
  } finally {
    fs.closeSync(fd);
  }
}

function bytesOf(file: string): Uint8Array {
  if (!fs.existsSync(file)) throw new CliError("missing", `there is no ${file}`);
  return readPrivateFile(file);
}

/** Says which file it is about. */
function read<T>(file: string, from: () => T): T {
  try {
    return from();
  } catch (error) {
    throw error instanceof SigningError ? new CliError("failed", `${file}: ${error.message}`, { cause: error }) : error;
  }
}
