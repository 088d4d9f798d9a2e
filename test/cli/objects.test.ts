import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { CHANNELS, exampleLine, PLAIN_NOUNS } from "../../src/cli/object-nouns.ts";
import { cli, type Done } from "../support/cli.ts";
import { served } from "../support/demo-site.ts";
import { makeSite, temporaryFolder } from "../support/site.ts";

const VERBS = ["list", "show", "create", "edit", "history", "revert", "delete"] as const;
const NOUNS = [...PLAIN_NOUNS, CHANNELS];

/** Words of a line of a shell: single and double quotes, nothing else. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"),
  );
}

async function runLine(line: string, dir: string): Promise<Done> {
  const at = line.indexOf(" | ");
  const [, stdin = ""] = at < 0 ? [] : wordsOf(line.slice(0, at));
  const words = wordsOf(at < 0 ? line : line.slice(at + 3)).slice(1);
  return await cli(
    words.map((word) => (word === "./data" ? dir : word)),
    { stdin },
  );
}

/** The examples that `--help` of a verb prints. */
async function helpOf(...words: readonly string[]): Promise<string[]> {
  const { out, code } = await cli([...words, "--help"]);
  expect(code).toBe(0);
  return out
    .split("\n")
    .filter((line) => line.startsWith("  $ "))
    .map((line) => line.slice(4));
}

describe("the examples of --help", () => {
  test("work on a demo site, all of them, one after the other", async () => {
    const { dir, remove } = temporaryFolder();
    const site = path.join(dir, "data");
    await served(site, async () => {
      for (const noun of NOUNS) {
        for (const verb of VERBS) {
          const lines = await helpOf(noun.kind, verb);
          expect(lines).toEqual(noun.examples[verb].map((example) => exampleLine(noun, example)));
          for (const line of lines) {
            const { code, err, out } = await runLine(line, site);
            expect({ line, code, err }).toEqual({ line, code: 0, err: "" });
            expect(out).not.toBe("");
          }
        }
      }
    });
    remove();
  }, 60_000);
});

describe("objects by the command line", () => {
  const { dir, remove } = temporaryFolder();
  const site = {
    run: (...words: readonly string[]): Promise<Done> => cli([...words, "--data", path.join(dir, "data")]),
  };
  beforeAll(async () => void (await makeSite(path.join(dir, "data"))));
  afterAll(remove);
  const write = (name: string, text: string): string => {
    const file = path.join(dir, name);
    fs.writeFileSync(file, text);
    return file;
  };

  test("what show prints can be edited and handed back, and history tells what changed", async () => {
    const shown = await site.run("rules", "show", "backups");
    expect(shown.out).toMatch(/^# rules\/backups: plant-7\/starter, version [0-9a-f]{12}\n/);
    const file = write("backups.yaml", shown.out.replace("name: Backups that went well", "name: Good backups"));
    const done = await site.run("rules", "edit", "backups", file, "--why", "shorter");
    expect([done.code, done.err]).toEqual([0, ""]);
    expect(done.out).toContain('name: "Backups that went well" -> "Good backups"');
    const { out } = await site.run("rules", "history", "backups", "--json");
    expect(JSON.parse(out)).toMatchObject({
      items: [
        { change: "changed", why: "shorter", via: "api", diff: [{ pointer: "/name", after: "Good backups" }] },
        { change: "added", via: "kit" },
      ],
    });
    expect((await site.run("rules", "list", "--name", "backups")).out).toMatch(
      /backups +Good backups +100 +on +ops-mail +own/,
    );
  });

  test("single fields are set and taken away, lists by their places", async () => {
    const words = [
      "--set",
      "match.types.2=backup.ok",
      "--set",
      "actions.0.locale=bg",
      "--unset",
      "description",
      "--json",
    ];
    const done = await site.run("rules", "edit", "backups", ...words);
    expect(done.err).toBe("");
    const value = JSON.parse(done.out);
    expect(value).toMatchObject({
      match: { types: ["backup.done", "backup.completed", "backup.ok"] },
      actions: [{ locale: "bg" }],
    });
    expect(value).not.toHaveProperty("description");
  });

  test("a file takes the place of the version that it was made from alone, unless it is forced", async () => {
    for (const [name, words] of [
      ["stale.yaml", []],
      ["stale.json", ["--json"]],
    ] as const) {
      const shown = await site.run("rules", "show", "low", ...words);
      const file = write(name, shown.out);
      expect((await site.run("rules", "edit", "low", file, "--set", "priority=31")).code).toBe(0);
      expect((await site.run("rules", "edit", "low", "--set", "name=Theirs")).code).toBe(0);
      for (const more of [["--dry-run"], []]) {
        const stale = await site.run("rules", "edit", "low", file, "--set", "priority=32", ...more);
        expect([stale.code, stale.out]).toEqual([4, ""]);
        expect(stale.err).toMatch(/another version.*read it again \(sealpost rules show low\)/);
      }
      expect((await site.run("rules", "show", "low")).out).toContain("name: Theirs");
      const forced = await site.run("rules", "edit", "low", file, "--force");
      expect([forced.code, forced.err]).toEqual([0, ""]);
      expect((await site.run("rules", "show", "low")).out).not.toContain("name: Theirs");
    }
    await site.run("rules", "edit", "low", "--set", "name=Theirs");
    const json = await site.run("rules", "edit", "low", path.join(dir, "stale.json"), "--json");
    expect([json.code, JSON.parse(json.err)]).toMatchObject([4, { problem: { code: "precondition-failed" } }]);
  });

  test("a deletion is tried out first, and tells that a starter object comes back", async () => {
    const dry = await site.run("rules", "delete", "alerts-medium", "--dry-run");
    const words =
      "of the starter kit, and the next one brings it back: switch it off with --set isEnabled=false instead\n";
    expect([dry.code, dry.out]).toEqual([0, `rules/alerts-medium would be deleted\nit is ${words}`]);
    expect((await site.run("rules", "show", "alerts-medium")).code).toBe(0);
    const done = await site.run("rules", "delete", "alerts-medium");
    expect([done.code, done.out]).toEqual([0, `rules/alerts-medium deleted\nit was ${words}`]);
    const named = await site.run("channels", "delete", "ops-mail", "--dry-run");
    expect(named.code).toBe(1);
  });

  test("bound values are taken away by an empty one, and go with their channel", async () => {
    const file = write("bound.yaml", "id: bound\ntype: email\nbind: [host, from]\n");
    expect((await site.run("channels", "create", file)).err).toBe("");
    const bind = (...pairs: readonly string[]): Promise<Done> => site.run("channels", "bind", "bound", ...pairs);
    expect((await bind("host=relay.example", "from=a@plant.example")).out).toBe("bound: bound host, from\n");
    expect((await bind("host=", "from=b@plant.example")).out).toBe("bound: bound from; took host away\n");
    expect((await bind("host=")).out).toBe("bound: nothing to change\n");
    expect((await site.run("channels", "delete", "bound", "--dry-run")).out).toBe(
      "channels/bound would be deleted\nbinding/bound would be removed\n",
    );
    expect((await site.run("channels", "delete", "bound")).out).toBe("channels/bound deleted\n");
    expect((await site.run("channels", "history", "bound")).out).toMatch(/unbound/);
  });

  test.each([
    [true, /it is the site's, for all tenants/],
    [false, /older than the records/],
  ])("an empty history says why, for one that is the site's: %s", async (isGlobal, words) => {
    const meta = { hash: "0".repeat(64), isGlobal, ownerId: isGlobal ? "_site" : "default" };
    const server = http.createServer((request, response) => {
      const body = request.url?.includes("/history") === true ? { items: [] } : { id: "old", meta };
      response.setHeader("content-type", "application/json").end(JSON.stringify(body));
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.listen(0, "127.0.0.1", resolve);
    await promise;
    const address = z.object({ port: z.number() }).parse(server.address());
    const env = { SEALPOST_TOKEN: "spk_a_b" };
    const { out, err } = await cli(["rules", "history", "old", "--url", `http://127.0.0.1:${address.port}`], { env });
    server.close();
    expect(err).toBe("");
    expect(out).toMatch(words);
  });

  test("a dry run says what would change and changes nothing", async () => {
    const before = (await site.run("rules", "show", "low")).out;
    const dry = await site.run("rules", "edit", "low", "--set", "priority=7", "--dry-run");
    expect([dry.code, dry.out]).toEqual([0, "rules/low would be changed\n    priority: (none) -> 7\n"]);
    expect((await site.run("rules", "show", "low")).out).toBe(before);
    const file = write("new.yaml", "id: fresh\nactions: [{ id: fresh, channel: ops-mail }]\n");
    expect((await site.run("rules", "create", file, "--dry-run")).out).toBe("rules/fresh would be created\n");
    expect((await site.run("rules", "show", "fresh")).code).toBe(4);
  });

  test.each<{ name: string; words: readonly string[]; code: number; err: RegExp }>([
    {
      name: "a fault of a file has its line",
      words: ["rules", "create", "bad.yaml"],
      code: 1,
      err: /bad\.yaml:3:\d+ \/actions\/0\/channel: there is no channel "nowhere"/,
    },
    {
      name: "also in a dry run",
      words: ["rules", "create", "bad.yaml", "--dry-run"],
      code: 1,
      err: /bad\.yaml:3:\d+ \/actions/,
    },
    { name: "text that is no YAML", words: ["rules", "create", "broken.yaml"], code: 1, err: /broken\.yaml:2:1/ },
    { name: "no id", words: ["rules", "create", "nameless.json"], code: 1, err: /\/id: is needed/ },
    { name: "an id that is taken", words: ["rules", "create", "taken.json"], code: 4, err: /exists already/ },
    {
      name: "an id that is taken, dry",
      words: ["rules", "create", "taken.json", "--dry-run"],
      code: 4,
      err: /edit changes it/,
    },
    {
      name: "a field in a file's place",
      words: ["rules", "edit", "low", "priority=5"],
      code: 2,
      err: /--set priority=5/,
    },
    {
      name: "an object in a file's place",
      words: ["rules", "create", '{"id":"a"}'],
      code: 2,
      err: /give - as the file/,
    },
    { name: "a folder in a file's place", words: ["rules", "create", "."], code: 2, err: /is a folder/ },
    {
      name: "a revert to no number",
      words: ["rules", "revert", "low", "--to", "x"],
      code: 2,
      err: /rules revert --help says how/,
    },
    { name: "nothing to change", words: ["rules", "edit", "low"], code: 2, err: /--set/ },
    {
      name: "a field that is none",
      words: ["rules", "edit", "low", "--set", "colour=red"],
      code: 1,
      err: /\/colour: this field is not known/,
    },
    {
      name: "a path that leads nowhere",
      words: ["rules", "edit", "low", "--set", "actions.9.id=a"],
      code: 2,
      err: /no place of that list/,
    },
    { name: "a path into a text", words: ["rules", "edit", "low", "--set", "id.x=a"], code: 2, err: /has no fields/ },
    {
      name: "a channel that a rule names",
      words: ["channels", "delete", "ops-mail"],
      code: 1,
      err: /rules\/\S+ at \/actions\/0\/channel/,
    },
    {
      name: "the site's object in a tenant",
      words: ["calendars", "edit", "nights", "--set", "zone=UTC"],
      code: 4,
      err: /for all tenants/,
    },
    { name: "an unknown object", words: ["templates", "show", "nowhere"], code: 4, err: /no templates\/nowhere/ },
    { name: "a revert to no change", words: ["rules", "revert", "low", "--to", "77"], code: 1, err: /\/to/ },
  ])("$name", async ({ words, code, err }) => {
    write("bad.yaml", "id: bad\nactions:\n  - { id: bad-mail, channel: nowhere }\n");
    write("broken.yaml", "id: [\n");
    write("nameless.json", "{}");
    write("taken.json", '{"id":"low","actions":[{"id":"taken","channel":"ops-mail"}]}');
    const files = words.map((word) => (/\.(yaml|json)$/.test(word) ? path.join(dir, word) : word));
    const done = await site.run(...files);
    expect([done.code, done.out]).toEqual([code, ""]);
    expect(done.err).toMatch(err);
  });

  test("a tenant's token is shown the site's object by its name, and told what to do", async () => {
    await served(path.join(dir, "other"), async ({ url, token = "" }) => {
      const env = { SEALPOST_TOKEN: token };
      const shown = await cli(["calendars", "show", "nights", "--url", url], { env });
      expect(shown.out).toMatch(
        /create puts an own one in its place\n# what it holds is shown to the site's principals only\nid: nights\nname: Nights\nmeta:\n/,
      );
      const edited = await cli(["calendars", "edit", "nights", "--set", "zone=UTC", "--url", url], { env });
      expect([edited.code, edited.err]).toEqual([3, expect.stringContaining("create an own one in its place")]);
    });
  });
});

test("each noun has all seven verbs", async () => {
  for (const { kind } of NOUNS) {
    const { out } = await cli([kind, "--help"]);
    for (const verb of VERBS) expect(out).toMatch(new RegExp(`^  ${verb} `, "m"));
  }
});
