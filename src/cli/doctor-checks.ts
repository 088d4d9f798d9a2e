/**
 * What `doctor` looks at; each check is one line with what to do about it.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import type { Settings } from "../config.ts";
import { systemClock } from "../system/clock.ts";
import { type DataDir, dataDir, checkDataDir } from "../system/data-dir.ts";
import { freeBytes } from "../system/disk.ts";
import { checkPrivateFile, checkPrivateFolder } from "../system/files.ts";
import { listenFault } from "../system/listen.ts";
import { readMasterKey } from "../system/master-key.ts";
import type { Client } from "./client.ts";
import { keyOfGenesis, logsOf, verifyLog } from "./ledger-read.ts";
import { socketTransport } from "./transport-http.ts";
import { ConfigAnswer, read } from "./wire.ts";

/** The outcome of one check. */
export interface Finding {
  readonly name: string;
  readonly verdict: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do. */
  readonly advice?: string;
}

const MIB = 2 ** 20;
/** Warned of below so many times the limit. */
const SPARE = 16;
/** Before this the clock is not set: the program is younger (2026-01-01). */
const EARLIEST = 1_767_225_600_000;
/** How far the newest file may lie ahead of the clock, ms. */
const SKEW = 5 * 60_000;

/** Checks that need no server: folder, keys, disk, clock. */
export function checkFolder(dir: string, settings: Settings): Finding[] {
  const files = dataDir(dir);
  return [
    guarded("folder", () => ({ detail: checkDataDir(dir).dir })),
    guarded("master-key", () => {
      readMasterKey({ masterKey: settings.masterKey, credentials: settings.credentials, file: files.masterKey });
      return { detail: "32 bytes" };
    }),
    guarded("keys", () => ({ detail: `${checkKeys(files)} files, all private` })),
    guarded("disk", () => diskFinding(dir, settings)),
    guarded("clock", () => clockFinding(files)),
  ];
}

/** Is the server there, or could one listen? */
export async function checkPort(dir: string, settings: Settings): Promise<Finding> {
  const { host, port } = settings.listen;
  const served = await socketTransport(dataDir(dir).socket);
  if (served !== undefined) {
    await served.close();
    return { name: "server", verdict: "ok", detail: `answers on ${dataDir(dir).socket}` };
  }
  const fault = await listenFault(host, port);
  if (fault === undefined) return { name: "server", verdict: "ok", detail: `none runs; ${host}:${port} is free` };
  const advice = "stop what listens there, or choose another with --listen or SEALPOST_LISTEN";
  return { name: "server", verdict: "warn", detail: `none runs, and ${host}:${port} cannot be had (${fault})`, advice };
}

const Bound = z.object({
  items: z.array(z.looseObject({ id: z.string(), type: z.string(), bind: z.array(z.string()).optional() })),
});
const Down = z.looseObject({ downChannels: z.array(z.looseObject({ id: z.string(), reason: z.string() })) });

/** Whether what has to be sent can be: channels that wait for values of the site, and those that are parked. */
export async function checkChannels(client: Client): Promise<Finding[]> {
  const { items } = read(Bound, await client.request("GET", "/channels?limit=1000")).value;
  const { downChannels } = read(Down, await client.request("GET", "/stats")).value;
  const { objects } = read(ConfigAnswer, await client.request("GET", "/config")).value;
  const filled = new Map(objects.filter(({ kind }) => kind === "binding").map(({ id, value }) => [id, namesIn(value)]));
  return items.map(({ id, bind = [] }): Finding => {
    const name = `channel ${id}`;
    const lacking = bind.filter((one) => filled.get(id)?.includes(one) !== true);
    if (lacking.length > 0) {
      const advice = `sealpost channels bind ${id} ${lacking.map((one) => `${one}=...`).join(" ")}`;
      return {
        name,
        verdict: "warn",
        detail: `${lacking.join(", ")} not filled in: what it should send waits`,
        advice,
      };
    }
    const down = downChannels.find((one) => one.id === id);
    if (down === undefined) return { name, verdict: "ok", detail: "can be used" };
    return { name, verdict: "warn", detail: `is down: ${down.reason}`, advice: "see sealpost status and explain" };
  });
}

function namesIn(value: unknown): readonly string[] {
  const binding = Binding.safeParse(value);
  return binding.success ? Object.keys(binding.data.values) : [];
}
const Binding = z.looseObject({ values: z.record(z.string(), z.unknown()) });

/** Verifies each log whole. */
export async function checkLedger(client: Client, tenant: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const log of await logsOf(client, tenant)) {
    const { ok, size, why, seq } = await verifyLog(client, log, keyOfGenesis);
    const name = `ledger ${log.tenant}`;
    if (ok) findings.push({ name, verdict: "ok", detail: `${size} leaves under a signed head` });
    else {
      const detail = `${seq === undefined ? "" : `leaf ${seq}: `}${why ?? "not verified"}`;
      findings.push({
        name,
        verdict: "fail",
        detail,
        advice: "keep a copy of the folder as it is; then restore a backup",
      });
    }
  }
  return findings;
}

type Outcome = Omit<Finding, "name" | "verdict"> & { readonly verdict?: Finding["verdict"] };

function guarded(name: string, check: () => Outcome): Finding {
  try {
    return { name, verdict: "ok", ...check() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [detail = message, advice] = message.split("; to ");
    return { name, verdict: "fail", detail, ...(advice === undefined ? {} : { advice: `to ${advice}` }) };
  }
}

/** Counts what lies under keys/; throws for the first that others can reach. */
function checkKeys(files: DataDir): number {
  checkPrivateFolder(files.keys);
  let count = 0;
  for (const entry of fs.readdirSync(files.keys, { recursive: true, withFileTypes: true })) {
    const at = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) checkPrivateFolder(at);
    else {
      checkPrivateFile(at);
      count++;
    }
  }
  return count;
}

function diskFinding(dir: string, { minFreeDisk }: Settings): Outcome {
  const free = freeBytes(dir);
  const detail = `${Math.floor(free / MIB)} MiB free, events are refused below ${Math.floor(minFreeDisk / MIB)} MiB`;
  if (free < minFreeDisk)
    return { verdict: "fail", detail, advice: "make room on the disk, or lower SEALPOST_MIN_FREE_DISK" };
  if (free < minFreeDisk * SPARE) return { verdict: "warn", detail, advice: "make room on the disk soon" };
  return { detail };
}

function clockFinding({ database }: DataDir): Outcome {
  const now = systemClock.now();
  const detail = new Date(now).toISOString();
  const advice = "set the machine's clock before events come in";
  if (now < EARLIEST) return { verdict: "fail", detail: `${detail} is before this program was made`, advice };
  const written = fs.statSync(database, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (written > now + SKEW)
    return { verdict: "fail", detail: `${detail} is before the last write to the database`, advice };
  return { detail };
}
