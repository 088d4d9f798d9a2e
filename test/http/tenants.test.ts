import * as path from "node:path";
import * as fs from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { TENANTS_DOCS } from "../../src/http/docs/tenants.ts";
import { JSON_EVENT, cloudEvent } from "../support/http.ts";
import { pointersIn, problemIn } from "../support/problem.ts";
import { openTenantSite, type TenantSite } from "../support/tenants.ts";

const Tenant = TENANTS_DOCS["GET /api/v1/tenants/:id"].answers[200].schema;
const List = TENANTS_DOCS["GET /api/v1/tenants"].answers[200].schema;

let site: TenantSite;
beforeAll(async () => {
  site = await openTenantSite();
});
afterAll(async () => {
  await site.close();
  site.remove();
});

const ask = (method: string, route: string, json?: unknown, headers = {}): Promise<Response> =>
  site.ask("local", method, route, { tenant: "_site", json, headers });
const opened = async (id: string): Promise<z.infer<typeof Tenant>> => {
  const response = await ask("POST", "/tenants", { id });
  expect(response.status).toBe(201);
  return Tenant.parse(await response.json());
};
const post = (asker: Parameters<TenantSite["ask"]>[0], tenant?: string): Promise<Response> =>
  site.ask(asker, "POST", "/events", {
    ...(tenant === undefined ? {} : { tenant }),
    json: cloudEvent({ id: crypto.randomUUID() }),
    headers: JSON_EVENT,
  });

describe("a tenant that is opened", () => {
  it("has a log of its own, takes events, and is told of in the site's log", async () => {
    const response = await ask("POST", "/tenants", { id: "acme", name: "Acme" });
    expect(response.status).toBe(201);
    expect(response.headers.get("location")).toBe("/api/v1/tenants/acme");
    expect(Tenant.parse(await response.json())).toMatchObject({ id: "acme", name: "Acme", isClosed: false });
    expect(fs.existsSync(path.join(site.dir, "keys/seal/acme.pem"))).toBe(true);
    expect((await site.leaves("acme", "ledger.genesis")).length).toBe(1);
    expect((await site.leaves("_site", "config.change")).at(-1)).toMatchObject({
      id: "tenants/acme",
      actor: "local:1000",
      body: { change: "opened", name: "Acme" },
    });
    const { token } = await site.mint("acme", { role: "service" });
    expect((await post({ token })).status).toBe(202);
  });

  it.each(["Acme", "-a", "a".repeat(64), "_site", "../x", "site", "all", "constructor", "", 7])(
    "is not called %s",
    async (id) => {
      expect(pointersIn(await problemIn(await ask("POST", "/tenants", { id }), "invalid"))).toContain("/id");
    },
  );

  it.each(["default", "acme"])("is not opened twice: %s", async (id) => {
    await problemIn(await ask("POST", "/tenants", { id }), "conflict");
  });

  it("twice at once is opened once", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => ask("POST", "/tenants", { id: "at-once" })));
    expect(answers.map(({ status }) => `${status}`).toSorted()).toEqual(["201", "409", "409"]);
  });
});

describe("a tenant that is closed", () => {
  it("takes nothing in, keeps everything, and can be opened again", async () => {
    await opened("shut");
    const { id, token } = await site.mint("shut", { role: "admin" });
    const other = await site.mint("shut", { role: "admin" });
    expect((await post({ token })).status).toBe(202);
    const size = (await site.parts.store.read.log("shut"))?.size;
    expect((await ask("DELETE", "/tenants/shut")).status).toBe(204);
    expect((await ask("DELETE", "/tenants/shut")).status).toBe(204); // again
    expect((await problemIn(await site.ask({ token }, "GET", "/events"), "forbidden")).detail).toContain("closed");
    await problemIn(await post({ token }), "forbidden");
    await problemIn(await post("local", "shut"), "tenant-closed");
    const lost = await site.ask("local", "DELETE", `/tokens/${other.id}`, { tenant: "shut" });
    expect(lost.status).toBe(204); // what only takes away is done
    const edit = { tenant: "shut", json: { name: "x", role: "noc" }, headers: { "if-match": "*" } };
    await problemIn(await site.ask("local", "PUT", `/tokens/${id}`, edit), "tenant-closed");
    const events = await site.ask("local", "GET", "/events", { tenant: "shut" });
    expect(await events.text()).toContain('"severity"');
    const changes = (await site.leaves("shut", "event.decision")).length;
    expect(changes).toBe(1);
    expect((await site.parts.store.read.log("shut"))?.size).toBe((size ?? 0) + 3); // two refusals of its token, and an end
    const closed = Tenant.parse(await (await ask("GET", "/tenants/shut")).json());
    expect(closed).toMatchObject({ isClosed: true });
    const listed = List.parse(await (await ask("GET", "/tenants?state=closed")).json());
    expect(listed.items.map((one) => one.id)).toEqual(["shut"]);
    expect((await ask("PUT", "/tenants/shut", { isClosed: false }, { "if-match": "*" })).status).toBe(200);
    expect((await post({ token })).status).toBe(202);
    await problemIn(await post({ token: other.token }), "unauthenticated");
    const told = (await site.leaves("_site", "config.change")).filter((leaf) => leaf.id === "tenants/shut");
    expect(told.map(({ body }) => body?.["change"])).toEqual(["opened", "closed", "opened-again"]);
  });

  it("stays closed when the site is opened anew", async () => {
    const other = await openTenantSite();
    await other.ask("local", "POST", "/tenants", { tenant: "_site", json: { id: "shut" } });
    await other.ask("local", "DELETE", "/tenants/shut", { tenant: "_site" });
    await other.close();
    const { openSite } = await import("../support/site.ts");
    const again = await openSite(other.dir);
    expect(again.parts.closed.has("shut")).toBe(true);
    expect(again.parts.closed.has("default")).toBe(false);
    await again.close();
    other.remove();
  });

  it.each(["default", "_site"])("is never %s", async (id) => {
    await problemIn(await ask("DELETE", `/tenants/${id}`), "conflict");
    await problemIn(await ask("PUT", `/tenants/${id}`, { isClosed: true }, { "if-match": "*" }), "conflict");
  });

  it("must be there", async () => {
    await problemIn(await ask("DELETE", "/tenants/nowhere"), "not-found");
  });
});

describe("an edit", () => {
  it("needs the version, and refuses another one", async () => {
    await opened("named");
    const put = (json: unknown, headers = {}): Promise<Response> => ask("PUT", "/tenants/named", json, headers);
    await problemIn(await put({ name: "n" }), "precondition-required");
    const tag = (await ask("GET", "/tenants/named")).headers.get("etag") ?? "";
    const named = await put({ name: "Name" }, { "if-match": tag });
    expect(Tenant.parse(await named.json())).toMatchObject({ name: "Name" });
    await problemIn(await put({ name: "Other" }, { "if-match": tag }), "precondition-failed");
    const nameless = Tenant.parse(await (await put({ name: null }, { "if-match": "*" })).json());
    expect(nameless.name).toBeUndefined();
    await problemIn(await put({ id: "other" }, { "if-match": "*" }), "invalid");
  });
});

describe("the list", () => {
  it("is in the order of ids, page by page", async () => {
    const seen: string[] = [];
    for (let route = "/tenants?limit=2"; route !== ""; ) {
      const { items, cursor } = List.parse(await (await ask("GET", route)).json());
      seen.push(...items.map(({ id }) => id));
      route = cursor === undefined ? "" : `/tenants?limit=2&cursor=${cursor}`;
    }
    expect(seen).toEqual(seen.toSorted());
    expect(seen).toContain("_site");
    expect(seen).toContain("default");
    await problemIn(await ask("GET", "/tenants?state=lost"), "bad-query");
  });

  it("is not for a tenant's principals", async () => {
    await problemIn(await site.ask({ token: site.first }, "GET", "/tenants"), "site-only");
  });
});
