/**
 * Making a site: keys, the two tenants, local trust, the starter kit through the real door, the first token.
 * @module
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Settings } from "../config.ts";
import { SITE_TENANT } from "../core/cells.ts";
import { DEFAULT_TENANT } from "../core/tenants.ts";
import { localPolicy, policyBytes, policyFingerprint } from "../core/trust.ts";
import { FlowError } from "../flows/error.ts";
import type { Log } from "../ports.ts";
import { acquireLock } from "../store/libsql/lock.ts";
import { type DataDir, dataDir, makeDataDir } from "../system/data-dir.ts";
import { makePrivateFolder, syncFolder, writeDurably } from "../system/files.ts";
import { ensureMasterKey } from "../system/master-key.ts";
import { systemRandom } from "../system/random.ts";
import { buildStarterKit, importKitFile } from "./kits.ts";
import { openParts, type Parts } from "./parts.ts";
import { makeSiteKeys, readAuthority } from "./site-keys.ts";
import { openTenant } from "./tenants.ts";
import { mintToken } from "./token.ts";

/** Where everything is made before it is put in place; a folder that holds only this is no site yet. */
const UNFINISHED = "init.tmp";
/** In it: the names that an init has begun to put in place. */
const PLACING = "placing";
/** What init puts in place; all of them belong to a site. */
const SITE_NAMES = [
  "keys",
  "master.key",
  "trust",
  "blobs",
  "quarantine",
  "drop",
  "out",
  "staging",
  "sealpost.db",
  "sealpost.db-wal",
];
const ACTOR = "job:init";

export interface InitOptions {
  readonly dir: string;
  readonly site?: string;
  readonly settings: Settings;
  readonly log: Log;
}

/** Makes a site in a folder that holds none, whole or not at all. Throws FlowError `exists`, SystemError and what the parts throw. */
export async function initSite({
  dir,
  site = siteFromHost(),
  settings,
  log,
}: InitOptions): Promise<{ site: string; token: string; origins: string[] }> {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(site))
    throw new FlowError("invalid", `"${site}" is no site id: 1 to 63 of a-z, 0-9 and -, not beginning with -`);
  const final = dataDir(dir);
  refuseTaken(final);
  makePrivateFolder(dir);
  const lock = await acquireLock(final.lock); // two at once would mix their keys
  try {
    refuseTaken(final);
    const unfinished = path.join(dir, UNFINISHED);
    fs.rmSync(unfinished, { recursive: true, force: true });
    const files = makeDataDir(unfinished);
    makeSiteKeys(files);
    const { masterKey, credentials } = settings;
    ensureMasterKey({ masterKey, credentials, file: files.masterKey }, systemRandom);
    const made = await fill(files, { site, settings, log });
    putInPlace(unfinished, final);
    return { site, ...made };
  } finally {
    lock.release();
  }
}

/**
 * Takes away what an interrupted init had put in place, and nothing else. Throws FlowError `exists` where the folder
 * holds a site, or files of a site that no init of ours left there: keys that a restore still needs, say.
 */
function refuseTaken(final: DataDir): void {
  if (fs.existsSync(final.database)) throw new FlowError("exists", `${final.dir} holds a site already`);
  const placing = path.join(final.dir, UNFINISHED, PLACING);
  const ours = fs.existsSync(placing) ? fs.readFileSync(placing, "utf8").split("\n") : [];
  const names = SITE_NAMES.filter((name) => fs.existsSync(path.join(final.dir, name)));
  const foreign = names.filter((name) => !ours.includes(name));
  if (foreign.length > 0)
    throw new FlowError(
      "exists",
      `${final.dir} holds ${foreign.join(", ")} already, without a site: take another folder, or put the site's own sealpost.db back`,
    );
  for (const name of names) fs.rmSync(path.join(final.dir, name), { recursive: true });
}

function siteFromHost(): string {
  const name = os
    .hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 40);
  return name === "" ? "site" : name;
}

async function fill(
  files: DataDir,
  { site, settings, log }: Required<Omit<InitOptions, "dir">>,
): Promise<{ token: string; origins: string[] }> {
  const parts = await openParts({
    files,
    settings,
    log,
    fatal: () => log.error("the store failed"), // and every question after is refused
  });
  try {
    const origins: string[] = [];
    for (const id of [SITE_TENANT, DEFAULT_TENANT])
      origins.push((await openTenant(parts, { site, id, actor: ACTOR })).origin);
    await trustItself(parts, site);
    const kit = await buildStarterKit(parts, site);
    await importKitFile(parts, { caller: { tenant: SITE_TENANT, actor: ACTOR }, file: kit, site });
    fs.rmSync(kit);
    const { boot, keys, store } = parts;
    await store.transact({ flow: "site-init", tenant: SITE_TENANT, input: { site, fp8: keys.fp8, boot } });
    const token = await mintToken(
      parts,
      { name: "first", tenant: DEFAULT_TENANT, scopes: ["notify.admin", "events:write"] },
      ACTOR,
    );
    await parts.checkpoint.signAll();
    return { token, origins };
  } finally {
    await parts.stops.stop();
  }
}

/** The local policy: the site's own authority signs the site's own streams. */
async function trustItself({ files, store, clock }: Parts, site: string): Promise<void> {
  const createdAt = new Date(clock.now()).toISOString().replace(/\.\d+Z$/, "Z");
  const policy = localPolicy({ site, spki: readAuthority(files).spki, createdAt });
  const bytes = policyBytes(policy);
  const fingerprint = policyFingerprint(bytes);
  await store.transact({
    flow: "trust-change",
    tenant: SITE_TENANT,
    input: { actor: ACTOR, which: "local", policy, fingerprint },
  });
  writeDurably(path.join(files.trust, "local.json"), bytes);
}

/** Moves everything up, the database last: from then on the folder holds a site. What is ours is written down first. */
function putInPlace(unfinished: string, final: DataDir): void {
  const database = path.basename(final.database);
  const kept = fs.readdirSync(unfinished);
  // What the write-ahead log holds goes along; the lock and the shared memory are made anew.
  const names = kept.filter((name) => SITE_NAMES.includes(name) && name !== database);
  writeDurably(path.join(unfinished, PLACING), names.join("\n"));
  for (const name of names) fs.renameSync(path.join(unfinished, name), path.join(final.dir, name));
  syncFolder(final.dir);
  fs.renameSync(path.join(unfinished, database), final.database);
  fs.rmSync(unfinished, { recursive: true });
  syncFolder(final.dir);
}
