import * as fs from "node:fs";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildStarterKit } from "../../src/app/kits.ts";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { parseSpec } from "../../src/core/kit-spec.ts";
import type { Json } from "../../src/core/json.ts";
import { buildKit } from "../../src/signing/kit-build.ts";
import { readPrivateKey, signerOf } from "../../src/signing/keys.ts";
import { asset } from "../../src/system/assets.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";

let folder: ReturnType<typeof temporaryFolder>;
let site: RunningSite;
beforeAll(async () => {
  folder = temporaryFolder();
  await makeSite(path.join(folder.dir, "data"));
  site = await openSite(path.join(folder.dir, "data"));
});
afterAll(async () => {
  await site.close();
  folder.remove();
});

const spec = parseSpec(asset("offline-kit.json"));

/** A kit of the site's own stream `plant-7/<name>`, signed by its local authority. */
async function ownKit(
  name: string,
  place: { sequence: number; prev?: string },
  objects: Readonly<Record<string, Json>>,
): Promise<{ file: string; kit: string }> {
  const pem = fs.readFileSync(site.parts.files.localAuthority, "latin1");
  const file = path.join(folder.dir, `${name}-${place.sequence}-${Object.keys(objects).length}.kit.tar`);
  const files = Object.entries(objects).map(([key, value]) => ({
    path: `content/${key}.json`,
    role: "object" as const,
    bytes: Buffer.from(canonicalJson(value)),
  }));
  const createdAt = `${new Date().toISOString().slice(0, 19)}Z`;
  const stream = `plant-7/${name}`;
  const { kit } = await buildKit(
    {
      spec: { ...spec, kinds: ["channels", "rules", "templates"] },
      files,
      stream,
      audience: ["site:plant-7"],
      createdAt,
      ...place,
      prev: place.prev ?? null,
      signers: [signerOf(readPrivateKey(pem))],
    },
    file,
  );
  return { file, kit };
}
const post = (file: string) =>
  site.request("POST", "/api/v1/kits/import", {
    tenant: "_site",
    body: fs.readFileSync(file),
    type: "application/x-tar",
  });
const template = (id: string, text = "hello"): Json => ({ schema: "template/v1", id, subject: "s", text });
const rule = (id: string): Json => ({ schema: "rule/v1", id, actions: [{ id: `${id}-a`, channel: "ops-mail" }] });

describe("a kit that is taken in", () => {
  test("switches every tenant that it touches at once; a newer one takes away what it no longer carries", async () => {
    const one = await ownKit(
      "rules",
      { sequence: 1 },
      { "templates/_/t1": template("t1"), "rules/default/r1": rule("r1") },
    );
    const first = await post(one.file);
    expect([first.status, await first.json()]).toEqual([
      200,
      expect.objectContaining({ stream: "plant-7/rules", sequence: 1, manifest: one.kit }),
    ]);
    expect(site.parts.configurations.of("default").templates.has("t1")).toBe(true);
    const two = await ownKit("rules", { sequence: 2, prev: one.kit }, { "templates/_/t2": template("t2") });
    expect((await post(two.file)).status).toBe(200);
    const { templates } = site.parts.configurations.of("default");
    expect([templates.has("t1"), templates.has("t2")]).toEqual([false, true]);
    expect(Object.keys(site.parts.configurations.own("default").objects)).not.toContain("rules/r1");
  });

  test("a second time does nothing, and says so", async () => {
    const kit = await ownKit("twice", { sequence: 1 }, { "templates/_/tt": template("tt") });
    expect(await (await post(kit.file)).json()).toMatchObject({ repeated: false, count: 1 });
    const size = (await site.parts.store.read.log("_site"))?.size;
    const again = await post(kit.file);
    expect([again.status, await again.json()]).toMatchObject([200, { repeated: true, plan: null, manifest: kit.kit }]);
    expect((await site.parts.store.read.log("_site"))?.size).toBe(size);
  });

  test("for tenants that the site does not have brings nothing for them", async () => {
    const kit = await ownKit(
      "fleet",
      { sequence: 1 },
      { "rules/other-plant/r9": rule("r9"), "templates/_/t9": template("t9") },
    );
    const answer = await post(kit.file);
    expect(await answer.json()).toMatchObject({
      changes: [{ tenant: "_site", kind: "templates", id: "t9", change: "added" }],
    });
  });
});

async function refusal(
  file: string,
): Promise<{ status: number; code: unknown; leaves: number; quarantined: string[]; size: number }> {
  const before = (await site.parts.store.read.log("_site"))?.size ?? 0;
  const config = site.parts.configurations.own("default").id;
  const answer = await post(file);
  const problem: unknown = await answer.json();
  expect(site.parts.configurations.own("default").id).toBe(config);
  const size = (await site.parts.store.read.log("_site"))?.size ?? 0;
  return {
    status: answer.status,
    code: Reflect.get(Object(problem), "code"),
    leaves: size - before,
    quarantined: fs.readdirSync(site.parts.files.quarantine),
    size,
  };
}

describe("a kit that is refused", () => {
  test("with a changed byte leaves one leaf and a copy in quarantine, and nothing else", async () => {
    const { file } = await ownKit("changed", { sequence: 1 }, { "templates/_/tx": template("tx", "before") });
    fs.writeFileSync(file, fs.readFileSync(file).toString("latin1").replace("before", "behind"), "latin1");
    const { status, code, leaves, quarantined } = await refusal(file);
    expect([status, code, leaves]).toEqual([422, "KIT_FILE_HASH", 1]);
    expect(quarantined.filter((name) => name.endsWith(".kit")).length).toBe(1);
    const [leaf] = await site.parts.store.read.leaves(
      "_site",
      ((await site.parts.store.read.log("_site"))?.size ?? 1) - 1,
      1,
    );
    expect(JSON.parse(leaf ?? "{}")).toMatchObject({ type: "kit.refuse", reason: { code: "KIT_FILE_HASH" } });
  });

  test.each<[string, Readonly<Record<string, Json>>, string]>([
    [
      "whose rule has a field that is not built",
      { "rules/default/bad": { ...Object(rule("bad")), highImpact: true } },
      "CONTENT_INVALID",
    ],
    ["whose template does not compile", { "templates/_/bad": template("bad", "{{#if") }, "CONTENT_INVALID"],
    [
      "whose rule names a channel that is not there",
      { "rules/default/lost": { ...Object(rule("lost")), actions: [{ id: "l", channel: "nowhere" }] } },
      "CONTENT_INVALID",
    ],
    [
      "with one action id in two rules",
      { "rules/default/x": rule("x"), "rules/default/x2": { ...Object(rule("x")), id: "x2" } },
      "CONTENT_INVALID",
    ],
    ["with an object of another stream", { "templates/_/tmpl-event": template("tmpl-event") }, "KIT_OBJECT_OWNED"],
  ])("%s", async (name, objects, expected) => {
    const { file } = await ownKit(`bad-${name.length}`, { sequence: 1 }, objects);
    const { status, code, leaves } = await refusal(file);
    expect([status, code, leaves]).toEqual([422, expected, 1]);
  });

  test("of another stream than the site's own, since it trusts nobody else yet", async () => {
    const pem = fs.readFileSync(site.parts.files.localAuthority, "latin1");
    const file = path.join(folder.dir, "foreign.kit.tar");
    await buildKit(
      {
        spec,
        files: [],
        stream: "hq/rules",
        audience: ["*"],
        createdAt: "2026-11-01T00:00:00Z",
        signers: [signerOf(readPrivateKey(pem))],
      },
      file,
    );
    expect(await refusal(file)).toMatchObject({ status: 422, code: "KIT_NOT_DELEGATED", leaves: 1 });
  });
});

test("two imports at once are judged one after the other", async () => {
  const one = await ownKit("race", { sequence: 1 }, { "templates/_/ra": template("ra") });
  const other = await ownKit(
    "race",
    { sequence: 1 },
    { "templates/_/rb": template("rb"), "templates/_/rc": template("rc") },
  );
  const codes = await Promise.all([post(one.file), post(other.file)].map(async (answer) => (await answer).status));
  expect(codes.toSorted((a, b) => a - b)).toEqual([200, 422]);
});

test("the starter kit is the same bytes each time that the clock shows the same second", async () => {
  const parts = { ...site.parts, clock: { now: () => 1_780_000_000_000, mono: () => 0 } };
  const bytes = async (): Promise<Buffer> => fs.readFileSync(await buildStarterKit(parts, "plant-7"));
  expect((await bytes()).equals(await bytes())).toBe(true);
});
