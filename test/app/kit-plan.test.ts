import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { leavesOfType } from "../support/site-leaves.ts";
import { type HubSite, makeHubSite } from "../support/hub-site.ts";

let at: HubSite;
beforeAll(async () => void (at = await makeHubSite()));
afterAll(async () => at.close());

const rule = (id: string, to = "ops@example.org") => ({
  schema: "rule/v1",
  id,
  actions: [{ id: `${id}-mail`, channel: "ops-mail", to: [to] }],
});
const template = (id: string, text: string) => ({ schema: "template/v1", id, subject: "s", text });
const planOf = (body: unknown): string => z.looseObject({ plan: z.string() }).parse(body).plan;
const generation = (): string => at.site.parts.configurations.own("default").id;

test("a plan tells what would be added, changed field by field, and removed, and changes nothing", async () => {
  const stream = "hq/plan";
  const one = await at.hub.kit({
    stream,
    objects: { "rules/default/p1": rule("p1"), "rules/default/p2": rule("p2"), "templates/_/t1": template("t1", "a") },
  });
  const before = generation();
  const size = (await at.site.parts.store.read.log("_site"))?.size;
  const first = await at.plan(one.file);
  expect(first).toMatchObject({
    status: 200,
    body: {
      stream,
      repeated: false,
      count: 3,
      signers: [{ owner: "carol" }, { owner: "dave" }],
      expiresAt: null,
      changes: expect.arrayContaining([{ tenant: "default", kind: "rules", id: "p1", change: "added" }]),
    },
  });
  expect(first.body).not.toHaveProperty("before");
  expect([generation(), (await at.site.parts.store.read.log("_site"))?.size]).toEqual([before, size]);
  expect((await at.take(one.file, `?plan=${planOf(first.body)}`)).status).toBe(200);
  const two = await at.hub.kit({
    stream,
    sequence: 2,
    prev: one.kit,
    objects: { "rules/default/p1": rule("p1", "night@example.org"), "templates/_/t1": template("t1", "b") },
  });
  const second = await at.plan(two.file);
  expect(second.body).toMatchObject({
    before: { epoch: 0, sequence: 1, manifest: one.kit },
    count: 3,
    changes: expect.arrayContaining([
      {
        tenant: "default",
        kind: "rules",
        id: "p1",
        change: "changed",
        fields: [{ pointer: "/actions/p1-mail/to/0", before: "ops@example.org", after: "night@example.org" }],
      },
      { tenant: "default", kind: "rules", id: "p2", change: "removed" },
      {
        tenant: "_site",
        kind: "templates",
        id: "t1",
        change: "changed",
        fields: [{ pointer: "/text", before: "a", after: "b" }],
      },
    ]),
  });
  expect((await at.take(two.file)).status).toBe(200);
  expect((await at.plan(two.file)).body).toMatchObject({ repeated: true, plan: null });
});

test("an import names the plan: where the site changed since, it is a conflict and nothing happens", async () => {
  const kit = await at.hub.kit({ stream: "hq/cas", objects: { "rules/default/c1": rule("c1") } });
  const plan = planOf((await at.plan(kit.file)).body);
  const own = { objects: { "rules/mine": rule("mine") } };
  const changed = await at.site.request("POST", "/api/v1/config/apply", {
    body: JSON.stringify(own),
    type: "application/json",
  });
  expect(changed.status).toBe(200);
  const before = generation();
  expect(await at.take(kit.file, `?plan=${plan}`)).toMatchObject({ status: 409, body: { code: "conflict" } });
  expect(generation()).toBe(before);
  const again = planOf((await at.plan(kit.file)).body);
  expect(again).not.toBe(plan);
  expect((await at.take(kit.file, `?plan=${again}`)).status).toBe(200);
  expect((await leavesOfType(at.site.parts, "kit.import")).at(-1)).toMatchObject({ body: { plan: again } });
});

test("what the site has made its own is left and told of; what another stream owns refuses the kit", async () => {
  const mine = await at.hub.kit({
    stream: "hq/left",
    objects: {
      "channels/default/ops-mail": {
        schema: "channel/v1",
        id: "ops-mail",
        type: "email",
        bind: ["host", "from", "to"],
      },
    },
  });
  expect(await at.plan(mine.file)).toMatchObject({ status: 422, body: { code: "KIT_OBJECT_OWNED" } });
  await at.site.request("POST", "/api/v1/config/apply", {
    body: JSON.stringify({ objects: { "rules/own": rule("own") } }),
    type: "application/json",
  });
  const left = await at.hub.kit({
    stream: "hq/left",
    objects: { "rules/default/own": rule("own", "hq@example.org"), "rules/default/l1": rule("l1") },
  });
  expect((await at.plan(left.file)).body).toMatchObject({
    count: 1,
    left: [{ tenant: "default", kind: "rules", id: "own" }],
  });
  const before = at.site.parts.configurations.own("default").objects["rules/own"];
  expect((await at.take(left.file)).status).toBe(200);
  expect(at.site.parts.configurations.own("default").objects["rules/own"]).toBe(before);
});

test("tenants that the site does not have are named, a rule that names no channel is refused with its place", async () => {
  const foreign = await at.hub.kit({ stream: "hq/far", objects: { "rules/plant-9/f1": rule("f1") } });
  expect((await at.plan(foreign.file)).body).toMatchObject({ count: 0, unknownTenants: ["plant-9"] });
  const loose = { ...rule("z1"), actions: [{ id: "z1-mail", channel: "nowhere" }] };
  const bad = await at.hub.kit({ stream: "hq/bad", objects: { "rules/default/z1": loose } });
  for (const verb of [at.plan, at.take])
    expect(await verb(bad.file)).toMatchObject({
      status: 422,
      body: { code: "CONTENT_INVALID", detail: expect.stringContaining('there is no channel "nowhere"') },
    });
});

test("imports at once: all are answered, one after the other, and a stream has one head", async () => {
  const stream = "hq/race";
  const one = await at.hub.kit({ stream, objects: { "rules/default/a1": rule("a1") } });
  const twin = await at.hub.kit({ stream, objects: { "rules/default/a2": rule("a2") } });
  const files = [one, one, twin, twin];
  const answers = await Promise.all(files.map(async ({ file, kit }) => ({ ...(await at.take(file)), kit })));
  const taken = answers.filter(({ body }) => body["repeated"] === false);
  expect(taken).toHaveLength(1);
  const winner = taken[0]?.kit;
  for (const { kit, status, body } of answers)
    expect([status, body.code]).toEqual(kit === winner ? [200, undefined] : [422, "KIT_FORK"]);
  expect((await at.ask("GET", "/kits")).body).toMatchObject({
    items: expect.arrayContaining([expect.objectContaining({ stream, manifest: winner, objects: 1, files: 0 })]),
  });
});

test("what another issuer tells of a stream counts for nothing; its own issuer's word does", async () => {
  const told = {
    "hq/told": { epoch: 0, sequence: 9, manifest: "a".repeat(64) },
    "ship-1/x": { epoch: 0, sequence: 2, manifest: "b".repeat(64) },
  };
  const kit = await at.hub.kit({ stream: "hq/heads", objects: {}, heads: told });
  expect((await at.take(kit.file)).status).toBe(200);
  const { known } = z
    .looseObject({ known: z.array(z.looseObject({ stream: z.string(), sequence: z.number() })) })
    .parse((await at.ask("GET", "/kits")).body);
  expect(known.find(({ stream }) => stream === "hq/told")?.sequence).toBe(9);
  expect(known.some(({ stream }) => stream === "ship-1/x")).toBe(false);
});

test("a kit takes away nothing beyond the kinds and tenants that it names", async () => {
  const stream = "hq/narrow";
  const one = await at.hub.kit({
    stream,
    objects: { "rules/default/n1": rule("n1"), "templates/_/n2": template("n2", "a") },
  });
  expect((await at.take(one.file)).status).toBe(200);
  const empty = { stream, sequence: 2, prev: one.kit, objects: {} };
  const narrow = await at.hub.kit({ ...empty, kinds: ["templates"] });
  expect((await at.plan(narrow.file)).body).toMatchObject({ count: 1, changes: [{ id: "n2", change: "removed" }] });
  const trust = await at.hub.rotation({ maxSequenceJump: 50 });
  const roots = await at.hub.kit({ ...empty, kinds: ["trust"], files: trust.files, signers: ["rita", "rolf"] });
  expect((await at.plan(roots.file)).body).toMatchObject({ count: 0, trust: { from: 1, to: 2 } });
  const all = await at.hub.kit(empty);
  expect((await at.plan(all.file)).body).toMatchObject({ count: 2 });
});

test("what is taken in by itself a hub cannot say", async () => {
  const policy = { schema: "policy/v1", id: "default", dropImport: ["hq/*"] };
  const kit = await at.hub.kit({ stream: "hq/greedy", objects: { "policies/default/default": policy } });
  expect(await at.take(kit.file)).toMatchObject({ status: 422, body: { code: "CONTENT_INVALID" } });
});
