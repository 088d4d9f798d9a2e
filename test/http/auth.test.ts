import { describe, expect, it } from "vitest";
import { bearer, cloudEvent, JSON_EVENT, SECRET, testHttp } from "../support/http.ts";
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
