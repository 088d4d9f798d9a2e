/**
 * Key pairs of people and sites: made, read, written. PKCS#8 PEM for the private half, SPKI PEM for the public one.
 * @module
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { closeSync, fchmodSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { algorithmOf, type KeyAlgorithm, keyIdOf, opensshBlob, shortKeyId } from "../core/key-id.ts";
import { SigningError } from "./error.ts";

export interface PublicKey {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo in DER. */
  readonly spki: Uint8Array;
  /** `SHA256:...`, as `ssh-keygen -lf` prints it. */
  readonly keyId: string;
}

/** A key pair; the private half stays inside node:crypto. */
export interface KeyPair extends PublicKey {
  readonly privateKey: KeyObject;
}

/** Who signs kits and policies: a key at hand, or one that is elsewhere. */
export interface KitSigner {
  readonly keyId: string;
  /** Ed25519 and ML-DSA over the bytes, ECDSA P-256 over their SHA-256 in DER. */
  readonly sign: (data: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/** A new key pair. */
export function createKeyPair(algorithm: "ed25519" | "ecdsa-p256" = "ed25519"): KeyPair {
  const { privateKey } =
    algorithm === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return pairOf(privateKey);
}

const HALVES = {
  "-----BEGIN PRIVATE KEY-----": "private",
  "-----BEGIN ENCRYPTED PRIVATE KEY-----": "encrypted",
  "-----BEGIN PUBLIC KEY-----": "public",
} as const;

/** What a key file claims to hold by its first line: a private half, one under a passphrase, a public half; undefined for another text. */
export function keyHalf(pem: string): "private" | "encrypted" | "public" | undefined {
  const [first = ""] = pem.trimStart().split(/\r?\n/, 1);
  return Object.entries(HALVES).find(([line]) => line === first.trimEnd())?.[1];
}

/** The last line of a private key under a passphrase: what lies between was not cut. */
const ENCRYPTED_END = /-----END ENCRYPTED PRIVATE KEY-----\s*$/;

/** Reads a private key from PKCS#8 PEM. Throws SigningError `bad-key`, which says why and quotes nothing. */
export function readPrivateKey(pem: string, passphrase?: string): KeyPair {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({
      key: pem,
      format: "pem",
      type: "pkcs8",
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  } catch {
    throw new SigningError("bad-key", unreadText(pem, passphrase));
  }
  return pairOf(privateKey);
}

/** Why a private key could not be read. */
function unreadText(pem: string, passphrase: string | undefined): string {
  const half = keyHalf(pem);
  if (half !== "private" && half !== "encrypted") return "not a private key in PKCS#8 PEM";
  if (half === "private" || !ENCRYPTED_END.test(pem)) return "the key is damaged: take another copy of the file";
  return passphrase === undefined ? "the key is under a passphrase" : "the passphrase is wrong";
}

/** Reads a public key from SPKI PEM. Throws SigningError `bad-key` for anything else. */
export function readPublicKey(pem: string): PublicKey {
  if (!pem.trimStart().startsWith("-----BEGIN PUBLIC KEY-----"))
    throw new SigningError("bad-key", "not a public key in SPKI PEM");
  try {
    return publicHalf(createPublicKey({ key: pem, format: "pem" }));
  } catch (error) {
    throw error instanceof SigningError
      ? error
      : new SigningError("bad-key", "not a public key in SPKI PEM", { cause: error });
  }
}

function pairOf(privateKey: KeyObject): KeyPair {
  return { ...publicHalf(createPublicKey(privateKey)), privateKey };
}

function publicHalf(key: KeyObject): PublicKey {
  const spki = Uint8Array.from(key.export({ format: "der", type: "spki" }));
  const algorithm = algorithmOf(spki);
  if (algorithm === undefined) throw new SigningError("bad-key", "neither Ed25519 nor ECDSA P-256 nor ML-DSA-65");
  return { algorithm, spki, keyId: keyIdOf(spki) };
}

/** A signer by a key at hand. */
export function signerOf({ privateKey, algorithm, keyId }: KeyPair): KitSigner {
  return { keyId, sign: (data) => sign(algorithm === "ecdsa-p256" ? "sha256" : null, data, privateKey) };
}

/** The private half in PKCS#8 PEM, encrypted (AES-256-CBC, PBKDF2) where a passphrase is given. */
export function privateKeyPem({ privateKey }: KeyPair, passphrase?: string): string {
  const encryption = passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase };
  return privateKey.export({ format: "pem", type: "pkcs8", ...encryption }).toString();
}

/** The public half in SPKI PEM. */
export function publicKeyPem({ spki }: PublicKey): string {
  const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
  return key.export({ format: "pem", type: "spki" }).toString();
}

/** The public half as a line of OpenSSH, for `ssh-keygen -lf`; undefined for ML-DSA-65. */
export function opensshLine({ spki, algorithm }: PublicKey, comment: string): string | undefined {
  const blob = opensshBlob(spki);
  const type = algorithm === "ed25519" ? "ssh-ed25519" : "ecdsa-sha2-nistp256";
  return blob === undefined ? undefined : `${type} ${Buffer.from(blob).toString("base64")} ${comment}`;
}

/** File names of a pair: `<purpose>-<first 8>.pem` and `.pub.pem`. */
export function keyFileNames(
  purpose: string,
  { keyId }: PublicKey,
): { readonly privateKey: string; readonly publicKey: string } {
  const name = `${purpose}-${shortKeyId(keyId)}`;
  return { privateKey: `${name}.pem`, publicKey: `${name}.pub.pem` };
}

/** Writes both halves into a folder, the private one 0600; never over an existing file, and both or none. Answers the two paths. */
export function writeKeyPair(
  folder: string,
  { purpose, pair, passphrase }: { readonly purpose: string; readonly pair: KeyPair; readonly passphrase?: string },
): { readonly privateKey: string; readonly publicKey: string } {
  const names = keyFileNames(purpose, pair);
  const paths = { privateKey: join(folder, names.privateKey), publicKey: join(folder, names.publicKey) };
  writeNew(paths.privateKey, privateKeyPem(pair, passphrase), 0o600);
  try {
    writeNew(paths.publicKey, publicKeyPem(pair), 0o644);
  } catch (error) {
    rmSync(paths.privateKey);
    throw error;
  }
  return paths;
}

/** Writes a file that must not exist, and has it on disk; a failure leaves none. */
function writeNew(file: string, text: string, mode: number): void {
  const fd = openSync(file, "wx", mode);
  try {
    fchmodSync(fd, mode); // whatever the umask
    writeFileSync(fd, text);
    fsyncSync(fd);
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}
