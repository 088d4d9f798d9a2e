import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

const root = path.join(import.meta.dirname, "../..");
const page = fs.readFileSync(path.join(root, "docs/api.md"), "utf8");
const Facts = z.object({ url: z.string(), token: z.string() });

/** What the page has people type, in order, as one script; each line that answers says so. */
function typed(): string {
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  expect(blocks.length).toBeGreaterThan(10);
  return blocks.join("\n");
}

/** `sealpost` as a command of the shell, without a build. */
function programFolder(): string {
  const dir = temporaryFolder();
  const main = JSON.stringify(path.join(root, "src/main.ts"));
  fs.writeFileSync(path.join(dir, "sealpost"), `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${main} "$@"\n`, {
    mode: 0o755,
  });
  return dir;
}

async function bash(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
    cwd: temporaryFolder(),
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const seen = { out: "", err: "" };
  child.stdout.on("data", (piece: Buffer) => void (seen.out += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => void (seen.err += piece.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, ...seen };
}

test("the tour of the API works as it is typed", { timeout: 120_000 }, async () => {
  const dir = path.join(temporaryFolder(), "data");
  const stop = new AbortController();
  const ready = Promise.withResolvers<string>();
  const words = ["serve", "--demo", "--maildrop", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--data", dir, "--json"];
  const serving = cli(words, { stop: stop.signal, onOut: ready.resolve });
  serving.then(({ err }) => ready.reject(new Error(`it ended: ${err}`)), ready.reject);
  onTestFinished(async () => {
    stop.abort();
    await serving;
  });
  const { url, token } = Facts.parse(JSON.parse(await ready.promise));
  const done = await bash(typed(), {
    PATH: `${programFolder()}:${process.env["PATH"] ?? ""}`,
    URL: url,
    TOKEN: token,
    SEALPOST_TOKEN: token,
    DATA: dir,
    LC_ALL: "C",
  });
  expect(done.code, `${done.out}\n${done.err}`).toBe(0);
  expect(done.out).toContain('"accepted":2');
  expect(done.out).toMatch(/"why":"closing is no news"/);
  expect(done.out).toMatch(/"token":"spk_/);
  expect(done.out).toMatch(/"dryRun":true/);
  expect(done.out).toMatch(/"dryRun":false/);
  expect(done.out).toContain('"id":"engine-room"');
  expect(done.out).toContain("# TYPE notify_sent_total counter");
});
