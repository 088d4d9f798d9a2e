// Stands in for "@neon-rs/load" inside the executable (an alias of scripts/build.mjs): finds libsql's addon, verifies it, loads it.
// It runs while libsql is being imported, before anything could be handed to it; so it reads the environment itself.
import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import * as sea from "node:sea";

declare const NATIVE_SHA256: string; // filled in by the build
const ASSET = "libsql.node";

/** Part of the module that this one stands in for. */
export function currentTarget(): string {
  return `${process.platform}-${process.arch}`;
}

/** The addon's exports. Throws with every folder tried where none lets it be loaded. */
export function load(_dirname: string): unknown {
  if (!sea.isSea()) return fromNodeModules(); // the bundle run by plain Node
  const errors: string[] = [];
  for (const attempt of [fromBeside, ...cacheFolders().map(fromCache), ...unnamedFolders().map(fromUnnamedFile)]) {
    try {
      const addon = attempt();
      if (addon !== undefined) return addon;
    } catch (error) {
      errors.push(String(error));
    }
  }
  throw new Error(
    `the database addon could not be loaded; SEALPOST_NATIVE_DIR can name a folder:\n  ${errors.join("\n  ")}`,
  );
}

function fromNodeModules(): unknown {
  const libc = process.platform === "linux" ? "-gnu" : process.platform === "win32" ? "-msvc" : "";
  return createRequire(import.meta.url)(`@libsql/${currentTarget()}${libc}`);
}

/** A package puts the addon beside the executable: nothing to extract. Undefined where there is none. */
function fromBeside(): unknown {
  const dir = path.dirname(process.execPath);
  const file = [path.join(dir, ASSET), path.join(dir, "../lib/sealpost", ASSET)].find(isTheAddon);
  return file === undefined ? undefined : open(file);
}

/** Extracts once into a folder that only this user can write. */
function fromCache(dir: string): () => unknown {
  return () => {
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!isPrivate(dir)) throw new Error(`${dir}: not private to this user`);
    const file = path.join(dir, `libsql-${NATIVE_SHA256.slice(0, 32)}.node`);
    if (!isTheAddon(file)) extract(file);
    return open(file);
  };
}

/** Without such a folder: a file without a name, that nobody else can open or change. */
function fromUnnamedFile(dir: string): () => unknown {
  return () => {
    const O_TMPFILE = 0o20200000;
    const fd = fs.openSync(dir, O_TMPFILE | fs.constants.O_RDWR, 0o500);
    try {
      fs.writeFileSync(fd, bytes());
      return open(`/proc/self/fd/${fd}`);
    } finally {
      fs.closeSync(fd); // a loaded library stays mapped
    }
  };
}

function cacheFolders(): string[] {
  const { env } = process;
  return [
    ...under(env["SEALPOST_NATIVE_DIR"]),
    ...under(first(env["CACHE_DIRECTORY"]), "native"),
    ...under(env["XDG_CACHE_HOME"], "sealpost", "native"),
    ...under(process.platform === "win32" ? env["LOCALAPPDATA"] : undefined, "sealpost", "native"),
    ...under(env["HOME"], ".cache", "sealpost", "native"),
    ...under(first(env["STATE_DIRECTORY"]), ".native"),
  ];
}

function unnamedFolders(): string[] {
  return process.platform === "linux" ? [process.env["TMPDIR"] ?? "/tmp", "/var/tmp", "/dev/shm"] : [];
}

/** systemd may name several folders in one variable. */
function first(list: string | undefined): string | undefined {
  return list?.split(":")[0];
}

function under(base: string | undefined, ...rest: string[]): string[] {
  return base === undefined || base === "" || base === "/" ? [] : [path.join(base, ...rest)];
}

function extract(file: string): void {
  const temporary = `${file}.${process.pid}.${randomBytes(6).toString("hex")}`;
  fs.writeFileSync(temporary, bytes(), { flag: "wx", mode: 0o500, flush: true });
  fs.renameSync(temporary, file);
}

function bytes(): Uint8Array {
  return new Uint8Array(sea.getRawAsset(ASSET));
}

function open(file: string): unknown {
  const module: { exports: unknown } = { exports: {} };
  process.dlopen(module, file, os.constants.dlopen.RTLD_NOW);
  return module.exports;
}

function isTheAddon(file: string): boolean {
  try {
    return createHash("sha256").update(fs.readFileSync(file)).digest("hex") === NATIVE_SHA256;
  } catch {
    return false; // absent or unreadable: not it
  }
}

function isPrivate(dir: string): boolean {
  const stat = fs.lstatSync(dir);
  return (
    stat.isDirectory() &&
    (process.platform === "win32" || (stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0))
  );
}
