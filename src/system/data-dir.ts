import * as fs from "node:fs";
import * as path from "node:path";
import { SystemError } from "./error.ts";
import { checkPrivateFolder, makePrivateFolder } from "./files.ts";

/** Paths of everything in a site's folder. */
export interface DataDir {
  readonly dir: string;
  readonly database: string;
  /** Held open in an exclusive transaction by the one process that writes. */
  readonly lock: string;
  readonly socket: string;
  readonly masterKey: string;
  readonly keys: string;
  readonly ledgerKey: string;
  /** One `<tenant>.pem` a log. */
  readonly sealKeys: string;
  /** X25519: secrets sealed to this site. */
  readonly sealingBox: string;
  readonly localAuthority: string;
  readonly trust: string;
  readonly blobs: string;
  readonly quarantine: string;
  readonly drop: string;
  readonly out: string;
  /** What arrives and is not judged yet; emptied at every start. */
  readonly staging: string;
  /** Mails that the sink took in. */
  readonly maildrop: string;
}

/** The names of a site's files; touches nothing. */
export function dataDir(dir: string): DataDir {
  const at = (...names: string[]): string => path.join(dir, ...names);
  return {
    dir,
    database: at("sealpost.db"),
    lock: at("lock.db"),
    socket: at("sealpost.sock"),
    masterKey: at("master.key"),
    keys: at("keys"),
    ledgerKey: at("keys", "ledger.pem"),
    sealKeys: at("keys", "seal"),
    sealingBox: at("keys", "box.pem"),
    localAuthority: at("keys", "local.pem"),
    trust: at("trust"),
    blobs: at("blobs"),
    quarantine: at("quarantine"),
    drop: at("drop"),
    out: at("out"),
    staging: at("staging"),
    maildrop: at("maildrop"),
  };
}

/** File of the seal key of a tenant's log. */
export function sealKeyFile(files: DataDir, tenant: string): string {
  return path.join(files.sealKeys, `${tenant}.pem`);
}

/** Makes the folder of a new site with its sub-folders, all private. Throws SystemError, `site-exists` where it holds a site already. */
export function makeDataDir(dir: string): DataDir {
  const files = dataDir(dir);
  makePrivateFolder(dir);
  if (fs.existsSync(files.database)) throw new SystemError("site-exists", `${dir} holds a site already`);
  for (const folder of [files.keys, files.sealKeys, files.trust, files.blobs, files.quarantine, files.drop, files.out])
    makePrivateFolder(folder);
  return files;
}

/** The folder of a site that `init` made. Throws SystemError `no-site` or `not-private` and says what to do. */
export function checkDataDir(dir: string): DataDir {
  const files = dataDir(dir);
  if (!fs.existsSync(files.database))
    throw new SystemError("no-site", `${dir} holds no site; to make one: sealpost init --data '${dir}'`);
  checkPrivateFolder(dir);
  return files;
}
