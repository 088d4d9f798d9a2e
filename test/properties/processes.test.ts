import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";

const CHILD = path.join(import.meta.dirname, "../support/story-child.ts");
const SEED = 7;
const COUNT = 40;
const run = promisify(execFile);

async function rootsIn(env: Readonly<Record<string, string>>): Promise<string[]> {
  const { stdout } = await run(process.execPath, [CHILD, String(SEED), String(COUNT)], { env });
  return z.array(z.string()).parse(JSON.parse(stdout));
}

test("processes of other zones and locales decide the same: root, deliveries, windows and cells", async () => {
  const all = await Promise.all([
    rootsIn({ TZ: "UTC", LANG: "C" }),
    rootsIn({ TZ: "Australia/Lord_Howe", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" }),
  ]);
  const [first, second] = all;
  expect(second).toEqual(first);
  expect(new Set(first).size).toBe(COUNT);
});
