import { execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { serve } from "../../src/app/serve.ts";
import { silentLog } from "../../src/system/log.ts";
import { cli, type Done } from "../support/cli.ts";
import { type KitState, kitState } from "../support/kit-crash-world.ts";
import { type Hub, makeHub } from "../support/hub.ts";
import { makeSite, openSite, settings, temporaryFolder } from "../support/site.ts";
import { leavesOfType } from "../support/site-leaves.ts";

/** So large that it is still being sent when the first of it has arrived. */
const LARGE = 24 * 2 ** 20;
const Shown = z.looseObject({ stream: z.string(), repeated: z.boolean() });

let folder: ReturnType<typeof temporaryFolder>;
let hub: Hub;
let good = "";
beforeAll(async () => {
  folder = temporaryFolder();
  hub = makeHub(path.join(folder.dir, "hub"));
  const docs = { "docs/large.bin": Buffer.alloc(LARGE, "0123456789abcde\n") };
  const objects = { "templates/_/t1": { schema: "template/v1", id: "t1", subject: "s", text: "t" } };
  good = (await hub.kit({ docs, objects })).file;
});
afterAll(() => folder.remove());

let runs = 0;
let dir = "";
let medium = "";
let before: KitState;
beforeEach(async () => {
  const run = path.join(folder.dir, `run-${runs++}`);
  dir = path.join(run, "data");
  medium = path.join(run, "hq.rules-0.1.kit.tar");
  await makeSite(dir);
  const site = await openSite(dir);
  const given = JSON.stringify({ policy: hub.policy, fingerprint: hub.fingerprint });
  await site.request("POST", "/api/v1/trust", { tenant: "_site", type: "application/json", body: given });
  before = await kitState(site);
  await site.close();
  fs.copyFileSync(good, medium);
});

/** What the kit's arrival has left, and that the next import of the whole kit works. */
async function goesOn(refused: readonly string[] = []): Promise<void> {
  const site = await openSite(dir);
  expect(await kitState(site)).toEqual(before);
  const codes = (await leavesOfType(site.parts, "kit.refuse")).map(({ reason }) => reason);
  expect(codes).toEqual(refused.map((code) => ({ code })));
  await site.close();
  const next = await cli(["kit", "import", good, "--data", dir, "--json"]);
  expect(next, next.err).toMatchObject({ code: 0 });
  expect(Shown.parse(JSON.parse(next.out))).toMatchObject({ stream: "hq/rules", repeated: false });
  expect((await cli(["ledger", "verify", "--data", dir])).out).toMatch(/VERIFIED by the log key/);
}

const staging = (): string => path.join(dir, "staging");

/** Resolves as soon as some of the kit has arrived. */
async function someArrived(): Promise<void> {
  for (;;) {
    const [name] = fs.existsSync(staging()) ? fs.readdirSync(staging()) : [];
    const stat = name === undefined ? undefined : fs.statSync(path.join(staging(), name), { throwIfNoEntry: false });
    if ((stat?.size ?? 0) > 2 ** 17) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Runs the import, and meanwhile something to the medium. */
async function importWhile(act: () => void, words: readonly string[] = []): Promise<Done> {
  const done = cli(["kit", "import", medium, "--data", dir, ...words]);
  await someArrived();
  act();
  return await done;
}

interface Place {
  readonly name: string;
  readonly open: () => Promise<() => Promise<void>>;
}
const PLACES: readonly Place[] = [
  { name: "opened by the command itself", open: async () => async () => undefined },
  { name: "served on its socket", open: served },
];

/** A server on the folder; answers what stops it. */
async function served(): Promise<() => Promise<void>> {
  const stop = new AbortController();
  const listen = { host: "127.0.0.1", port: 0 };
  const { promise: isReady, resolve: ready } = Promise.withResolvers<unknown>();
  const ended = serve({ dir, listen, demo: false, settings: settings(), log: silentLog, stop: stop.signal, ready });
  await Promise.race([isReady, ended]);
  return async () => {
    stop.abort();
    await ended;
  };
}

describe.each(PLACES)("a medium, with the site $name", ({ open }) => {
  let end: () => Promise<void>;
  beforeEach(async () => void (end = await open()));
  afterEach(async () => await end());

  test("that is pulled while it is read: nothing is changed", async () => {
    const done = await importWhile(() => fs.truncateSync(medium, 2 ** 20));
    expect(done).toMatchObject({ code: 1, out: "" });
    expect(done.err).toMatch(/tar ended after \d+ of \d+ bytes: was the medium pulled\? Nothing was changed\n$/);
    await end();
    await goesOn();
  });

  test("whose file is overwritten while it is read: what arrived is refused", async () => {
    const done = await importWhile(() => {
      const fd = fs.openSync(medium, "r+");
      fs.writeSync(fd, Buffer.alloc(LARGE / 2, "x"), 0, LARGE / 2, LARGE / 2);
      fs.closeSync(fd);
    });
    expect(done).toMatchObject({ code: 3, out: "" });
    expect(done.err).toMatch(/KIT_FILE_HASH/);
    await end();
    await goesOn(["KIT_FILE_HASH"]);
  });

  test("whose file grows while it is read: what it was is read to its end", async () => {
    const done = await importWhile(() => fs.appendFileSync(medium, Buffer.alloc(2 ** 20)), ["--json"]);
    expect(done, done.err).toMatchObject({ code: 0, err: "" });
    expect(Shown.parse(JSON.parse(done.out))).toMatchObject({ stream: "hq/rules", repeated: false });
  });

  test("whose file is replaced by another of the same name and length: the first one is read to its end", async () => {
    const other = `${medium}.new`;
    fs.writeFileSync(other, Buffer.alloc(fs.statSync(medium).size));
    const done = await importWhile(() => fs.renameSync(other, medium), ["--json"]);
    expect(done, done.err).toMatchObject({ code: 0, err: "" });
    expect(Shown.parse(JSON.parse(done.out))).toMatchObject({ stream: "hq/rules", repeated: false });
  });

  test("that cannot be read", async () => {
    fs.rmSync(medium);
    fs.symlinkSync("/proc/self/mem", medium); // reading its first page is an I/O error
    const done = await cli(["kit", "import", medium, "--data", dir]);
    expect(done).toMatchObject({ code: 1, out: "" });
    expect(done.err).toMatch(
      /could not be read \(EIO\) after 0 of 0 bytes: was the medium pulled\? Nothing was changed\n$/,
    );
    await end();
    await goesOn();
  });

  test("that is a pipe which ends early", async () => {
    fs.rmSync(medium);
    execFileSync("mkfifo", [medium]);
    const writer = spawn("/bin/sh", ["-c", 'exec head -c 100000 "$1" > "$2"', "sh", good, medium], { stdio: "ignore" });
    const ended = new Promise((resolve) => writer.once("close", resolve));
    const done = await cli(["kit", "import", medium, "--data", dir]);
    writer.kill("SIGKILL"); // it may wait for a reader
    await ended;
    expect(done).toMatchObject({ code: 2, out: "" });
    await end();
    await goesOn();
  });
});

test("a client that is gone in the middle leaves nothing, and the server goes on", async () => {
  const end = await served();
  const request = http.request({
    socketPath: path.join(dir, "sealpost.sock"),
    path: "/api/v1/kits/import",
    method: "POST",
    headers: {
      "content-type": "application/x-tar",
      "content-length": fs.statSync(good).size,
      "sealpost-tenant": "_site",
    },
  });
  request.on("error", () => undefined);
  request.write(fs.readFileSync(good).subarray(0, LARGE / 2));
  await someArrived();
  request.destroy();
  while (fs.readdirSync(staging()).length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await end();
  await goesOn();
});
