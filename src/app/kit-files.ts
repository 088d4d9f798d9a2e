/**
 * Docs and SBOMs of kits: kept by their hash in `blobs/`, as long as a kit that stands in a stream, or the one before it,
 * names them.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { SITE_TENANT } from "../core/cells.ts";
import { KIT_LIMITS, type Manifest, manifestSteps } from "../core/kit.ts";
import { runSteps } from "../core/steps.ts";
import { keptFiles } from "../flows/kit-take.ts";
import { type StagingFolder, stagingFolder } from "../signing/staging.ts";
import { StoreError } from "../store/error.ts";
import { freeBytes } from "../system/disk.ts";
import { syncFolder } from "../system/files.ts";
import { systemPause } from "../system/pause.ts";
import type { Parts } from "./parts.ts";

const MAX_STREAMS = 10_000;
const SUFFIX_BYTES = 6;
/** It was within the limits when it was taken in, whatever they are now. */
const KEPT_LIMITS = { ...KIT_LIMITS, files: Number.MAX_SAFE_INTEGER, fileBytes: Number.MAX_SAFE_INTEGER };
const HASH = /^[0-9a-f]{64}$/;
/** A file that a process which was killed had begun to write: it gets its name when it is whole. */
const UNFINISHED = /\.[0-9a-f]{12}\.tmp$/;

type Doors = Pick<Parts, "files" | "store">;

/** A staging area of one import, and its way into `blobs/`. */
export interface ImportFolder extends StagingFolder {
  /** Moves what was staged to where files are kept, durably: before the question that makes them count. */
  readonly adopt: () => void;
}

/** Opens the staging area of one import. */
export function importFolder({ files, random, settings }: Pick<Parts, "files" | "random" | "settings">): ImportFolder {
  const folder = path.join(files.staging, `import-${Buffer.from(random.bytes(SUFFIX_BYTES)).toString("hex")}`);
  const { staging, ...staged } = stagingFolder(folder, ["doc", "sbom"]);
  return {
    ...staged,
    // Events go before papers: what is set aside for them is not used up.
    staging: (file) => {
      const isKept = file.roles.some((role) => role === "doc" || role === "sbom");
      if (isKept && freeBytes(files.dir) - file.size < settings.minFreeDisk)
        throw new StoreError("disk-full", `the disk has too little room for ${file.path}`);
      return staging(file);
    },
    adopt: () => {
      for (const name of fs.readdirSync(folder)) fs.renameSync(path.join(folder, name), path.join(files.blobs, name));
      syncFolder(files.blobs);
    },
  };
}

/**
 * At the start of a process: removes files that no kit names, and what a process that was killed had begun to write in
 * `trust/` and `quarantine/`. Answers how many.
 */
export async function sweepFiles(doors: Doors): Promise<number> {
  const { trust, quarantine } = doors.files;
  return (await sweepBlobs(doors)) + clearUnfinished(trust) + clearUnfinished(quarantine);
}

function clearUnfinished(folder: string): number {
  const names = fs.readdirSync(folder).filter((name) => UNFINISHED.test(name));
  for (const name of names) fs.rmSync(path.join(folder, name), { force: true });
  return names.length;
}

/** Removes files that no kit names any more: an import was refused at its last step, or a stream went on. Answers how many. */
export async function sweepBlobs({ files, store }: Doors): Promise<number> {
  const named = new Set<string>();
  for (const [, head] of await store.read.cells("stream", SITE_TENANT, "", MAX_STREAMS)) {
    for (const one of [head, head.before]) {
      const held =
        one?.files === undefined || one.files === 0 ? undefined : await heldManifest({ store }, one.manifest);
      for (const { sha256 } of held === undefined ? [] : keptFiles(held)) named.add(sha256);
    }
  }
  const stray = fs.readdirSync(files.blobs).filter((name) => HASH.test(name) && !named.has(name));
  for (const name of stray) fs.rmSync(path.join(files.blobs, name), { force: true });
  return stray.length;
}

/** The manifest of a kit that was taken in; undefined where none of this id is kept. */
export async function heldManifest({ store }: Pick<Parts, "store">, kit: string): Promise<Manifest | undefined> {
  const [kept] = await store.read.objects([kit]);
  return kept === undefined
    ? undefined
    : await runSteps(manifestSteps(Buffer.from(kept.text, "utf8"), KEPT_LIMITS), systemPause);
}

/** The path of a doc or SBOM that the kit of a stream brought; undefined where it has none of this hash. */
export async function keptFile({ files, store }: Doors, stream: string, sha256: string): Promise<string | undefined> {
  const head = await store.read.cell("stream", SITE_TENANT, stream);
  const held = head === undefined ? undefined : await heldManifest({ store }, head.manifest);
  const found = held === undefined ? undefined : keptFiles(held).find((file) => file.sha256 === sha256);
  return found === undefined ? undefined : path.join(files.blobs, found.sha256);
}
