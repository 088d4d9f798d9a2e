import { Context } from "hono";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type Env } from "../../src/http/context.ts";
import { createRateGate } from "../../src/http/pressure.ts";
import { bearer, cloudEvent, JSON_EVENT, NOW, SECRET, testHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";

describe("who asks", () => {
  it.each([
    ["no header", undefined],
    ["another scheme", "Basic YTpi"],
    ["no token of ours", "Bearer abc"],
    ["an unknown id", `Bearer spk_nobody_${SECRET}`],
    ["a wrong secret", `Bearer spk_admin_${SECRET}x`],
    ["an empty secret", "Bearer spk_admin_"],
    ["a secret with more behind it", `Bearer spk_admin_${SECRET} x`],
    ["an expired token", `Bearer spk_expired_${SECRET}`],
    ["a revoked token", `Bearer spk_revoked_${SECRET}`],
    ["a prototype name", `Bearer spk_constructor_${SECRET}`],
  ])("%s is 401 with a challenge", async (_name, authorization) => {
    const http = testHttp();
    const response = await http.app.request("/api/v1/events", {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    await problemIn(response, "unauthenticated");
  });

  it("nobody is local by a header", async () => {
    const http = testHttp();
    const headers = { "x-forwarded-for": "127.0.0.1", "sealpost-local": "0", local: "0", "sealpost-tenant": "_site" };
    await problemIn(await http.app.request("/api/v1/kits", { headers }), "unauthenticated");
  });

  it("a token whose stored hash is damaged is refused", async () => {
    const http = testHttp();
    const { createHttp } = await import("../../src/http/server.ts");
    const app = createHttp(
      {
        ...http.context,
        tokens: async (id) => ({ id, name: id, tenant: "acme", scopes: ["notify.admin"], hash: "zz", createdAt: 0 }),
      },
      [],
    );
    await problemIn(await app.request("/api/v1/events", { headers: bearer("admin") }), "unauthenticated");
  });

  it("who comes over the socket is the site's, and names the tenant", async () => {
    const http = testHttp();
    const local = { local: { uid: 1000 } };
    const sent = { method: "POST", body: JSON.stringify(cloudEvent()) };
    const response = await http.app.request(
      "/api/v1/events",
      { ...sent, headers: { ...JSON_EVENT, "sealpost-tenant": "acme" } },
      local,
    );
    expect(response.status).toBe(202);
    expect(http.accepted[0]?.caller).toEqual({ tenant: "acme", actor: "local:1000" });
    await problemIn(
      await http.app.request("/api/v1/events", { ...sent, headers: JSON_EVENT }, local),
      "tenant-required",
    );
  });
});

describe("the scheme", () => {
  it.each(["bearer", "BEARER", "bEARER"])("is the same as %s", async (scheme) => {
    const headers = { authorization: `${scheme} spk_admin_${SECRET}` };
    expect((await testHttp().app.request("/api/v1/events", { headers })).status).toBe(200);
  });

  it("is no reason to take a token in another case", async () => {
    const headers = { authorization: `Bearer SPK_admin_${SECRET}` };
    await problemIn(await testHttp().app.request("/api/v1/events", { headers }), "unauthenticated");
  });
});

describe("which tenant", () => {
  it.each([
    ["admin", "acme", "/api/v1/events", 200],
    ["admin", undefined, "/api/v1/events", 200],
    ["admin", "globex", "/api/v1/events", "tenant-mismatch"],
    ["admin", "_site", "/api/v1/events", "tenant-mismatch"],
    ["admin", "", "/api/v1/events", "tenant-mismatch"],
    ["admin", undefined, "/api/v1/kits", "site-only"],
    ["admin", "_site", "/api/v1/kits", "site-only"],
    ["site", undefined, "/api/v1/events", "tenant-required"],
    ["site", "acme", "/api/v1/events", 200],
    ["site", "_site", "/api/v1/events", 200],
    ["site", "nobody", "/api/v1/events", "tenant-unknown"],
    ["site", "acme, globex", "/api/v1/events", "tenant-unknown"],
    ["site", "_site", "/api/v1/kits", 200],
    ["site", undefined, "/api/v1/kits", "tenant-required"],
    ["site", "acme", "/api/v1/kits", "tenant-required"],
  ] as const)("token of %s, header %s, %s: %s", async (token, tenant, path, expected) => {
    const http = testHttp();
    const response = await http.app.request(path, {
      headers: bearer(token, tenant === undefined ? {} : { "sealpost-tenant": tenant }),
    });
    if (typeof expected === "number") expect(response.status).toBe(expected);
    else await problemIn(response, expected);
  });
});

describe("how often", () => {
  it("a token has its requests a minute, then 429 until the next is due", async () => {
    const http = testHttp({ limits: { requestsPerMinute: 6 } });
    const ask = async (token: string): Promise<Response> =>
      await http.app.request("/api/v1/events", { headers: bearer(token) });
    for (let at = 0; at < 6; at++) expect((await ask("admin")).status).toBe(200);
    const refused = await ask("admin");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(refused.headers.get("ratelimit-policy")).toBe('"token";q=6;w=60');
    await problemIn(refused, "rate-limited");
    expect((await ask("viewer")).status).toBe(200);
    http.mono += 10_000;
    expect((await ask("admin")).status).toBe(200);
    await problemIn(await ask("admin"), "rate-limited");
  });

  it.each([1, 7, 11, 13, 49, 600, 999])(
    "a limit of %i is that many, to the last, also after a while",
    async (count) => {
      const clock = { now: () => NOW, mono: () => now };
      const gate = createRateGate({ limits: { ...DEFAULT_LIMITS, requestsPerMinute: count }, clock });
      const allowed = (): number => {
        for (let done = 0; ; done++)
          try {
            gate({ id: "token:a" }, new Context<Env>(new Request("http://local/")));
          } catch (error) {
            expect(error).toMatchObject({ code: "rate-limited" });
            return done;
          }
      };
      let now = 0;
      for (const start of [0.1, 123_456.789, 7_654_321.1, 1e9 + 1 / 3]) {
        now = start;
        expect(allowed()).toBe(count);
        now = start + 60_000;
        expect(allowed()).toBe(count);
      }
    },
  );

  it("0 turns it off, and the socket has no limit", async () => {
    const open = testHttp({ limits: { requestsPerMinute: 0 } });
    for (let at = 0; at < 700; at++)
      expect((await open.app.request("/api/v1/events", { headers: bearer("admin") })).status).toBe(200);
    const one = testHttp({ limits: { requestsPerMinute: 1 } });
    const headers = { "sealpost-tenant": "acme" };
    for (let at = 0; at < 3; at++)
      expect((await one.app.request("/api/v1/events", { headers }, { local: { uid: 0 } })).status).toBe(200);
  });
});

describe("a refusal", () => {
  it.each([
    ["no token", undefined, {}, ["anonymous", "_site", "unauthenticated"]],
    ["a wrong secret", `Bearer spk_admin_${SECRET}x`, {}, ["anonymous", "_site", "unauthenticated"]],
    ["an expired token", `Bearer spk_expired_${SECRET}`, {}, ["token:expired", "acme", "unauthenticated"]],
    ["a revoked token", `Bearer spk_revoked_${SECRET}`, {}, ["token:revoked", "acme", "unauthenticated"]],
    ["no permission", `Bearer spk_writer_${SECRET}`, {}, ["token:writer", "acme", "forbidden"]],
    ["a closed tenant", `Bearer spk_shut_${SECRET}`, {}, ["token:shut", "closed", "forbidden"]],
    [
      "another tenant",
      `Bearer spk_admin_${SECRET}`,
      { "sealpost-tenant": "globex" },
      ["token:admin", "acme", "tenant-mismatch"],
    ],
  ] as const)("for %s is noted with who, where and why", async (_what, authorization, more, [actor, tenant, why]) => {
    const http = testHttp();
    const headers = { ...more, ...(authorization === undefined ? {} : { authorization }) };
    await http.app.request("/api/v1/events", { headers });
    expect(http.denied).toEqual([{ actor, tenant, why, route: "GET /api/v1/events" }]);
  });

  it("for a thing of the site is noted by the pattern of its route", async () => {
    const http = testHttp();
    await http.app.request("/api/v1/kits/hq.rules", { headers: bearer("admin") });
    expect(http.denied).toMatchObject([{ why: "site-only", route: expect.stringMatching(/^GET \/api\/v1\/kits\/:/) }]);
  });

  it("for what was said and not for who says it is not noted", async () => {
    const http = testHttp();
    await http.app.request("/api/v1/events?limit=0", { headers: bearer("admin") });
    await http.app.request("/api/v1/events/none", { headers: bearer("admin") });
    expect(http.denied).toEqual([]);
  });
});

describe("a token that is recognised", () => {
  it("is noted as used, and one that is refused is not", async () => {
    const http = testHttp();
    await http.app.request("/api/v1/events", { headers: bearer("admin") });
    await http.app.request("/api/v1/events", { headers: bearer("writer") });
    for (const id of ["expired", "revoked", "shut"]) await http.app.request("/api/v1/events", { headers: bearer(id) });
    expect(http.used).toEqual(["admin", "writer"]);
  });
});

describe("a closed tenant", () => {
  it.each([
    ["GET", "/api/v1/events", 200],
    ["POST", "/api/v1/events", "tenant-closed"],
    ["POST", "/api/v1/silences", "tenant-closed"],
  ] as const)("is looked at by the site, and not changed: %s %s", async (method, path, expected) => {
    const headers = { ...bearer("site", { "sealpost-tenant": "closed" }), ...JSON_EVENT };
    const body = method === "GET" ? {} : { body: "{}" };
    const response = await testHttp().app.request(path, { method, headers, ...body });
    if (expected === 200) expect(response.status).toBe(200);
    else await problemIn(response, expected);
  });
});
