import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pointersIn, problemIn } from "../support/problem.ts";
import { openTenantSite, type TenantSite } from "../support/tenants.ts";

const END = "2998-01-01T00:00:00Z";
const ANY = { "if-match": "*" } as const;

let site: TenantSite; // 600 requests a minute
beforeAll(async () => {
  site = await openTenantSite();
});
afterAll(async () => {
  await site.close();
  site.remove();
});

/** What comes of a maker's token, and of its editing itself so. */
async function given(
  maker: Readonly<Record<string, unknown>>,
  json: Readonly<Record<string, unknown>>,
  tenant = "default",
): Promise<readonly (readonly [number, readonly string[]])[]> {
  const { id, token } = await site.mint(tenant, { role: "admin", ...maker });
  const asked = { tenant, json: { name: "x", role: "admin", ...json } };
  const answers = [
    await site.ask({ token }, "POST", "/tokens", asked),
    await site.ask({ token }, "PUT", `/tokens/${id}`, { ...asked, headers: ANY }),
  ];
  return await Promise.all(
    answers.map(async (response) => [
      response.status,
      response.status < 300 ? [] : pointersIn(await problemIn(response, "forbidden")),
    ]),
  );
}
const DONE = [
  [201, []],
  [200, []],
];
const refusedAt = (...pointers: readonly string[]) => [
  [403, pointers],
  [403, pointers],
];

describe("a token gives, to another and to itself, no more than it has", () => {
  it.each([
    ["an end: none", {}, ["/expiresAt"]],
    ["an end: a later one", { expiresAt: "2998-01-01T00:00:01Z" }, ["/expiresAt"]],
    ["an end: its own", { expiresAt: END }, []],
    ["an end: an earlier one", { expiresIn: "1h" }, []],
  ])("%s", async (_what, json, pointers) => {
    expect(await given({ expiresAt: END }, json)).toEqual(pointers.length === 0 ? DONE : refusedAt(...pointers));
  });

  it("a duration that reaches beyond its end", async () => {
    expect(await given({ expiresIn: "1h" }, { expiresIn: "2h" })).toEqual(refusedAt("/expiresIn"));
  });

  it.each([
    ["a rate of its own: none", 5, undefined, false],
    ["a rate of its own: no limit", 5, 0, false],
    ["a rate of its own: a higher one", 5, 6, false],
    ["a rate of its own: the same", 5, 5, true],
    ["the site's rate: none", undefined, undefined, true],
    ["the site's rate: no limit", undefined, 0, false],
    ["the site's rate: a higher one", undefined, 601, false],
    ["the site's rate: the same", undefined, 600, true],
    ["no limit: no limit, which is for the site to give", 0, 0, false],
    ["no limit: the site's", 0, undefined, true],
  ])("%s", async (_what, own, rate, isDone) => {
    const maker = own === undefined ? {} : { requestsPerMinute: own };
    const json = rate === undefined ? {} : { requestsPerMinute: rate };
    expect(await given(maker, json)).toEqual(isDone ? DONE : refusedAt("/requestsPerMinute"));
  });

  it("but a token of the site may give any rate, up to its own where it has one", async () => {
    expect(await given({}, { requestsPerMinute: 0 }, "_site")).toEqual(DONE);
    expect(await given({}, { requestsPerMinute: 5000 }, "_site")).toEqual(DONE);
    expect(await given({ requestsPerMinute: 700 }, { requestsPerMinute: 701 }, "_site")).toEqual(
      refusedAt("/requestsPerMinute"),
    );
  });

  it("all that is too much is told at once", async () => {
    const maker = { role: undefined, scopes: ["notifications.tokens.manage"], expiresAt: END, requestsPerMinute: 5 };
    const [post] = await given(maker, {});
    expect(post).toEqual([403, ["/role", "/expiresAt", "/requestsPerMinute"]]);
  });
});

describe("who may change tokens", () => {
  it("changes and revokes none that may do more than he, and always his own", async () => {
    const small = await site.mint("default", { scopes: ["notifications.tokens.manage", "notify.viewer"] });
    const strong = await site.mint("default", { role: "admin" });
    const weak = await site.mint("default", { scopes: ["notify.viewer"] });
    const ask = (method: string, id: string, json?: unknown): Promise<Response> =>
      site.ask(small, method, `/tokens/${id}`, { headers: ANY, ...(json === undefined ? {} : { json }) });
    const json = { name: "tamed", scopes: ["notify.viewer"] };
    await problemIn(await ask("PUT", strong.id, json), "forbidden");
    await problemIn(await ask("DELETE", strong.id), "forbidden");
    expect((await site.ask(strong, "GET", "/events")).status).toBe(200);
    const denied = (await site.leaves("default", "access.denied")).filter(({ actor }) => actor === `token:${small.id}`);
    expect(denied.map(({ id }) => id)).toEqual(["PUT /api/v1/tokens/:id", "DELETE /api/v1/tokens/:id"]);
    expect((await ask("PUT", weak.id, json)).status).toBe(200);
    expect((await ask("DELETE", weak.id)).status).toBe(204);
    expect((await ask("DELETE", small.id)).status).toBe(204);
  });

  it("makes none good again that has expired", async () => {
    const past = await site.mint("default", { role: "noc", expiresIn: "1ms" });
    await expect.poll(async () => (await site.ask(past, "GET", "/deliveries")).status).toBe(401);
    const put = (json: unknown): Promise<Response> =>
      site.ask("local", "PUT", `/tokens/${past.id}`, { tenant: "default", json, headers: ANY });
    for (const json of [
      { name: "x", role: "noc" },
      { name: "x", role: "noc", expiresAt: "2001-01-01T00:00:00Z" },
    ])
      expect((await problemIn(await put(json), "conflict")).detail).toContain("has expired and cannot be edited");
    await problemIn(await site.ask(past, "GET", "/deliveries"), "unauthenticated");
    expect((await site.ask("local", "DELETE", `/tokens/${past.id}`, { tenant: "default" })).status).toBe(204);
  });

  it("revokes it however it is edited meanwhile", async () => {
    const { id, token } = await site.mint("default", { role: "admin" });
    const edits = Array.from({ length: 20 }, (_, at) =>
      site.ask({ token }, "PUT", `/tokens/${id}`, { json: { name: `n${at}`, role: "admin" }, headers: ANY }),
    );
    const revoked = await site.ask("local", "DELETE", `/tokens/${id}`, { tenant: "default" });
    expect(revoked.status).toBe(204);
    await Promise.all(edits);
    await problemIn(await site.ask({ token }, "GET", "/events"), "unauthenticated");
  });
});

it.each([
  ["9999-12-31T23:59:59-23:59", ["/expiresAt"]],
  ["9999-12-31T23:59:59Z", []],
])("an end is in the year 9999 at the latest: %s", async (expiresAt, pointers) => {
  const json = { name: "x", role: "noc", expiresAt };
  const response = await site.ask("local", "POST", "/tokens", { tenant: "default", json });
  if (pointers.length === 0) expect(response.status).toBe(201);
  else expect(pointersIn(await problemIn(response, "invalid"))).toEqual(pointers);
});
