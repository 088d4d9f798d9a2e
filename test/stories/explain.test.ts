import * as fs from "node:fs";
import * as path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Engine } from "../../src/store/engine.ts";
import { explaining } from "../support/explaining.ts";
import { PUZZLES } from "../support/puzzles.ts";
import { storeHome } from "../support/store-home.ts";

const PAGE = path.join(import.meta.dirname, "../../docs/explain.md");
const BLOCK = /```text ([a-z]+)\n(?:(?!```)[^\n]*\n)*```/g;
const page = fs.readFileSync(PAGE, "utf8");

/** What the program prints for each puzzle, by its name. */
async function played(open: () => Promise<{ readonly engine?: Engine }>): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const [name, puzzle] of Object.entries(PUZZLES)) {
    const site = await explaining(await open());
    texts.set(name, await site.text(await puzzle(site)));
    await site.store.close();
  }
  return texts;
}

it("docs/explain.md holds ten puzzles, each with what the program prints", async () => {
  expect([...page.matchAll(BLOCK)].map(([, name]) => name)).toEqual(Object.keys(PUZZLES));
  expect(Object.keys(PUZZLES)).toHaveLength(10);
  const texts = await played(async () => await Promise.resolve({}));
  const printed = page.replaceAll(BLOCK, (_, name: string) => `\`\`\`text ${name}\n${texts.get(name) ?? ""}\n\`\`\``);
  await expect(printed).toMatchFileSnapshot(PAGE);
});

it("the embedded engine tells the same", async () => {
  const texts = await played(async () => {
    const home = storeHome();
    onTestFinished(home.remove);
    return { engine: await home.open() };
  });
  expect(texts).toEqual(await played(async () => await Promise.resolve({})));
});
