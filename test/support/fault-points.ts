/**
 * Points at which a process can be killed: before each effect on files and each statement of a database. Node's own
 * functions are replaced, so that what is under test is the product as it is.
 * @module
 */
import * as fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import Database from "libsql";

/** Told of each point, in words, just before what it names is done; a `COMMIT` is told of again when it was done. */
export type Reach = (here: string) => void;

/** Effects of `node:fs` that are no handle's. */
const SYNC = [
  "chmodSync",
  "copyFileSync",
  "fchmodSync",
  "fdatasyncSync",
  "fsyncSync",
  "ftruncateSync",
  "linkSync",
  "mkdirSync",
  "renameSync",
  "rmSync",
  "rmdirSync",
  "truncateSync",
  "unlinkSync",
  "writeFileSync",
  "writeSync",
] as const;
const ASYNC = [
  "chmod",
  "copyFile",
  "link",
  "mkdir",
  "rename",
  "rm",
  "rmdir",
  "truncate",
  "unlink",
  "writeFile",
] as const;
const HANDLE = ["datasync", "sync", "truncate", "write", "writeFile"] as const;

/** Every effect on files passes here, also one by a name that was imported before. */
export async function watchFiles(reach: Reach): Promise<void> {
  const [sync, promises] = [process.getBuiltinModule("node:fs"), process.getBuiltinModule("node:fs/promises")];
  for (const name of SYNC) watchMethod(sync, name, reach);
  for (const name of ASYNC) watchMethod(promises, name, reach);
  watchMethod(sync, "openSync", reach, makesFile);
  watchMethod(promises, "open", reach, makesFile);
  const handle = await fs.promises.open("/dev/null");
  const prototype: unknown = Object.getPrototypeOf(handle);
  await handle.close();
  for (const name of HANDLE) watchMethod(prototype, name, reach);
  syncBuiltinESMExports();
}

/** Opening changes something where it may make or empty a file. */
function makesFile([, flags]: readonly unknown[]): boolean {
  return typeof flags === "string" && /[wa]/.test(flags);
}

/** Every statement on any connection passes here. What libsql itself does is not touched. */
export function watchStatements(reach: Reach): void {
  const probe = new Database(":memory:");
  const prepared: unknown = Object.getPrototypeOf(probe.prepare("SELECT 1"));
  watchMethod(Database.prototype, "exec", reach);
  for (const name of ["run", "all"]) watchMethod(prepared, name, reach);
}

/** Reaches a point before each call of a method that `counts`, and one more after a commit. */
function watchMethod(
  on: unknown,
  name: string,
  reach: Reach,
  counts: (values: readonly unknown[]) => boolean = () => true,
): void {
  if (typeof on !== "object" || on === null) throw new Error(`there is nothing that has ${name}`);
  const real: unknown = Reflect.get(on, name);
  if (typeof real !== "function") throw new Error(`there is no ${name}`);
  Reflect.set(on, name, function watched(this: unknown, ...values: unknown[]): unknown {
    const isPoint = counts(values);
    const what = `${name} ${values.filter((value) => typeof value === "string" && value.length < 200).join(" ")}`;
    if (isPoint) reach(what.trim());
    const done: unknown = Reflect.apply(real, this, values);
    if (isPoint && values[0] === "COMMIT") reach("COMMIT done");
    return done;
  });
}
