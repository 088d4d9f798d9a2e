import { describe, expect, it } from "vitest";
import { StoreError } from "../../src/store/error.ts";
import { bearer, cloudEvent, JSON_BATCH, JSON_EVENT, NOW, testHttp, type TestHttp } from "../support/http.ts";
import { pointersIn, problemIn } from "../support/problem.ts";

async function post(
  http: TestHttp,
  body: unknown,
  headers: Readonly<Record<string, string>> = JSON_EVENT,
  token = "admin",
): Promise<Response> {
  return await http.app.request("/api/v1/events", {
    method: "POST",
    body: JSON.stringify(body),
    headers: bearer(token, headers),
  });
}
async function get(http: TestHttp, path: string, token = "admin"): Promise<Response> {
  return await http.app.request(path, { headers: bearer(token) });
}

describe("POST /events", () => {
  it("answers 202 with a receipt for each event, repeats as duplicates", async () => {
    const http = testHttp();
    const first = await post(http, [cloudEvent(), cloudEvent({ id: "2" })], JSON_BATCH, "writer");
    expect(first.status).toBe(202);
    expect(first.headers.get("content-type")).toBe("application/json");
    expect(await first.json()).toMatchObject({
      accepted: 2,
      duplicates: 0,
      events: [{ duplicate: false, deliveries: [] }, { duplicate: false }],
    });
    expect(await (await post(http, cloudEvent())).json()).toMatchObject({
      accepted: 0,
      duplicates: 1,
      events: [{ duplicate: true }],
    });
    expect(http.accepted[0]).toMatchObject({
      caller: { tenant: "acme", actor: "token:writer" },
      source: "cloudevents",
      event: { sourceId: "1", tenant: "acme" },
    });
  });

  it("tells the store how large the body was", async () => {
    const http = testHttp();
    await post(http, cloudEvent());
    expect(http.accepted[0]?.bytes).toBe(JSON.stringify(cloudEvent()).length);
  });

  it("accepts an empty batch without asking the store", async () => {
    const http = testHttp();
    http.failure = new Error("asked");
    const response = await post(http, [], JSON_BATCH);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 0, duplicates: 0, events: [] });
  });

  it("refuses a batch whole for one event, with its index and pointer", async () => {
    const http = testHttp();
    const batch = Array.from({ length: 20 }, (_, at) =>
      cloudEvent({ id: `${at}`, ...(at === 17 ? { severitytext: "bad" } : {}) }),
    );
    expect(pointersIn(await problemIn(await post(http, batch, JSON_BATCH), "invalid-event"))).toEqual([
      "/17/severitytext",
    ]);
    expect(http.accepted).toEqual([]);
  });

  it("refuses an event that names another tenant", async () => {
    const http = testHttp();
    const found = await problemIn(
      await post(http, [cloudEvent({ tenant: "acme" }), cloudEvent({ tenant: "globex" })], JSON_BATCH),
      "tenant-mismatch",
    );
    expect(pointersIn(found)).toEqual(["/1/tenant"]);
    expect((await post(http, cloudEvent({ tenant: "acme" }))).status).toBe(202);
  });

  it.each([
    ["batch-too-large", Array.from({ length: 1001 }, () => cloudEvent())],
    ["invalid-event", cloudEvent()],
  ] as const)("answers %s", async (code, body) => {
    await problemIn(await post(testHttp(), body, JSON_BATCH), code);
  });

  it.each([
    ["overloaded", new StoreError("overloaded", "too much waits"), "1"],
    ["disk-full", new StoreError("disk-full", "full"), "30"],
    ["stopping", new StoreError("closed", "closed"), "5"],
  ] as const)("answers %s with Retry-After, and serves the next", async (code, failure, seconds) => {
    const http = testHttp();
    http.failure = failure;
    const response = await post(http, cloudEvent());
    expect(response.headers.get("retry-after")).toBe(seconds);
    await problemIn(response, code);
    expect((await post(http, cloudEvent())).status).toBe(202);
  });

  it("names a value that cannot be stored", async () => {
    const http = testHttp();
    http.failure = new StoreError("refused-row", "a value of the row");
    await problemIn(await post(http, cloudEvent()), "refused-value");
  });

  it("refuses while the disk has too little room, looking at most once a second", async () => {
    const http = testHttp();
    http.free = 2 ** 20;
    for (let at = 0; at < 3; at++) {
      const response = await post(http, cloudEvent());
      expect(response.headers.get("retry-after")).toBe("30");
      await problemIn(response, "disk-full");
    }
    expect(http.looks).toBe(1);
    http.free = 2 ** 40;
    http.mono += 1000;
    expect((await post(http, cloudEvent())).status).toBe(202);
    expect(http.looks).toBe(2);
  });

  it("tells nothing of a fault of ours but where to look", async () => {
    const http = testHttp();
    http.failure = new RangeError("the secret word");
    const found = await problemIn(await post(http, cloudEvent()), "internal");
    const [line] = http.errors;
    expect(JSON.stringify([found, line])).not.toContain("secret word");
    expect(found.instance).toBe(`urn:sealpost:error:${typeof line?.fields.id === "string" ? line.fields.id : ""}`);
    expect(line).toMatchObject({
      message: "a request failed",
      fields: { error: "RangeError", code: "", method: "POST" },
    });
    expect((await post(http, cloudEvent())).status).toBe(202);
  });

  it("says what it takes where no source reads the media type", async () => {
    const http = testHttp();
    const { createHttp } = await import("../../src/http/server.ts");
    const app = createHttp({ ...http.context, sourceOf: () => undefined }, ["application/cloudevents+json"]);
    await problemIn(
      await app.request("/api/v1/events", { method: "POST", body: "{}", headers: bearer("admin", JSON_EVENT) }),
      "unsupported-media-type",
    );
  });
});

describe("GET /events", () => {
  it("pages the tenant's events, with a link to the next page", async () => {
    const http = testHttp();
    await post(
      http,
      [1, 2, 3].map((at) => cloudEvent({ id: `${at}`, severitytext: at === 2 ? "high" : "low" })),
      JSON_BATCH,
    );
    const first = await get(http, "/api/v1/events?limit=2");
    expect(await first.json()).toMatchObject({
      items: [{ sourceId: "1", receivedAt: new Date(NOW).toISOString() }, { sourceId: "2" }],
      cursor: "2",
    });
    expect(first.headers.get("link")).toBe('</api/v1/events?limit=2&cursor=2>; rel="next"');
    const second = await get(http, "/api/v1/events?limit=2&cursor=2");
    expect(await second.json()).toMatchObject({ items: [{ sourceId: "3" }] });
    expect(second.headers.has("link")).toBe(false);
    expect(
      await (await get(http, "/api/v1/events?severity=high&type=com.example.some&source=/test")).json(),
    ).toMatchObject({ items: [{ sourceId: "2" }] });
    expect(await (await get(http, "/api/v1/events", "other")).json()).toEqual({ items: [] });
  });

  it("shows one event with the place of its leaf, to its tenant alone", async () => {
    const http = testHttp();
    await post(http, cloudEvent({ data: { log: "a\u0000b" } }));
    const id = http.accepted[0]?.event.id ?? "";
    expect(await (await get(http, `/api/v1/events/${id}`)).json()).toMatchObject({
      id,
      seq: 0,
      data: { log: "a\u0000b" },
    });
    await problemIn(await get(http, `/api/v1/events/${id}`, "other"), "not-found");
    await problemIn(await get(http, "/api/v1/events/ev_nothing"), "not-found");
  });

  it.each([
    ["limit=0", "/limit"],
    ["limit=1001", "/limit"],
    ["limit=x", "/limit"],
    ["limit=1&limit=2", "/limit"],
    ["cursor=", "/cursor"],
    ["type=a%00b", "/type"],
    [`cursor=${"x".repeat(1025)}`, "/cursor"],
    ["colour=red", ""],
    ["__proto__=1", ""],
  ])("refuses ?%s", async (query, pointer) => {
    const found = await problemIn(await get(testHttp(), `/api/v1/events?${query}`), "bad-query");
    expect(pointersIn(found)).toEqual([pointer]);
  });

  it("refuses a cursor that the store does not know", async () => {
    const http = testHttp();
    http.failure = new StoreError("bad-cursor", "not a cursor");
    await problemIn(await get(http, "/api/v1/events?cursor=zzz"), "bad-query");
  });
});
