import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { errnoOf, SystemError } from "./error.ts";

export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;

/**
 * Replaces a file whole, or not at all: written beside it, fsynced, renamed, the folder fsynced. Throws SystemError `io`.
 */
export function writeDurably(file: string, bytes: Uint8Array | string, mode: number = PRIVATE_FILE): void {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const fd = fs.openSync(temporary, "wx", mode);
    try {
      fs.fchmodSync(fd, mode); // whatever the umask
      fs.writeFileSync(fd, bytes);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    fs.renameSync(temporary, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    fs.rmSync(temporary, { force: true });
    throw new SystemError("io", `${file} could not be written (${errnoOf(error) ?? "unknown"})`, error);
  }
}

/** Makes names created in a folder, renamed or removed durable. */
export function syncFolder(dir: string): void {
  const fd = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Makes a folder (and those above it) that only this user can enter; an existing one must be so. Throws SystemError. */
export function makePrivateFolder(dir: string): void {
  try {
    fs.mkdirSync(path.dirname(dir), { recursive: true });
    fs.mkdirSync(dir, { mode: PRIVATE_FOLDER });
    fs.chmodSync(dir, PRIVATE_FOLDER);
    syncFolder(path.dirname(dir));
  } catch (error) {
    if (errnoOf(error) !== "EEXIST")
      throw new SystemError("io", `${dir} could not be made (${errnoOf(error) ?? "unknown"})`, error);
  }
  checkPrivateFolder(dir);
}

/** Makes a folder empty and private, whatever was in it. */
export function emptyFolder(dir: string): void {
  fs.rmSync(dir, { recursive: true, force: true });
  makePrivateFolder(dir);
}

/** Throws SystemError `no-folder` or `not-private` unless `dir` is a folder of this user that nobody else can enter. */
export function checkPrivateFolder(dir: string): void {
  const stat = fs.statSync(dir, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory()) throw new SystemError("no-folder", `${dir} is not a folder`);
  const wrong = notPrivate(dir, stat, PRIVATE_FOLDER);
  if (wrong !== undefined) throw new SystemError("not-private", wrong);
}

/** Throws SystemError `no-file` or `not-private` unless `file` is a regular file of this user that nobody else can open. */
export function checkPrivateFile(file: string): void {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) throw new SystemError("no-file", `${file} is not a file`);
  const wrong = notPrivate(file, stat, PRIVATE_FILE);
  if (wrong !== undefined) throw new SystemError("not-private", wrong);
}

/** The whole of a private file. Throws SystemError as checkPrivateFile does. */
export function readPrivateFile(file: string): Uint8Array {
  checkPrivateFile(file);
  return fs.readFileSync(file);
}

/** Why others can reach it, and what to do; undefined where they cannot. */
function notPrivate(name: string, stat: fs.Stats, mode: number): string | undefined {
  if (process.platform === "win32") return undefined; // modes say nothing there
  const uid = process.getuid?.();
  if (stat.uid !== uid) return `${name} belongs to user ${stat.uid}, not to ${uid}`;
  if ((stat.mode & 0o077) === 0) return undefined;
  const [has, wants] = [stat.mode & 0o777, mode].map((bits) => bits.toString(8).padStart(4, "0"));
  return `${name} is open to others (${has}); to close it: chmod ${wants} '${name}'`;
}
