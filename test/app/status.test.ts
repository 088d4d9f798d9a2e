import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statusService } from "../../src/app/status.ts";
import { SITE_TENANT } from "../../src/ports.ts";
import { HOSTILE } from "../support/hostile-text.ts";
import { browserOf, readPage } from "../support/form-browser.ts";
import { busySite, freshSite, type StatusSite } from "../support/status-site.ts";

let fresh: StatusSite;
let busy: StatusSite;
beforeAll(async () => {
  fresh = await freshSite();
  busy = await busySite();
});
afterAll(async () => {
  await Promise.all([fresh.close(), busy.close()]);
});

describe("what a site that works shows", () => {
  test("its sources, newest first, with how many events of the last ones were theirs", async () => {
    const { sources } = await busy.services.status.tenant("default");
    expect(sources.items.map(({ source, events }) => [source.slice(0, 16), events])).toEqual([
      ["/'&lt;b&gt;('lon", 1],
      ["/people/shift-bo", 1],
      ["/ups/hall-1", 1],
      ["/scanner/registr", 1],
      ["/sshd/jump-01", 1],
      ["/pki/internal", 1],
      ["/backup/nightly", 2],
      ["/plc/kiln-3", 2],
      ["/hosts/db-01", 1],
    ]);
    expect(sources).toMatchObject({ count: 9, looked: 11, isAll: true });
    expect(sources.items[0]).toMatchObject({ lastType: HOSTILE.toWellFormed(), lastSeverity: "critical" });
  });

  test("what failed, newest first, with what the other side said", async () => {
    const { failures, stats } = await busy.services.status.tenant("default");
    const { dead = 0, retrying = 0 } = stats.byStatus;
    expect(failures.items).toHaveLength(dead + retrying);
    expect(failures).toMatchObject({ count: dead + retrying, isCut: false });
    const made = failures.items.map(({ at }) => at);
    expect(made).toEqual(made.toSorted((a, b) => b - a));
    for (const failure of failures.items) {
      expect(failure).toMatchObject({
        channel: "ops-mail",
        attempts: 1,
        failureReason: expect.stringContaining("550 "),
      });
      expect(failure.reason?.code).toBe(failure.status === "dead" ? "refused" : "temporary");
    }
  });

  test("what failed, as far as one page of deliveries told of it, where looking took too long", async () => {
    const { parts } = busy;
    const { read } = parts.store;
    let asked = 0;
    const at = { mono: 0 };
    const deliveries: typeof read.deliveries = async (tenant, query) => {
      asked++;
      at.mono += 60;
      const { cursor: _cursor, ...first } = query;
      const { items } = await read.deliveries(tenant, { ...first, limit: 1 });
      return { items, cursor: "more" };
    };
    const store = { ...parts.store, read: { ...read, deliveries } };
    const service = statusService({ ...parts, store, instants: { now: () => 0, mono: () => at.mono } });
    const { failures } = await service.tenant("default");
    expect(failures).toMatchObject({ count: 6, isCut: true });
    expect(asked).toBeLessThanOrEqual(4);
  });

  test("its windows, silences, channels that are down, ledger and kits", async () => {
    const { windows, mutes, stats, ledger, setup } = await busy.services.status.tenant("default");
    expect(new Set(windows.items.map(({ actionKey }) => actionKey))).toEqual(new Set(["medium-mail", "low-mail"]));
    expect(windows.count).toBe(2);
    expect(mutes.items.map(({ kind }) => kind)).toEqual(["silence", "suppression"]);
    expect(stats.downChannels).toMatchObject([{ id: "ops-mail", reason: "connect" }]);
    expect(setup).toEqual({ channels: 1, channel: "ops-mail", rules: expect.any(Number), unbound: [] });
    const log = await busy.services.ledger.log("default");
    expect(ledger).toMatchObject({
      origin: log?.origin,
      size: log?.size,
      signed: { size: log?.size, root: expect.stringMatching(/^.{43}=$/) },
    });
    const site = await busy.services.status.site();
    expect(site).toMatchObject({ site: "plant-7", startedAt: expect.any(Number), tenants: ["_site", "default"] });
    expect(site.kits.map(({ stream }) => stream)).toEqual(["plant-7/starter"]);
  });

  test("of another tenant: nothing of it", async () => {
    const { sources, failures, windows, mutes } = await busy.services.status.tenant(SITE_TENANT);
    expect([sources.count, failures.items.length, windows.count, mutes.count]).toEqual([0, 0, 0, 0]);
  });
});

describe("asked again and again", () => {
  test("the same is answered for three seconds, and all who ask meanwhile share one reading", async () => {
    const at = { mono: 0 };
    const service = statusService({ ...busy.parts, instants: { now: () => 1000 + at.mono, mono: () => at.mono } });
    const answers = await Promise.all(Array.from({ length: 100 }, () => service.tenant("default")));
    expect(new Set(answers).size).toBe(1);
    at.mono = 2999;
    expect((await service.tenant("default")).at).toBe(1000);
    at.mono = 3000;
    expect((await service.tenant("default")).at).toBe(4000);
    expect((await service.tenant(SITE_TENANT)).at).toBe(4000);
  });

  test("a reading that fails is not kept", async () => {
    const { store } = busy.parts;
    let failing = true;
    const counts: typeof store.read.counts = async (...asked) => {
      if (failing) throw new Error("the disk");
      return await store.read.counts(...asked);
    };
    const service = statusService({ ...busy.parts, store: { ...store, read: { ...store.read, counts } } });
    await expect(service.tenant("default")).rejects.toThrow("the disk");
    failing = false;
    expect((await service.tenant("default")).sources.count).toBe(9);
  });
});

describe("a session", () => {
  test("ends at once when its token is revoked", async () => {
    const token = await fresh.tokenWith("notify.viewer");
    const browser = browserOf(fresh.url);
    expect((await browser.logIn(token)).heading).toBe("Status of tenant default");
    const id = token.split("_")[1] ?? "";
    const revoked = await fresh.request("DELETE", `/api/v1/tokens/${id}`);
    expect(revoked.ok).toBe(true);
    const refused = await browser.open("/");
    expect([refused.status, refused.heading]).toEqual([401, "Log in to Sealpost"]);
    expect((await browser.open("/")).status).toBe(200);
  });
});

describe("next steps", () => {
  test("the commands that the page shows work as they stand, one after the other, until nothing is left to do", async () => {
    const token = await fresh.tokenWith("notify.admin", "events:write");
    const browser = browserOf(fresh.url);
    await browser.logIn(token);
    const { commands } = await browser.open("/");
    expect(commands.map((command) => /api\/v1\S+/.exec(command)?.[0])).toEqual([
      "api/v1/channels/ops-mail/bind",
      "api/v1/events",
    ]);
    for (const command of commands) expect(await shell(`${command} -f -o /dev/null`, { TOKEN: token })).toBe("");
    // what was read is kept for a moment
    while ((await browser.open("/")).commands.length > 0) await new Promise((resolve) => setTimeout(resolve, 200));
    const { items } = await fresh.services.events.page("default", { limit: 10 });
    expect(items.map(({ source, type }) => [source, type])).toEqual([["/plant/7", "backup.failed"]]);
  });

  test("over the socket too, where there is neither a channel nor a rule", async () => {
    const { socket } = fresh;
    await fresh.request("POST", "/api/v1/tenants", {
      tenant: SITE_TENANT,
      type: "application/json",
      body: JSON.stringify({ id: "office" }),
    });
    const page = await shell(`curl -sS --unix-socket ${socket} 'http://localhost/?tenant=office'`, {});
    const { commands } = readPage(page);
    expect(commands).toHaveLength(3);
    for (const command of commands)
      expect(await shell(`${command.replace("DIR/sealpost.sock", socket)} -f -o /dev/null`, {})).toBe("");
    const { actions, channels } = fresh.parts.configurations.of("office");
    expect([[...channels.keys()], [...actions.keys()]]).toEqual([["my-mail"], ["my-backups-mail"]]);
    const { items } = await fresh.services.deliveries.page("office", { limit: 10 });
    expect(items.map(({ to, channel }) => [to, channel])).toEqual([["you@example.org", "my-mail"]]);
  });
});

/** What a command line says; throws where it fails. */
async function shell(command: string, env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await promisify(execFile)("sh", ["-c", command], {
    env: { ...process.env, ...env },
    timeout: 20_000,
  });
  return stdout;
}
