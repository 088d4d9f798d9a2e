import * as fs from "node:fs";
import * as path from "node:path";
import type { Random } from "../ports.ts";
import { SystemError } from "./error.ts";
import { checkPrivateFile, writeDurably } from "./files.ts";
import type { Secret } from "../core/secret.ts";

const LENGTH = 32;
/** Name of the systemd credential. */
const CREDENTIAL = "sealpost-master-key";

/** Where the master key may be: the environment first, then a systemd credential, then the file. */
export interface MasterKeyPlaces {
  /** From the environment: base64 of 32 bytes. */
  readonly masterKey?: Secret | undefined;
  /** Folder of systemd credentials. */
  readonly credentials?: string | undefined;
  /** `master.key` of the data folder. */
  readonly file: string;
}

/** The 32 bytes of the master key. Throws SystemError `no-master-key`, `bad-master-key` or `not-private`. */
export function readMasterKey(places: MasterKeyPlaces): Uint8Array {
  return findMasterKey(places) ?? fail(places);
}

/** The master key where there is one, else a new one, written to the file (0600) before it is answered. Throws SystemError. */
export function ensureMasterKey(places: MasterKeyPlaces, random: Random): Uint8Array {
  const found = findMasterKey(places);
  if (found !== undefined) return found;
  const key = random.bytes(LENGTH);
  writeDurably(places.file, `${Buffer.from(key).toString("base64")}\n`);
  return key;
}

function findMasterKey({ masterKey, credentials, file }: MasterKeyPlaces): Uint8Array | undefined {
  if (masterKey !== undefined) return decode(masterKey.reveal(), "SEALPOST_MASTER_KEY");
  const credential = credentials === undefined ? undefined : path.join(credentials, CREDENTIAL);
  if (credential !== undefined && fs.existsSync(credential))
    return decode(fs.readFileSync(credential, "utf8"), `the credential ${CREDENTIAL}`); // systemd guards its modes
  if (!fs.existsSync(file)) return undefined;
  checkPrivateFile(file);
  return decode(fs.readFileSync(file, "utf8"), file);
}

function decode(text: string, place: string): Uint8Array {
  const base64 = text.trim();
  const key = Buffer.from(base64, "base64");
  if (key.length === LENGTH && key.toString("base64") === base64) return key;
  throw new SystemError("bad-master-key", `${place} is not ${LENGTH} bytes in base64`);
}

function fail({ file }: MasterKeyPlaces): never {
  throw new SystemError(
    "no-master-key",
    `no master key: neither SEALPOST_MASTER_KEY, nor a systemd credential ${CREDENTIAL}, nor ${file}`,
  );
}
