import { describe, expect, it } from "vitest";
import { FlowError } from "../../src/flows/error.ts";
import { bearer, testHttp, type TestHttp } from "../support/http.ts";
import { pointersIn, problemIn } from "../support/problem.ts";

async function post(http: TestHttp, path: string, body: unknown, token = "admin"): Promise<Response> {
  const headers = bearer(token, { "content-type": "application/json" });
  return await http.app.request(`/api/v1/${path}`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
const RULE = { schema: "rule/v1", id: "cpu-hot" };

it("shows the generation and the merged map with what brought each object", async () => {
  const response = await testHttp().app.request("/api/v1/config", { headers: bearer("viewer") });
  expect(await response.json()).toMatchObject({
    generation: expect.stringMatching(/^[0-9a-f]{64}$/),
    n: 3,
    cfg: "0123456789abcdef",
    objects: [
      { kind: "templates", id: "t", hash: "aa", isGlobal: false, stream: "hq/starter", value: { id: "t" } },
      { kind: "channels", id: "c", hash: "bb", isGlobal: true },
    ],
  });
});

async function shownTo(token: string, tenant: string): Promise<unknown> {
  const headers = bearer(token, { "sealpost-tenant": tenant });
  return await (await testHttp().app.request("/api/v1/config", { headers })).json();
}

it("what is for all tenants a tenant knows by id and name; the site reads it", async () => {
  const shown = { kind: "channels", id: "c", hash: "bb", name: "Chat of the site", isGlobal: true };
  expect(await shownTo("admin", "acme")).toHaveProperty(["objects", 1], shown);
  expect(await shownTo("site", "acme")).toHaveProperty(["objects", 1], {
    ...shown,
    value: { schema: "channel/v1", id: "c" },
  });
});

describe("plan and apply", () => {
  it("pass the objects on and answer the plan", async () => {
    const http = testHttp();
    const body = { objects: { "rules/cpu-hot": RULE }, prune: true, base: "a".repeat(64), why: "too loud" };
    const planned = await post(http, "config/plan", body);
    expect(planned.status).toBe(200);
    expect(await planned.json()).toMatchObject({
      n: 1,
      changes: [{ kind: "rules", id: "cpu-hot", change: "added" }],
      errors: [],
      left: [],
    });
    expect(http.changes).toEqual([]);
    expect((await post(http, "config/apply", body)).status).toBe(200);
    const change = {
      objects: [{ kind: "rules", id: "cpu-hot", value: RULE }],
      prune: true,
      base: "a".repeat(64),
      why: "too loud",
    };
    expect(http.changes).toEqual([{ caller: { tenant: "acme", actor: "token:admin" }, change }]);
  });

  it("a plan tells faults where they stand in the body; applying it is refused", async () => {
    const http = testHttp();
    const body = { objects: { "rules/bad": "not an object" } };
    expect(await (await post(http, "config/plan", body)).json()).toMatchObject({
      errors: [{ pointer: "/objects/rules~1bad/match" }],
    });
    expect(pointersIn(await problemIn(await post(http, "config/apply", body), "invalid"))).toEqual([
      "/objects/rules~1bad/match",
    ]);
  });

  it.each<[string, unknown, string[]]>([
    ["another kind", { objects: { "sealed/x": {} } }, ["/objects/sealed~1x"]],
    ["an id in upper case", { objects: { "rules/X": {} } }, ["/objects/rules~1X"]],
    ["no objects", {}, ["/objects"]],
    ["a list", [], [""]],
    ["prune that is a text", { objects: {}, prune: "yes" }, ["/prune"]],
    ["a base that is no id", { objects: {}, base: "x" }, ["/base"]],
    ["an unknown field", { objects: {}, force: true }, ["/force"]],
  ])("%s is invalid", async (_name, body, pointers) => {
    expect(pointersIn(await problemIn(await post(testHttp(), "config/apply", body), "invalid"))).toEqual(pointers);
  });

  it.each<[string, string, "bad-json" | "empty-body" | "invalid"]>([
    ["a duplicate key", '{"objects":{"rules/a":{},"rules/a":{}}}', "bad-json"],
    ["a prototype key", '{"objects":{"__proto__":{}}}', "bad-json"],
    ["half a surrogate pair", '{"objects":{"rules/a":"\\ud800"}}', "invalid"],
    ["no JSON", "objects:", "bad-json"],
    ["space", "  ", "empty-body"],
  ])("%s is refused", async (_name, body, code) => {
    await problemIn(await post(testHttp(), "config/apply", body), code);
  });

  it("another generation in place is a conflict", async () => {
    const http = testHttp();
    http.failure = new FlowError("conflict", "the generation is another");
    await problemIn(await post(http, "config/apply", { objects: {} }), "conflict");
  });

  it.each(["viewer", "operator", "writer"])("%s may not", async (token) => {
    await problemIn(await post(testHttp(), "config/apply", { objects: {} }, token), "forbidden");
  });

  it("the site changes what is for all tenants", async () => {
    const http = testHttp();
    const headers = bearer("site", { "content-type": "application/json", "sealpost-tenant": "_site" });
    await http.app.request("/api/v1/config/apply", { method: "POST", headers, body: '{"objects":{}}' });
    expect(http.changes).toMatchObject([{ caller: { tenant: "_site", actor: "token:site" } }]);
  });
});

describe("bind", () => {
  it("fills in values of a channel", async () => {
    const http = testHttp();
    expect((await post(http, "channels/ops/bind", { values: { host: "mail.example.org" } })).status).toBe(200);
    expect(http.bindings).toEqual([{ caller: { tenant: "acme", actor: "token:admin" }, channel: "ops" }]);
  });

  it.each<[unknown, string[]]>([
    [{ values: { port: "25" } }, ["/values/port"]],
    [{ values: { host: 5 } }, ["/values/host"]],
    [{}, ["/values"]],
  ])("%j is invalid", async (body, pointers) => {
    expect(pointersIn(await problemIn(await post(testHttp(), "channels/ops/bind", body), "invalid"))).toEqual(pointers);
  });

  it("an unknown channel is not found", async () => {
    const http = testHttp();
    http.failure = new FlowError("missing", 'there is no channel "ops"');
    await problemIn(await post(http, "channels/ops/bind", { values: {} }), "not-found");
  });

  it("waits for room on the disk", async () => {
    const http = testHttp();
    http.free = 0;
    await problemIn(await post(http, "channels/ops/bind", { values: {} }), "disk-full");
  });
});
