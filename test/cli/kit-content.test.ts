/** What `kit build` says of a source whose content no site would take in. */
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { makeCliSite } from "../support/cli-site.ts";
import { temporaryFolder } from "../support/folder.ts";
import { build, RULE, source } from "../support/kit-author.ts";

/** A source with more files below it, by their names. */
function sourceWith(files: Readonly<Record<string, string>>, spec: object = {}): string {
  const dir = source(spec);
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
    fs.writeFileSync(path.join(dir, name), text);
  }
  return dir;
}

const rule = (id: string, more: object = {}): string => JSON.stringify({ ...RULE, id, ...more });

describe("kit build", () => {
  test("says how many objects, docs and SBOMs there are", async () => {
    const from = sourceWith({
      "content/rules/_/other.json": rule("other"),
      "content/docs/handbook.txt": "Run.",
      "content/docs/deep/app.cdx.json": "{}",
      "content/sbom/packages.txt": "none",
    });
    const out = temporaryFolder();
    const done = await build(from, "--out", out);
    expect(done, done.err).toMatchObject({ code: 0, err: "" });
    expect(done.out).toContain(": hq/rules 0.1: 2 objects, 1 doc, 2 SBOMs\n");
    const json = await build(from, "--out", out, "--force", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ files: 5, roles: { object: 2, doc: 1, sbom: 2 } });
  });

  test("refuses each object that no site would take in, by its place, before anything is written down", async () => {
    const { dir, run } = await makeCliSite();
    const from = sourceWith({
      "content/rules/default/Fire.json": rule("Fire"),
      "content/rules/default/fire2.json": rule("fire"),
      "content/rules/default/mail.json": JSON.stringify({ schema: "channel/v1", id: "mail" }),
      "content/rules/default/typo.json": rule("typo", { mach: {} }),
      "content/templates/_/alarm.json": "{}",
    });
    const out = temporaryFolder();
    const words = ["kit", "build", from, "--stream", "plant-7/rules", "--out", out, "--data", dir];
    const done = await cli(words);
    expect(done).toMatchObject({ code: 3, out: "" });
    expect(done.err).toMatch(/^sealpost: nothing is built: the content has \d+ faults \(CONTENT_INVALID\)\n/);
    expect(done.err).not.toContain("issuer");
    for (const line of [
      /^ {2}content\/rules\/default\/Fire\.json: is not content.*<id>\.json; an id is 1 to 63 of a-z, 0-9 and -/m,
      /^ {2}content\/rules\/default\/fire2\.json#\/id: is "fire" where "fire2" is expected$/m,
      /^ {2}content\/rules\/default\/mail\.json#\//m,
      /^ {2}content\/rules\/default\/typo\.json#\/mach: /m,
      /^ {2}content\/templates\/_\/alarm\.json: lies outside the kinds of the kit \(offline-kit\.json names: rules\)$/m,
    ])
      expect(done.err).toMatch(line);
    const problem: unknown = JSON.parse((await cli([...words, "--json"])).err);
    expect(problem).toMatchObject({ exit: 3, problem: { code: "CONTENT_INVALID" } });
    expect(fs.readdirSync(out)).toEqual([]);
    expect((await run("kit", "list")).out).not.toContain("plant-7/rules");
  });

  test.each<[string, Readonly<Record<string, string>>, object, RegExp]>([
    [
      "JSON that is none, with line and column",
      { "content/rules/default/fire.json": '{\n  "schema": rule/v1"\n}', "content/rules/default/x.json": "[]" },
      {},
      /the content has 2 faults.*\n {2}content\/rules\/default\/fire\.json#\/schema: not JSON from line 2, column 13 on\n {2}content\/rules\/default\/x\.json: is no JSON object\n$/,
    ],
    [
      "a folder of a misspelt kind, with the one that is meant",
      { "content/rule/default/fire.json": rule("fire") },
      {},
      /content\/rule\/default\/fire\.json: there is no kind "rule": do you mean content\/rules\/\?\n$/,
    ],
    [
      "a folder that is like no kind, with all of them",
      { "content/handbook/a.txt": "a" },
      {},
      /content\/handbook\/a\.txt: there is no kind "handbook": .*calendars, channels, policies, rules, templates.*papers go to content\/docs\/, SBOMs to content\/sbom\/\n$/,
    ],
    [
      "a file in no folder",
      { "content/README.md": "Read me" },
      {},
      /content\/README\.md: lies in no folder of its own: papers go to content\/docs\/, SBOMs to content\/sbom\/\n$/,
    ],
    [
      "hidden files, also among the docs",
      { "content/.DS_Store": "x", "content/docs/.git/config": "x", "content/rules/default/.a.json.swp": "x" },
      {},
      /the content has 3 faults.*\n {2}content\/\.DS_Store: is hidden: take it out\n {2}content\/docs\/\.git\/config: is hidden: take it out\n {2}content\/rules\/default\/\.a\.json\.swp: is hidden/,
    ],
    [
      "a name that no kit can carry",
      { "content/docs/what?.txt": "x" },
      {},
      /^sealpost: nothing is built: a path cannot stand in a kit: "content\/docs\/what\?\.txt".* \(KIT_PATH\)\n$/,
    ],
    [
      "two names that some systems cannot tell apart",
      { "content/docs/a.txt": "x", "content/docs/A.txt": "y" },
      {},
      /^sealpost: nothing is built: two paths would be one file on some systems: .* \(KIT_PATH_COLLISION\)\n$/,
    ],
    [
      "a file that no site of this version takes in",
      { "content/connectors/x/some.bin": "x" },
      { kinds: ["connectors", "rules"] },
      /connectors\/x\/some\.bin: no site of this version takes in files of role blob\n$/,
    ],
    [
      "objects of a kind that no site of this version takes in",
      { "content/users/default/anna.json": "{}" },
      { kinds: ["rules", "schedules"] },
      /users\/default\/anna\.json: this version takes in no objects of kind users/,
    ],
    [
      "a build input that breaks its schema",
      {},
      { kinds: ["rule"] },
      /^sealpost: nothing is built: offline-kit\.json: "\/kinds\/0": .* \(KIT_MANIFEST\)\n$/,
    ],
    [
      "a build input of another version",
      {},
      { schema: "offline-kit/v2" },
      /^sealpost: nothing is built: offline-kit\.json: "offline-kit\/v2", not offline-kit\/v1 \(KIT_FORMAT_VERSION\)\n$/,
    ],
  ])("refuses %s", async (_name, files, spec, says) => {
    const out = temporaryFolder();
    const done = await build(sourceWith(files, spec), "--out", out);
    expect(done).toMatchObject({ code: 3, out: "" });
    expect(done.err).toMatch(says);
    expect(done.err).not.toMatch(/issuer|\bhere\b/);
    expect(fs.readdirSync(out)).toEqual([]);
  });

  test("refuses seeds that would bring nothing", async () => {
    const from = sourceWith({
      "seeds/rule/default/fire.json": rule("fire"),
      "seeds/rules/fire.json": rule("fire"),
      "seeds/rules/default/.fire.json": rule("fire"),
      "seeds/events/sample.json": "{}",
      "templates/plain/subject.hbs": "S",
      "templates/plain/text.hbs": "T",
    });
    fs.rmSync(path.join(from, "content"), { recursive: true });
    const done = await build(from, "--out", temporaryFolder());
    expect(done).toMatchObject({ code: 3, out: "" });
    expect(done.err).toBe(
      "sealpost: nothing is built: the content has 3 faults (CONTENT_INVALID)\n" +
        '  seeds/rule/default/fire.json: there is no kind "rule": do you mean seeds/rules/?\n' +
        "  seeds/rules/default/.fire.json: is hidden: take it out\n" +
        "  seeds/rules/fire.json: is no object: its place would be seeds/rules/<tenant, or _ for all>/<id>.json\n",
    );
  });

  test("names at most a hundred places", async () => {
    const files = Array.from({ length: 150 }, (_, at) => [`content/docs/.${at}`, "x"] as const);
    const done = await build(sourceWith(Object.fromEntries(files)), "--out", temporaryFolder());
    expect(done.err).toContain("the content has 100 faults or more (CONTENT_INVALID)\n");
    expect(done.err.split("\n")).toHaveLength(102);
  });

  test.each<[string, () => string, number, RegExp]>([
    [
      "a folder without a build input",
      () => temporaryFolder(),
      2,
      /no offline-kit\.json in '.+': give the folder: kit build FOLDER\n$/,
    ],
    ["what is not there", () => "/no/such", 4, /there is no \/no\/such\n$/],
  ])("is told of %s", async (_name, from, code, says) => {
    const done = await build(from(), "--out", temporaryFolder());
    expect(done).toMatchObject({ code, out: "", err: expect.stringMatching(says) });
  });
});
