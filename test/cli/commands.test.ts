import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Json } from "../../src/core/json.ts";
import { publishedSchemas } from "../../src/core/objects.ts";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { makeCliSite } from "../support/cli-site.ts";

const Posted = z.looseObject({
  events: z.array(
    z.looseObject({ id: z.string(), duplicate: z.boolean(), deliveries: z.array(z.looseObject({ id: z.string() })) }),
  ),
});

function event(id: string, more: Readonly<Record<string, Json>> = {}): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/test",
    type: "test.some",
    severitytext: "critical",
    ...more,
  });
}

function fileWith(content: string | Uint8Array, name = "file.json"): string {
  const file = path.join(temporaryFolder(), name);
  fs.writeFileSync(file, content);
  return file;
}

test("init makes a site once; its token is shown once", async () => {
  const dir = path.join(temporaryFolder(), "site");
  const made = await cli(["init", "--data", dir, "--site", "plant-7"]);
  expect(made).toMatchObject({ code: 0, err: "" });
  expect(made.out).toMatch(
    /^site plant-7 made in .*\nlog sealpost-plant-7-[0-9a-f]{8}-_site\nlog sealpost-plant-7-[0-9a-f]{8}-default\n/,
  );
  expect(made.out).toMatch(/token \(shown only now\): spk_\S+\n/);
  const again = await cli(["init", "--data", dir, "--site", "plant-7", "--json"]);
  expect(again).toMatchObject({ code: 4, out: "" });
  expect(JSON.parse(again.err)).toMatchObject({ exit: 4, problem: { code: "exists" } });
});

test.each([
  [["init"]],
  [["serve"]],
  [["doctor"]],
  [["ledger", "verify"]],
  [["kit", "verify", "package.json"]],
  [["kit", "verify", "package.json", "--policy", "x"]],
  [["kit", "build", "--stream", "a"]],
  [["events", "list", "--data", "x", "--url", "http://127.0.0.1:9"]],
  [["events", "list", "--data", "x", "--tenant", "No Tenant"]],
  [["events", "list", "--data", "x", "--limit", "none"]],
  [["serve", "--data", "x", "--listen", "nowhere"]],
  [["channels", "bind", "ops-mail", "host", "--data", "x"]],
  [["kit", "build", "."]],
])("%j is wrong usage", async (words) => {
  const done = await cli(words);
  expect(done).toMatchObject({ code: 2, out: "" });
  expect(done.err).not.toBe("");
});

test("doctor tells which channels cannot send, and what they lack", async () => {
  const { run } = await makeCliSite();
  const fresh = await run("doctor");
  expect(fresh.code).toBe(0);
  expect(fresh.out).toMatch(/^channel ops-mail +warn +.*host.*sealpost channels bind ops-mail .*host=\.\.\./m);
  await run("channels", "bind", "ops-mail", "host=127.0.0.1", "port=9", "from=a@plant.example", "to=b@plant.example");
  expect((await run("doctor")).out).toMatch(/^channel ops-mail +ok/m);
});

test("doctor works on a folder, and takes none for another site's", async () => {
  const env = { SEALPOST_URL: "http://127.0.0.1:9", SEALPOST_DATA: "/srv/sealpost" };
  expect(await cli(["doctor"], { env })).toMatchObject({ code: 2, out: "" });
});

test("kit verify asks the site of an address as well as that of a folder", async () => {
  const done = await cli(["kit", "verify", "package.json"], { env: { SEALPOST_URL: "http://127.0.0.1:9" } });
  expect(done).toMatchObject({ code: 5, out: "" });
});

test("a folder without a site is not found, and told how to become one", async () => {
  const done = await cli(["events", "list", "--data", "/no/such/folder"]);
  expect(done).toMatchObject({ code: 4, out: "" });
  expect(done.err).toContain("sealpost init --data '/no/such/folder'");
});

test("no server at an address is 5", async () => {
  const done = await cli(["events", "list", "--json"], { env: { SEALPOST_URL: "http://127.0.0.1:9" } });
  expect(done).toMatchObject({ code: 5, out: "" });
  expect(JSON.parse(done.err)).toMatchObject({ exit: 5, problem: { code: "unreachable" } });
});

test("every command's help has an example", async () => {
  const nouns = [
    "events post",
    "events list",
    "events show",
    "deliveries list",
    "deliveries show",
    "deliveries attempts",
  ];
  nouns.push("deliveries receipt", "maildrop list", "maildrop show", "config apply", "config diff", "config show");
  nouns.push("config schema");
  nouns.push(
    "channels bind",
    "ledger verify",
    "ledger checkpoint",
    "ledger prove",
    "kit build",
    "kit verify",
    "kit import",
  );
  nouns.push("kit list", "init", "serve", "demo", "doctor");
  for (const noun of nouns) {
    const done = await cli([...noun.split(" "), "--help"]);
    expect(done.code, noun).toBe(0);
    expect(done.out, noun).toMatch(/\nExample:\n {2}\$ .*sealpost /);
    expect(done.out, noun).toContain("--json");
  }
});

describe("the schemas of objects", () => {
  test.each(["rule", "channel", "template"])("%s is printed as published, without a site", async (kind) => {
    const done = await cli(["config", "schema", kind]);
    expect(done.code, done.err).toBe(0);
    expect(JSON.parse(done.out)).toEqual(publishedSchemas()[`${kind}/v1`]);
    expect((await cli(["config", "schema", kind, "--json"])).out).toBe(`${JSON.stringify(JSON.parse(done.out))}\n`);
  });

  test("without a kind all are; an unknown one is wrong usage", async () => {
    expect(JSON.parse((await cli(["config", "schema"])).out)).toEqual(publishedSchemas());
    const unknown = await cli(["config", "schema", "binding"]);
    expect(unknown).toMatchObject({ code: 2, out: "" });
    expect(unknown.err).toContain("calendar, channel, policy, rule, template");
  });
});

describe("on a folder that no server has", () => {
  test("an event goes in, is shown with its deliveries, and is proven", async () => {
    const { run } = await makeCliSite();
    const posted = await run("events", "post", fileWith(event("1")), "--json");
    expect(posted.code, posted.err).toBe(0);
    const [first] = Posted.parse(JSON.parse(posted.out)).events;
    expect(first?.deliveries.length).toBeGreaterThan(0);
    const delivery = first?.deliveries[0]?.id ?? "";

    const again = await run("events", "post", fileWith(event("1")));
    expect(again.out).toMatch(/^0 accepted, 1 known already\nEVENT .*\n.*\(known\)/);
    expect((await run("events", "list", "--severity", "critical")).out).toContain(first?.id);
    expect(JSON.parse((await run("events", "list", "--type", "other", "--json")).out)).toEqual({ items: [] });
    expect(JSON.parse((await run("events", "show", first?.id ?? "", "--json")).out)).toMatchObject({
      id: first?.id,
      sourceId: "1",
    });
    expect((await run("events", "show", first?.id ?? "")).out).toContain('"sourceId": "1"');

    expect((await run("deliveries", "list", "--event", first?.id ?? "")).out).toMatch(
      /ID .*\ndl_.* critical +ops-mail +pending +0\n/,
    );
    expect((await run("deliveries", "show", delivery)).out).toContain('"status": "pending"');
    expect((await run("deliveries", "attempts", delivery)).out).toBe("N  TIME  STATUS  CODE  ANSWER  MS\n");
    expect((await run("deliveries", "receipt", delivery)).out).toMatch(/^c2sp.org\/tlog-proof@v1\nextra /);

    const file = path.join(temporaryFolder(), "receipt.tlog-proof");
    const proven = await run("ledger", "prove", delivery, "--out", file);
    expect(proven, proven.err).toMatchObject({ code: 0 });
    expect(proven.out).toMatch(/^PROVEN: leaf \d+ of sealpost-plant-7-.*-default \(event\.decision, .*\) tells of dl_/);
    expect(fs.readFileSync(file, "utf8")).toMatch(/^c2sp.org\/tlog-proof@v1\n/);
    const other = "sealpost-plant-7-6c405ed1-acme+26747702+Acyh47+SVZonrPywZ4D/v7ky248PuYJJY+icUOyLmgLc";
    const foreign = await run("ledger", "prove", delivery, "--log-key", other);
    expect(foreign).toMatchObject({ code: 3 });
    expect(foreign.out).toMatch(/^NOT PROVEN: /);
    expect((await run("ledger", "prove", delivery, "--json")).out).toContain('"key":"folder","ok":true');
    expect(await run("deliveries", "receipt", delivery, "--out", file)).toMatchObject({
      code: 0,
      out: `written to ${file}\n`,
    });
  });

  test("a batch comes from standard input; a page tells where it goes on", async () => {
    const { dir, run } = await makeCliSite();
    const stdin = `[${event("1")},${event("2")},${event("3")}]`;
    const posted = await cli(["events", "post", "-", "--data", dir], { stdin });
    expect(posted.out).toMatch(/^3 accepted, 0 known already\n/);
    const page = await run("events", "list", "--limit", "2");
    const [, cursor = ""] = /more: --cursor (\S+)/.exec(page.out) ?? [];
    const rest = await run("events", "list", "--limit", "2", "--cursor", cursor);
    expect(rest.out.match(/ev_/g)).toHaveLength(1);
    const deliveries = await run("deliveries", "list", "--limit", "1");
    expect(deliveries.out).toMatch(/more: --cursor \S+/);
  });

  test("what no rule wants is accepted without a delivery", async () => {
    const { run } = await makeCliSite();
    const done = await run("events", "post", fileWith(event("1", { severitytext: "info", type: "scanner.other" })));
    expect(done.out).toContain("told to nobody");
  });

  test.each<[string, string | Uint8Array, string]>([
    ["bytes that are not UTF-8", Uint8Array.of(0xff), "is not UTF-8"],
    ["no JSON", "{", "the text ends too early"],
    ["a key twice", '{"a":{"b":1,"b":2}}', "/a/b: the key occurs twice"],
    ["no event", '{"id":"1"}', "An event is not valid"],
  ])("%s is refused before or by the site", async (_what, content, words) => {
    const { run } = await makeCliSite();
    const done = await run("events", "post", fileWith(content));
    expect(done).toMatchObject({ code: 1, out: "" });
    expect(done.err).toContain(words);
  });

  test("a file or thing that is not there is 4 where the site says so, and has words", async () => {
    const { run } = await makeCliSite();
    expect(await run("deliveries", "show", "dl_x", "--json")).toMatchObject({ code: 4, out: "" });
    expect(await run("events", "show", "ev_x")).toMatchObject({ code: 4 });
    expect(await run("maildrop", "show")).toMatchObject({
      code: 4,
      err: "sealpost: the sink has taken in no mail yet\n",
    });
    expect((await run("events", "post", "/no/such/file")).err).toBe("sealpost: there is no /no/such/file\n");
    expect((await run("maildrop")).out).toBe("ID  RECEIVED  FROM  TO  SUBJECT\n");
    expect((await run("ledger", "prove", "dl_x")).code).toBe(4);
    expect((await run("ledger", "checkpoint", "--tenant", "nobody")).code).toBe(4);
    expect((await run("channels", "bind", "nope", "host=a")).code).toBe(4);
  });
});

describe("channels bind", () => {
  test("values that the channel leaves to the site are filled in, others refused", async () => {
    const { run } = await makeCliSite();
    const bound = await run(
      "channels",
      "bind",
      "ops-mail",
      "host=mail.lan",
      "port=25",
      "from=a@b.example",
      "to=c@d.example",
    );
    expect(bound).toMatchObject({ code: 0, out: "ops-mail: bound host, port, from, to\n" });
    expect(await run("channels", "bind", "ops-mail", "port=25")).toMatchObject({
      code: 0,
      out: "ops-mail: nothing to change\n",
    });
    const refused = await run("channels", "bind", "ops-mail", "port=99999", "colour=red");
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/values\/port: .*\n.*values\/colour: /);
    expect((await run("channels", "bind", "ops-mail", "port=1", "port=2")).code).toBe(2);
  });
});

describe("config", () => {
  test("show writes files, diff tells what apply would change, apply changes it", async () => {
    const { run } = await makeCliSite();
    const dir = path.join(temporaryFolder(), "config");
    const shown = await run("config", "show", "--out", dir);
    expect(shown.out).toMatch(/^tenant default, generation \d+, cfg [0-9a-f]{16}\nOBJECT .*\n/);
    expect(fs.readdirSync(path.join(dir, "rules"))).toContain("critical.yaml");
    const file = path.join(dir, "rules", "critical.yaml");
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("priority: 10", "priority: 20"));
    const diff = await run("config", "diff", dir);
    expect(diff.out).toContain("~ rules/critical\n    priority: 10 -> 20\n");
    expect(diff.out).toMatch(/would change: 0 added, \d+ changed, 0 removed\n$/);
    const applied = await run("config", "apply", dir, "--json");
    expect(JSON.parse(applied.out)).toMatchObject({ tenant: "default", applied: true });
    expect((await run("config", "apply", dir)).out).toBe("nothing to change\n");
    expect((await run("config", "show", dir)).out).toContain(file);
  });

  test("--prune removes own objects that the folder lacks", async () => {
    const { run } = await makeCliSite();
    const dir = temporaryFolder();
    fs.mkdirSync(path.join(dir, "rules"));
    const rule = {
      schema: "rule/v1",
      id: "mine",
      match: { types: ["a.*"] },
      actions: [{ id: "mine-mail", channel: "ops-mail" }],
    };
    fs.writeFileSync(path.join(dir, "rules", "mine.json"), JSON.stringify(rule));
    expect((await run("config", "apply", dir)).out).toBe("+ rules/mine\napplied: 1 added, 0 changed, 0 removed\n");
    fs.rmSync(path.join(dir, "rules", "mine.json"));
    expect((await run("config", "diff", dir)).out).toBe("nothing to change\n");
    expect((await run("config", "apply", dir, "--prune")).out).toBe(
      "- rules/mine\napplied: 0 added, 0 changed, 1 removed\n",
    );
  });

  test("faults of the schema are told with file, line and reason, and nothing changes", async () => {
    const { run } = await makeCliSite();
    const dir = temporaryFolder();
    fs.mkdirSync(path.join(dir, "rules"));
    const file = path.join(dir, "rules", "bad.yaml");
    fs.writeFileSync(
      file,
      "schema: rule/v1\nid: bad\nmatch:\n  minSeverity: huge\nactions:\n  - {id: x, channel: ops-mail}\n",
    );
    for (const verb of ["diff", "apply"]) {
      const done = await run("config", verb, dir);
      expect(done).toMatchObject({ code: 1, out: "" });
      expect(done.err).toContain(`${file}:4:16 /match/minSeverity: `);
    }
    fs.writeFileSync(file, "schema: rule/v1\nid: bad\nactions:\n  - {id: x, channel: nowhere}\n");
    const json = await run("config", "apply", dir, "--json");
    expect(JSON.parse(json.err)).toMatchObject({
      exit: 1,
      problem: { faults: [{ file, line: 4, pointer: "/actions/0/channel" }] },
    });
    fs.writeFileSync(file, "id: [\n");
    expect(await run("config", "show", dir)).toMatchObject({ code: 1 });
    expect((await run("config", "apply", "/no/such")).code).toBe(4);
  });
});

describe("ledger", () => {
  test("all logs verify by the folder's key, with their openings", async () => {
    const { run, origins } = await makeCliSite();
    await run("events", "post", fileWith(event("1")));
    const done = await run("ledger", "verify", "--json");
    expect(done.code).toBe(0);
    const { ok, key, logs } = z
      .object({
        ok: z.boolean(),
        key: z.string(),
        logs: z.array(z.looseObject({ origin: z.string(), opened: z.number() })),
      })
      .parse(JSON.parse(done.out));
    expect([ok, key]).toEqual([true, "folder"]);
    expect(logs.map(({ origin }) => origin).toSorted()).toEqual([...origins].toSorted());
    expect(Math.max(...logs.map(({ opened }) => opened))).toBeGreaterThan(0);
    expect((await run("ledger", "verify")).out).toMatch(/VERIFIED by the log key in the site's folder\n$/);
  });

  test("another log key is refused with 3", async () => {
    const { run } = await makeCliSite();
    const other = await makeCliSite();
    const shown = await other.run("ledger", "checkpoint", "--json");
    expect(JSON.parse(shown.out)).toMatchObject({
      origin: expect.stringContaining("-default"),
      size: expect.any(Number),
    });
    const { keyOfGenesis } = await import("../../src/cli/ledger-read.ts");
    expect(() => keyOfGenesis({ origin: "", tenant: "", size: 0 }, "{}")).toThrow();
    const key = "sealpost-plant-7-6c405ed1-acme+26747702+Acyh47+SVZonrPywZ4D/v7ky248PuYJJY+icUOyLmgLc";
    const done = await run("ledger", "verify", "--log-key", key);
    expect(done.code).toBe(3);
    expect(done.out).toMatch(/REFUSED: .*\nNOT VERIFIED\n$/s);
    expect((await run("ledger", "checkpoint")).out).toMatch(/^sealpost-plant-7-.*-default\n\d+\n/);
  });
});

describe("doctor", () => {
  test("a sound site is ok in every check", async () => {
    const { dir, run } = await makeCliSite();
    await run("channels", "bind", "ops-mail", "host=127.0.0.1", "port=9", "from=a@plant.example", "to=b@plant.example");
    const done = await cli(["doctor", "--data", dir, "--json"], { env: { SEALPOST_LISTEN: "127.0.0.1:0" } });
    expect(done.code, done.out).toBe(0);
    const { checks } = z
      .object({ checks: z.array(z.looseObject({ name: z.string(), verdict: z.string() })) })
      .parse(JSON.parse(done.out));
    expect(checks.map(({ name }) => name)).toEqual([
      "folder",
      "master-key",
      "keys",
      "disk",
      "clock",
      "server",
      "channel ops-mail",
      "ledger _site",
      "ledger default",
    ]);
    expect(checks.every(({ verdict }) => verdict === "ok")).toBe(true);
  });

  test.each<[string, (dir: string) => void, RegExp]>([
    [
      "a key that others can read",
      (dir) => fs.chmodSync(path.join(dir, "keys", "ledger.pem"), 0o644),
      /keys +fail .*chmod 0600/,
    ],
    [
      "a master key that is broken",
      (dir) => fs.writeFileSync(path.join(dir, "master.key"), "x"),
      /master-key +fail .*not 32 bytes/,
    ],
    ["a folder that others can enter", (dir) => fs.chmodSync(dir, 0o755), /folder +fail .*chmod 0700/],
    [
      "a clock behind the last write",
      (dir) => fs.utimesSync(path.join(dir, "sealpost.db"), 4e9, 4e9),
      /clock +fail .*before the last write/,
    ],
  ])("%s fails with what to do", async (_what, spoil, words) => {
    const { dir, run } = await makeCliSite();
    spoil(dir);
    const done = await run("doctor");
    expect(done.code).toBe(1);
    expect(done.out).toMatch(words);
  });

  test("little room on the disk is a warning, less than the limit a failure", async () => {
    const { dir } = await makeCliSite();
    const low = await cli(["doctor", "--data", dir], { env: { SEALPOST_MIN_FREE_DISK: "900000GiB" } });
    expect(low.out).toMatch(/disk +fail .*SEALPOST_MIN_FREE_DISK/);
    const { freeBytes } = await import("../../src/system/disk.ts");
    const some = await cli(["doctor", "--data", dir], {
      env: { SEALPOST_MIN_FREE_DISK: String(Math.floor(freeBytes(dir) / 8)) },
    });
    expect(some.out).toMatch(/disk +warn /);
  });

  test("no site: the folder's checks say so", async () => {
    const done = await cli(["doctor", "--data", temporaryFolder()]);
    expect(done.code).toBe(1);
    expect(done.out).toMatch(/folder +fail .*sealpost init/);
  });
});
