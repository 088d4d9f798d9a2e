import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Listener, listenTcp } from "../../src/http/listen.ts";
import { silentLog } from "../../src/system/log.ts";
import { systemTimeout } from "../../src/system/timeout.ts";
import { dial, request } from "../support/raw-http.ts";
import { openTenantSite, type TenantSite } from "../support/tenants.ts";

let site: TenantSite;
let server: Listener;
beforeAll(async () => {
  site = await openTenantSite();
  server = await listenTcp(site.app, { host: "127.0.0.1", port: 0 }, { timeout: systemTimeout, log: silentLog });
});
afterAll(async () => {
  await server.close(0);
  await site.close();
  site.remove();
});

/** The status of a request whose body is sent after `meanwhile`, which runs once the server has let the request in. */
async function late(
  line: string,
  { token, body, ...headers }: Readonly<Record<string, string>>,
  meanwhile: () => Promise<void>,
): Promise<number> {
  const socket = await dial(Number(new URL(server.address).port));
  const text = body ?? "{}";
  const fields = { authorization: `Bearer ${token}`, "content-length": `${text.length}`, expect: "100-continue" };
  socket.write(request(line, { "content-type": "application/json", ...fields, ...headers }));
  const [invitation] = await once(socket, "data");
  expect(String(invitation)).toMatch(/^HTTP\/1\.1 100 /);
  await meanwhile();
  socket.write(text);
  const [answer] = await once(socket, "data");
  socket.destroy();
  return Number(/^HTTP\/1\.1 ([0-9]{3})/.exec(String(answer))?.[1]);
}

const HEIR = JSON.stringify({ name: "heir", role: "admin" });
const EVENT = JSON.stringify({ specversion: "1.0", id: "late", source: "/late", type: "late", data: {} });

describe("a request whose token is revoked before its body has come", () => {
  it.each([
    ["POST /api/v1/tokens", "default", { body: HEIR }],
    ["POST /api/v1/tokens", "default", { body: HEIR, "idempotency-key": "late" }],
    ["PUT /api/v1/tokens/:own", "default", { body: HEIR, "if-match": "*" }],
    ["POST /api/v1/events", "default", { body: EVENT, "content-type": "application/cloudevents+json" }],
    [
      "POST /api/v1/events",
      "default",
      { "content-type": "text/plain", "ce-specversion": "1.0", "ce-id": "b", "ce-source": "/late", "ce-type": "late" },
    ],
    ["POST /api/v1/kits/import", "_site", { "content-type": "application/x-tar", "sealpost-tenant": "_site" }],
  ])("is not done: %s", async (line, tenant, headers) => {
    const { id, token } = await site.mint(tenant, { role: "admin" });
    const made = (await site.leaves(tenant, "token.change")).length;
    const status = await late(line.replace(":own", id), { ...headers, token }, async () => {
      expect((await site.ask({ token }, "DELETE", `/tokens/${id}`, { tenant })).status).toBe(204);
    });
    expect(status).toBe(401);
    expect(await site.leaves(tenant, "token.change")).toHaveLength(made + 1); // the revocation
    expect(await (await site.ask("local", "GET", "/events", { tenant: "default" })).text()).not.toContain("/late");
    const denied = (await site.leaves(tenant, "access.denied")).filter(({ actor }) => actor === `token:${id}`);
    expect(denied).toMatchObject([{ body: { why: "unauthenticated" } }]);
  });

  it("is not done either where the token lost the permission, or its tenant was closed", async () => {
    await site.ask("local", "POST", "/tenants", { tenant: "_site", json: { id: "acme" } });
    const { id, token } = await site.mint("acme", { role: "admin" });
    const fewer = { tenant: "acme", json: { name: "x", role: "noc" }, headers: { "if-match": "*" } };
    const less = await late("POST /api/v1/tokens", { token, body: HEIR }, async () => {
      expect((await site.ask("local", "PUT", `/tokens/${id}`, fewer)).status).toBe(200);
    });
    expect(less).toBe(403);
    const other = await site.mint("acme", { role: "admin" });
    const shut = await late("POST /api/v1/tokens", { token: other.token, body: HEIR }, async () => {
      expect((await site.ask("local", "DELETE", "/tenants/acme", { tenant: "_site" })).status).toBe(204);
    });
    expect(shut).toBe(403);
  });

  it("is done where nothing happened meanwhile", async () => {
    const { token } = await site.mint("default", { role: "admin" });
    expect(await late("POST /api/v1/tokens", { token, body: HEIR }, async () => undefined)).toBe(201);
  });
});
