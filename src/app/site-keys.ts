import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import * as fs from "node:fs";
import { keyFingerprint8, logOrigin } from "../core/origin.ts";
import { logVerifierKey, type NoteKey, readNoteKey, sealVerifierKey } from "../signing/checkpoint.ts";
import { type DataDir, sealKeyFile } from "../system/data-dir.ts";
import { readPrivateFile, writeDurably } from "../system/files.ts";

/** The private keys of a site, read from its folder. */
export interface SiteKeys {
  readonly ledger: NoteKey;
  /** First 8 hex digits of SHA-256 of the raw log key. */
  readonly fp8: string;
  /** The current seal key of a tenant's log. */
  readonly seal: (tenant: string) => NoteKey;
}

/** Makes the keys of a new site: log, local authority, sealing box. Each file is 0600 and on disk when this returns. */
export function makeSiteKeys(files: DataDir): void {
  writeKey(files.ledgerKey, generateKeyPairSync("ed25519").privateKey);
  writeKey(files.localAuthority, generateKeyPairSync("ed25519").privateKey);
  writeKey(files.sealingBox, generateKeyPairSync("x25519").privateKey);
}

/** Reads the keys of a site. Throws SystemError or SigningError where one is missing, open to others or no key. */
export function readSiteKeys(files: DataDir): SiteKeys {
  const ledger = readNoteKey(pemOf(files.ledgerKey));
  const seals = new Map<string, NoteKey>();
  return {
    ledger,
    fp8: keyFingerprint8(ledger.publicKey),
    seal: (tenant) => {
      const seal = seals.get(tenant) ?? readNoteKey(pemOf(sealKeyFile(files, tenant)));
      seals.set(tenant, seal);
      return seal;
    },
  };
}

/** What a new log needs before its genesis: the first seal key is written, then named. A key left by an interrupted start is used again. */
export function makeLogKeys(
  files: DataDir,
  keys: SiteKeys,
  at: { readonly site: string; readonly tenant: string },
): { origin: string; key: string; seal: string } {
  const file = sealKeyFile(files, at.tenant);
  if (!fs.existsSync(file)) writeKey(file, generateKeyPairSync("ed25519").privateKey);
  const origin = logOrigin({ site: at.site, fp8: keys.fp8, tenant: at.tenant });
  return {
    origin,
    key: logVerifierKey(origin, keys.ledger.publicKey),
    seal: sealVerifierKey(origin, keys.seal(at.tenant).publicKey),
  };
}

/** The local authority, which signs the site's own streams: private key and SubjectPublicKeyInfo (DER). */
export function readAuthority(files: DataDir): { readonly privateKey: KeyObject; readonly spki: Uint8Array } {
  const privateKey = createPrivateKey({ key: pemOf(files.localAuthority), format: "pem", type: "pkcs8" });
  return { privateKey, spki: createPublicKey(privateKey).export({ format: "der", type: "spki" }) };
}

function writeKey(file: string, key: KeyObject): void {
  writeDurably(file, key.export({ format: "pem", type: "pkcs8" }));
}

function pemOf(file: string): string {
  return Buffer.from(readPrivateFile(file)).toString("latin1");
}
