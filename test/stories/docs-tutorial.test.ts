import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../support/folder.ts";
import { isShown, plain, startWalk, stepsOf, type Step, type Walk } from "../support/tutorial.ts";

const page = fs.readFileSync(path.join(import.meta.dirname, "../../docs/tutorial.md"), "utf8");
/** What only looks may be asked again until what is under way has happened. */
const LOOKS = /^sealpost (explain|maildrop|deliveries|status)\b/;
const PATIENCE = 25;

/** Ports that nothing listens on now. */
async function freePorts(count: number): Promise<string[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = net.createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const at = server.address();
    return at === null || typeof at === "string" ? "" : String(at.port);
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** What a step answers; asked again while it shows something else and may yet show the right thing. */
async function answerOf(walk: Walk, { command, shown = "" }: Step): Promise<string> {
  let answer = await walk.run(command);
  for (let tries = 0; LOOKS.test(command) && !isShown(answer, shown) && tries < PATIENCE; tries++) {
    await sleep(100);
    answer = await walk.run(command);
  }
  return answer;
}

test.each([
  ["a\nb", "a\nb", true],
  ["a\nb", "a", false],
  ["a\nb", "a\nc", false],
  ["a\nb\nc", "a\n...", true],
  ["a\nb\nc", "...\nc", true],
  ["a\nb\nc", "a\n...\nc", true],
  ["a\nb\nc", "...\nb", false],
  ["", "a", false],
  ["dl_01m80de3an6v03698hsbzd8dys  at 2026-11-22T01:20:23.381Z", "dl_01...  at 2027-01-01T00:00:00Z", true],
])("%j is what %j shows: %s", (answer, shown, is) => {
  expect(isShown(answer, shown)).toBe(is);
});

test("the tutorial answers as it shows, mistakes and all", { timeout: 60_000 }, async () => {
  const home = process.cwd();
  process.chdir(temporaryFolder());
  onTestFinished(() => process.chdir(home));
  const [site = "", relay = "", nobody = ""] = await freePorts(3);
  const walk = startWalk([
    ["8080", site],
    ["2525", relay],
    ["2526", nobody],
  ]);
  onTestFinished(walk.end);
  const steps = stepsOf(page);
  expect(steps.length).toBeGreaterThan(45);
  for (const step of steps) {
    const answer = await answerOf(walk, step);
    if (step.shown === undefined) expect(answer, step.command).toBe("");
    else if (!isShown(answer, step.shown)) expect(plain(answer), step.command).toBe(plain(step.shown));
  }
});
