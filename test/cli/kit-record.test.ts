import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { cli } from "../support/cli.ts";
import { makeCliSite } from "../support/cli-site.ts";
import { temporaryFolder } from "../support/folder.ts";
import { build, Built, built, RULE, source } from "../support/kit-author.ts";

/** Builds as the site of a folder. */
const by = (dir: string, stream: string, out: string, rule: object = RULE): string[] => [
  "kit",
  "build",
  source({}, rule),
  "--stream",
  stream,
  "--data",
  dir,
  "--local",
  "--out",
  out,
  "--json",
];

describe("kit build with a site's record", () => {
  test("takes place and heads from the record, which each kit enters before it has its name", async () => {
    const { dir, run } = await makeCliSite();
    const out = temporaryFolder();
    const made: Built[] = [];
    for (const stream of ["plant-7/rules", "plant-7/base", "plant-7/rules", "plant-7/starter"]) {
      const done = await cli(by(dir, stream, out));
      expect(done, done.err).toMatchObject({ code: 0, err: "" });
      made.push(Built.parse(JSON.parse(done.out)));
    }
    const [first, base, second, starter] = made;
    expect(first).toMatchObject({ sequence: 1, prev: null, recorded: true });
    expect(first?.heads).toEqual({}); // the starter never leaves its site
    expect(second).toMatchObject({
      sequence: 2,
      prev: first?.manifest,
      heads: { "plant-7/base": { epoch: 0, sequence: 1, manifest: base?.manifest } },
    });
    expect(starter).toMatchObject({ sequence: 2, prev: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(fs.readdirSync(out)).toHaveLength(4);
    expect((await run("kit", "verify", first?.file ?? "")).out).toContain("VERIFIED");
    const listed = await run("kit", "list", "--json");
    expect(JSON.parse(listed.out)).toMatchObject({
      issued: expect.arrayContaining([
        expect.objectContaining({ stream: "plant-7/rules", sequence: 2, manifest: second?.manifest }),
      ]),
    });
  });

  test("leaves nothing where the record stands elsewhere by now", async () => {
    const { dir } = await makeCliSite();
    const out = temporaryFolder();
    await cli(by(dir, "plant-7/rules", out));
    const first = path.join(out, "plant-7.rules-0.1.kit.tar");
    await cli(by(dir, "plant-7/rules", out, { ...RULE, name: "second" }));
    const folder = temporaryFolder();
    const late = await cli([...by(dir, "plant-7/rules", folder), "--prev", first]);
    expect(late).toMatchObject({ code: 4, out: "", err: expect.stringContaining("is 0.2 (") });
    expect(late.err).toContain("leave --prev out to build the next one on it");
    expect(late.err).toContain("where its file is lost, do so too: sites may skip a number");
    expect(fs.readdirSync(folder)).toEqual([]);
    const people = await cli(by(dir, "plant-7/rules", folder).filter((word) => word !== "--json"));
    expect(people.out).toContain(`recorded at ${dir}\n`);
  });

  test("never goes back to a place whose file is lost, and says how to go on", async () => {
    const { dir } = await makeCliSite();
    const out = temporaryFolder();
    await cli(by(dir, "plant-7/rules", out));
    fs.rmSync(path.join(out, "plant-7.rules-0.1.kit.tar"));
    for (const force of [[], ["--force"]]) {
      const again = await cli([...by(dir, "plant-7/rules", out), "--sequence", "1", ...force]);
      expect(again).toMatchObject({
        code: 2,
        out: "",
        err: expect.stringContaining("next place of the stream is 0.2"),
      });
      expect(again.err).toContain("even where its file is lost: go on with the next number, sites may skip one");
    }
    const next = await cli(by(dir, "plant-7/rules", out));
    expect(JSON.parse(next.out)).toMatchObject({ sequence: 2, recorded: true });
    const help = (await cli(["kit", "build", "--help"])).out.replaceAll(/\s+/g, " ");
    expect(help).toContain("a place that a site has recorded is never built again");
  });

  test("refuses a stream of another issuer, whose record is elsewhere", async () => {
    const { dir, run } = await makeCliSite();
    const out = temporaryFolder();
    const done = await cli(by(dir, "hq/base", out));
    expect(done).toMatchObject({ code: 2, out: "" });
    expect(done.err).toContain(
      `${dir} is site plant-7 and keeps no record of the kits of hq: give --data of site hq, or `,
    );
    expect(done.err).toContain("--prev KIT without --data and SEALPOST_DATA, which needs no record");
    expect(fs.readdirSync(out)).toEqual([]);
    expect((await run("kit", "list")).out).not.toContain("hq/base");
  });

  test("of a server that does not take it in leaves nothing, and --local needs a folder", async () => {
    const answers: Record<string, readonly [number, object]> = {
      "GET /api/v1/kits": [200, { items: [], known: [], issued: [] }],
      "GET /api/v1/trust": [200, { site: "hq", groups: [] }],
      "POST /api/v1/kits/issue": [503, { code: "busy", detail: "not now" }],
    };
    const asked: string[] = [];
    const server = http.createServer((request, response) => {
      const question = `${request.method} ${request.url}`;
      asked.push(question);
      const [status, body] = answers[question] ?? [404, {}];
      request.resume().on("end", () => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    const out = temporaryFolder();
    expect(await build(source(), "--url", url, "--out", out)).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringContaining("not now"),
    });
    expect(fs.readdirSync(out)).toEqual([]);
    expect(await build(source(), "--url", url, "--out", out, "--local")).toMatchObject({ code: 2 });
    expect(asked).toEqual(["GET /api/v1/kits", "GET /api/v1/trust", "POST /api/v1/kits/issue"]);
  });

  test("keeps a kit that is recorded even where it cannot have its name, and says where it is", async () => {
    const { dir } = await makeCliSite();
    const out = temporaryFolder();
    fs.mkdirSync(path.join(out, "plant-7.rules-0.1.kit.tar", "in the way"), { recursive: true });
    const done = await cli([...by(dir, "plant-7/rules", out), "--force"]);
    expect(done).toMatchObject({ code: 1, out: "" });
    const [, kept = ""] = /recorded but could not be named \S+: it is ([^"]+)"/.exec(done.err) ?? [];
    expect((await cli(["kit", "inspect", kept])).code).toBe(0);
    const forced = ["--out", out, "--stream", "plant-7/rules", "--force"];
    expect((await build(source(), ...forced)).code).toBe(1);
    expect(fs.readdirSync(out)).toHaveLength(2);
  });
});

/** The folder of a kit that brings a trust policy; none of it is judged when it is built. */
function trustSource(): string {
  const dir = source({ kinds: ["trust"] });
  fs.rmSync(path.join(dir, "content"), { recursive: true });
  fs.mkdirSync(path.join(dir, "content", "trust"), { recursive: true });
  fs.writeFileSync(path.join(dir, "content", "trust", "policy.2.json"), "{}");
  return dir;
}

describe("kit build keeps trust and content in streams of their own", () => {
  test("refuses one behind the other, as the kit before says", async () => {
    const out = temporaryFolder();
    const content = await built(source(), "--out", out);
    const trust = await built(trustSource(), "--stream", "hq/trust", "--out", out);
    const wrong = await build(trustSource(), "--prev", content.file, "--out", out);
    expect(wrong).toMatchObject({ code: 3, out: "" });
    expect(wrong.err).toContain("hq/rules carries content, and a trust kit in it would remove all of it at every site");
    expect(wrong.err).toContain("give --stream hq/trust");
    const reverse = await build(source(), "--stream", "hq/trust", "--prev", trust.file, "--out", out);
    expect(reverse).toMatchObject({ code: 3, out: "" });
    expect(reverse.err).toContain("hq/trust carries trust policies: give --stream another name");
    expect(fs.readdirSync(out)).toHaveLength(2);
    expect(await built(trustSource(), "--stream", "hq/trust", "--prev", trust.file, "--out", out)).toMatchObject({
      sequence: 2,
    });
  });

  test("finds the kit before beside the new one, or taken in at the site of the record", async () => {
    const { dir, run } = await makeCliSite();
    const out = temporaryFolder();
    const first = Built.parse(JSON.parse((await cli(by(dir, "plant-7/trust", out))).out));
    const words = ["kit", "build", trustSource(), "--stream", "plant-7/trust", "--data", dir];
    expect(await cli([...words, "--out", out])).toMatchObject({
      code: 3,
      err: expect.stringContaining("carries content"),
    });
    const taken = await run("kit", "import", first.file);
    expect(taken, taken.err).toMatchObject({ code: 0 });
    expect(await cli([...words, "--out", temporaryFolder()])).toMatchObject({
      code: 3,
      err: expect.stringContaining("carries content"),
    });
  });

  test("goes by the name of the stream, or asks for the file, where nobody knows what the kit before carries", async () => {
    const { dir } = await makeCliSite();
    const first = Built.parse(JSON.parse((await cli(by(dir, "plant-7/rules", temporaryFolder()))).out));
    const words = ["--data", dir, "--out", temporaryFolder()];
    const unknown = await cli(["kit", "build", trustSource(), "--stream", "plant-7/rules", ...words]);
    expect(unknown).toMatchObject({ code: 2, out: "" });
    expect(unknown.err).toContain("whether plant-7/rules 0.1 carries content or trust policies is not known here");
    expect(unknown.err).toContain("give its file (--prev KIT), or --stream plant-7/trust");
    const named = await cli([
      "kit",
      "build",
      trustSource(),
      "--stream",
      "plant-7/rules",
      ...words,
      "--prev",
      first.file,
    ]);
    expect(named).toMatchObject({ code: 3, err: expect.stringContaining("carries content") });
    const trust = (out: string): string[] => [
      "kit",
      "build",
      trustSource(),
      "--stream",
      "plant-7/trust",
      "--data",
      dir,
      "--out",
      out,
    ];
    expect((await cli(trust(temporaryFolder()))).code).toBe(0);
    expect((await cli(trust(temporaryFolder()))).code).toBe(0);
    const content = await cli(by(dir, "plant-7/trust", temporaryFolder()));
    expect(content).toMatchObject({ code: 2, err: expect.stringContaining("or --stream another name") });
  });
});
