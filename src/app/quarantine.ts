import * as fs from "node:fs";
import * as path from "node:path";
import { writeDurably } from "../system/files.ts";

/** Bytes that all quarantined kits may have together, and one of them. */
const MAX_TOTAL = 256 * 2 ** 20;
const MAX_ONE = 64 * 2 ** 20;

/** A kit that was refused, and why. */
export interface Refused {
  readonly file: string;
  readonly sha256: string;
  readonly code: string;
  readonly message: string;
}

/** Keeps a copy of a refused kit with its reason, by its SHA-256; the oldest copies go first, a very large one keeps its reason only. */
export function quarantine(folder: string, { file, sha256, code, message }: Refused): void {
  const size = fs.statSync(file).size;
  writeDurably(path.join(folder, `${sha256}.json`), `${JSON.stringify({ code, message, sha256, size })}\n`);
  if (size > MAX_ONE) return;
  const copy = path.join(folder, `${sha256}.kit`);
  makeRoom(folder, size);
  fs.copyFileSync(file, copy);
  fs.chmodSync(copy, 0o600);
}

function makeRoom(folder: string, size: number): void {
  const copies = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(".kit"))
    .map((name) => ({ name, stat: fs.statSync(path.join(folder, name)) }))
    .toSorted((a, b) => a.stat.mtimeMs - b.stat.mtimeMs);
  let total = copies.reduce((sum, { stat }) => sum + stat.size, size);
  for (const { name, stat } of copies) {
    if (total <= MAX_TOTAL) return;
    fs.rmSync(path.join(folder, name));
    total -= stat.size;
  }
}
