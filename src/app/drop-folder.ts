/**
 * The drop folder of a site: a kit that appears in it is judged and planned, and taken in where the site's policy says so.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { SITE_TENANT } from "../core/cells.ts";
import { errorWords } from "../core/error-words.ts";
import { KitError } from "../core/kit-code.ts";
import { covers } from "../core/trust.ts";
import { FlowError } from "../flows/error.ts";
import type { KitService, PlannedKit } from "../http/kit-services.ts";
import type { Caller } from "../http/services.ts";
import { type DropFolderJob, dropFolderJob, type DroppedFile } from "../jobs/drop-folder.ts";
import { PRIVATE_FOLDER, syncFolder, writeDurably } from "../system/files.ts";
import { recordRefusal } from "./kits.ts";
import type { Parts } from "./parts.ts";

const CALLER: Caller = { tenant: SITE_TENANT, actor: "job:drop-folder" };
/** In any case of letters: sticks have FAT. */
const KIT = /^[^.].*\.kit\.tar(?:\.gz|\.zst)?$/i;
/** A kit that ends too early may still be arriving; not after so long without a change, ms. */
const PATIENCE_MS = 60_000;
const CUT_SHORT: readonly string[] = ["KIT_TRUNCATED", "KIT_TAR_END", "KIT_MISSING_FILE", "KIT_WRAPPER"];

export interface DropFolder {
  readonly job: DropFolderJob;
  /** Watches no longer, and waits for the kit that is being judged. */
  readonly close: () => Promise<void>;
}

/** Watches the folder; `wake` makes the scheduler look at its jobs. */
export function openDropFolder(
  parts: Parts,
  { kits, wake }: { readonly kits: KitService; readonly wake: () => void },
): DropFolder {
  const folder = parts.files.drop;
  const drop: Drop = { parts, kits, recorded: new Set() };
  const job = dropFolderJob({ list: () => listKits(folder), take: (file, now) => take(drop, file, now) }, wake);
  fs.mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const watcher = watching(parts, () => {
    job.wake();
    wake();
  });
  return {
    job,
    close: async () => {
      watcher?.close();
      await job.close();
    },
  };
}

/** Is told of what happens in the folder. Where the system cannot tell, the job looks now and then. */
function watching({ files, log }: Parts, told: () => void): fs.FSWatcher | undefined {
  const failed = (error: unknown): void =>
    log.warn("the drop folder cannot be watched: it is looked at once a minute", { ...errorWords(error) });
  try {
    const watcher = fs.watch(files.drop, told);
    watcher.on("error", failed);
    return watcher;
  } catch (error) {
    failed(error);
    return undefined;
  }
}

function listKits(folder: string): DroppedFile[] {
  return fs.readdirSync(folder).flatMap((name) => {
    const stat = KIT.test(name) ? fs.lstatSync(path.join(folder, name), { throwIfNoEntry: false }) : undefined;
    return stat?.isFile() === true ? [{ name, size: stat.size, changedAt: Math.floor(stat.mtimeMs) }] : [];
  });
}

interface Drop {
  readonly parts: Parts;
  readonly kits: KitService;
  /** Files whose refusal stands in the ledger already, while they cannot be moved. */
  readonly recorded: Set<string>;
}

/** Judges one file and moves it to the folder of its outcome; false where it is to be looked at again. */
async function take(drop: Drop, { name, size, changedAt }: DroppedFile, now: number): Promise<boolean> {
  const { parts, recorded } = drop;
  const one = `${name} ${size} ${changedAt}`;
  try {
    const found = await judged(drop, path.join(parts.files.drop, name));
    const mayArrive = Math.abs(now - changedAt) < PATIENCE_MS;
    if ("error" in found) {
      if (mayArrive && CUT_SHORT.includes(found.error.code)) return false;
      if (!found.isRecorded && !recorded.has(one))
        await recordRefusal(parts, { caller: CALLER, file: path.join(parts.files.drop, name), error: found.error });
      recorded.add(one);
    }
    settle(parts, name, found);
    recorded.delete(one);
    return true;
  } catch (error) {
    // A plan that no longer holds is made anew.
    if (!(error instanceof FlowError && error.code === "conflict"))
      parts.log.error("a kit in the drop folder could not be judged", { file: name, ...errorWords(error) });
    return false;
  }
}

type Found =
  | { readonly outcome: "planned" | "imported" | "repeated"; readonly kit: PlannedKit }
  | { readonly outcome: "refused"; readonly error: KitError; readonly isRecorded: boolean };

/** Plans a kit and takes it in where the site wants that. What it refuses is an answer; all else is thrown. */
async function judged({ parts, kits }: Drop, file: string): Promise<Found> {
  let isRecorded = false;
  try {
    const kit = await kits.plan(file, {});
    if (kit.repeated) return { outcome: "repeated", kit };
    if (!wantsImport(parts, kit.stream)) return { outcome: "planned", kit };
    isRecorded = true; // by the import
    return {
      outcome: "imported",
      kit: await kits.importFile(CALLER, file, kit.plan === null ? {} : { plan: kit.plan }),
    };
  } catch (error) {
    if (error instanceof KitError) return { outcome: "refused", error, isRecorded };
    throw error;
  }
}

/** Whether the site's own policy has kits of this stream taken in by themselves. */
function wantsImport({ configurations }: Pick<Parts, "configurations">, stream: string): boolean {
  return configurations.of(SITE_TENANT).policy.dropImport.some((pattern) => covers(pattern, stream));
}

/** Moves a file to the folder of its outcome, with a report beside it. */
function settle({ files, log, clock }: Parts, name: string, found: Found): void {
  const folder = path.join(files.drop, found.outcome);
  fs.mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  const to = freeName(folder, name);
  const report = {
    at: new Date(clock.now()).toISOString(),
    outcome: found.outcome,
    ...("error" in found
      ? { code: found.error.code, detail: found.error.message, reasons: found.error.reasons }
      : { kit: found.kit }),
  };
  writeDurably(path.join(folder, `${to}.json`), `${JSON.stringify(report, undefined, 2)}\n`);
  fs.renameSync(path.join(files.drop, name), path.join(folder, to));
  syncFolder(folder);
  syncFolder(files.drop);
  const fields = { file: name, outcome: found.outcome, ...("error" in found ? { code: found.error.code } : {}) };
  log[found.outcome === "refused" ? "warn" : "info"]("a kit was dropped", fields);
}

function freeName(folder: string, name: string): string {
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? name : `${n}-${name}`;
    if (!fs.existsSync(path.join(folder, candidate))) return candidate;
  }
}
