import * as fs from "node:fs";

/** Bytes that this user can still write to the disk that holds `dir`. Throws where there is no such folder. */
export function freeBytes(dir: string): number {
  const { bavail, bsize } = fs.statfsSync(dir);
  return bavail * bsize;
}
