/**
 * Programs that tests run as processes of their own, hundreds of them; they may kill themselves.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const LIBSQL = fileURLToPath(import.meta.resolve("libsql"));

/** How a child ended. */
export interface Died {
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Lines that it wrote to its fourth stream (3): points that it reached. */
  readonly said: readonly string[];
}

/** A program in one file, since hundreds of processes read it. */
export interface ChildProgram {
  readonly run: (words: readonly string[]) => Promise<Died>;
  /** Starts it and waits until it has said something; it goes on until it is told to end. */
  readonly start: (words: readonly string[]) => Promise<{ readonly end: () => Promise<Died> }>;
}

/** Bundles `entry`, with what the product finds beside itself, in a folder. */
export async function childProgram(entry: string, folder: string): Promise<ChildProgram> {
  const outfile = path.join(folder, "built/child/child.mjs");
  for (const asset of ["package.json", "offline-kit.json", "seeds", "templates"]) {
    const link = path.join(folder, asset); // two folders above the program, as in the working tree
    if (!fs.existsSync(link)) fs.symlinkSync(path.resolve(asset), link);
  }
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    alias: { libsql: LIBSQL },
    external: [LIBSQL],
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(entry)});`,
    },
    logLevel: "error",
  });
  const env = { ...process.env, NODE_COMPILE_CACHE: path.join(path.dirname(outfile), "cache") };
  const open = (words: readonly string[]): ChildProcess =>
    spawn(process.execPath, [outfile, ...words], { stdio: ["ignore", "pipe", "pipe", "pipe"], env });
  return {
    run: (words) => ended(open(words)),
    start: async (words) => {
      const child = open(words);
      const end = ended(child);
      const isTalking = new Promise((resolve) => child.stdout?.once("data", resolve));
      const died = await Promise.race([isTalking.then(() => undefined), end]);
      if (died !== undefined) throw new Error(`it ended: ${died.err}`);
      return {
        end: () => {
          child.kill("SIGTERM");
          return end;
        },
      };
    },
  };
}

async function ended(child: ChildProcess): Promise<Died> {
  const [, out, err, said] = child.stdio.map((stream) => textOf(stream));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.once("close", (...how) => resolve(how));
    child.once("error", reject);
  });
  const lines = ((await said) ?? "").split("\n").filter((line) => line !== "");
  return { code, signal, out: (await out) ?? "", err: (await err) ?? "", said: lines };
}

async function textOf(stream: unknown): Promise<string> {
  if (!isReadable(stream)) return "";
  const chunks: Buffer[] = [];
  for await (const chunk of stream) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === "object" && stream !== null && Symbol.asyncIterator in stream;
}
