import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { openSite } from "../../src/app.ts";
import { createClient } from "../../src/cli/client.ts";
import { inProcess } from "../../src/cli/connect.ts";
import { siteOfServer } from "../../src/cli/kit-site.ts";
import { readSettings } from "../../src/config.ts";
import { kitInstant } from "../../src/core/kit-time.ts";
import { buildKit } from "../../src/signing/kit-build.ts";
import { readKitSource } from "../../src/signing/kit-source.ts";
import { readPrivateKey, signerOf } from "../../src/signing/keys.ts";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { makeCliSite } from "../support/cli-site.ts";

const silent = {
  stdout: () => undefined,
  stderr: () => undefined,
  stdin: () => new ReadableStream<Uint8Array>(),
  env: {},
  stop: new AbortController().signal,
  isTTY: false,
};

const SPEC = {
  schema: "offline-kit/v1",
  kinds: ["rules"],
  epoch: 0,
  sequence: 1,
  tenants: ["*"],
  expiresAt: null,
  minApp: "0.1.0",
  acks: {},
  provenance: { builder: "test", source: [{ uri: "urn:test" }] },
};

function source(rule: object, more: Readonly<Record<string, string>> = {}, spec: object = SPEC): string {
  const dir = temporaryFolder();
  fs.mkdirSync(path.join(dir, "content", "rules", "default"), { recursive: true });
  fs.writeFileSync(path.join(dir, "offline-kit.json"), JSON.stringify(spec));
  fs.writeFileSync(path.join(dir, "content", "rules", "default", "mine.json"), JSON.stringify(rule));
  for (const [file, text] of Object.entries(more)) {
    fs.mkdirSync(path.dirname(path.join(dir, "content", file)), { recursive: true });
    fs.writeFileSync(path.join(dir, "content", file), text);
  }
  return dir;
}

const RULE = {
  schema: "rule/v1",
  id: "mine",
  match: { types: ["a.*"] },
  actions: [{ id: "mine-mail", channel: "ops-mail" }],
};

/** Builds what `kit build` would refuse: another builder may not look. */
async function unchecked(dir: string, from: string, file: string): Promise<void> {
  const signer = signerOf(readPrivateKey(fs.readFileSync(path.join(dir, "keys", "local.pem"), "utf8")));
  const createdAt = kitInstant(Date.now());
  await buildKit(
    { ...readKitSource(from), stream: "plant-7/rules", audience: ["*"], createdAt, signers: [signer] },
    file,
  );
}

function changed(kit: string, from: string, to: string): string {
  const bytes = fs.readFileSync(kit);
  bytes.write(to, bytes.indexOf(from));
  const file = path.join(temporaryFolder(), "changed.kit.tar");
  fs.writeFileSync(file, bytes);
  return file;
}

describe("a kit", () => {
  test("is built, verified, taken in once, and listed", async () => {
    const { run } = await makeCliSite();
    const out = temporaryFolder();
    const built = await run("kit", "build", source(RULE), "--stream", "plant-7/rules", "--local", "--out", out);
    expect(built, built.err).toMatchObject({ code: 0 });
    const kit = path.join(out, "plant-7.rules-0.1.kit.tar");
    expect(built.out).toContain(`${kit}: plant-7/rules 0.1: 1 object\nkit `);

    const verified = await run("kit", "verify", kit, "--json");
    expect(verified.code, verified.out).toBe(0);
    expect(JSON.parse(verified.out)).toEqual({
      ok: true,
      code: "OK",
      reasons: [],
      stream: "plant-7/rules",
      sequence: 1,
      manifest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await run("kit", "verify", kit)).out).toMatch(/VERIFIED\n$/);

    const taken = await run("kit", "import", kit);
    expect(taken, taken.err).toMatchObject({ code: 0 });
    expect(taken.out).toMatch(/\n {2}\+ default rules\/mine added\nplant-7\/rules 0\.1 taken in at \S+\n$/);
    expect((await run("kit", "list")).out).toMatch(/plant-7\/rules +0\.1 +[0-9a-f]{64}\n/);

    const again = await run("kit", "import", kit, "--json");
    expect(again).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(again.out)).toMatchObject({ repeated: true, plan: null, count: 0 });
    expect((await run("kit", "verify", kit)).out).toContain("REFUSED KIT_ALREADY_APPLIED");
  });

  test("with one changed byte is refused with its code, and changes nothing", async () => {
    const { run } = await makeCliSite();
    const file = path.join(temporaryFolder(), "mine.kit.tar");
    const built = await run(
      "kit",
      "build",
      source(RULE),
      "--stream",
      "plant-7/rules",
      "--local",
      "--out",
      file,
      "--audience",
      "site:plant-7",
    );
    expect(built.code, built.err).toBe(0);
    const bad = changed(file, "a.*", "b.*");
    const before = (await run("config", "show", "--json")).out;
    for (const verb of ["verify", "import"]) {
      const done = await run("kit", verb, bad);
      expect(done.code).toBe(3);
      expect(done.out + done.err).toContain("KIT_FILE_HASH");
    }
    expect((await run("config", "show", "--json")).out).toBe(before);
    expect((await run("kit", "import", file)).code).toBe(0);
  });

  test("whose content is not valid here is refused, each fault with its place", async () => {
    const { dir, run } = await makeCliSite();
    const file = path.join(temporaryFolder(), "mine.kit.tar");
    await unchecked(dir, source({ ...RULE, colour: "red" }), file);
    const verified = await run("kit", "verify", file);
    expect(verified.code).toBe(3);
    expect(verified.out).toContain("content/rules/default/mine.json#/colour: CONTENT_INVALID");
    const imported = await run("kit", "import", file);
    expect(imported.code).toBe(3);
    expect(imported.err).toContain("(CONTENT_INVALID)");
  });

  test("that is older than the head of its stream is refused by verify as by import", async () => {
    const { dir, run } = await makeCliSite();
    const key = path.join(dir, "keys", "local.pem");
    const build = async (
      sequence: string,
      createdAt: string,
      ...more: string[]
    ): Promise<{ file: string; id: string }> => {
      const file = path.join(temporaryFolder(), `mine-${sequence}.kit.tar`);
      const words = ["--stream", "plant-7/rules", "--sequence", sequence, "--created-at", createdAt, "--out", file];
      const built = await cli(["kit", "build", source(RULE), ...words, "--key", key, ...more, "--json"]);
      expect(built.code, built.err).toBe(0);
      return { file, id: z.object({ manifest: z.string() }).parse(JSON.parse(built.out)).manifest };
    };
    const now = Date.now();
    const first = await build("1", kitInstant(now + 60_000));
    expect((await run("kit", "import", first.file)).code).toBe(0);
    const older = await build("2", kitInstant(now + 10_000), "--prev", first.id);
    for (const verb of ["verify", "import"]) {
      const done = await run("kit", verb, older.file);
      expect(done.code, verb).toBe(3);
      expect(done.out + done.err, verb).toContain("KIT_TIME_ORDER");
    }
  });

  test("with a file that this version does not take in is refused by verify as by import", async () => {
    const { dir, run } = await makeCliSite();
    const file = path.join(temporaryFolder(), "mine.kit.tar");
    const from = source(RULE, { "connectors/x/some.bin": "binary" }, { ...SPEC, kinds: ["connectors", "rules"] });
    await unchecked(dir, from, file);
    for (const verb of ["verify", "import"]) {
      const done = await run("kit", verb, file);
      expect(done.code, verb).toBe(3);
      expect(done.out + done.err, verb).toContain("CONTENT_INVALID");
    }
  });

  test("is judged by the places and instants that the site has seen", async () => {
    const { dir } = await makeCliSite();
    const site = await openSite({ dir, settings: readSettings({}), io: silent });
    onTestFinished(() => site.close());
    const view = await siteOfServer(createClient(inProcess(dir, site), "default"), {});
    const head = view.heads.get("plant-7/starter");
    expect(head).toMatchObject({ epoch: 0, sequence: 1 });
    expect(Math.abs((head?.createdAt ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(view.newest).toBe(head?.createdAt);
    expect(view.known.get("plant-7/starter")).toEqual({ epoch: 0, sequence: 1, manifest: head?.manifest });
    expect(view.owners.get("_site/templates/tmpl-event") ?? view.owners.get("default/channels/ops-mail")).toBe(
      "plant-7/starter",
    );
  });

  test("of a stream that this site trusts nobody for is refused", async () => {
    const { dir, run } = await makeCliSite();
    const file = path.join(temporaryFolder(), "hq.kit.tar");
    const key = path.join(dir, "keys", "local.pem");
    await cli(["kit", "build", source(RULE), "--stream", "hq/rules", "--key", key, "--out", file]);
    expect((await run("kit", "verify", file)).out).toContain("KIT_NOT_DELEGATED");
  });

  test("that is not there is 4, a source that is no source 3, a key that others can read 1", async () => {
    const { dir, run } = await makeCliSite();
    expect((await run("kit", "verify", "/no/such.kit.tar")).code).toBe(4);
    expect((await run("kit", "import", "/no/such.kit.tar")).code).toBe(4);
    const nothing = temporaryFolder();
    fs.writeFileSync(path.join(nothing, "offline-kit.json"), "{}");
    const noSource = await run("kit", "build", nothing, "--stream", "plant-7/x");
    expect(noSource, noSource.err).toMatchObject({ code: 3, out: "" });
    const key = path.join(dir, "keys", "local.pem");
    fs.chmodSync(key, 0o644);
    expect(
      await run("kit", "build", source(RULE), "--stream", "plant-7/x", "--key", key, "--out", nothing),
    ).toMatchObject({ code: 1 });
  });
});

test("two builds of one content at one instant are the same bytes", async () => {
  const site = await makeCliSite();
  const [dir, out] = [source(RULE), temporaryFolder()];
  const build = (name: string): Promise<unknown> =>
    cli([
      "kit",
      "build",
      dir,
      "--key",
      path.join(site.dir, "keys", "local.pem"),
      "--force",
      "--stream",
      "plant-7/rules",
      "--created-at",
      "2026-11-20T00:00:00Z",
      "--out",
      path.join(out, name),
    ]);
  await build("a.tar");
  await build("b.tar");
  expect(fs.readFileSync(path.join(out, "a.tar")).equals(fs.readFileSync(path.join(out, "b.tar")))).toBe(true);
});

describe("judged for a site that flags describe", () => {
  test("site, policies and clock come from flags", async () => {
    const { dir, run } = await makeCliSite();
    const file = path.join(temporaryFolder(), "mine.kit.tar");
    await run("kit", "build", source(RULE), "--stream", "plant-7/rules", "--local", "--out", file);
    const flags = ["kit", "verify", file, "--local-policy", path.join(dir, "trust", "local.json")];
    expect((await cli([...flags, "--site", "plant-7", "--json"])).out).toContain('"ok":true');
    expect((await cli([...flags, "--site", "plant-8"])).out).toContain("KIT_NOT_DELEGATED");
    expect((await cli([...flags, "--site", "plant-7", "--at", "2026-01-01T00:00:00Z"])).out).toContain(
      "KIT_FROM_FUTURE",
    );
    expect((await cli([...flags, "--site", "plant-7", "--after", file])).out).toContain("KIT_ALREADY_APPLIED");
    expect((await cli([...flags, "--site", "plant-7", "--at", "yesterday"])).code).toBe(2);
    expect((await cli([...flags, "--site", "plant-7", "--policy", "package.json"])).err).toContain("TRUST_POLICY");
  });
});

const Case = z.object({
  name: z.string(),
  file: z.string(),
  policy: z.string(),
  site: z.string(),
  groups: z.array(z.string()),
  clock: z.string(),
  after: z.array(z.string()),
  expect: z.string(),
});
const VECTORS = "test/vectors/kits";

test.each(z.array(Case).parse(JSON.parse(fs.readFileSync(`${VECTORS}/cases.json`, "utf8"))))(
  "vector: $name -> $expect",
  async (one) => {
    const words = [
      "kit",
      "verify",
      `${VECTORS}/${one.file}`,
      "--policy",
      `${VECTORS}/${one.policy}`,
      "--site",
      one.site,
      "--at",
      one.clock,
      "--json",
    ];
    for (const group of one.groups) words.push("--group", group);
    for (const kit of one.after) words.push("--after", `${VECTORS}/${kit}`);
    const done = await cli(words);
    expect(JSON.parse(done.out)).toMatchObject({ ok: one.expect === "OK", code: one.expect });
    expect(done.code).toBe(one.expect === "OK" ? 0 : 3);
  },
);
