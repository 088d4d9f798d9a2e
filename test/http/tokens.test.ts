import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";
import { TOKENS_DOCS } from "../../src/http/docs/tokens.ts";
import { pointersIn, problemIn } from "../support/problem.ts";
import { openTenantSite, type TenantSite } from "../support/tenants.ts";

const Token = TOKENS_DOCS["GET /api/v1/tokens/:id"].answers[200].schema;
const Made = TOKENS_DOCS["POST /api/v1/tokens"].answers[201].schema;
const List = TOKENS_DOCS["GET /api/v1/tokens"].answers[200].schema;
const HOUR_MS = 3_600_000;

let site: TenantSite;
beforeAll(async () => {
  site = await openTenantSite();
});
afterAll(async () => {
  await site.close();
  site.remove();
});

const admin = (): { token: string } => ({ token: site.first });
const post = async (json: unknown, tenant = "default"): Promise<Response> =>
  await site.ask("local", "POST", "/tokens", { tenant, json });
const made = async (json: Readonly<Record<string, unknown>>): Promise<z.infer<typeof Made>> => {
  const response = await post({ name: "ci", ...json });
  expect(response.status).toBe(201);
  return Made.parse(await response.json());
};

describe("a token that is made", () => {
  it("works, tells its text once, and is shown without it", async () => {
    const response = await site.ask(admin(), "POST", "/tokens", {
      json: { name: "scanner", scopes: ["events:write"], expiresIn: "1h", requestsPerMinute: 60 },
    });
    expect(response.status).toBe(201);
    const token = Made.parse(await response.json());
    expect(response.headers.get("location")).toBe(`/api/v1/tokens/${token.id}`);
    expect(token).toMatchObject({ name: "scanner", tenant: "default", scopes: ["events:write"], state: "active" });
    expect(token).toMatchObject({ requestsPerMinute: 60, createdBy: `token:${site.first.split("_")[1]}` });
    expect(Date.parse(token.expiresAt ?? "") - Date.parse(token.createdAt)).toBeGreaterThan(HOUR_MS - 60_000);
    const shown = await site.ask(admin(), "GET", `/tokens/${token.id}`);
    expect(shown.headers.get("etag")).toBe(response.headers.get("etag"));
    const text = await shown.text();
    expect(text).not.toContain(token.token.split("_")[2]);
    expect(Token.parse(JSON.parse(text))).toMatchObject({ id: token.id });
    await problemIn(await site.ask({ token: token.token }, "GET", "/events"), "forbidden");
  });

  it.each([
    ["noc", ["notifications.deliveries.read"]],
    ["auditor", ["notify.viewer", "ledger.export"]],
    ["hr", []],
  ])("for the role %s has its scopes", async (role, scopes) => {
    expect(await made({ role })).toMatchObject({ scopes });
  });

  it.each([
    ["no name", { name: "" }, ["/name"]],
    ["an unknown scope", { scopes: ["notify.viewer", "notify.root"] }, ["/scopes/1"]],
    ["a prototype name as scope", { scopes: ["constructor"] }, ["/scopes/0"]],
    ["no scopes", { scopes: [] }, ["/scopes"]],
    ["neither scopes nor role", { scopes: undefined }, ["/scopes"]],
    ["both", { role: "noc" }, ["/scopes"]],
    ["an unknown role", { scopes: undefined, role: "root" }, ["/role"]],
    ["an end that has passed", { expiresAt: "2001-01-01T00:00:00Z" }, ["/expiresAt"]],
    ["two ends", { expiresAt: "2999-01-01T00:00:00Z", expiresIn: "1h" }, ["/expiresIn"]],
    ["a limit below nought", { requestsPerMinute: -1 }, ["/requestsPerMinute"]],
    ["a tenant", { tenant: "other" }, ["/tenant"]],
  ])("with %s is refused", async (_what, more, pointers) => {
    const response = await post({ name: "x", scopes: ["notify.viewer"], ...more });
    expect(pointersIn(await problemIn(response, "invalid"))).toEqual(pointers);
  });

  it("gives nothing that its maker does not have", async () => {
    const { token } = await site.mint("default", {
      scopes: ["notifications.tokens.manage", "notifications.tokens.read", "notify.viewer"],
    });
    const ask = (json: unknown): Promise<Response> => site.ask({ token }, "POST", "/tokens", { json });
    const refused = await problemIn(
      await ask({ name: "x", scopes: ["notify.viewer", "notify.admin", "events:write"] }),
      "forbidden",
    );
    expect(pointersIn(refused)).toEqual(["/scopes/1", "/scopes/2"]);
    expect(pointersIn(await problemIn(await ask({ name: "x", role: "admin" }), "forbidden"))).toEqual(["/role"]);
    expect((await ask({ name: "x", role: "manager" })).status).toBe(201);
    const stronger = await made({ scopes: ["notify.admin"] });
    const put = await site.ask({ token }, "PUT", `/tokens/${stronger.id}`, {
      json: { name: "x", scopes: ["notify.admin"] },
      headers: { "if-match": "*" },
    });
    expect(pointersIn(await problemIn(put, "forbidden"))).toEqual(["/scopes/0"]);
  });
});

describe("an edit", () => {
  it("needs the version, refuses another one, and replaces what may be edited", async () => {
    const { id, createdAt } = await made({ scopes: ["notify.viewer"], expiresIn: "1h" });
    const put = (json: unknown, tag?: string): Promise<Response> =>
      site.ask(admin(), "PUT", `/tokens/${id}`, {
        json,
        headers: tag === undefined ? {} : { "if-match": tag },
      });
    const to = { name: "renamed", scopes: ["notify.operator"], requestsPerMinute: 5 };
    await problemIn(await put(to), "precondition-required");
    await problemIn(await put(to, '"0123"'), "precondition-failed");
    await problemIn(await put(to, "W/abc"), "precondition-failed");
    const tag = (await site.ask(admin(), "GET", `/tokens/${id}`)).headers.get("etag") ?? "";
    const edited = await put(to, tag);
    expect(edited.status).toBe(200);
    const after = Token.parse(await edited.json());
    expect(after).toMatchObject({ ...to, createdAt });
    expect(after.expiresAt).toBeUndefined();
    await problemIn(await put(to, tag), "precondition-failed");
  });

  it("of one version wins once, however many ask", async () => {
    const { id } = await made({ scopes: ["notify.viewer"] });
    const tag = (await site.ask(admin(), "GET", `/tokens/${id}`)).headers.get("etag") ?? "";
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        site.ask(admin(), "PUT", `/tokens/${id}`, {
          json: { name: `n${at}`, scopes: ["notify.viewer"] },
          headers: { "if-match": tag },
        }),
      ),
    );
    expect(answers.map(({ status }) => `${status}`).toSorted()).toEqual(["200", ...Array<string>(9).fill("412")]);
  });
});

describe("a token that is revoked", () => {
  it("is refused at once, stays listed, and is edited no more", async () => {
    const token = await made({ scopes: ["notify.admin"] });
    expect((await site.ask(token, "DELETE", `/tokens/${token.id}`)).status).toBe(204); // its own
    await problemIn(await site.ask(token, "GET", "/events"), "unauthenticated");
    expect((await site.ask(admin(), "DELETE", `/tokens/${token.id}`)).status).toBe(204); // once more
    const listed = List.parse(await (await site.ask(admin(), "GET", "/tokens?state=revoked")).json());
    expect(listed.items.find(({ id }) => id === token.id)).toMatchObject({ state: "revoked" });
    const put = await site.ask(admin(), "PUT", `/tokens/${token.id}`, {
      json: { name: "x", scopes: ["notify.viewer"] },
      headers: { "if-match": "*" },
    });
    await problemIn(put, "conflict");
    const leaves = (await site.leaves("default", "token.change")).filter(({ id }) => id === token.id);
    expect(leaves.map(({ body }) => body?.["change"])).toEqual(["made", "revoked"]);
  });

  it("is not revoked by who means another version", async () => {
    const { id } = await made({ scopes: ["notify.viewer"] });
    const response = await site.ask(admin(), "DELETE", `/tokens/${id}`, { headers: { "if-match": '"00"' } });
    await problemIn(response, "precondition-failed");
  });
});

describe("the list", () => {
  it("is of one tenant alone, newest first, page by page", async () => {
    const opened = await site.ask("local", "POST", "/tenants", { tenant: "_site", json: { id: "acme" } });
    expect(opened.status).toBe(201);
    const ids: string[] = [];
    for (const name of ["a", "b", "c"]) ids.push((await site.mint("acme", { name, role: "admin" })).id);
    const { token } = await site.mint("acme", { name: "d", role: "admin" });
    const seen: string[] = [];
    for (let path = "/tokens?limit=2"; path !== ""; ) {
      const response = await site.ask({ token }, "GET", path);
      const { items, cursor } = List.parse(await response.json());
      seen.push(...items.map(({ name, tenant }) => `${tenant} ${name}`));
      path = cursor === undefined ? "" : `/tokens?limit=2&cursor=${cursor}`;
    }
    expect(seen).toEqual(["acme d", "acme c", "acme b", "acme a"]);
    for (const method of ["GET", "DELETE"])
      await problemIn(await site.ask(admin(), method, `/tokens/${ids[0]}`), "not-found");
    await problemIn(await site.ask({ token }, "GET", "/tokens?cursor=nothing"), "bad-query");
    await problemIn(await site.ask({ token }, "GET", "/tokens?state=lost"), "bad-query");
  });

  it("is for those who may change it", async () => {
    const { token } = await made({ scopes: ["notify.operator"] });
    await problemIn(await site.ask({ token }, "GET", "/tokens"), "forbidden");
  });

  it("of the site's tokens is for the site's principals", async () => {
    const { id, token } = await site.mint("_site", { scopes: ["notify.viewer"] });
    await problemIn(await site.ask(admin(), "GET", "/tokens", { tenant: "_site" }), "tenant-mismatch");
    await problemIn(await site.ask(admin(), "GET", `/tokens/${id}`), "not-found");
    expect((await site.ask({ token }, "GET", "/tenants", { tenant: "_site" })).status).toBe(200);
  });
});

describe("the last use", () => {
  it("is shown, kept when the site stops, and changes no version", async () => {
    const other = await openTenantSite();
    const { id, token } = await other.mint("default", { role: "admin" });
    const shown = async (): Promise<readonly [string | null, z.infer<typeof Token>]> => {
      const response = await other.ask("local", "GET", `/tokens/${id}`, { tenant: "default" });
      return [response.headers.get("etag"), Token.parse(await response.json())];
    };
    const [tag, before] = await shown();
    expect(before.lastUsedAt).toBeUndefined();
    await other.ask({ token }, "GET", "/events");
    const [again, after] = await shown();
    expect(after.lastUsedAt).toMatch(/^20/);
    expect(again).toBe(tag);
    const size = (await other.parts.store.read.log("default"))?.size;
    await other.parts.access.flush();
    expect(await other.parts.store.read.cell("use", "_site", id)).toEqual({
      lastUsedAt: Date.parse(after.lastUsedAt ?? ""),
    });
    expect((await other.parts.store.read.log("default"))?.size).toBe(size);
    await other.close();
    other.remove();
  });
});
