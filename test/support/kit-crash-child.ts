/**
 * A command on a site's folder, as a process of its own: `kit-crash-child.ts POINT WORD...`. At its POINT-th point it kills
 * itself; it says on stream 3 each point that it reaches where POINT is `say`. Where it is `lost-N`, the disk says of
 * the N-th commit that it could not be synced, and this process sees nothing of it any more.
 */
import * as fs from "node:fs";
import Database from "libsql";
import { run } from "../../src/cli/run.ts";
import { watchFiles, watchStatements } from "./fault-points.ts";

const [point = "", ...words] = process.argv.slice(2);
const write = fs.writeSync; // as it is before it is watched
let reached = 0;
let isWriting = false;

function reach(here: string): void {
  reached++;
  if (point === "say") write(3, `${here}\n`);
  if (String(reached) === point) process.kill(process.pid, "SIGKILL");
}

/** What only reads leaves all as it is: outside of a transaction it is no point. */
function reachStatement(here: string): void {
  if (here === "exec BEGIN IMMEDIATE") isWriting = true;
  if (isWriting || !here.startsWith("all")) reach(here);
  if (here === "COMMIT done" || here === "exec ROLLBACK") isWriting = false;
}

/** Makes the commit of this number fail as the disk may let it fail. */
function loseCommit(number: number): void {
  const real: unknown = Reflect.get(Database.prototype, "exec");
  if (typeof real !== "function") throw new Error("there is no exec");
  let commits = 0;
  Reflect.set(Database.prototype, "exec", function lost(this: unknown, sql: unknown): unknown {
    const isLost = sql === "COMMIT" && ++commits === number;
    const done: unknown = Reflect.apply(real, this, [isLost ? "ROLLBACK" : sql]);
    if (!isLost) return done;
    throw Object.assign(new Error("disk I/O error"), { code: "SQLITE_IOERR", rawCode: 1034 }); // of fsync
  });
}

if (point.startsWith("lost-")) loseCommit(Number(point.slice(5)));
await watchFiles(reach);
watchStatements(reachStatement);
process.exitCode = await run(words, {
  stdout: (text) => void write(1, text),
  stderr: (text) => void write(2, text),
  stdin: () => process.stdin,
  env: { SEALPOST_MIN_FREE_DISK: "0" },
  stop: new AbortController().signal,
  isTTY: false,
});
