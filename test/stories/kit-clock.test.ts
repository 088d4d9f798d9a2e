import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { kitInstant } from "../../src/core/kit-time.ts";
import { cli } from "../support/cli.ts";
import type { HubKit } from "../support/hub.ts";
import { close, copySite, type KitWorld, makeKitWorld, takeKit } from "../support/kit-crash-world.ts";
import { openSite, type RunningSite } from "../support/site.ts";
import { leavesOfType } from "../support/site-leaves.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let root = "";
let world: KitWorld;
/** When the newest kit of the site was made, to the second. */
let made = 0;
beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-kit-clock-"));
  world = await makeKitWorld(root);
  const site = await openSite(world.dir);
  made = (await site.parts.store.read.cell("stream", "_site", "hq/rules"))?.createdAt ?? 0;
  await site.close();
});
afterAll(() => fs.rmSync(root, { recursive: true }));

let dir = "";
let site: RunningSite;
let runs = 0;
beforeEach(async () => {
  dir = path.join(root, `run-${runs++}`);
  copySite(world.dir, dir);
  vi.useFakeTimers({ toFake: ["Date"], now: made + MINUTE });
  site = await openSite(dir);
});
afterEach(async () => {
  await close(site);
  vi.useRealTimers();
  expect((await cli(["ledger", "verify", "--data", dir])).out).toMatch(/VERIFIED by the log key/);
});

/** Somebody sets the clock of the machine. */
function setClock(to: number): void {
  vi.setSystemTime(to);
}

async function restart(): Promise<void> {
  await close(site);
  site = await openSite(dir);
}

const Answer = z.looseObject({ code: z.string().optional() });

async function take(file: string): Promise<string> {
  const answer = await takeKit(site, file);
  return Answer.parse(await answer.json()).code ?? String(answer.status);
}

/** Takes in a kit of a stream of its own, made so long after the newest one. */
async function takeMade(after: number, more: HubKit = {}): Promise<string> {
  const { file } = await world.hub.kit({ stream: `hq/s${runs}-${streams++}`, createdAt: made + after, ...more });
  return await take(file);
}
let streams = 0;

test.each([
  ["while it runs", async () => undefined],
  ["while it is off", restart],
])("a clock that is set back %s: time is never before the newest kit that was taken in", async (_when, then) => {
  setClock(made - 365 * DAY);
  await then();
  expect(await take(world.next)).toBe("200");
  expect(await takeMade(59 * MINUTE)).toBe("200");
  expect(await takeMade(3 * HOUR)).toBe("KIT_FROM_FUTURE");
  expect(await takeMade(118 * MINUTE)).toBe("200"); // an hour ahead of the newest again
  expect(await takeMade(-30 * DAY, { expiresAt: made - DAY })).toBe("KIT_EXPIRED");
  expect((await leavesOfType(site.parts, "clock.jump")).length).toBe(1);
  expect((await leavesOfType(site.parts, "kit.refuse")).map(({ reason }) => reason)).toEqual([
    { code: "KIT_FROM_FUTURE" },
    { code: "KIT_EXPIRED" },
  ]);
});

test("a clock that is set right again takes in what it had refused", async () => {
  setClock(made - 365 * DAY);
  expect(await takeMade(3 * HOUR, { stream: "hq/late" })).toBe("KIT_FROM_FUTURE");
  setClock(made + 3 * HOUR);
  expect(await takeMade(3 * HOUR, { stream: "hq/late" })).toBe("200");
  expect(await takeMade(5 * HOUR)).toBe("KIT_FROM_FUTURE");
  const head = await site.parts.store.read.cell("stream", "_site", "hq/late");
  expect(head?.importedAt).toBe(made + 3 * HOUR);
});

test("a clock that is set forward finds the policy expired, and leaves nothing behind once it is right again", async () => {
  setClock(made + 365 * DAY);
  expect(await take(world.next)).toBe("TRUST_EXPIRED");
  expect(await takeMade(0, { expiresAt: made + DAY })).toBe("KIT_EXPIRED");
  setClock(made + 2 * MINUTE);
  expect(await takeMade(0, { expiresAt: made + DAY })).toBe("200");
  expect(await take(world.next)).toBe("200");
});

test("a trust kit ends the time in which the policy has expired", async () => {
  setClock(made + 365 * DAY);
  expect(await take(world.next)).toBe("TRUST_EXPIRED");
  const { files } = await world.hub.rotation({ expiresAt: kitInstant(made + 700 * DAY) });
  expect(await takeMade(0, { kinds: ["trust"], files, signers: ["rita", "rolf"] })).toBe("200");
  expect(await take(world.next)).toBe("200");
});

test("a kit of the future that a wrong clock let in holds time up for good, restart or not", async () => {
  setClock(made + 200 * DAY);
  const ahead = { stream: "hq/ahead" };
  const first = await world.hub.kit({ ...ahead, createdAt: made + 199 * DAY });
  expect(await take(first.file)).toBe("200");
  setClock(made + 2 * MINUTE);
  await restart();
  expect(await takeMade(0, { expiresAt: made + 100 * DAY })).toBe("KIT_EXPIRED");
  expect(await takeMade(0, { ...ahead, sequence: 2, prev: first.kit })).toBe("KIT_TIME_ORDER");
  expect(await take(world.next)).toBe("200"); // of another stream, without an end
});
