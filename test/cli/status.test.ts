import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openSite } from "../support/site.ts";
import { cli } from "../support/cli.ts";
import { type CliSite, makeCliSite } from "../support/cli-site.ts";
import { temporaryFolder } from "../support/folder.ts";

const Stats = z.looseObject({
  backlog: z.int(),
  openDigestCount: z.int(),
  held: z.int(),
  throttled: z.int(),
  since: z.string(),
  byRule: z.array(z.looseObject({ rule: z.string() })),
});

async function apply(
  site: CliSite,
  rules: readonly { readonly id: string; readonly [name: string]: unknown }[],
): Promise<void> {
  const folder = temporaryFolder();
  fs.mkdirSync(path.join(folder, "rules"));
  for (const rule of rules)
    fs.writeFileSync(path.join(folder, "rules", `${rule.id}.json`), JSON.stringify({ schema: "rule/v1", ...rule }));
  expect(await site.run("config", "apply", folder)).toMatchObject({ code: 0, err: "" });
}

async function post(site: CliSite, count: number, fields: object): Promise<void> {
  const file = path.join(temporaryFolder(), "events.json");
  const one = { specversion: "1.0", source: "/test" };
  const events = Array.from({ length: count }, () => ({ ...one, id: crypto.randomUUID(), ...fields }));
  fs.writeFileSync(file, JSON.stringify(events));
  expect(await site.run("events", "post", file)).toMatchObject({ code: 0, err: "" });
}

describe("sealpost status", () => {
  test("of a site that has nothing to do", async () => {
    const site = await makeCliSite();
    expect(await site.run("status")).toEqual({
      code: 0,
      out: "waiting to be sent: 0\nopen digests and groups: 0; held in quiet hours: 0; repeats: 0\ndeliveries: none\n",
      err: "",
    });
  });

  test("what waits, what is open, and what was done, by rule, the most before the others", async () => {
    const site = await makeCliSite();
    const actions = [
      { id: "daily", channel: "ops-mail", digest: "1d" },
      { id: "at-once", channel: "ops-mail" },
    ];
    await apply(site, [{ id: "hosts", priority: 1, stop: true, match: { types: ["host.*"] }, actions }]);
    await post(site, 3, { type: "host.down" });
    const rule = { id: "few", channel: "ops-mail", throttle: { burst: 1, per: "1d" } };
    await apply(site, [{ id: "scarce", priority: 1, stop: true, match: { types: ["tape.*"] }, actions: [rule] }]);
    await post(site, 4, { type: "tape.full" });
    const done = await site.run("status");
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out.split("\n")).toEqual([
      "waiting to be sent: 4",
      "open digests and groups: 1; held in quiet hours: 0; repeats: 0",
      "deliveries: 4 pending, 3 coalesced, 3 throttled",
      "",
      expect.stringMatching(/^RULE +DELIVERIES$/),
      expect.stringMatching(/^hosts +3 (coalesced, 3 pending|pending, 3 coalesced)$/),
      expect.stringMatching(/^scarce +3 throttled, 1 pending$/),
      "",
    ]);
    const json = await site.run("status", "--json");
    expect(Stats.parse(JSON.parse(json.out))).toMatchObject({ backlog: 4, openDigestCount: 1, held: 0, throttled: 3 });
    expect(json.out.trimEnd()).not.toContain("\n");
  });

  test("channels that are down and rules that could not be evaluated", async () => {
    const site = await makeCliSite();
    const actions = [{ id: "at-once", channel: "ops-mail" }];
    await apply(site, [
      { id: "hosts", priority: 1, stop: true, match: { types: ["host.*"] }, actions },
      {
        id: "sizes",
        priority: 2,
        match: { when: "event.data.size > 3" },
        actions: [{ id: "size", channel: "ops-mail" }],
      },
    ]);
    await post(site, 2, { type: "disk.grew", data: { size: "big" }, severitytext: "low" });
    await post(site, 1, { type: "host.down" });
    const opened = await openSite(site.dir);
    const { store } = opened.parts;
    const [delivery] = (await store.read.deliveries("default", { limit: 1, status: "pending" })).items;
    const outcome = { kind: "down", out: { code: "ECONNECTION", st: "refused", ms: 1 } } as const;
    const tries = [{ kind: "tried", delivery: delivery?.id ?? "", channel: "ops-mail", n: 1, outcome } as const];
    await store.transact({ flow: "attempt", tenant: "default", input: { tries } });
    await opened.close();
    const { out } = await site.run("status");
    expect(out).toMatch(/\nchannel ops-mail is down since 20\S+Z: connect\n/);
    expect(out).toMatch(/\nrule sizes@[0-9a-f]{12} could not be evaluated 2 times: \S.*\n/);
    expect(out).toMatch(/\nhosts +1 pending\nlow +2 coalesced\n$/);
    await apply(site, [
      { id: "once", match: { when: "event.data.size > 3" }, actions: [{ id: "once", channel: "ops-mail" }] },
    ]);
    await post(site, 1, { type: "disk.grew", data: { size: "big" }, severitytext: "low" });
    expect((await site.run("status")).out).toMatch(/\nrule once@[0-9a-f]{12} could not be evaluated once: /);
  });

  test("of an unknown tenant or site is 4, of no server 5, and other options wrong usage", async () => {
    const site = await makeCliSite();
    expect(await site.run("status", "--tenant", "globex")).toMatchObject({ code: 4, out: "" });
    expect(await cli(["status", "--data", path.join(site.dir, "none")])).toMatchObject({ code: 4, out: "" });
    const env = { SEALPOST_URL: "http://127.0.0.1:9", SEALPOST_TOKEN: site.token };
    expect(await cli(["status"], { env })).toMatchObject({ code: 5, out: "" });
    expect(await site.run("status", "--since", "1h")).toMatchObject({ code: 2, out: "" });
    expect((await cli(["status", "--help"])).out).toContain("$ sealpost status --data ./data");
  });
});
