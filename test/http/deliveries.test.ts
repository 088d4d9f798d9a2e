import { expect, it } from "vitest";
import { bearer, DELIVERY, testHttp } from "../support/http.ts";
import { pointersIn, problemIn } from "../support/problem.ts";

async function get(path: string, token = "viewer"): Promise<Response> {
  return await testHttp().app.request(`/api/v1/deliveries${path}`, { headers: bearer(token) });
}

it("shows a delivery with its instants as text, its reason in words and its rule apart from its version", async () => {
  const shown = {
    id: DELIVERY.id,
    tenant: "acme",
    event: DELIVERY.event,
    rule: { id: "cpu-hot", version: "0123456789ab" },
    action: "mail",
    channel: "ops",
    ordinal: 0,
    recipient: "ops@example.org",
    template: { id: "tmpl", version: "abababababab" },
    locale: "en",
    severity: "high",
    correlationId: "k",
    status: "retrying",
    reason: { code: "temporary", text: "The other side could not take the message now; it is tried again.", by: "ops" },
    attempts: 1,
    retryCount: 0,
    payloadHash: "cd".repeat(32),
    createdAt: "2026-11-20T12:00:00.000Z",
    dueAt: "2026-11-20T12:00:02.000Z",
    deliveredAt: "2026-11-20T12:00:03.000Z",
    leaves: [4, 5],
  };
  expect(await (await get(`/${DELIVERY.id}`)).json()).toEqual(shown);
  expect(await (await get("?status=retrying&channel=ops&event=ev&limit=1")).json()).toEqual({ items: [shown] });
});

it("leaves out what a delivery does not have", async () => {
  const http = testHttp();
  const { template: _t, reason: _r, payload: _p, dueAt: _d, deliveredAt: _a, ...rest } = DELIVERY;
  const services = {
    ...http.context.services,
    deliveries: { ...http.context.services.deliveries, get: async () => ({ ...rest, to: "" }) },
  };
  const { createHttp } = await import("../../src/http/server.ts");
  const response = await createHttp({ ...http.context, services }, []).request(`/api/v1/deliveries/${DELIVERY.id}`, {
    headers: bearer("viewer"),
  });
  const shown: unknown = await response.json();
  for (const name of ["template", "reason", "payloadHash", "dueAt", "deliveredAt", "recipient", "to"])
    expect(shown).not.toHaveProperty(name);
});

it.each([
  [0, 0],
  [1, 0],
  [3, 2],
])("after %i attempts it was retried %i times", async (attempts, retryCount) => {
  const { context } = testHttp();
  const services = {
    ...context.services,
    deliveries: { ...context.services.deliveries, get: async () => ({ ...DELIVERY, attempts }) },
  };
  const { createHttp } = await import("../../src/http/server.ts");
  const response = await createHttp({ ...context, services }, []).request(`/api/v1/deliveries/${DELIVERY.id}`, {
    headers: bearer("viewer"),
  });
  expect(await response.json()).toMatchObject({ attempts, retryCount });
});

it("tells its attempts, oldest first", async () => {
  expect(await (await get(`/${DELIVERY.id}/attempts`)).json()).toEqual({
    items: [
      {
        n: 1,
        at: "2026-11-20T12:00:00.000Z",
        status: "retrying",
        out: { code: "451", st: "try later", ms: 3 },
        reason: { code: "temporary", text: "The other side could not take the message now; it is tried again." },
        due: "2026-11-20T12:00:02.000Z",
        seq: 5,
      },
      { n: 2, at: "2026-11-20T12:00:02.000Z", status: "sent", out: { code: "250", st: "ok", ms: 4 }, seq: 6 },
    ],
  });
});

it("gives its receipt as a tlog-proof", async () => {
  for (const query of ["", "?format=tlog-proof"]) {
    const response = await get(`/${DELIVERY.id}/receipt${query}`);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toBe("c2sp.org/tlog-proof@v1\n");
  }
  expect(pointersIn(await problemIn(await get(`/${DELIVERY.id}/receipt?format=dsse`), "bad-query"))).toEqual([
    "/format",
  ]);
});

it.each(["x", "-1", "1.5", ""])("refuses the leaf %j of a receipt", async (leaf) => {
  const response = await get(`/${DELIVERY.id}/receipt?leaf=${leaf}`);
  expect(pointersIn(await problemIn(response, "bad-query"))).toEqual(["/leaf"]);
});

it.each(["", "/attempts", "/receipt"])("hides %s of a delivery from other tenants", async (path) => {
  await problemIn(await get(`/${DELIVERY.id}${path}`, "other"), "not-found");
  await problemIn(await get(`/dl_nothing${path}`), "not-found");
});
