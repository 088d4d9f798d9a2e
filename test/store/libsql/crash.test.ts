import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashToBytes, leafHash, rootOf } from "../../../src/core/merkle.ts";
import { acquireLock } from "../../../src/store/libsql/lock.ts";
import { type StoreHome, storeHome } from "../../support/store-home.ts";
import { eventPlan } from "../../support/store-plans.ts";

const CHILD = join(import.meta.dirname, "../../support/store-child.ts");
const CAN_MOUNT = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "tmpfs", "/tmp"]).status === 0;

let home: StoreHome;
beforeEach(() => {
  home = storeHome();
});
afterEach(() => home.remove());

function start(what: string): ChildProcess {
  return spawn(process.execPath, [CHILD, what, home.folder], { stdio: ["ignore", "pipe", "inherit"] });
}

/** Reads lines of a child until `enough`, kills it with SIGKILL and answers all that it had said by then. */
async function killAfter(child: ChildProcess, enough: number): Promise<number[]> {
  if (child.stdout === null) throw new Error("no output");
  const said: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(Number(line));
    if (said.length === enough) child.kill("SIGKILL");
  }
  return said;
}

function exited(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

describe("a process killed under load", () => {
  it("loses nothing that it was promised, and leaves a store that goes on", async () => {
    let acknowledged = 0;
    for (const enough of [3, 57, 190]) {
      const said = await killAfter(start("load"), enough);
      acknowledged = said.at(-1) ?? 0;
      const engine = await home.open();
      const size = engine.log("default")?.size ?? 0;
      expect(size).toBeGreaterThanOrEqual(acknowledged);
      const lines = await engine.read.leaves("default", 0, size + 1000);
      expect(lines).toHaveLength(size);
      expect((await engine.read.log("default"))?.root).toEqual(hashToBytes(rootOf(lines.map(leafHash))));
      const refs = Array.from({ length: size }, (_, n) => ({
        noun: "identity" as const,
        tenant: "default",
        key: `//test\u0000${n}`,
      }));
      const receipts = engine.load("identity", refs);
      expect(receipts.filter((receipt) => receipt === undefined)).toEqual([]);
      const ids = receipts
        .flatMap((receipt) => receipt?.deliveries ?? [])
        .map(({ id }) => ({ noun: "delivery" as const, tenant: "default", key: id }));
      expect(engine.load("delivery", ids).filter((delivery) => delivery?.status !== "pending")).toEqual([]);
      engine.apply(eventPlan({ tenant: "default", t: 1_763_730_000_000 + size, size }, [{ sourceId: `${size}` }]));
      expect((await engine.read.openings("default", size, 1))[0]?.value).toContain(`"sourceId":"${size}"`);
      engine.close();
    }
    expect(acknowledged).toBeGreaterThan(1000);
  });
});

describe("the lock", () => {
  it("lets one part of a process be the writer", async () => {
    const file = join(home.folder, "lock.db");
    const lock = await acquireLock(file);
    await expect(acquireLock(file)).rejects.toMatchObject({ name: "OpenError", code: "locked" });
    await expect(acquireLock(file)).rejects.toMatchObject({ code: "locked" });
    lock.release();
    const next = await acquireLock(file);
    next.release();
    await expect(acquireLock("/nowhere/lock.db")).rejects.toMatchObject({ name: "EngineError" });
  });

  it("lets one process be the writer, until it dies, however it dies", async () => {
    const file = join(home.folder, "lock.db");
    const child = start("hold");
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    await expect(acquireLock(file)).rejects.toMatchObject({ code: "locked" });
    child.kill("SIGKILL");
    await exited(child);
    const lock = await acquireLock(file);
    lock.release();
  });
});

describe("a full disk", () => {
  it.skipIf(!CAN_MOUNT)("refuses the commit, leaves nothing of it, and takes it once there is room", () => {
    const disk = join(home.folder, "disk");
    mkdirSync(disk);
    const script = 'mount -t tmpfs -o size=2m tmpfs "$0" && exec "$1" "$2" fill "$0"';
    const run = spawnSync("unshare", ["-rm", "sh", "-c", script, disk, process.execPath, CHILD], { encoding: "utf8" });
    const [full, left, freed, opened] = run.stdout
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    const some: unknown = expect.any(Number);
    expect(full).toEqual({ again: "disk-full", committed: true, size: some, leaves: some });
    expect(left).toEqual({ known: [null], all: true });
    expect(freed).toEqual({ after: "applied", grown: true });
    expect(opened).toEqual({ openings: 2, id: expect.stringMatching(/^ev_/) });
  });
});
