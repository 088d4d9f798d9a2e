// npm run scenario -- FILE...: plays decision scenarios on both engines and prints what differs from what they expect.
import * as fs from "node:fs";
import { z } from "zod";
import { differences } from "./scenario/compare.ts";
import { playScenario } from "./scenario/play.ts";
import { readScenario } from "./scenario/read.ts";
import { ENGINES, type EngineName } from "./scenario/site.ts";

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: npm run scenario -- FILE...");
  process.exit(2);
}

let differing = 0;
for (const file of files) {
  for (const engine of ENGINES) {
    const found = await judge(file, engine);
    console.log(`${file}: ${engine}: ${found.length === 0 ? "no differences" : `${found.length} differences`}`);
    for (const line of found) console.log(`  ${line}`);
    if (found.length > 0) differing++;
  }
}
if (differing > 0) process.exitCode = 1;

/** What differs; a file that is none, or a process that fails, differs too. */
async function judge(file: string, engine: EngineName): Promise<string[]> {
  try {
    const scenario = readScenario(fs.readFileSync(file, "utf8"));
    return differences(scenario.expect, await playScenario(scenario, { engine, looks: "lazy" }));
  } catch (error) {
    return [wordsOf(error)];
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof z.ZodError) return `no scenario: ${z.prettifyError(error)}`;
  if (!(error instanceof Error)) return String(error);
  const words = `${error.name}: ${error.message}`;
  return error.cause === undefined ? words : `${words}; ${wordsOf(error.cause)}`;
}
