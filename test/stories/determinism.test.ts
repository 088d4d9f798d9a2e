import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openLibsqlEngine } from "../../src/store/libsql/engine.ts";
import { runScenario, type ScenarioOutcome } from "../support/decision-scenario.ts";
import { testVault } from "../support/vault.ts";

let folder = "";
let expected: ScenarioOutcome;
beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-determinism-"));
  expected = (await runScenario({ questions: 1000, strict: false })).outcome;
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

test("the scenario decides each event once and flushes every window", () => {
  expect(expected).toEqual({ root: expect.stringMatching(/^.{44}$|^[0-9a-f]{64}$/), decisions: 991, flushes: 26 });
});

/** Of 1,001 questions ten are answered as duplicates and write nothing. */
const WRITING = 991;
const QUESTIONS = 1001;
const CASES = ["memory", "libsql"].flatMap((engine) =>
  [1, 7, 1000].flatMap((questions) => [false, true].map((strict) => ({ engine, questions, strict }))),
);

test.each(CASES)(
  "$engine, commits of $questions questions, strict $strict: the same decision root",
  async ({ engine, questions, strict }) => {
    const file = path.join(folder, `${questions}-${strict}.db`);
    const opened = engine === "libsql" ? { engine: await openLibsqlEngine({ file, vault: testVault() }) } : {};
    const { outcome, commits } = await runScenario({ ...opened, questions, strict });
    expect(outcome).toEqual(expected);
    expect(commits).toBeGreaterThanOrEqual(Math.ceil(WRITING / questions));
    expect(commits).toBeLessThanOrEqual(Math.ceil(QUESTIONS / questions) + 4);
  },
);

test.each(["7 strict", "1000 plain"])("another process (%s): the same decision root", (args) => {
  const script = path.join(import.meta.dirname, "../support/decision-child.ts");
  const printed = execFileSync(process.execPath, [script, ...args.split(" ")], {
    encoding: "utf8",
    env: { TZ: "Asia/Kathmandu", LANG: "tr_TR" },
  });
  expect(JSON.parse(printed)).toEqual(expected);
});
