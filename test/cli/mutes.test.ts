import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { cli, type Done } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";

const Row = z.looseObject({ id: z.string(), state: z.string(), startsAt: z.string(), endsAt: z.string().optional() });
const Listed = z.looseObject({ items: z.array(Row) });
const Both = z.object({ silences: Listed, suppressions: Listed });
const MINUTE = 60_000;

const home = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-test-"));
const site = {
  dir: path.join(home, "site"),
  run: (...words: readonly string[]): Promise<Done> => cli([...words, "--data", site.dir]),
};

beforeAll(async () => {
  const init = await cli(["init", "--data", site.dir, "--site", "plant-7"]);
  expect(init.code, init.err).toBe(0);
  fs.mkdirSync(path.join(home, "config/rules"), { recursive: true });
  const rule = { schema: "rule/v1", id: "disks", actions: [{ id: "disk-mail", channel: "ops-mail" }] };
  fs.writeFileSync(path.join(home, "config/rules/disks.json"), JSON.stringify(rule));
  const applied = await site.run("config", "apply", path.join(home, "config"));
  expect(applied.code, applied.err).toBe(0);
  return () => fs.rmSync(home, { recursive: true, force: true });
});

async function made(...words: readonly string[]): Promise<z.infer<typeof Row>> {
  const done = await site.run(...words, "--json");
  expect(done.code, done.err).toBe(0);
  const row = Row.parse(JSON.parse(done.out));
  const noun = words[0] ?? "";
  onTestFinished(async () => void (await site.run(noun, "expire", row.id)));
  return row;
}

async function listed(...words: readonly string[]): Promise<z.infer<typeof Both>> {
  const done = await site.run("silence", "list", ...words, "--json");
  expect(done.code, done.err).toBe(0);
  return Both.parse(JSON.parse(done.out));
}

async function eventStatus(labels: Record<string, string>): Promise<string> {
  const event = { specversion: "1.0", id: crypto.randomUUID(), source: "/test", type: "disk.full", data: { labels } };
  const file = path.join(temporaryFolder(), "event.json");
  fs.writeFileSync(file, JSON.stringify(event));
  const done = await site.run("events", "post", file, "--json");
  expect(done.code, done.err).toBe(0);
  return JSON.stringify(JSON.parse(done.out));
}

describe("silence RULE --minutes N", () => {
  test("suppresses that rule for so long", async () => {
    const row = await made("silence", "disks", "--minutes", "30", "--comment", "new robot");
    expect(row).toMatchObject({ state: "active", rule: "disks", comment: "new robot" });
    expect(Date.parse(row.endsAt ?? "") - Date.parse(row.startsAt)).toBeGreaterThan(29 * MINUTE);
    expect(await eventStatus({})).toContain(`"code":"rule-suppressed","by":"${row.id}"`);
    expect((await listed()).suppressions.items.map(({ id }) => id)).toEqual([row.id]);
    const shown = await site.run("silence", "show", row.id);
    expect(JSON.parse(shown.out)).toMatchObject({ id: row.id, rule: "disks" });
    const done = await site.run("silence", "expire", row.id);
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out).toMatch(new RegExp(`^${row.id}: expired, rule disks, until \\S+\\n$`));
    expect(await eventStatus({})).not.toContain("rule-suppressed");
  });

  test("says so to people in one line", async () => {
    const done = await site.run("silence", "disks", "--minutes", "1");
    expect(done.out).toMatch(/^sup-[0-9a-z]{26}: active, rule disks, until 20\S+Z\n$/);
    expect((await site.run("silence", "expire", done.out.slice(0, 30))).code).toBe(0);
  });

  test("of a rule that is not there is 4", async () => {
    const done = await site.run("silence", "dikss", "--minutes", "30");
    expect(done).toMatchObject({ code: 4, out: "" });
    expect(done.err).toContain("/rule: there is no such rule");
  });

  test("of a rule that is called like a verb is told apart by the verb", async () => {
    const done = await site.run("silence", "rule", "list", "--minutes", "30");
    expect(done).toMatchObject({ code: 4, out: "" });
  });
});

describe("silences by label", () => {
  test("are added, listed, filtered and ended", async () => {
    const words = [
      "--matcher",
      'service="db"',
      "--matcher",
      'env=~"prod.*"',
      "--for",
      "2h",
      "--comment",
      "failover test",
    ];
    const row = await made("silence", "add", ...words, "--author", "ana");
    expect(row).toMatchObject({ state: "active", matchers: ['service="db"', 'env=~"prod.*"'], author: "ana" });
    expect(await eventStatus({ service: "db", env: "prod-eu" })).toContain(`"code":"silenced","by":"${row.id}"`);
    expect(await eventStatus({ service: "db" })).not.toContain("silenced");
    const table = (await site.run("silence", "list")).out.split("\n");
    expect(table[0]).toMatch(/^ID +STATE +STARTS +ENDS +MUTES +AUTHOR +COMMENT$/);
    expect(table[1]).toMatch(new RegExp(`^${row.id} +active .* service="db", env=~"prod.\\*" +ana +failover test$`));
    expect((await listed("--matcher", "service=db")).silences.items).toHaveLength(1);
    expect((await listed("--matcher", "service=web")).silences.items).toHaveLength(0);
    expect((await listed("--state", "pending")).silences.items).toHaveLength(0);
    expect(JSON.parse((await site.run("silence", "show", row.id, "--json")).out)).toMatchObject({ id: row.id });
    for (let times = 0; times < 2; times++)
      expect((await site.run("silence", "expire", row.id)).out).toMatch(new RegExp(`^${row.id}: expired, `));
    expect((await listed("--state", "expired")).silences.items.map(({ id }) => id)).toContain(row.id);
  });

  test("can begin later, and have an id", async () => {
    const times = ["--starts", "2030-06-01T22:00:00Z", "--until", "2030-06-02T02:00:00Z"];
    const row = await made(
      "silence",
      "add",
      "--matcher",
      "host=db-1",
      ...times,
      "--comment",
      "patching",
      "--id",
      "patch-1",
    );
    expect(row).toMatchObject({ id: "patch-1", state: "pending", startsAt: "2030-06-01T22:00:00.000Z" });
    const again = await site.run(
      "silence",
      "add",
      "--matcher",
      "a=b",
      "--for",
      "1h",
      "--comment",
      "c",
      "--id",
      "patch-1",
    );
    expect(again).toMatchObject({ code: 4, out: "" });
  });

  test("name the fault in a matcher, its place and its reason", async () => {
    const done = await site.run("silence", "add", "--matcher", 'a="b', "--for", "1h", "--comment", "c");
    expect(done).toMatchObject({ code: 1, out: "" });
    expect(done.err).toMatch(/\n {2}\/matchers\/0: not a matcher, at character \d+: /);
  });

  test("tell how many more there are than were asked for", async () => {
    await made("silence", "add", "--matcher", "a=1", "--for", "1h", "--comment", "c");
    await made("silence", "add", "--matcher", "a=2", "--for", "1h", "--comment", "c");
    expect((await site.run("silence", "list", "--limit", "1")).out).toContain("there are more: --limit");
  });

  test("are previewed on the last events", async () => {
    await eventStatus({ service: "cache" });
    const done = await site.run("silence", "preview", "--matcher", "service=cache");
    expect(done.out).toMatch(/^1 of the last \d+ events, 0 of \d+ open windows\nID .*\nev_\S+ .* disk.full .*\n$/);
    const none = await site.run("silence", "preview", "--matcher", "service=none");
    expect(none.out).toMatch(/^0 of the last \d+ events, 0 of \d+ open windows\n$/);
    const asJson = await site.run("silence", "preview", "--matcher", "service=cache", "--json");
    expect(JSON.parse(asJson.out)).toMatchObject({ events: { muted: 1 } });
  });

  test("more of them than the policy allows need --force", async () => {
    const done = await made("silence", "add", "--matcher", "a=b", "--for", "1h", "--comment", "c", "--force");
    expect(done.state).toBe("active");
  });
});

describe("maintenance", () => {
  test("is added once, of what labels say or of everything", async () => {
    const row = await made("maintenance", "add", "--matcher", "hall=2", "--for", "4h", "--comment", "new switches");
    expect(row).toMatchObject({ id: expect.stringMatching(/^mnt-/), state: "active", matchers: ["hall=2"] });
    expect(await eventStatus({ hall: "2" })).toContain(`"code":"maintenance","by":"${row.id}"`);
    const all = await site.run("maintenance", "add", "--for", "1m");
    expect(all.out).toMatch(/^mnt-\S+: active, everything, until \S+Z\n$/);
    expect((await site.run("maintenance", "expire", all.out.slice(0, 30))).out).toMatch(
      /: expired, everything, until /,
    );
  });

  test("is added for every week", async () => {
    const words = [
      "--weekly",
      "sat,sun 22:00-06:00",
      "mon 01:00-02:00",
      "--zone",
      "Europe/Berlin",
      "--matcher",
      "job=backup",
    ];
    const row = await made("maintenance", "add", ...words, "--comment", "backups");
    expect(row).toMatchObject({
      zone: "Europe/Berlin",
      weekly: [
        { days: ["sat", "sun"], from: "22:00", to: "06:00" },
        { days: ["mon"], from: "01:00", to: "02:00" },
      ],
    });
    const list = await site.run("maintenance", "list");
    expect(list.out).toContain("every sat,sun 22:00-06:00; mon 01:00-02:00 Europe/Berlin");
    const shown = await site.run("maintenance", "show", row.id);
    expect(JSON.parse(shown.out)).toMatchObject({ id: row.id, author: expect.stringMatching(/^local:/) });
    const ended = await site.run("maintenance", "expire", row.id);
    expect(ended.out).toMatch(/: expired, job=backup, every sat,sun .* Europe\/Berlin, until 20/);
    expect((await site.run("maintenance", "list", "--state", "expired", "--limit", "1")).out).toContain("ID ");
  });
});

test.each([
  [["silence"]],
  [["silence", "disks"]],
  [["silence", "disks", "--minutes", "none"]],
  [["silence", "add", "--for", "1h", "--comment", "c"]],
  [["silence", "add", "--matcher", "a=b", "--for", "1h"]],
  [["silence", "preview"]],
  [["silence", "list", "--state", "over"]],
  [["maintenance", "add", "--weekly", "sunday at noon"]],
  [["maintenance", "list", "--limit", "0"]],
])("%j is wrong usage", async (words) => {
  const done = await cli([...words, "--data", site.dir]);
  expect(done).toMatchObject({ code: 2, out: "" });
  expect(done.err).not.toBe("");
});

test.each([
  ["silence", "show"],
  ["silence", "expire"],
  ["maintenance", "show"],
  ["maintenance", "expire"],
])("%s %s of an unknown id is 4", async (...words) => {
  const done = await site.run(...words, "sil-nothing", "--json");
  expect(done).toMatchObject({ code: 4, out: "" });
  expect(JSON.parse(done.err)).toMatchObject({ exit: 4, problem: { code: "not-found" } });
});

test("the examples in the help work as they stand", async () => {
  const nouns = [
    "silence rule",
    "silence add",
    "silence list",
    "silence preview",
    "maintenance add",
    "maintenance list",
  ];
  for (const noun of nouns) {
    const help = (await cli([...noun.split(" "), "--help"])).out;
    const examples = [...help.matchAll(/\$ sealpost (.*) --data \.\/data/g)].map(([, words = ""]) => words);
    expect(examples.length, noun).toBeGreaterThan(0);
    for (const example of examples) {
      const words = [...example.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
      const done = await site.run(...words);
      expect(done.code, `${example}: ${done.err}`).toBe(0);
    }
  }
  for (const noun of ["silence show", "silence expire", "maintenance show", "maintenance expire"])
    expect((await cli([...noun.split(" "), "--help"])).out, noun).toMatch(/\nExample:\n {2}\$ sealpost /);
});
