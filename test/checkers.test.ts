import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// Every checker is seen to fail on planted faults, in a copy of the project outside it (a checker may obey .gitignore).
const project = path.dirname(import.meta.dirname);
const copied = [
  "src",
  "test",
  "scripts",
  "package.json",
  "tsconfig.json",
  "biome.json",
  "knip.json",
  "vitest.config.ts",
];
const configured = [".oxlintrc.json", ".dependency-cruiser.mjs"];
let copy = "";

beforeAll(() => {
  copy = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-planted-"));
  for (const name of [...copied, ...configured]) {
    fs.cpSync(path.join(project, name), path.join(copy, name), { recursive: true });
  }
  fs.symlinkSync(path.join(project, "node_modules"), path.join(copy, "node_modules"));
});
afterAll(() => fs.rmSync(copy, { recursive: true }));

interface Seen {
  readonly status: number | null;
  readonly lines: readonly string[];
}

function check(command: string, ...args: string[]): Seen {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: copy, encoding: "utf8" });
  return { status, lines: (stdout + stderr).split("\n") };
}

const bin = (name: string): string => path.join(project, "node_modules/.bin", name);
const checkers = {
  types: () => check(bin("tsc")),
  lint: () => check(bin("oxlint"), "--deny-warnings", "--format=unix", "src"),
  format: () => check(bin("biome"), "ci", "--colors=off", "--max-diagnostics=none"),
  rooms: () => check(process.execPath, "scripts/check-rooms.mjs"),
  unused: () => check(bin("knip"), "--no-progress"),
};

interface Fault {
  readonly file: string;
  readonly text: string;
  /** What the checker says in the line that names the file. */
  readonly says: string;
}

const faults: Readonly<Record<keyof typeof checkers, readonly Fault[]>> = {
  types: [
    {
      file: "src/core/planted.ts",
      text: "const xs: string[] = [];\nexport const x: string = xs[0];\n",
      says: "TS2322",
    },
    { file: "src/core/planted-enum.ts", text: "export enum Colour {\n  red,\n}\n", says: "TS1294" },
  ],
  lint: [
    lint("no-floating-promises", "Promise.resolve(1);"),
    lint("no-explicit-any", "return (x: any): unknown => x;"),
    lint("no-non-null-assertion", "return (x?: string): string => x!;"),
    lint("no-unsafe-type-assertion", "return (x: unknown): string => x as string;"),
    lint("no-console", 'console.log("x");'),
    lint("no-restricted-globals", "return new Date(1);", "core"),
    lint("no-restricted-globals", "return performance.now();", "core"),
    lint("no-restricted-globals", "return setTimeout(() => undefined, 1);", "flows"),
    lint("no-restricted-properties", "return Date.now();", "core"),
    lint("no-restricted-properties", "return Math.random();", "flows"),
    lint("no-restricted-properties", "return Date.now();"),
    lint("no-restricted-properties", "return Math.random();", "store"),
    lint("no-restricted-globals", "return performance.now();"),
    lint("no-restricted-globals", 'return process.env["HOME"];'),
    lint("no-restricted-globals", "return globalThis.process;"),
    lint("no-restricted-globals", "return setTimeout(() => undefined, 1);", "jobs"),
    lint("no-restricted-globals", "return crypto.randomUUID();"),
    lint("no-process-exit", "process.exit(1);", "cli"),
  ],
  format: [{ file: "src/core/planted.ts", text: "export const x = 'single'\n", says: "format" }],
  rooms: [
    room("core-imports-inward", "core", 'export type { Clock } from "../ports.ts";'),
    room("core-is-pure", "core", 'export { readFileSync } from "node:fs";'),
    room("core-packages", "core", 'export { Hono } from "hono";'),
    room("ports-imports-inward", "ports", 'export { run } from "../cli/run.ts";'),
    room("flows-imports-inward", "flows", 'export { asset } from "../system/assets.ts";'),
    room("flows-is-pure", "flows", 'export { createHash } from "node:crypto";'),
    room("flows-packages", "flows", 'export { z } from "zod";'),
    room("jobs-imports-inward", "jobs", 'export { asset } from "../system/assets.ts";'),
    room("http-imports-inward", "http", 'export { asset } from "../system/assets.ts";'),
    room("store-imports-inward", "store", 'export { run } from "../cli/run.ts";'),
    room("cli-imports-inward", "cli", 'export { load } from "../store/libsql/native.ts";'),
    room("main-imports-inward", "main", 'export { asset } from "../system/assets.ts";'),
    room("signing-imports-inward", "signing", 'export const x = import("../system/assets.ts");'),
    room("channels-are-islands", "channels", 'export { x } from "./planted-other.ts";'),
    {
      file: "src/channels/planted-other.ts",
      text: 'export { load as x } from "../store/libsql/native.ts";\n',
      says: "channels-imports-inward",
    },
    room("sources-are-islands", "sources", 'export { x } from "./planted-other.ts";'),
    {
      file: "src/sources/planted-other.ts",
      text: 'export { asset as x } from "../system/assets.ts";\n',
      says: "sources-imports-inward",
    },
    room("libsql-has-a-home", "http", 'export { default as x } from "libsql";'),
    room("temporal-polyfill-has-a-home", "core", 'export { Temporal as x } from "temporal-polyfill";'),
    room("doors-are-in-system", "http", 'export { performance } from "node:perf_hooks";'),
    room("timers-only-in-system", "http", 'export { setTimeout } from "node:timers/promises";'),
    room("timers-only-in-system", "jobs", 'import * as x from "node:timers";\nexport { x };'),
    room("no-development-packages", "http", 'export { fc as x } from "fast-check";'),
    room("no-circles", "http", 'export * as x from "./planted-no-circles.ts";'),
    room("no-such-room", "elsewhere", "export const x = 1;"),
    room("does not resolve", "core", 'export { x } from "./nowhere.ts";'),
    room("sql-only-in-store", "http", 'export const x = "SELECT x FROM y";'),
    room("sql-only-in-store", "jobs", "export const x = (n: number): string => `delete from ${n}`;"),
    room("exit-only-in-main", "cli", "process.exit(1);"),
    room("exit-only-in-main", "system", "process.exitCode = 1;"),
    room("clock-only-in-system", "http", "export const x = new Date();"),
    room("clock-only-in-system", "cli", "export const x = Date.now();"),
    room("random-only-in-system", "signing", 'export { x };\nimport { randomBytes as x } from "node:crypto";'),
    room("random-only-in-system", "store", 'import * as x from "node:crypto";\nexport { x };'),
  ],
  unused: [
    { file: "src/core/planted.ts", text: "export const planted = 1;\n", says: "src/core/planted.ts" },
    { file: "src/cli/io.ts", text: "export function plantedExport(): void {}\n", says: "plantedExport" },
  ],
};

function lint(rule: string, statement: string, inRoom = "http"): Fault {
  const name = `planted-${Buffer.from(`${rule} ${statement}`).toString("hex").slice(-24)}`;
  const text = `/** Planted. */\nexport function planted(): unknown {\n  ${statement}\n  return 1;\n}\n`;
  return { file: `src/${inRoom}/${name}.ts`, text, says: `(${rule})` };
}

function room(rule: string, inRoom: string, text: string): Fault {
  return { file: `src/${inRoom}/planted-${rule.replaceAll(" ", "-")}.ts`, text: `${text}\n`, says: rule };
}

/** Plants files (a file that exists gets the text at its end), runs, and puts all back. */
function planting(plants: readonly Fault[], run: () => Seen): Seen {
  const before = plants.map(({ file }) => ({ at: path.join(copy, file), was: contentOf(path.join(copy, file)) }));
  for (const { file, text } of plants) {
    fs.mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    fs.appendFileSync(path.join(copy, file), text);
  }
  try {
    return run();
  } finally {
    for (const { at, was } of before) {
      if (was === undefined) fs.rmSync(at);
      else fs.writeFileSync(at, was);
    }
  }
}

function contentOf(file: string): string | undefined {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}

describe.each(["types", "lint", "format", "rooms", "unused"] as const)("%s", (name) => {
  let seen: Seen = { status: 0, lines: [] };
  beforeAll(() => {
    seen = planting(faults[name], checkers[name]);
  });

  test("fails", () => {
    expect(seen.status).toBe(1);
  });

  test.each(faults[name])("sees $says in $file", ({ file, says }) => {
    const about = seen.lines.filter((line) => line.includes(file));
    expect(about.join("\n")).toContain(says);
  });
});

describe("rooms, when its cruiser is blind", () => {
  test("fails without a parser that reads TypeScript", () => {
    const hook = `import { registerHooks } from "node:module";
      registerHooks({ resolve(name, context, next) {
        if (name.startsWith("@swc/core") && context.parentURL.includes("/dependency-cruiser/"))
          throw Object.assign(new Error("planted"), { code: "MODULE_NOT_FOUND" });
        return next(name, context);
      } });`;
    const data = `data:text/javascript,${encodeURIComponent(hook)}`;
    const seen = check(process.execPath, "--import", data, "scripts/check-rooms.mjs");
    expect(seen.status).toBe(1);
    expect(seen.lines).toContain("src/cli/run.ts: the cruiser did not see this module");
  });

  test("fails when a file is kept from it", () => {
    const file = path.join(copy, ".dependency-cruiser.mjs");
    const good = fs.readFileSync(file, "utf8");
    fs.writeFileSync(file, good.replace('parser: "swc",', 'parser: "swc", exclude: { path: "^src/cli/io" },'));
    const seen = checkers.rooms();
    fs.writeFileSync(file, good);
    expect(seen.status).toBe(1);
    expect(seen.lines).toContain("src/cli/io.ts: the cruiser did not see this module");
  });
});
