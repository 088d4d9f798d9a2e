import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { cli } from "../support/cli.ts";
import {
  close,
  copySite,
  type KitState,
  kitState,
  type KitWorld,
  makeKitWorld,
  serveOnce,
  sha256Of,
  takeKit,
} from "../support/kit-crash-world.ts";
import { childProgram, type ChildProgram, type Died } from "../support/killed-child.ts";
import { openSite, type RunningSite } from "../support/site.ts";
import { leavesOfType } from "../support/site-leaves.ts";

const CHILD = path.join(import.meta.dirname, "../support/kit-crash-child.ts");
/** Children are killed side by side. */
const LANES = 2;

let root = "";
let child: ChildProgram;
let world: KitWorld;
beforeAll(async () => {
  const memory = "/dev/shm"; // what a killed process has written is the same there, and synced at once
  root = fs.mkdtempSync(path.join(fs.existsSync(memory) ? memory : os.tmpdir(), "sealpost-kit-crash-"));
  child = await childProgram(CHILD, root);
  world = await makeKitWorld(root);
}, 120_000);
afterAll(() => fs.rmSync(root, { recursive: true }));

const Answer = z.looseObject({ repeated: z.boolean().optional(), code: z.string().optional() });
type Answer = z.infer<typeof Answer>;

/** What one process left, as the next ones find it. */
interface Left {
  readonly died: Died;
  readonly state: KitState;
  /** Codes of the refusals that the log tells of, and what lies in quarantine. */
  readonly refusals: readonly unknown[];
  readonly quarantine: readonly string[];
  /** The answer to the kit when it is handed in once more, and the state after it. */
  readonly again: Answer;
  readonly after: KitState;
  readonly ledger: string;
}

let runs = 0;

/** Takes a kit in by a process that may be killed, then by a server's start, and once more. */
async function importAndGoOn(file: string, point: string, { next = file }: { next?: string } = {}): Promise<Left> {
  const dir = path.join(root, `run-${runs++}`);
  copySite(world.dir, dir);
  const died = await child.run([point, "kit", "import", file, "--data", dir]);
  await serveOnce(dir);
  const site = await openSite(dir);
  const state = await kitState(site);
  const refusals = (await leavesOfType(site.parts, "kit.refuse")).map(({ reason }) => reason);
  const quarantine = quarantined(site);
  const again = Answer.parse(await (await takeKit(site, next)).json());
  const after = await kitState(site);
  await close(site);
  const ledger = (await cli(["ledger", "verify", "--data", dir])).out;
  fs.rmSync(dir, { recursive: true });
  return { died, state, refusals, quarantine, again, after, ledger };
}

/** Files in quarantine without their hashes; one that is not what its name says is marked. */
function quarantined({ parts }: RunningSite): string[] {
  const { quarantine } = parts.files;
  return fs
    .readdirSync(quarantine)
    .toSorted()
    .map((name) => {
      const file = path.join(quarantine, name);
      const [sha256 = "", ...ending] = name.split(".");
      if (name.endsWith(".kit")) return sha256Of(file) === sha256 ? "kit" : "damaged kit";
      const reason = z.looseObject({ sha256: z.literal(sha256) }).safeParse(JSON.parse(fs.readFileSync(file, "utf8")));
      return reason.success && name.endsWith(".json") ? ending.join(".") : `damaged ${name}`;
    });
}

interface Outcomes {
  readonly undisturbed: Left;
  readonly untouched: KitState;
  readonly points: readonly Point[];
  readonly killed: readonly (readonly [point: string, left: Left])[];
}

type Point = readonly [number: string, what: string];

/** From the first byte of the kit on, what can be told from another point by what it leaves: a transaction is one step. */
function steps(points: readonly Point[]): Point[] {
  const first = points.findIndex(([, what]) => what.includes("upload-"));
  return points.slice(first).filter(([, what]) => !/^(?:run|all|exec BEGIN)/.test(what));
}

/** Kills the process at each of its points. */
async function killAtEach(
  file: string,
  {
    choose = (points) => points,
    ...options
  }: { next?: string; choose?: (points: readonly Point[]) => readonly Point[] },
): Promise<Outcomes> {
  const untouched = (await importAndGoOn("/no/such/kit", "0", { next: file })).state;
  const undisturbed = await importAndGoOn(file, "say", options);
  const points = choose(undisturbed.died.said.map((what, at) => [String(at + 1), what] as const));
  const killed: (readonly [string, Left])[] = [];
  const left = points.toReversed();
  const lanes = Array.from({ length: LANES }, async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      killed.push([`${next[0]} ${next[1]}`, await importAndGoOn(file, next[0], options)]);
  });
  for (const { reason } of (await Promise.allSettled(lanes)).flatMap((end) => (end.status === "rejected" ? [end] : [])))
    throw reason;
  return { undisturbed, untouched, points, killed };
}

/** All of the kit or none of it, whatever the point; then the same as ever. Answers how many were which. */
function oldOrNew({ undisturbed, untouched, killed }: Outcomes): { old: number; new: number } {
  const count = { old: 0, new: 0 };
  for (const [point, { died, state, again, after, ledger }] of killed) {
    expect({ point, signal: died.signal }).toEqual({ point, signal: "SIGKILL" });
    const isNew = JSON.stringify(state) === JSON.stringify(undisturbed.state);
    expect({ point, state }).toEqual({ point, state: isNew ? undisturbed.state : untouched });
    if (died.out !== "") expect({ point, isNew }).toEqual({ point, isNew: true }); // what was told is so
    expect({ point, repeated: again.repeated }).toEqual({ point, repeated: isNew });
    expect({ point, after }).toEqual({ point, after: undisturbed.after });
    expect({ point, ledger }).toEqual({ point, ledger: expect.stringMatching(/VERIFIED by the log key/) });
    count[isNew ? "new" : "old"]++;
  }
  return count;
}

describe("a process that is killed at each effect of", () => {
  test.each<[what: string, kit: "next" | "rotation", options: Parameters<typeof killAtEach>[1], least: number]>([
    ["an import for two tenants, with docs", "next", {}, 50],
    ["the import of a trust kit", "rotation", { choose: steps }, 20],
  ])(
    "%s leaves the site as it was or as it shall be",
    async (what, kit, options, least) => {
      const outcomes = await killAtEach(world[kit], options);
      expect(outcomes.undisturbed.died).toMatchObject({ code: 0, err: "" });
      expect(outcomes.undisturbed.again).toMatchObject({ repeated: true });
      expect(outcomes.points.length).toBeGreaterThan(least);
      const { old, new: taken } = oldOrNew(outcomes);
      console.log(`${what}: killed at ${outcomes.points.length} points: ${old} old, ${taken} new`);
      expect(old).toBeGreaterThan(10);
      expect(taken).toBeGreaterThan(4);
    },
    300_000,
  );

  test("an import whose commit could not be synced, and stands all the same after a crash, has all that it needs", async () => {
    const [whole, lost] = [path.join(root, "whole"), path.join(root, "lost")];
    for (const dir of [whole, lost]) copySite(world.dir, dir);
    const said = (await child.run(["say", "kit", "import", world.next, "--data", whole])).said;
    const commits = said.filter((point) => point === "COMMIT done").length;
    const died = await child.run([`lost-${commits - 1}`, "kit", "import", world.next, "--data", lost]); // the last keeps a note
    expect(died).toMatchObject({ code: 1, out: "" });
    // The frames of the commit are in the log of the database: whoever opens it next finds it whole.
    for (const name of ["sealpost.db", "sealpost.db-wal", "sealpost.db-shm"]) {
      fs.rmSync(path.join(lost, name), { force: true });
      if (fs.existsSync(path.join(whole, name))) fs.copyFileSync(path.join(whole, name), path.join(lost, name));
    }
    await serveOnce(lost);
    const site = await openSite(lost);
    expect((await kitState(site)).unreachable).toEqual([]);
    expect(Answer.parse(await (await takeKit(site, world.next)).json())).toMatchObject({ repeated: true });
    await close(site);
  });

  test("a refusal leaves the site as it was, and one leaf or none", async () => {
    const { undisturbed, untouched, points, killed } = await killAtEach(world.tampered, {
      next: world.next,
      choose: steps,
    });
    expect(undisturbed).toMatchObject({
      died: { code: 3 },
      refusals: [{ code: "KIT_FILE_HASH" }],
      quarantine: ["json", "kit"],
    });
    const recorded = killed.filter(([, { refusals }]) => refusals.length > 0).length;
    for (const [point, { died, state, refusals, quarantine, again, after, ledger }] of killed) {
      expect({ point, signal: died.signal, state }).toEqual({ point, signal: "SIGKILL", state: untouched });
      expect([[], undisturbed.refusals]).toContainEqual(refusals);
      expect({ point, quarantine: [[], ["json"], ["json", "kit"]] }).toEqual({
        point,
        quarantine: expect.arrayContaining([quarantine]),
      });
      expect({ point, repeated: again.repeated, after }).toEqual({ point, repeated: false, after: undisturbed.after });
      expect({ point, ledger }).toEqual({ point, ledger: expect.stringMatching(/VERIFIED by the log key/) });
    }
    console.log(
      `a refusal: killed at ${points.length} points: ${points.length - recorded} without a leaf, ${recorded} with one`,
    );
    expect(recorded).toBeGreaterThan(3);
  }, 300_000);
});
