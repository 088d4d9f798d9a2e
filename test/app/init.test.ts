import * as fs from "node:fs";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { initSite } from "../../src/app/init.ts";
import { silentLog } from "../../src/system/log.ts";
import { makeSite, openSite, settings, temporaryFolder } from "../support/site.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());
const at = (...names: string[]): string => path.join(folder.dir, "data", ...names);

describe("a new site", () => {
  test("has the files of the contract, open to nobody else", async () => {
    await makeSite(at());
    const files = fs.readdirSync(at(), { recursive: true, encoding: "utf8" }).toSorted();
    expect(files).toEqual(
      expect.arrayContaining([
        "keys/ledger.pem",
        "keys/local.pem",
        "keys/box.pem",
        "keys/seal/_site.pem",
        "keys/seal/default.pem",
        "master.key",
        "sealpost.db",
        "trust/local.json",
        "quarantine",
        "drop",
        "out",
        "blobs",
      ]),
    );
    expect(files).not.toContain("init.tmp");
    expect(fs.statSync(at()).mode & 0o777).toBe(0o700);
    for (const secret of files.filter((name) => name.endsWith(".pem") || name === "master.key"))
      expect(fs.statSync(at(secret)).mode & 0o777, secret).toBe(0o600);
  });

  test("has its starter content through the door of kits, and two logs that begin with their genesis", async () => {
    await makeSite(at());
    const site = await openSite(at());
    const kits = await site.request("GET", "/api/v1/kits", { tenant: "_site" });
    expect(await kits.json()).toMatchObject({
      items: [expect.objectContaining({ stream: "plant-7/starter", epoch: 0, sequence: 1 })],
    });
    for (const tenant of ["_site", "default"])
      expect((await site.parts.store.read.leaves(tenant, 0, 1))[0]).toContain('"type":"ledger.genesis"');
    const leaves = await site.parts.store.read.leaves("_site", 0, 100);
    expect(leaves.filter((line) => line.includes('"type":"kit.import"')).length).toBe(1);
    const compiled = site.parts.configurations.of("default");
    expect([compiled.rules.size > 0, compiled.templates.has("tmpl-event"), compiled.channels.has("ops-mail")]).toEqual([
      true,
      true,
      true,
    ]);
    await site.close();
  });

  test("keeps the secret of its token nowhere", async () => {
    const token = await makeSite(at());
    const secret = token.split("_")[2] ?? "";
    expect(secret.length).toBeGreaterThan(20);
    for (const name of fs.readdirSync(at(), { recursive: true, encoding: "utf8" }))
      if (fs.statSync(at(name)).isFile()) expect(fs.readFileSync(at(name)).includes(secret), name).toBe(false);
  });

  test("takes its id from the machine where none is given, and refuses one that is none", async () => {
    const made = await initSite({ dir: at(), settings: settings(), log: silentLog });
    expect(made.site).toMatch(/^[a-z0-9][a-z0-9-]{0,62}$/);
    await expect(
      initSite({ dir: at("x"), site: "No Site", settings: settings(), log: silentLog }),
    ).rejects.toMatchObject({ code: "invalid" });
    expect(fs.existsSync(at("x"))).toBe(false);
  });
});

test("a folder that holds a site is left as it is", async () => {
  await makeSite(at());
  const before = fs.readFileSync(at("keys", "ledger.pem"));
  await expect(makeSite(at())).rejects.toMatchObject({ code: "exists" });
  expect(fs.readFileSync(at("keys", "ledger.pem"))).toEqual(before);
});

describe("what an interrupted init left behind", () => {
  test("before it put anything in place is no site, and the next one starts anew", async () => {
    fs.mkdirSync(at("init.tmp", "keys"), { recursive: true, mode: 0o700 });
    fs.chmodSync(at(), 0o700);
    fs.writeFileSync(at("init.tmp", "keys", "ledger.pem"), "half");
    await expect(openSite(at())).rejects.toMatchObject({ code: "no-site" });
    await makeSite(at());
    await (await openSite(at())).close();
  });

  test("while it put things in place is known as its own and taken away", async () => {
    await makeSite(at());
    fs.mkdirSync(at("init.tmp"), { mode: 0o700 });
    fs.renameSync(at("sealpost.db"), at("init.tmp", "sealpost.db"));
    const names = fs.readdirSync(at()).filter((name) => name !== "lock.db" && name !== "init.tmp");
    fs.writeFileSync(at("init.tmp", "placing"), names.join("\n"));
    await expect(openSite(at())).rejects.toMatchObject({ code: "no-site" });
    await makeSite(at());
    const site = await openSite(at());
    expect(site.site).toBe("plant-7");
    await site.close();
  });
});

test.each(["keys/ledger.pem", "master.key", "out/precious.txt"])(
  "a folder that holds %s is not touched",
  async (name) => {
    await makeSite(at());
    fs.rmSync(at("sealpost.db"));
    for (const other of fs.readdirSync(at()))
      if (other !== name.split("/")[0]) fs.rmSync(at(other), { recursive: true });
    fs.mkdirSync(path.dirname(at(name)), { recursive: true, mode: 0o700 });
    fs.writeFileSync(at(name), "precious");
    await expect(makeSite(at())).rejects.toMatchObject({
      code: "exists",
      message: expect.stringContaining(name.split("/")[0] ?? ""),
    });
    expect(fs.readFileSync(at(name), "utf8")).toBe("precious");
  },
);

test("of two inits at once one makes the site, the other is told", async () => {
  const results = await Promise.allSettled([makeSite(at()), makeSite(at())]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const failed = results.find(({ status }) => status === "rejected");
  expect(failed).toMatchObject({ reason: { code: "locked" } });
  await (await openSite(at())).close();
});

test("without its master key a site does not open, and makes no new one", async () => {
  await makeSite(at());
  fs.rmSync(at("master.key"));
  await expect(openSite(at())).rejects.toMatchObject({ code: "no-master-key" });
  expect(fs.existsSync(at("master.key"))).toBe(false);
});

test("a second writer of a folder is told so", async () => {
  await makeSite(at());
  const site = await openSite(at());
  await expect(openSite(at())).rejects.toMatchObject({ code: "locked" });
  await site.close();
  await (await openSite(at())).close();
});
