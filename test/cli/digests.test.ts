import * as fs from "node:fs";
import * as path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { cli, type Done } from "../support/cli.ts";
import { type CliSite, makeCliSite } from "../support/cli-site.ts";
import { temporaryFolder } from "../support/folder.ts";

const Windows = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      actionKey: z.string(),
      window: z.string(),
      openedAt: z.string(),
      dueAt: z.string(),
      severity: z.string(),
      state: z.string(),
      status: z.string().optional(),
      itemCount: z.int(),
    }),
  ),
});
type Window = z.infer<typeof Windows>["items"][number];

const RULE = {
  schema: "rule/v1",
  id: "hosts",
  match: { types: ["host.*"] },
  stop: true,
  priority: 1,
  actions: [
    { id: "host-daily", channel: "ops-mail", digest: "1d" },
    { id: "host-group", channel: "ops-mail", group: { by: ["service"], wait: "1h", interval: "1h" } },
  ],
};

let site: CliSite;

async function openSite(): Promise<void> {
  site = await makeCliSite();
  const folder = temporaryFolder();
  fs.mkdirSync(path.join(folder, "rules"));
  fs.writeFileSync(path.join(folder, "rules/hosts.json"), JSON.stringify(RULE));
  expect(await site.run("config", "apply", folder)).toMatchObject({ code: 0, err: "" });
}

async function post(service: string, severity = "high"): Promise<void> {
  const file = path.join(temporaryFolder(), "event.json");
  const data = { labels: { service } };
  const event = { specversion: "1.0", id: crypto.randomUUID(), source: "/test", type: "host.down", data };
  fs.writeFileSync(file, JSON.stringify({ ...event, severitytext: severity }));
  expect(await site.run("events", "post", file)).toMatchObject({ code: 0, err: "" });
}

async function windows(...words: readonly string[]): Promise<readonly Window[]> {
  const done = await site.run("digest", ...words, "--json");
  expect(done, done.err).toMatchObject({ code: 0, err: "" });
  return Windows.parse(JSON.parse(done.out)).items;
}
const rows = (done: Done): string[][] =>
  done.out
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));

describe("digest list and show", () => {
  beforeEach(openSite);

  test("nothing is open at first", async () => {
    for (const words of [["digest"], ["digest", "list"], ["digest", "show", "host-daily"]])
      expect(await site.run(...words)).toEqual({ code: 0, out: "nothing is open\n", err: "" });
    expect(await windows("list")).toEqual([]);
  });

  test("a table for people, the one that is due first before the others; the same as JSON", async () => {
    await post("db", "low");
    await post("web", "critical");
    const items = await windows("list");
    expect(items.map(({ actionKey }) => actionKey.replace(/~.*/, ""))).toEqual(
      expect.arrayContaining(["host-group", "host-group", "host-daily"]),
    );
    expect(items.map(({ dueAt }) => dueAt)).toEqual(items.map(({ dueAt }) => dueAt).toSorted());
    const listed = await site.run("digest");
    expect(listed.err).toBe("");
    expect(rows(listed)).toEqual([
      ["ID", "DUE", "ITEMS", "SEVERITY", "STATE"],
      ...items.map(({ id, dueAt, itemCount, severity, state }) => [id, dueAt, String(itemCount), severity, state]),
    ]);
    expect(listed.out).toMatch(/digest:default:host-daily:1d:\d+ +20\S+Z +2 +critical +open\n/);
    expect(await windows("show", "host-group")).toHaveLength(2);
    const [group] = await windows("show", "host-group");
    expect(await windows("show", group?.actionKey ?? "")).toEqual([group]);
    expect(rows(await site.run("digest", "show", "host-daily"))).toHaveLength(2);
    const first = await site.run("digest", "list", "--limit", "2");
    const cursor = /^more: --cursor (\S+)$/m.exec(first.out)?.[1] ?? "";
    expect(first.out).toContain(items[1]?.id);
    expect(await windows("list", "--limit", "2", "--cursor", cursor)).toEqual(items.slice(2));
    expect(await windows("show", "host-group", "--limit", "1")).toEqual([group]);
  });
});

describe("digest flush, drop and reopen", () => {
  beforeEach(openSite);

  test("flush sends now and says what became of it", async () => {
    await post("db");
    const done = await site.run("digest", "flush", "host-daily");
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(rows(done)[1]?.slice(2)).toEqual(["1", "high", "flushed, pending"]);
    expect((await windows("list")).map(({ actionKey }) => actionKey)).toEqual([expect.stringMatching(/^host-group~/)]);
    const again = await site.run("digest", "flush", "host-daily");
    expect(again).toMatchObject({ code: 4, out: "" });
    expect(again.err).toContain("host-daily has no open window to flush (not-found)");
  });

  test("drop deletes it unsent, which is told in the ledger", async () => {
    await post("db");
    const [dropped] = await windows("drop", "host-daily", "--window", "1d");
    expect(dropped).toMatchObject({ state: "dropped", status: "dropped" });
    const explained = await site.run("explain", dropped?.id ?? "");
    expect(explained.out).toMatch(/It is dropped: a person deleted the window; .* \(local:\d+\)\./);
    expect((await site.run("digest", "drop", "host-daily")).code).toBe(4);
  });

  test("of one window only, where it is named as it is listed", async () => {
    await post("db");
    const [daily] = await windows("show", "host-daily");
    const asked = ["flush", "host-daily", "--opened-at", daily?.openedAt ?? ""];
    expect((await site.run("digest", ...asked, "--window", "1h")).code).toBe(4);
    expect((await site.run("digest", "flush", "host-daily", "--opened-at", "2026-06-01T10:05:00Z")).code).toBe(4);
    expect(await windows(...asked, "--window", "1d")).toMatchObject([{ id: daily?.id, state: "flushed" }]);
  });

  test("reopen takes back what was not tried yet, as often as asked", async () => {
    await post("db");
    const [flushed] = await windows("flush", "host-daily");
    const asked = ["reopen", "host-daily", "--window", "1d", "--opened-at", flushed?.openedAt ?? ""];
    const done = await site.run("digest", ...asked);
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(rows(done)[1]?.at(-1)).toBe("open");
    const refused = await site.run("digest", ...asked);
    expect(refused).toMatchObject({ code: 4, out: "" });
    expect(refused.err).toContain("(conflict)");
    await post("db");
    expect(await windows("flush", "host-daily")).toMatchObject([{ id: flushed?.id, itemCount: 2 }]);
    expect(await windows(...asked)).toMatchObject([{ id: flushed?.id, state: "open" }]);
  });

  test("of a group is by its key", async () => {
    await post("db");
    expect((await site.run("digest", "flush", "host-group")).code).toBe(4);
    const [group] = await windows("show", "host-group");
    expect(await windows("flush", group?.actionKey ?? "")).toMatchObject([{ id: group?.id, status: "pending" }]);
  });
});

describe("what is asked wrongly", () => {
  test.each([
    [["digest", "flush"]],
    [["digest", "drop"]],
    [["digest", "show"]],
    [["digest", "reopen", "host-daily"]],
    [["digest", "reopen", "host-daily", "--window", "1d"]],
    [["digest", "reopen", "--window", "1d", "--opened-at", "2026-06-01T10:05:00Z"]],
    [["digest", "close", "host-daily"]],
    [["digest", "flush", "host-daily", "--when", "now"]],
    [["digest", "list", "--tenant", "Not A Tenant"]],
  ])("%j is wrong usage", async (words) => {
    const done = await cli([...words, "--data", "/nowhere"]);
    expect(done).toMatchObject({ code: 2, out: "" });
    expect(done.err).not.toBe("");
  });

  test("names what is wrong with a window or a time", async () => {
    await openSite();
    const done = await site.run("digest", "flush", "host-daily", "--window", "2h", "--opened-at", "yesterday");
    expect(done).toMatchObject({ code: 1, out: "" });
    expect(done.err).toMatch(/\n {2}\/window: must be one of 5m, 15m, 1h, 1d, group, quiet, flap\n {2}\/openedAt: /);
    const reopen = await site.run("digest", "reopen", "host-daily", "--window", "x", "--opened-at", "y", "--json");
    expect(reopen).toMatchObject({ code: 1, out: "" });
    expect(JSON.parse(reopen.err)).toMatchObject({
      exit: 1,
      problem: { code: "invalid", errors: [{ pointer: "/window" }, { pointer: "/openedAt" }] },
    });
  });

  test("an unknown action, tenant or site is 4", async () => {
    await openSite();
    for (const verb of ["flush", "drop"])
      expect(await site.run("digest", verb, "no-such-action")).toMatchObject({ code: 4, out: "" });
    for (const key of ["No Such Key", "a/b", ""])
      expect(await site.run("digest", "flush", key)).toMatchObject({ code: 4, out: "" });
    expect((await site.run("digest", "list", "--tenant", "globex")).code).toBe(4);
    expect((await cli(["digest", "list", "--data", path.join(site.dir, "none")])).code).toBe(4);
  });
});

test("the help of each verb shows an example", async () => {
  for (const verb of ["list", "show", "flush", "drop", "reopen"]) {
    const help = await cli(["digest", verb, "--help"]);
    expect(help.code).toBe(0);
    expect(help.out).toMatch(new RegExp(`\\nExample:\\n {2}\\$ sealpost digest ${verb}`));
  }
});
