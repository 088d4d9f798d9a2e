import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { until } from "../../src/cli/demo-world.ts";
import { cli, type Done } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { makeCliSite } from "../support/cli-site.ts";

const Facts = z.object({
  site: z.string(),
  url: z.string(),
  data: z.string(),
  socket: z.string(),
  maildrop: z.string().optional(),
  token: z.string().optional(),
});

interface Serving {
  readonly said: string;
  readonly stop: () => Promise<Done>;
}

/** Serves until it is stopped; answers once it has said where. */
async function serve(...words: readonly string[]): Promise<Serving> {
  const stop = new AbortController();
  let done: Promise<Done> | undefined;
  const said = await new Promise<string>((resolve, reject) => {
    done = cli(["serve", "--listen", "127.0.0.1:0", ...words], {
      stop: stop.signal,
      onOut: resolve,
      env: { SEALPOST_MAILDROP: "" },
    });
    done.then(({ err }) => reject(new Error(`it ended: ${err}`)), reject);
  });
  const end = async (): Promise<Done> => {
    stop.abort();
    return (await done) ?? { code: 1, out: "", err: "" };
  };
  onTestFinished(async () => void (await end()));
  return { said, stop: end };
}

const EVENT = JSON.stringify({
  specversion: "1.0",
  id: "1",
  source: "/test",
  type: "test.some",
  severitytext: "critical",
});

describe("a served folder", () => {
  test("commands go over its socket, and over TCP with a token; the folder is nobody else's", async () => {
    const { dir, token, run } = await makeCliSite();
    const { said, stop } = await serve("--data", dir, "--json");
    const facts = Facts.parse(JSON.parse(said));
    expect(facts).toMatchObject({ site: "plant-7", data: dir, socket: path.join(dir, "sealpost.sock") });
    expect(said.match(/\n/g)).toHaveLength(1);

    const env = { SEALPOST_URL: facts.url, SEALPOST_TOKEN: token };
    const posted = await cli(["events", "post", "-"], { env, stdin: EVENT });
    expect(posted, posted.err).toMatchObject({ code: 0 });
    expect((await run("events", "list")).out).toContain("test.some");
    expect((await run("doctor")).out).toMatch(/server +ok +answers on .*sealpost.sock/);
    expect((await run("ledger", "verify")).out).toMatch(/VERIFIED by the log key in the site's folder\n$/);
    expect((await cli(["ledger", "verify"], { env })).out).toMatch(/VERIFIED by the key that each log names itself/);
    const [delivery = ""] = /dl_[a-z0-9]+/.exec(posted.out) ?? [];
    expect((await cli(["ledger", "prove", delivery], { env })).out).toMatch(/^PROVEN: .*consistent in itself/s);
    expect(
      await cli(["events", "list"], { env: { ...env, SEALPOST_TOKEN: "spk_no_such0000000000000" } }),
    ).toMatchObject({ code: 1 });
    expect((await cli(["events", "list", "--tenant", "other"], { env })).err).toContain("tenant-mismatch");

    const second = await cli(["serve", "--data", dir, "--listen", "127.0.0.1:0"]);
    expect(second).toMatchObject({ code: 4, out: "" });
    expect(second.err).not.toBe("");
    expect((await run("events", "list")).code).toBe(0);

    expect(await stop()).toMatchObject({ code: 0, err: "" });
    expect((await run("events", "list")).out).toContain("test.some");
    expect((await run("ledger", "verify")).code).toBe(0);
  });

  test("an address that is taken is a failure with words, and leaves the folder free", async () => {
    const { dir, run } = await makeCliSite();
    const other = await makeCliSite();
    const { said } = await serve("--data", other.dir, "--json");
    const { url } = Facts.parse(JSON.parse(said));
    const done = await cli(["serve", "--data", dir, "--listen", url.slice("http://".length)]);
    expect(done).toMatchObject({ code: 1, out: "" });
    expect(done.err).toContain("is in use");
    expect((await run("events", "list")).code).toBe(0);
    const doctor = await cli(["doctor", "--data", dir], { env: { SEALPOST_LISTEN: url.slice("http://".length) } });
    expect(doctor.out).toMatch(/server +warn +none runs, and .* cannot be had \(EADDRINUSE\)/);
  });

  test("a folder with a path longer than a socket's name may be works all the same", async () => {
    const dir = path.join(temporaryFolder(), "long".repeat(30), "site");
    expect((await cli(["init", "--data", dir, "--site", "plant-7"])).code).toBe(0);
    const { said } = await serve("--data", dir, "--json");
    expect(Buffer.byteLength(Facts.parse(JSON.parse(said)).socket)).toBeGreaterThan(107);
    expect((await cli(["doctor", "--data", dir])).out).toMatch(/server +ok +answers on/);
  });

  test("a socket that a killed server left is no server", async () => {
    const { dir, run } = await makeCliSite();
    const script = `require("node:net").createServer().listen(${JSON.stringify(path.join(dir, "sealpost.sock"))}, () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", script]);
    expect(fs.existsSync(path.join(dir, "sealpost.sock"))).toBe(true);
    expect(await run("events", "list")).toMatchObject({ code: 0, err: "" });
    const { stop } = await serve("--data", dir);
    expect(await stop()).toMatchObject({ code: 0 });
  });
});

const hasCurl = spawnSync("curl", ["--version"]).status === 0;

test("what was sent is shown: tries, mails, and the newest mail as text", async () => {
  const dir = path.join(temporaryFolder(), "data");
  await serve("--demo", "--maildrop", "127.0.0.1:0", "--data", dir);
  const posted = await cli(["events", "post", "-", "--data", dir], { stdin: EVENT });
  const [delivery = ""] = /dl_[a-z0-9]+/.exec(posted.out) ?? [];
  const run = (...words: readonly string[]): Promise<Done> => cli([...words, "--data", dir]);
  const attempts = async (): Promise<string> => (await run("deliveries", "attempts", delivery)).out;
  await expect.poll(attempts, { timeout: 20_000, interval: 50 }).toMatch(/\n1 +\S+Z +sent +250 +\S.* +\d+\n/);
  await cli(["events", "post", "-", "--data", dir], { stdin: EVENT.replace('"1"', '"2"') });
  const waiting = async (): Promise<string> => (await run("deliveries", "list", "--status", "pending", "--json")).out;
  await expect.poll(waiting, { timeout: 20_000 }).toBe('{"items":[]}\n');
  const page = await run("maildrop", "list", "--limit", "1");
  expect(page.out).toMatch(/^ID +RECEIVED +FROM +TO +SUBJECT\n\d+-[0-9a-f]+ .*\nmore: --cursor \S+\n$/);
  const newest = await run("maildrop", "show");
  expect(newest.out).toMatch(/Sealpost-Delivery: dl_/);
  const [id = ""] = /[0-9]+-[0-9a-f]{8}/.exec(page.out) ?? [];
  expect((await run("maildrop", "show", id)).out).toBe(newest.out);
  expect(JSON.parse((await run("maildrop", "show", id, "--json")).out)).toMatchObject({ id, text: expect.any(String) });
});

test("commands on one folder wait for each other", async () => {
  const { dir, run } = await makeCliSite();
  const done = await Promise.all(
    Array.from({ length: 4 }, (_, at) =>
      cli(["events", "post", "-", "--data", dir], { stdin: EVENT.replace('"1"', `"${at}"`) }),
    ),
  );
  expect(done.map(({ code, err }) => [code, err])).toEqual(done.map(() => [0, ""]));
  expect((await run("events", "list")).out.match(/ev_/g)).toHaveLength(4);
});

test("a command that waits for a folder ends when it is told to stop", async () => {
  const { dir } = await makeCliSite();
  const { acquireLock } = await import("../../src/store/libsql/lock.ts");
  const lock = await acquireLock(path.join(dir, "lock.db"));
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 200);
  const done = await cli(["events", "list", "--data", dir], { stop: stop.signal });
  lock.release();
  expect(done).toMatchObject({ code: 1, out: "", err: "sealpost: stopped\n" });
});

describe("serve --demo", () => {
  test.runIf(hasCurl)("the three commands that it prints work as printed", async () => {
    const cwd = temporaryFolder();
    const dir = path.join(cwd, "it's data");
    const { said, stop } = await serve("--demo", "--maildrop", "127.0.0.1:0", "--data", dir);
    const commands = said
      .split("\n")
      .filter((line) => line.startsWith("  "))
      .map((line) => line.trim());
    expect(commands).toHaveLength(3);
    const [send = "", see = "", verify = ""] = commands;
    const sh = async (command: string): Promise<string> => {
      const { execFile } = await import("node:child_process");
      return await new Promise((resolve, reject) =>
        execFile("/bin/sh", ["-c", command], { cwd, env: { PATH: process.env["PATH"] } }, (error, stdout, stderr) =>
          error === null ? resolve(stdout) : reject(new Error(`${command}: ${stderr}${stdout}`, { cause: error })),
        ),
      );
    };
    expect(JSON.parse(await sh(send))).toMatchObject({ accepted: 1, duplicates: 0 });
    await expect
      .poll(async () => await sh(see).catch(() => ""), { timeout: 20_000, interval: 200 })
      .toContain("Sealpost-Ledger: sealpost-");
    expect(await sh(verify)).toMatch(/VERIFIED by the log key in the site's folder\n$/);
    expect(await stop()).toMatchObject({ code: 0 });
  });

  test("each start mints a token for a day", async () => {
    const dir = path.join(temporaryFolder(), "data");
    const tokens: (string | undefined)[] = [];
    for (let start = 0; start < 2; start++) {
      const { said, stop } = await serve("--demo", "--maildrop", "127.0.0.1:0", "--data", dir, "--json");
      const { token, maildrop } = Facts.parse(JSON.parse(said));
      expect(maildrop).toMatch(/^127\.0\.0\.1:\d+$/);
      tokens.push(token);
      await stop();
    }
    expect(tokens[0]).toMatch(/^spk_/);
    expect(tokens[1]).not.toBe(tokens[0]);
  });
});

test("the demo holds in every step, with an empty environment, from a folder that is gone", () => {
  const gone = temporaryFolder();
  const main = path.resolve("src/main.ts");
  const script = `cd '${gone}' && rmdir '${gone}' && exec env -i '${process.execPath}' '${main}' demo --json`;
  const done = spawnSync("/bin/sh", ["-c", script], { encoding: "utf8" });
  expect(done.status, done.stderr + done.stdout).toBe(0);
  const { ok, ms, steps } = z
    .object({ ok: z.boolean(), ms: z.number(), steps: z.array(z.looseObject({ name: z.string(), ok: z.boolean() })) })
    .parse(JSON.parse(done.stdout));
  expect(ok).toBe(true);
  expect(steps).toHaveLength(15);
  expect(steps.every((step) => step.ok)).toBe(true);
  expect(ms).toBeLessThan(60_000);
  fs.mkdirSync(gone);
});

test("the demo keeps its site where it is told to", async () => {
  const dir = path.join(temporaryFolder(), "kept");
  const env = {
    SEALPOST_DATA: "/no/such",
    SEALPOST_URL: "http://127.0.0.1:9",
    SEALPOST_TOKEN: "spk_x",
  };
  const done = await cli(["demo", "--keep", dir], { env }); // meant for another site
  expect(done.code, done.out + done.err).toBe(0);
  expect(done.out).toMatch(/all 15 steps held, in \d+\.\d s\nthe site is kept in .*kept\n$/);
  expect((await cli(["ledger", "verify", "--data", dir])).code).toBe(0);
  expect(await cli(["demo", "--keep", dir])).toMatchObject({ code: 4, out: "" });
  expect(fs.readdirSync(path.dirname(dir))).toEqual(["kept"]);
});

test("a demo whose step does not hold says which and why, and ends with 1", async () => {
  const file = path.join(temporaryFolder(), "file");
  fs.writeFileSync(file, "");
  const done = await cli(["demo", "--keep", path.join(file, "below")]);
  expect(done.code).toBe(1);
  expect(done.out).toMatch(/^FAIL init .*\n +\S.*\nNOT ALL HELD: 15 of 15 steps\n/);
});

test("what is waited for in vain is told", async () => {
  const never = until(
    () => false,
    () => "it did not come",
    30,
  );
  await expect(never).rejects.toThrow("it did not come, after 0.03 s");
});

test("a demo that is stopped says so, and leaves nothing", async () => {
  const stop = new AbortController();
  stop.abort();
  const dir = path.join(temporaryFolder(), "kept");
  const done = await cli(["demo", "--keep", dir, "--json"], { stop: stop.signal });
  expect(done.code).toBe(1);
  expect(JSON.parse(done.out)).toMatchObject({ ok: false, steps: [{ name: "init", ok: false, why: "stopped" }] });
});
