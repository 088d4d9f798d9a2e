import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** A file system of its own, in memory and small. */
export interface SmallDisk {
  /** Fills it up until so many bytes are free (rounded down to whole pages). */
  readonly leave: (bytes: number) => void;
  readonly remove: () => void;
}

/** Mounting needs root. */
export const canMount: boolean = process.getuid?.() === 0 && fs.existsSync("/bin/mount");

const PIECE = Buffer.alloc(65_536);

/** Mounts one over an empty folder; `size` as mount takes it (`256k`). */
export function smallDisk(dir: string, size: string): SmallDisk {
  execFileSync("/bin/mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "tmpfs", dir]);
  const ballast = path.join(dir, ".ballast");
  return {
    leave: (bytes) => {
      fs.rmSync(ballast, { force: true });
      const { bavail, bsize } = fs.statfsSync(dir);
      let rest = (bavail - Math.floor(bytes / bsize)) * bsize;
      const fd = fs.openSync(ballast, "w", 0o600);
      for (; rest > 0; rest -= PIECE.length) fs.writeSync(fd, PIECE, 0, Math.min(rest, PIECE.length));
      fs.closeSync(fd);
    },
    remove: () => execFileSync("/bin/umount", ["-l", dir]),
  };
}
