/**
 * What the site has for all tenants and what a tenant has of its own are changed at the same time, and fit together after it.
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";

const folder = temporaryFolder();
const Problem = z.object({ errors: z.array(z.object({ detail: z.string() })) });
const Refused = z.object({ detail: z.string() });
let site: RunningSite;

beforeAll(async () => {
  await makeSite(folder.dir);
  site = await openSite(folder.dir);
  expect((await send("_site", "POST", "tenants", { id: "acme" })).status).toBe(201);
});
afterAll(async () => {
  await site.close();
  folder.remove();
});

async function send(tenant: string, method: string, path: string, body?: object): Promise<Response> {
  const request = new Request(`http://local/api/v1/${path}`, {
    method,
    headers: { "sealpost-tenant": tenant, "if-match": "*", "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return await site.app.fetch(request, { local: { uid: 1000 } });
}

const channel = (id: string): object => ({ id, type: "email", to: ["ops@plant.example"], bind: ["host", "from"] });
const rule = (id: string, to: string): object => ({
  id,
  match: { types: ["x.*"] },
  actions: [{ id: `${id}-a`, channel: to }],
});

async function own(tenant: string, path: string): Promise<boolean> {
  return (await send(tenant, "GET", path)).status === 200;
}

describe("at the same moment", () => {
  test("a channel for all goes and a tenant's rule takes it: one of the two is refused", async () => {
    for (let n = 0; n < 15; n++) {
      expect((await send("_site", "POST", "channels", channel(`g${n}`))).status).toBe(201);
      const [gone, made] = await Promise.all([
        send("_site", "DELETE", `channels/g${n}`),
        send("acme", "POST", "rules", rule(`r${n}`, `g${n}`)),
      ]);
      expect([gone.status, made.status]).not.toEqual([204, 201]);
      expect((await own("acme", `rules/r${n}`)) && !(await own("acme", `channels/g${n}`))).toBe(false);
    }
    expect((await send("_site", "POST", "channels", channel("after"))).status).toBe(201);
  });

  test("a channel for all and the tenant's own of that id go: a rule keeps one of them", async () => {
    for (let n = 0; n < 15; n++) {
      for (const tenant of ["_site", "acme"]) await send(tenant, "POST", "channels", channel(`h${n}`));
      expect((await send("acme", "POST", "rules", rule(`s${n}`, `h${n}`))).status).toBe(201);
      await Promise.all([send("_site", "DELETE", `channels/h${n}`), send("acme", "DELETE", `channels/h${n}`)]);
      expect(await own("acme", `channels/h${n}`)).toBe(true);
    }
  });
});

test("a tenant that the site's objects would not fit is not opened, and nothing is stuck", async () => {
  for (const tenant of ["default", "acme"])
    expect((await send(tenant, "POST", "channels", channel("ops-own"))).status).toBe(201);
  expect((await send("_site", "POST", "rules", rule("for-all", "ops-own"))).status).toBe(201);
  const refused = await send("_site", "POST", "tenants", { id: "newco" });
  expect(refused.status).toBe(422);
  expect(Refused.parse(await refused.json()).detail).toMatch(/rules\/for-all.*there is no channel "ops-own"/);
  expect(await own("_site", "tenants/newco")).toBe(false);
  expect((await send("_site", "POST", "channels", channel("more"))).status).toBe(201);
  const breaking = await send("acme", "DELETE", "channels/ops-own");
  expect(breaking.status).toBe(422);
});

test("a change for all that does not fit says in which tenant", async () => {
  expect((await send("_site", "POST", "channels", channel("wide"))).status).toBe(201);
  expect((await send("acme", "POST", "rules", rule("uses-wide", "wide"))).status).toBe(201);
  const refused = await send("_site", "DELETE", "channels/wide");
  expect(refused.status).toBe(422);
  const [fault] = Problem.parse(await refused.json()).errors;
  expect(fault?.detail).toContain('in tenant acme: there is no channel "wide"');
});
