import { describe, expect, it } from "vitest";
import { listenTcp } from "../../src/http/listen.ts";
import { bearer, cloudEvent, JSON_EVENT, testHttp, type TestHttp } from "../support/http.ts";
import { pointersIn, problemIn } from "../support/problem.ts";
import { request, talk } from "../support/raw-http.ts";

const BINARY = { "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/test", "ce-type": "com.example.some" } as const;

async function send(http: TestHttp, headers: Record<string, string>, body = ""): Promise<Response> {
  const sent = bearer("writer", { ...BINARY, ...headers });
  return await http.app.request("/api/v1/events", { method: "POST", body, headers: sent });
}

async function greet(headers: Record<string, string>, limit = 600): Promise<Response> {
  const { app } = testHttp({ limits: { requestsPerMinute: limit } });
  return await app.request("/api/v1/events", { method: "OPTIONS", headers });
}

describe("POST /events in binary mode", () => {
  it("takes data of any type, and none", async () => {
    const http = testHttp();
    const types = ["application/json", "text/plain", "application/octet-stream"];
    for (const [at, type] of types.entries())
      expect((await send(http, { "ce-id": `t${at}`, "content-type": type }, "1")).status).toBe(202);
    expect((await send(http, { "ce-subject": "caf%C3%A9" })).status).toBe(202);
    expect(http.accepted.map(({ event, bytes }) => [event.data, event.subject, bytes])).toEqual([
      [1, undefined, 1],
      ["1", undefined, 1],
      ["MQ==", undefined, 1],
      [undefined, "café", 0],
    ]);
  });

  it("names the header of a fault, and stores nothing", async () => {
    const http = testHttp();
    const bad = { "ce-source": "a%20b", "ce-time": "now", "content-type": "application/json" };
    const found = await problemIn(await send(http, bad, '{"labels":1}'), "invalid-event");
    expect(pointersIn(found)).toEqual(["/ce-source", "/ce-time", "/data/labels"]);
    expect(pointersIn(await problemIn(await send(http, { "ce-tenant": "globex" }), "tenant-mismatch"))).toEqual([
      "/ce-tenant",
    ]);
    expect(http.accepted).toEqual([]);
  });

  it("reads a structured type as structured, and refuses formats that it does not know", async () => {
    const http = testHttp();
    expect((await send(http, JSON_EVENT, JSON.stringify(cloudEvent({ id: "inside" })))).status).toBe(202);
    expect(http.accepted[0]?.event.sourceId).toBe("inside");
    const refused = await send(http, { "content-type": "application/cloudevents+avro" }, "x");
    expect(refused.headers.get("accept-post")).toContain("application/cloudevents+json");
    expect((await problemIn(refused, "unsupported-media-type")).detail).toContain("ce-specversion");
  });

  it.each([
    ["bad-json", { "content-type": "application/json" }, "{"],
    ["unsupported-charset", { "content-type": "text/plain; charset=latin1" }, "x"],
    ["unsupported-encoding", { "content-type": "text/plain", "content-encoding": "gzip" }, "x"],
    ["body-too-large", { "content-type": "text/plain" }, "x".repeat(2 ** 20 + 1)],
  ] as const)("answers %s", async (code, headers, body) => {
    await problemIn(await send(testHttp(), headers, body), code);
  });

  it("refuses a header that comes twice over a wire, where another would be read", async () => {
    const http = testHttp();
    const listener = await listenTcp(http.app, { host: "127.0.0.1", port: 0 }, http.context);
    const twice = request("POST /api/v1/events", bearer("writer", { ...BINARY, "content-length": "0" })).replace(
      "ce-id: 1\r\n",
      "ce-id: 1\r\nCe-Id: 2\r\n",
    );
    const { responses } = await talk(Number(new URL(listener.address).port), [twice]);
    await listener.close(0);
    expect(pointersIn(await problemIn(responses[0] ?? Response.error(), "invalid-event"))).toEqual(["/ce-id"]);
  });
});

describe("OPTIONS /events", () => {
  it.each([
    [{}, 600, null, null],
    [{ "webhook-request-origin": "plant.example" }, 600, "plant.example", "600"],
    [{ "webhook-request-origin": "plant.example", "webhook-request-rate": "120" }, 600, "plant.example", "120"],
    [{ "webhook-request-origin": "plant.example", "webhook-request-rate": "9000" }, 600, "plant.example", "600"],
    [{ "webhook-request-origin": "plant.example" }, 0, "plant.example", "*"],
  ])("tells %j who may send and how often", async (headers, limit, origin, rate) => {
    const response = await greet(headers, limit);
    expect(response.status).toBe(204);
    expect(response.headers.get("allow")).toBe("POST, GET, HEAD, OPTIONS");
    expect(response.headers.get("webhook-allowed-origin")).toBe(origin);
    expect(response.headers.get("webhook-allowed-rate")).toBe(rate);
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
  });

  it.each([
    { "webhook-request-origin": "no name" },
    { "webhook-request-origin": "plant.example", "webhook-request-rate": "0" },
    { "webhook-request-origin": "plant.example", "webhook-request-rate": "often" },
  ])("refuses %j", async (headers) => {
    await problemIn(await greet(headers), "bad-request");
  });
});
