import { expect, it } from "vitest";
import { bearer, EXPLAINED, GATHERED, testHttp } from "../support/http.ts";
import { pointersIn, problemIn } from "../support/problem.ts";

async function get(path: string, token = "viewer"): Promise<Response> {
  return await testHttp().app.request(`/api/v1${path}`, { headers: bearer(token) });
}

it("explains an event as JSON, for the one who asks and the rule that is asked about", async () => {
  for (const query of ["", "?format=json"])
    expect(await (await get(`/events/${EXPLAINED.id}/explain${query}`)).json()).toEqual({
      ...EXPLAINED,
      also: ['{"isSite":false}'],
    });
  const one = await get(`/events/${EXPLAINED.id}/explain?rule=disk`);
  expect(await one.json()).toMatchObject({ also: ['{"isSite":false,"rule":"disk"}'] });
});

it("explains as text", async () => {
  const response = await get(`/events/${EXPLAINED.id}/explain?format=text`);
  expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(await response.text()).toBe(
    [
      `${EXPLAINED.id}: disk.full, high, from /hosts/db, received 2026-11-20T12:00:00Z`,
      "",
      "No rule matched it: there was none.",
      "Next: Create a rule.",
      'Also: {"isSite":false}',
      "",
      "Configuration 0123456789abcdef decided.",
      "",
    ].join("\n"),
  );
});

it("explains a window where there is no delivery of its id", async () => {
  const path = `/deliveries/${encodeURIComponent(GATHERED.id)}/explain`;
  expect(await (await get(path)).json()).toEqual(GATHERED);
  expect(await (await get(`${path}?format=text`)).text()).toBe(
    `${GATHERED.id}\n\nWindow digest:acme:mail:1h:1 is open.\n`,
  );
});

it.each(["/events/ev_none/explain", "/deliveries/dl_none/explain"])("%s of what is not known is 404", async (path) => {
  await problemIn(await get(path), "not-found");
});

it.each(["/events/ev_1/explain", "/deliveries/dl_1/explain"])(
  "%s refuses other formats and parameters",
  async (path) => {
    expect(pointersIn(await problemIn(await get(`${path}?format=xml`), "bad-query"))).toEqual(["/format"]);
    await problemIn(await get(`${path}?what=1`), "bad-query");
  },
);

it("asks for the permission to read deliveries", async () => {
  await problemIn(await get(`/events/${EXPLAINED.id}/explain`, "writer"), "forbidden");
});

it("asks for both permissions, since it tells of an event and of who was told", async () => {
  const { status } = await get(`/events/${EXPLAINED.id}/explain`, "reader");
  expect(status).toBe(403);
  expect((await get("/events", "reader")).status).toBe(200);
});
