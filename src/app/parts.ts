/**
 * The parts of an opened site, wired in one straight function.
 * @module
 */
import type { Settings } from "../config.ts";
import { SITE_TENANT } from "../core/cells.ts";
import { hashFromBytes } from "../core/merkle.ts";
import { type LiveConfigurations, loadConfigurations } from "../flows/configurations.ts";
import { FLOWS, type Flows } from "../flows/index.ts";
import { type CheckpointJob, checkpointJob } from "../jobs/checkpoint.ts";
import { createSendGate, type SendGate } from "../jobs/send-gate.ts";
import type { Clock, Committed, Log, LogRecord, Random, Store, Timeout, Vault } from "../ports.ts";
import { signCheckpoint } from "../signing/checkpoint.ts";
import { createVault } from "../signing/vault.ts";
import { openLibsqlEngine } from "../store/libsql/engine.ts";
import { acquireLock } from "../store/libsql/lock.ts";
import { lastInstant } from "../store/last-instant.ts";
import { createInstantClock, createStamper } from "../store/stamper.ts";
import { createStore } from "../store/transactor.ts";
import { systemClock } from "../system/clock.ts";
import type { DataDir } from "../system/data-dir.ts";
import { freeBytes } from "../system/disk.ts";
import { emptyFolder } from "../system/files.ts";
import { readMasterKey } from "../system/master-key.ts";
import { systemPause } from "../system/pause.ts";
import { systemRandom } from "../system/random.ts";
import { systemTimeout } from "../system/timeout.ts";
import { type AccessDesk, createAccessDesk } from "./access.ts";
import { type ClosedTenants, followClosed } from "./closed-tenants.ts";
import { readSiteKeys, type SiteKeys } from "./site-keys.ts";
import { createStopStack, type StopStack } from "./stop-stack.ts";

const BOOT_BYTES = 4;

/** An opened site: the one writer of its folder. */
export interface Parts {
  readonly files: DataDir;
  readonly settings: Settings;
  readonly log: Log;
  readonly clock: Clock;
  /** The instants of questions: what jobs compare with recorded ones. */
  readonly instants: Clock;
  readonly random: Random;
  readonly timeout: Timeout;
  readonly boot: string;
  readonly keys: SiteKeys;
  readonly vault: Vault;
  readonly store: Store<Flows>;
  readonly configurations: LiveConfigurations;
  readonly checkpoint: CheckpointJob;
  /** What is being sent cannot be taken back; what is taken back is not sent meanwhile. */
  readonly sends: SendGate;
  readonly access: AccessDesk;
  readonly closed: ClosedTenants;
  readonly stops: StopStack;
}

export interface PartsOptions {
  readonly files: DataDir;
  readonly settings: Settings;
  readonly log: Log;
  /** The store can no longer be trusted to be durable: the process must end. */
  readonly fatal: (error: unknown) => void;
}

/** Opens the folder as its one writer. Throws OpenError `locked`, SystemError, SigningError, or what the store says. */
export async function openParts(options: PartsOptions): Promise<Parts> {
  const stops = createStopStack();
  try {
    return await open(options, stops);
  } catch (error) {
    await stops.stop();
    throw error;
  }
}

async function open({ files, settings, log, fatal }: PartsOptions, stops: StopStack): Promise<Parts> {
  const [clock, random, timeout] = [systemClock, systemRandom, systemTimeout];
  const lock = await acquireLock(files.lock);
  stops.push(lock.release);
  emptyFolder(files.staging);
  const keys = readSiteKeys(files);
  const { masterKey, credentials, duplicateHorizon: horizon, maxWaitingBytes } = settings;
  const vault = createVault({ masterKey: readMasterKey({ masterKey, credentials, file: files.masterKey }), random });
  const engine = await openLibsqlEngine({ file: files.database, vault, log, seen: { horizon } });
  let owner: { readonly close: () => void | Promise<void> } = engine;
  stops.push(() => owner.close());
  const configurations = await loadConfigurations(engine.read, systemPause);
  const last = await lastInstant(engine.read);
  const stamper = createStamper({ clock, random, ...(last === undefined ? {} : { last }) });
  const boot = Buffer.from(random.bytes(BOOT_BYTES)).toString("hex");
  const mono = (): number => Math.floor(clock.mono());
  const limits = { maxWaitingBytes };
  const doors = { engine, flows: FLOWS, configurations, stamper, timeout, log, boot, mono, fatal, limits };
  const store = createStore(doors);
  owner = store; // which closes its engine
  store.onCommit(followed(configurations, fatal));
  const checkpoint = checkpointOf({ store, keys, clock });
  store.onCommit(checkpoint.wake);
  const instants = createInstantClock(clock, stamper);
  const sends = createSendGate();
  const outside = { files, settings, log, clock, instants, random, timeout, boot };
  const access = createAccessDesk({ store, clock, log, hasRoom: () => freeBytes(files.dir) >= settings.minFreeDisk });
  stops.push(access.flush); // before the store closes
  const closed = await followClosed(store);
  return { ...outside, keys, vault, store, configurations, checkpoint, sends, access, closed, stops };
}

/** Deciding by another index than the adopted one would be worse than not deciding: then the process ends. */
function followed({ follow }: LiveConfigurations, fatal: PartsOptions["fatal"]): (committed: Committed) => void {
  return (committed) => {
    try {
      follow(committed);
    } catch (error) {
      fatal(error);
    }
  };
}

function checkpointOf({ store, keys, clock }: Pick<Parts, "store" | "keys" | "clock">): CheckpointJob {
  return checkpointJob({
    read: store.read,
    sign: (head) => signHead(keys, head),
    keep: (tenant, note) => store.transact({ flow: "note-keep", tenant, input: note }),
    clock,
  });
}

function signHead(keys: SiteKeys, { tenant, origin, size, root }: LogRecord): string {
  return signCheckpoint({ origin, size, root: hashFromBytes(root) }, { log: keys.ledger, seal: keys.seal(tenant) });
}

/** The site's own record; undefined where `init` did not come to its end. */
export async function siteOf({ store }: Pick<Parts, "store">): Promise<string | undefined> {
  return (await store.read.cell("site", SITE_TENANT, "current"))?.site;
}
