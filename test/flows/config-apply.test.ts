import { describe, expect, test } from "vitest";
import { applyConfig, planBinding, planConfig } from "../../src/flows/config-apply.ts";
import { loadConfigurations } from "../../src/flows/configurations.ts";
import { generation } from "../../src/core/generation.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { readGeneration } from "../../src/flows/generation-read.ts";
import { channel, rule, template } from "../support/objects.ts";
import { noPause } from "../support/pause.ts";
import { openTestStore } from "../support/store.ts";

const by = { actor: "local:0" };
const ruleValue = (id: string, fields = {}) => ({
  schema: "rule/v1",
  id,
  actions: [{ id: `${id}-mail`, channel: "ops-mail" }],
  ...fields,
});
const channelValue = {
  schema: "channel/v1",
  id: "ops-mail",
  type: "email",
  config: { port: 2525 },
  bind: ["host", "from", "to"],
};
const mailTemplate = { schema: "template/v1", id: "tmpl-event", subject: "s", text: "t" };
const ask = (
  objects: readonly { kind: "rules" | "channels" | "templates"; id: string; value: object }[],
  prune = false,
  tenant = "default",
) => ({
  tenant,
  prune,
  objects: objects.map(({ kind, id, value }) => ({ kind, id, value: JSON.parse(JSON.stringify(value)) })),
});

describe("a change of configuration", () => {
  test("is in force for the next event, with one leaf that names what changed", async () => {
    const site = await openTestStore();
    const plan = await planConfig(
      site,
      ask([
        { kind: "channels", id: "ops-mail", value: channelValue },
        { kind: "rules", id: "r", value: ruleValue("r") },
        { kind: "templates", id: "tmpl-event", value: mailTemplate },
      ]),
    );
    expect(await applyConfig(site, plan, { ...by, why: "first" })).toEqual({ n: 1 });
    expect(site.configurations.of("default").rules.size).toBe(1);
    const leaf = (await site.lines()).map(parseLeaf).find(({ type }) => type === "config.change");
    expect(leaf).toMatchObject({
      actor: "local:0",
      id: plan.candidate.id,
      body: {
        count: 3,
        n: 1,
        why: "first",
        changes: ["channels/ops-mail", "rules/r", "templates/tmpl-event"].map((object) => ({
          change: "added",
          object,
        })),
      },
    });
  });

  test("with faults changes nothing, and every fault has its place", async () => {
    const site = await openTestStore();
    const plan = await planConfig(
      site,
      ask([
        { kind: "rules", id: "r", value: ruleValue("r", { colour: 1 }) },
        { kind: "rules", id: "s", value: {} },
      ]),
    );
    expect(plan.faults.map(({ id, pointer }) => [id, pointer])).toEqual([
      ["r", "/colour"],
      ["s", "/schema"],
      ["s", "/id"],
      ["s", "/actions"],
    ]);
    await expect(applyConfig(site, plan, by)).rejects.toMatchObject({ code: "invalid" });
    expect(site.configurations.own("default").n).toBe(0);
  });

  test("that names a channel that is not there is refused", async () => {
    const site = await openTestStore();
    const plan = await planConfig(site, ask([{ kind: "rules", id: "r", value: ruleValue("r") }]));
    expect(plan.faults.map(({ pointer, detail }) => [pointer, detail])).toEqual([
      ["/actions/0/channel", 'there is no channel "ops-mail"'],
      ["/actions/0", 'names no template, and there is no "tmpl-event"'],
    ]);
  });

  test("that lost the race is a conflict, and the first one stands", async () => {
    const site = await openTestStore();
    const mail = { kind: "channels", id: "ops-mail", value: channelValue } as const;
    const [one, two] = [
      await planConfig(site, ask([mail])),
      await planConfig(site, ask([mail, { kind: "channels", id: "other", value: { ...channelValue, id: "other" } }])),
    ];
    const results = await Promise.allSettled([applyConfig(site, one, by), applyConfig(site, two, by)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect(results[1]).toMatchObject({ reason: { code: "conflict" } });
    expect(Object.keys(site.configurations.own("default").objects)).toEqual(["channels/ops-mail"]);
  });

  test("that changes nothing asks nothing", async () => {
    const site = await openTestStore();
    await site.configure([channel()]);
    const size = (await site.lines()).length;
    expect(await applyConfig(site, await planConfig(site, ask([])), by)).toEqual({ n: 1 });
    expect((await site.lines()).length).toBe(size);
  });
});

describe("binding a channel", () => {
  test("fills in values, keeps the earlier ones, and leaves cfg alone", async () => {
    const site = await openTestStore();
    await applyConfig(
      site,
      await planConfig(site, ask([{ kind: "channels", id: "ops-mail", value: channelValue }])),
      by,
    );
    const { cfg } = site.configurations.of("default");
    expect(site.configurations.of("default").channels.get("ops-mail")?.unbound).toEqual(["host", "from", "to"]);
    await applyConfig(site, await planBinding(site, "default", { id: "ops-mail", values: { host: "relay" } }), by);
    await applyConfig(
      site,
      await planBinding(site, "default", { id: "ops-mail", values: { from: "a@b.example", to: "c@d.example" } }),
      by,
    );
    expect(site.configurations.of("default").channels.get("ops-mail")).toMatchObject({
      unbound: [],
      to: ["c@d.example"],
      config: { host: "relay" },
    });
    expect(site.configurations.of("default").cfg).toBe(cfg);
  });

  test.each([
    [{ password: "x" }, "/values/password", /leaves host, from, to to the site/],
    [{ to: "nobody" }, "/values/to", /mail addresses/],
    [{ to: " " }, "/values/to", /mail addresses/],
    [{ from: "no address" }, "/values/from", /mail address/],
    [{ port: "25" }, "/values/port", /not "port"/],
  ])("refuses %j", async (values, pointer, detail) => {
    const site = await openTestStore();
    await applyConfig(
      site,
      await planConfig(site, ask([{ kind: "channels", id: "ops-mail", value: channelValue }])),
      by,
    );
    const { faults } = await planBinding(site, "default", {
      id: "ops-mail",
      values: JSON.parse(JSON.stringify(values)),
    });
    expect(faults).toContainEqual(expect.objectContaining({ pointer, detail: expect.stringMatching(detail) }));
  });

  test("of a channel that is not there is missing", async () => {
    const site = await openTestStore();
    await expect(planBinding(site, "default", { id: "gone", values: {} })).rejects.toMatchObject({ code: "missing" });
  });
});

describe("a change of the site's objects", () => {
  test("that would leave a tenant with a rule without its template is refused", async () => {
    const site = await openTestStore();
    await site.configure([template()], "_site");
    await site.configure([channel(), rule("a")]);
    const plan = await planConfig(site, ask([], true, "_site"));
    expect(plan.faults).toEqual([expect.objectContaining({ kind: "rules", id: "a", pointer: "/actions/0" })]);
  });

  test("is compiled aside for every tenant, and is in force for each at once", async () => {
    const site = await openTestStore({ tenants: ["_site", "default", "other"] });
    const value = { schema: "template/v1", id: "tmpl-event", subject: "s", text: "t" };
    await applyConfig(
      site,
      await planConfig(site, ask([{ kind: "templates", id: "tmpl-event", value }], false, "_site")),
      by,
    );
    for (const tenant of ["default", "other"])
      expect(site.configurations.of(tenant).templates.has("tmpl-event")).toBe(true);
  });
});

test("every generation that was ever current is kept", async () => {
  const site = await openTestStore();
  await site.configure([channel()]);
  const first = site.configurations.own("default");
  await site.configure([channel(), template()]);
  const kept = await site.store.read.cell("generation", "default", first.id);
  expect(kept).toEqual({ id: first.id, n: 1, parts: first.parts });
  expect(kept && (await readGeneration(site.store.read, kept, noPause))).toEqual(first);
  expect((await site.store.read.cell("generation", "default", "current"))?.id).toBe(
    site.configurations.own("default").id,
  );
});

test("a plan keeps nothing of what it was shown", async () => {
  const site = await openTestStore();
  const plan = await planConfig(site, ask([{ kind: "channels", id: "ops-mail", value: channelValue }]));
  const { candidate } = plan;
  await expect(site.configurations.preview([{ tenant: "default", candidate }], []).next()).rejects.toMatchObject({
    code: "missing",
  });
});

test("a change of very many objects is told in one leaf, with its count", async () => {
  const site = await openTestStore();
  const many = Array.from({ length: 400 }, (_, at) =>
    template(`template-with-a-rather-long-name-${String(at).padStart(20, "0")}`),
  );
  await site.configure(many);
  const leaf = (await site.lines()).map(parseLeaf).find(({ type }) => type === "config.change");
  expect(leaf?.body).toMatchObject({ count: 400 });
  expect(JSON.stringify(leaf).length).toBeLessThan(48_000);
});

describe("configurations", () => {
  test("are loaded as they were adopted", async () => {
    const site = await openTestStore({ tenants: ["_site", "default", "other"] });
    await site.configure([template()], "_site");
    await site.configure([channel(), rule("a")]);
    const loaded = await loadConfigurations(site.store.read, noPause);
    expect(loaded.tenants()).toEqual(["_site", "default", "other"]);
    for (const tenant of ["_site", "default", "other"])
      expect(loaded.of(tenant)).toEqual(site.configurations.of(tenant));
  });

  test("of all tenants follow a change of the site's", async () => {
    const site = await openTestStore({ tenants: ["_site", "default", "other"] });
    const before = site.configurations.of("other").cfg;
    await site.configure([template()], "_site");
    expect([...site.configurations.of("other").templates.keys()]).toEqual(["tmpl-event"]);
    expect(site.configurations.of("other").cfg).not.toBe(before);
    expect(site.configurations.of("nobody").rules.size).toBe(0);
  });

  test("cannot take on objects that nobody staged", async () => {
    const site = await openTestStore();
    const candidate = generation(1, { "rules/a": "0".repeat(64) }, {});
    await expect(site.configurations.preview([{ tenant: "default", candidate }], []).next()).rejects.toMatchObject({
      code: "missing",
    });
  });
});
