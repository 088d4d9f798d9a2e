import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

const page = fs.readFileSync(path.join(import.meta.dirname, "../../docs/kits.md"), "utf8");
/** What the page has people type, in order; a here-document belongs to its command. */
function typed(): string[] {
  const blocks = page.matchAll(/^```(console|sh)\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, kind, text = ""]) => {
    if (kind === "console") return text.split(/^\$ /m).filter((command) => command !== "");
    return text.startsWith("sealpost trust add") ? [text] : [];
  });
}

/** A command's words as a shell makes them: globs, quotes. */
function words(command: string): string[] {
  return execFileSync("bash", ["-c", `printf '%s\\0' ${command}`], { encoding: "utf8" })
    .split("\0")
    .slice(0, -1);
}

/** The fingerprint, which a person at the hub reads out. */
async function told(): Promise<string> {
  const { out } = await cli(["trust", "show", "policy.1.json", "--json"]);
  return z.object({ fingerprint: z.string() }).parse(JSON.parse(out)).fingerprint;
}

test("the walk of hub and site works as it is typed", { timeout: 180_000 }, async () => {
  const home = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => process.chdir(home));
  const commands = typed();
  expect(commands.length).toBeGreaterThan(40);
  let all = "";
  for (const command of commands) {
    if (!command.startsWith("sealpost ")) {
      execFileSync("bash", ["-c", command]);
      continue;
    }
    const [, ...argv] = words(command.includes("SHA256:...") ? command.replace("SHA256:...", await told()) : command);
    const done = await cli(argv);
    expect(done.code, `${command}${done.out}${done.err}`).toBe(0);
    all += done.out;
  }
  expect(all).toContain("hq/base 0.1 taken in");
  expect(all).toMatch(/~ _site templates\/hq-alarm changed\n\s+\/text: .*seen by/);
  expect(all).toContain("hq/base 0.2 taken in");
  expect(all).toContain("trust policy: version 1 -> 2");
  expect(fs.readFileSync("handbook.txt", "utf8")).toBe("What to do when it burns.\n");
});
