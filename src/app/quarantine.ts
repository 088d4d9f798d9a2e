import * as fs from "node:fs";
import { copyFile } from "node:fs/promises";
import * as path from "node:path";
import type { Random } from "../ports.ts";
import { writeDurably } from "../system/files.ts";

/** Bytes that all quarantined kits may have together, and one of them. */
const MAX_TOTAL = 256 * 2 ** 20;
const MAX_ONE = 64 * 2 ** 20;
/** Reasons that are kept, each with its copy as long as there is room for it. */
const MAX_REASONS = 1000;
const SUFFIX_BYTES = 6;

/** A kit that was refused, and why. */
export interface Refused {
  readonly file: string;
  readonly sha256: string;
  readonly code: string;
  readonly message: string;
}

/** Keeps a copy of a refused kit with its reason, by its SHA-256; the oldest go first, a very large one keeps its reason only. */
export async function quarantine(
  folder: string,
  { file, sha256, code, message }: Refused,
  random: Random,
): Promise<void> {
  const size = fs.statSync(file).size;
  writeDurably(path.join(folder, `${sha256}.json`), `${JSON.stringify({ code, message, sha256, size })}\n`);
  for (const { name } of oldestFirst(folder, ".json").slice(0, -MAX_REASONS)) {
    fs.rmSync(path.join(folder, name), { force: true });
    fs.rmSync(path.join(folder, name.replace(/\.json$/, ".kit")), { force: true });
  }
  if (size > MAX_ONE) return;
  const copy = path.join(folder, `${sha256}.kit`);
  makeRoom(folder, size);
  const unfinished = `${copy}.${Buffer.from(random.bytes(SUFFIX_BYTES)).toString("hex")}.tmp`;
  try {
    await copyFile(file, unfinished);
    fs.chmodSync(unfinished, 0o600);
    fs.renameSync(unfinished, copy);
  } finally {
    fs.rmSync(unfinished, { force: true });
  }
}

function makeRoom(folder: string, size: number): void {
  const copies = oldestFirst(folder, ".kit");
  let total = copies.reduce((sum, { stat }) => sum + stat.size, size);
  for (const { name, stat } of copies) {
    if (total <= MAX_TOTAL) return;
    fs.rmSync(path.join(folder, name), { force: true });
    total -= stat.size;
  }
}

/** Files of the folder by how they end; another refusal may remove some meanwhile. */
function oldestFirst(folder: string, ending: string): { readonly name: string; readonly stat: fs.Stats }[] {
  return fs
    .readdirSync(folder)
    .flatMap((name) => {
      const stat = name.endsWith(ending) ? fs.statSync(path.join(folder, name), { throwIfNoEntry: false }) : undefined;
      return stat === undefined ? [] : [{ name, stat }];
    })
    .toSorted((a, b) => a.stat.mtimeMs - b.stat.mtimeMs);
}
