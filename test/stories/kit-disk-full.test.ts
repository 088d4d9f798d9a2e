import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { openDropFolder } from "../../src/app/drop-folder.ts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
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
  takeKit,
} from "../support/kit-crash-world.ts";
import { openSite, type RunningSite } from "../support/site.ts";
import { leavesOfType } from "../support/site-leaves.ts";
import { canMount, type SmallDisk, smallDisk } from "../support/small-disk.ts";

const PAGE = 4096;
let made = 0;
const Problem = z.looseObject({
  code: z.string().optional(),
  detail: z.string().optional(),
  repeated: z.boolean().optional(),
});

let root = "";
let world: KitWorld;
beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-kit-full-"));
  world = await makeKitWorld(root);
});
afterAll(() => fs.rmSync(root, { recursive: true }));

interface Answered {
  readonly status: number;
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  readonly repeated?: boolean | undefined;
}

async function take(site: RunningSite, file: string): Promise<Answered> {
  const answer = await takeKit(site, file);
  const { code, detail, repeated } = Problem.parse(await answer.json());
  return { status: answer.status, code, detail, repeated };
}

async function refusals(site: RunningSite): Promise<number> {
  return (await leavesOfType(site.parts, "kit.refuse")).length;
}

async function verified(dir: string): Promise<string> {
  return (await cli(["ledger", "verify", "--data", dir])).out;
}

const GOOD_LEDGER = expect.stringMatching(/VERIFIED by the log key/);
/** Nothing is asked of the disk beforehand: it fills up while the kit is worked on. */
const NO_GATE = { SEALPOST_MIN_FREE_DISK: "0", SEALPOST_REQUESTS_PER_MINUTE: "0" };

describe.runIf(canMount)("a site on a disk that fills up", () => {
  let dir = "";
  let disk: SmallDisk;
  let site: RunningSite;
  let before: KitState;
  beforeEach(async () => {
    dir = path.join(root, `disk-${made++}`);
    fs.mkdirSync(dir);
    disk = smallDisk(dir, "24m");
    copySite(world.dir, path.join(dir, "data"));
    site = await openSite(path.join(dir, "data"), NO_GATE);
    before = await kitState(site);
  });
  afterEach(async () => {
    await site.close();
    disk.remove();
  });

  /** Hands a kit in with ever more room, until it is not for want of room that it is answered. */
  async function withMoreRoom(file: string, step: number): Promise<{ full: number; room: number; last: Answered }> {
    for (let room = 0, full = 0; ; room += step, full++) {
      disk.leave(room);
      const last = await take(site, file);
      if (last.code !== "disk-full") return { full, room, last };
      expect({ room, last, state: await kitState(site) }).toMatchObject({ room, last: { status: 503 }, state: before });
    }
  }

  test.each<["next" | "rotation"]>([["next"], ["rotation"]])(
    "takes in nothing of a kit (%s) while any of it does not fit, and all of it once it does",
    async (kit) => {
      const { full, room, last } = await withMoreRoom(world[kit], PAGE);
      console.log(`${kit}: ${full} times disk-full, taken in with ${room} bytes of room`);
      expect(last).toMatchObject({ status: 200, repeated: false });
      expect(full).toBeGreaterThan(kit === "next" ? 30 : 5);
      const after = await kitState(site);
      expect(after.imports.length).toBe(before.imports.length + 1);
      expect([after.staging, after.unreachable]).toEqual([[], []]);
      disk.leave(2 ** 22);
      expect(await take(site, world[kit])).toMatchObject({ status: 200, repeated: true });
      await close(site);
      expect(await verified(path.join(dir, "data"))).toEqual(GOOD_LEDGER);
    },
  );

  test("says why a kit is refused, although there is no room to write it down", async () => {
    const { size } = fs.statSync(world.tampered);
    const answers = new Set<string>();
    for (let room = 0; room < 3 * size; room += PAGE) {
      disk.leave(room);
      const told = await refusals(site);
      const { status, code, detail } = await take(site, world.tampered);
      const isTold = (await refusals(site)) > told;
      answers.add(`${status} ${code}${/not.*recorded/.test(detail ?? "") ? ", not recorded" : ""}`);
      const found = { room, status, isTold, state: await kitState(site) };
      expect(found).toEqual({ room, status: status === 503 ? 503 : 422, isTold, state: before });
    }
    expect([...answers]).toEqual(["503 disk-full", "422 KIT_FILE_HASH, not recorded", "422 KIT_FILE_HASH"]);
  });
});

describe.runIf(canMount)("a folder that has no room", () => {
  let dir = "";
  let site: RunningSite;
  beforeEach(async () => {
    dir = path.join(root, `part-${made++}`);
    copySite(world.dir, dir);
    site = await openSite(dir, NO_GATE);
  });

  test("quarantine/: the refusal is told and recorded, and nothing of the kit lies there", async () => {
    const { quarantine } = site.parts.files;
    const disk = smallDisk(quarantine, "1m");
    try {
      for (const room of [0, PAGE, 2 * PAGE, 16 * PAGE]) {
        disk.leave(room);
        const told = await refusals(site);
        expect(await take(site, world.tampered)).toMatchObject({ status: 422, code: "KIT_FILE_HASH" });
        expect(await refusals(site)).toBe(told + 1);
        expect(fs.readdirSync(quarantine).filter((name) => !/^(?:\.ballast|[0-9a-f]{64}\.json)$/.test(name))).toEqual(
          [],
        );
      }
      disk.leave(2 ** 20);
      await take(site, world.tampered);
      expect(fs.readdirSync(quarantine).filter((name) => name.endsWith(".kit"))).toHaveLength(1);
    } finally {
      disk.remove();
    }
    await site.close();
  });

  test("trust/: the policy is taken in as it is told, and the copy is made at the next start", async () => {
    const { trust } = site.parts.files;
    const disk = smallDisk(trust, "64k");
    try {
      disk.leave(0);
      expect(await take(site, world.rotation)).toMatchObject({ status: 200, repeated: false });
      expect(fs.readdirSync(trust)).toEqual([".ballast"]);
      expect(await take(site, world.rotation)).toMatchObject({ status: 200, repeated: true });
    } finally {
      disk.remove();
    }
    await site.close();
    await serveOnce(dir);
    site = await openSite(dir);
    expect((await kitState(site)).copies["upstream.json"]).toContain(`"maxSequenceJump":7`);
    await site.close();
  });

  test("drop/: a refusal is recorded once, however often the file cannot be moved", async () => {
    const { drop } = site.parts.files;
    const disk = smallDisk(drop, "2m");
    const folder = openDropFolder(site.parts, { kits: site.services.kits, wake: () => undefined });
    let now = Date.now();
    const look = async (times: number): Promise<void> => {
      for (let turn = 0; turn < times; turn++) {
        now = Math.max(now + 5000, folder.job.due(now) ?? now);
        await folder.job.run(now, new AbortController().signal);
        while (folder.job.due(now) === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    try {
      fs.copyFileSync(world.tampered, path.join(drop, "bad.kit.tar"));
      disk.leave(0);
      await look(8);
      expect([await refusals(site), fs.readdirSync(drop)]).toEqual([1, expect.arrayContaining(["bad.kit.tar"])]);
      disk.leave(2 ** 18);
      await look(2);
      expect([await refusals(site), fs.readdirSync(drop)]).toEqual([1, [".ballast", "refused"]]);
    } finally {
      await folder.close();
      disk.remove();
    }
    await site.close();
  });

  test("staging/: nothing is taken in, and nothing stays there", async () => {
    const before = await kitState(site);
    const { size } = fs.statSync(world.next);
    const { staging } = site.parts.files;
    const disk = smallDisk(staging, "2m");
    try {
      for (const room of [0, size - PAGE, size + PAGE, size + 10 * PAGE]) {
        disk.leave(room);
        expect(await take(site, world.next)).toMatchObject({ status: 503, code: "disk-full" });
        expect(fs.readdirSync(staging)).toEqual([".ballast"]);
      }
    } finally {
      disk.remove();
    }
    expect(await kitState(site)).toEqual(before);
    expect(await take(site, world.next)).toMatchObject({ status: 200, repeated: false });
    await site.close();
  });
});
