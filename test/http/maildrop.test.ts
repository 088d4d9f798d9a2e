import { expect, it } from "vitest";
import { bearer, testHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";

async function get(path: string, token = "viewer"): Promise<Response> {
  return await testHttp().app.request(`/api/v1/maildrop${path}`, { headers: bearer(token) });
}

it("lists the mails of the tenant", async () => {
  const response = await get("?limit=1");
  expect(await response.json()).toMatchObject({
    items: [{ id: "m1", at: "2026-11-20T12:00:00.000Z", to: ["b@example.org"] }],
    cursor: "next",
  });
  expect(response.headers.get("link")).toBe('</api/v1/maildrop?limit=1&cursor=next>; rel="next"');
  expect(await (await get("", "other")).json()).toEqual({ items: [] });
});

it("shows one mail, to its tenant alone", async () => {
  expect(await (await get("/m1")).json()).toMatchObject({ id: "m1", text: "t" });
  await problemIn(await get("/m1", "other"), "not-found");
  await problemIn(await get("/m2"), "not-found");
});
