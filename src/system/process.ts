/**
 * This program as a process: how it was called, and how it starts itself again.
 * @module
 */
import { spawn } from "node:child_process";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import * as sea from "node:sea";
import { fileURLToPath } from "node:url";
import { SystemError } from "./error.ts";

/** A program and its first arguments. */
export interface SelfCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/** What starts this very program again: the executable, or Node with the sources or the bundle. */
export function selfCommand(): SelfCommand {
  if (sea.isSea()) return { file: process.execPath, args: [] };
  const here = fileURLToPath(import.meta.url);
  const main = here.endsWith(".ts") ? path.join(path.dirname(here), "../main.ts") : here;
  return { file: process.execPath, args: [main] };
}

/** How this program was called, as a shell takes it again from the same folder. */
export function calledAs(): string {
  const words = sea.isSea() ? [process.argv0] : [process.argv0, ...selfCommand().args];
  return words.map(shellWord).join(" ");
}

/** A word as a POSIX shell takes it: quoted where it must be. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** How a child ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A running copy of this program. */
export interface Child {
  readonly pid: number;
  /** The first line that it wrote to stdout. Rejects with SystemError `not-started`, with its stderr, where it ends before. */
  readonly firstLine: Promise<string>;
  readonly exited: Promise<Exit>;
  readonly kill: (signal: "SIGTERM" | "SIGKILL" | "SIGSTOP" | "SIGCONT") => void;
}

const STDERR_KEPT = 8000;

/** Starts this program again with the given arguments; it is killed when this process ends. */
export function startSelf(args: readonly string[], env: Readonly<Record<string, string | undefined>>): Child {
  const self = selfCommand();
  const child = spawn(self.file, [...self.args, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const kill = (signal: NodeJS.Signals): void => void child.kill(signal);
  const onExit = (): void => kill("SIGKILL");
  process.once("exit", onExit);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-STDERR_KEPT)));
  const exited = new Promise<Exit>((resolve) => {
    child.once("error", (error) => {
      said += error.message;
      resolve({ code: null, signal: null });
    });
    child.once("close", (code, signal) => {
      process.removeListener("exit", onExit);
      resolve({ code, signal });
    });
  });
  const firstLine = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    void exited.then(({ code, signal }) =>
      reject(new SystemError("not-started", `it ended (${signal ?? code}): ${said.trim()}`)),
    );
  });
  firstLine.catch(() => undefined); // seen by whoever awaits it
  return { pid: child.pid ?? 0, firstLine, exited, kill };
}

/** Resident memory of this process, bytes. */
export function residentBytes(): number {
  return process.memoryUsage.rss();
}

/** The user of this process; 0 where users have no number. */
export function userId(): number {
  return process.getuid?.() ?? 0;
}

/** The folder for what need not last. */
export function temporaryFolder(): string {
  return os.tmpdir();
}
