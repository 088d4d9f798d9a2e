import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyConfig, planConfig } from "../../src/flows/config-apply.ts";
import { FlowError } from "../../src/flows/error.ts";
import { type HubSite, makeHubSite } from "../support/hub-site.ts";
import { type Ask, asker, fieldsOf, mailRule, wholeHistory } from "../support/objects-api.ts";

let at: HubSite;
let ask: Ask;
beforeAll(async () => {
  at = await makeHubSite();
  ask = asker(at.site.fetch, { "sealpost-tenant": "default" });
});
afterAll(() => at.close());

const hubRule = (id: string, priority: number) => ({ schema: "rule/v1", ...mailRule(id), priority });
const hubChannel = { schema: "channel/v1", id: "hub-mail", type: "email", bind: ["host", "port", "from", "to"] };

describe("what another stream brought", () => {
  let first: string;
  beforeAll(async () => {
    const objects = { "rules/default/hubs": hubRule("hubs", 1), "channels/default/hub-mail": hubChannel };
    const { file, kit } = await at.hub.kit({ objects });
    first = kit;
    expect((await at.take(file)).status).toBe(200);
  });

  test.each<{ method: string; path: string; json?: { readonly to: string } }>([
    { method: "PUT", path: "/rules/hubs" },
    { method: "DELETE", path: "/rules/hubs" },
  ])("refuses $method with a sentence that says why", async ({ method, path }) => {
    const { etag } = await ask("GET", path);
    const json = method === "PUT" ? { json: { ...mailRule("hubs"), priority: 5 } } : {};
    const refused = await ask(method, path, { tag: etag, ...json });
    expect(refused).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect(refused.body.detail).toMatch(/rules\/hubs belongs to stream hq\/rules: a kit of that stream changes it/);
    expect((await ask("GET", path)).etag).toBe(etag);
  });

  test("takes its bind values from the site, and is listed with its stream", async () => {
    const values = { host: "relay.example", from: "a@plant.example", to: "b@plant.example" };
    expect((await ask("POST", "/channels/hub-mail/bind", { json: { values } })).status).toBe(200);
    const { body } = await ask("GET", "/channels?stream=hq/rules");
    expect(body.items).toMatchObject([{ id: "hub-mail", meta: { stream: "hq/rules", ownerId: "default" } }]);
    expect((await wholeHistory(ask, "/channels/hub-mail")).map(({ change }) => change)).toEqual(["bound", "added"]);
  });

  test("has its kits in its history", async () => {
    const objects = { "rules/default/hubs": hubRule("hubs", 2), "channels/default/hub-mail": hubChannel };
    const { file } = await at.hub.kit({ objects, sequence: 2, prev: first });
    expect((await at.take(file)).status).toBe(200);
    expect(await wholeHistory(ask, "/rules/hubs", 1)).toMatchObject([
      {
        change: "changed",
        via: "kit",
        kit: { stream: "hq/rules", epoch: 0, sequence: 2 },
        diff: [{ pointer: "/priority", before: 1, after: 2 }],
      },
      { change: "added", via: "kit", kit: { sequence: 1 } },
    ]);
  });
});

test("an edit of a starter object makes it the tenant's own", async () => {
  const held = await ask("GET", "/rules/medium");
  expect(held.body.meta?.stream).toBe("plant-7/starter");
  const put = await ask("PUT", "/rules/medium", { json: { ...fieldsOf(held), priority: 5 }, tag: held.etag });
  expect([put.status, put.body.meta?.stream]).toEqual([200, undefined]);
  const { items = [] } = (await ask("GET", "/rules?stream=plant-7/starter")).body;
  expect(items.map((item) => item["id"])).toContain("alerts-medium");
  expect(items.map((item) => item["id"])).not.toContain("medium");
});

test("edits that meet changes from elsewhere are planned anew, and none is lost", async () => {
  await ask("POST", "/rules", { json: mailRule("met") });
  const before = at.site.parts.configurations.own("default").n;
  const elsewhere = async (n: number): Promise<number> => {
    const id = `elsewhere-${n}`;
    const value = { schema: "channel/v1", id, type: "email", bind: ["host", "from"] };
    const objects = [{ kind: "channels", id, value }] as const;
    const plan = await planConfig(at.site.parts, { tenant: "default", objects, prune: false });
    const done = applyConfig(at.site.parts, plan, { actor: "job:test" }).then(() => 1);
    return await done.catch((error: unknown) => {
      if (error instanceof FlowError && error.code === "conflict") return 0;
      throw error;
    });
  };
  const edits = Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      ask("PUT", "/rules/met", { json: mailRule("met", { priority: n }), tag: "*" }),
    ),
  );
  let others = 0;
  for (let n = 0; n < 10; n++) others += await elsewhere(n);
  const answers = await edits;
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 200));
  const changes = (await wholeHistory(ask, "/rules/met")).filter(({ change }) => change === "changed");
  const tags = answers.map(({ body }) => body.meta?.hash ?? "").toSorted();
  expect(changes.map(({ hash = "" }) => hash).toSorted()).toEqual(tags);
  expect(at.site.parts.configurations.own("default").n).toBe(before + 40 + others);
});
