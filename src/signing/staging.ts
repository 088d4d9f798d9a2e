/**
 * Where the files of a kit lie while it is judged: a folder of one import, cleared when it is refused.
 * @module
 */
import { closeSync, fsyncSync, mkdirSync, openSync, rmSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { FileRole } from "../core/kit.ts";
import type { FileSink, Staging } from "./kit-open.ts";

/** The staging area of one import. File names are hashes; a kit's paths never name files. */
export interface StagingFolder {
  /** Keeps files of these roles as `<folder>/<sha256>`, each synced when its hash was right. */
  readonly staging: Staging;
  /** Makes the names durable too: before the transaction that adopts them. */
  readonly sync: () => void;
  /** Removes the folder and all that is in it, finished or not. */
  readonly clear: () => Promise<void>;
}

/** Opens an empty staging folder (0700), removing what an earlier import left there. */
export function stagingFolder(folder: string, roles: readonly FileRole[]): StagingFolder {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = new Set<FileHandle>();
  return {
    staging: async ({ sha256, roles: has }) =>
      has.some((role) => roles.includes(role)) ? sinkTo(join(folder, sha256), unfinished) : undefined,
    sync: () => {
      const handle = openSync(folder, "r");
      fsyncSync(handle);
      closeSync(handle);
    },
    clear: async () => {
      for (const handle of unfinished) await handle.close();
      unfinished.clear();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What may wait for the disk at once: a commit of events that comes meanwhile waits for it too. */
const SYNC_BYTES = 8 * 2 ** 20;

async function sinkTo(path: string, unfinished: Set<FileHandle>): Promise<FileSink> {
  const handle = await open(path, "wx", 0o600);
  unfinished.add(handle);
  let unsynced = 0;
  return {
    write: async (chunk) => {
      await handle.writeFile(chunk);
      unsynced += chunk.length;
      if (unsynced < SYNC_BYTES) return;
      await handle.datasync();
      unsynced = 0;
    },
    end: async () => {
      await handle.sync();
      await handle.close();
      unfinished.delete(handle);
    },
  };
}
