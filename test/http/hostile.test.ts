import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { readdirSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { HttpErrorCode } from "../../src/http/error.ts";
import { listenTcp, type Listener } from "../../src/http/listen.ts";
import { bearer, cloudEvent, JSON_BATCH, JSON_EVENT, testHttp, type TestHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";
import { dial, request, talk } from "../support/raw-http.ts";

const LIMIT = 2 ** 20;
const AUTH = bearer("writer");
const SOUND = JSON.stringify(cloudEvent());

let http: TestHttp;
let listener: Listener;
let port: number;
beforeAll(async () => {
  http = testHttp({ limits: { bodyMs: 300, requestsPerMinute: 0 } });
  listener = await listenTcp(
    http.app,
    { host: "127.0.0.1", port: 0 },
    { timeout: http.context.timeout, log: http.context.log },
  );
  port = Number(new URL(listener.address).port);
});
afterAll(async () => listener.close(0));
afterEach(async () => {
  const { responses } = await talk(port, [events(SOUND)]);
  expect(responses[0]?.status).toBe(202); // the next request is served
  expect(http.errors).toEqual([]);
});

function events(body: string, headers: Readonly<Record<string, string>> = {}): string {
  return request("POST /api/v1/events", { ...JSON_EVENT, ...AUTH, ...headers }, body);
}

/** An event with one member as raw JSON. */
function field(name: string, raw: string): string {
  return `{"specversion":"1.0","id":"1","source":"/s","type":"t","${name}":${raw}}`.replace(
    new RegExp(`"${name}":[^,]*,(?=.*"${name}")`),
    "",
  );
}

async function refused(pieces: readonly (string | Uint8Array)[], code: HttpErrorCode): Promise<boolean> {
  const { responses, closed } = await talk(port, pieces);
  expect(responses).toHaveLength(1);
  for (const response of responses) await problemIn(response, code);
  return closed;
}

describe("headers of a body", () => {
  it.each<[string, Record<string, string>, HttpErrorCode]>([
    ["no media type", { "content-type": "" }, "unsupported-media-type"],
    ["another media type", { "content-type": "application/json" }, "unsupported-media-type"],
    ["a malformed media type", { "content-type": "application/cloudevents+json; charset" }, "unsupported-media-type"],
    ["malformed quotes", { "content-type": 'application/cloudevents+json; charset="utf-8' }, "unsupported-media-type"],
    ["another charset", { "content-type": "application/cloudevents+json; charset=iso-8859-1" }, "unsupported-charset"],
    [
      "two charsets",
      { "content-type": "application/cloudevents+json; charset=utf-8; charset=utf-8" },
      "unsupported-charset",
    ],
    ["a wide charset", { "content-type": 'application/cloudevents+json;charset="UTF-16"' }, "unsupported-charset"],
    ["gzip", { "content-encoding": "gzip" }, "unsupported-encoding"],
    ["gzip twice", { "content-encoding": "identity, gzip" }, "unsupported-encoding"],
  ])("%s", async (_name, headers, code) => {
    await refused([events(SOUND, headers)], code);
  });

  it.each([
    "application/cloudevents+json; charset=utf-8",
    'Application/CloudEvents+JSON ; Charset="UTF-8" ; x=y',
    'application/cloudevents+json; x="a;charset=latin1"',
  ])("%s is what we take", async (type) => {
    const { responses } = await talk(port, [events(SOUND, { "content-type": type, "content-encoding": "Identity" })]);
    expect(responses[0]?.status).toBe(202);
  });

  it("says what it takes", async () => {
    const { responses } = await talk(port, [events(SOUND, { "content-type": "text/plain" })]);
    expect(responses[0]?.headers.get("accept-post")).toBe(
      "application/cloudevents+json, application/cloudevents-batch+json",
    );
  });
});

describe("lengths", () => {
  it("no body", async () => {
    await refused([request("POST /api/v1/events", { ...JSON_EVENT, ...AUTH })], "empty-body");
    await refused([events("", { "content-length": "0" })], "empty-body");
    await refused([`${events("", { "transfer-encoding": "chunked" })}0\r\n\r\n`], "empty-body");
  });

  it("a declared length over the limit is refused unread, 1 MiB is not", async () => {
    await refused([events("", { "content-length": String(LIMIT + 1) })], "body-too-large");
    await refused([events("", { "content-length": "99999999999999999999" })], "bad-request").catch(async () =>
      refused([events("", { "content-length": String(2 ** 52) })], "body-too-large"),
    );
    const full = JSON.stringify(
      cloudEvent({ data: "x".repeat(LIMIT - Buffer.byteLength(JSON.stringify(cloudEvent({ data: "" })))) }),
    );
    expect(Buffer.byteLength(full)).toBe(LIMIT);
    expect((await talk(port, [events(full)])).responses[0]?.status).toBe(202);
  });

  it("10 MiB, declared and in chunks", async () => {
    const big = "x".repeat(10 * LIMIT);
    await refused([events(big)], "body-too-large");
    await refused(
      [`${events("", { "transfer-encoding": "chunked" })}${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`],
      "body-too-large",
    );
  });

  it("a length that is longer than the body waits for the rest, and no longer than it may", async () => {
    const started = performance.now();
    expect(await refused([events(SOUND, { "content-length": String(SOUND.length + 5) })], "body-timeout")).toBe(true);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it("a length that is shorter cuts the body, and the rest is no request", async () => {
    const { responses } = await talk(port, [events(SOUND, { "content-length": String(SOUND.length - 5) })], {
      count: 2,
    });
    expect(responses.length).toBeGreaterThan(0);
    for (const response of responses) expect(response.status).toBe(400);
  });

  it("a body that comes drop by drop ends at its time", async () => {
    const drops = Array.from(SOUND, (character) => character);
    const { responses } = await talk(port, [events("", { "content-length": "5000" }), ...drops], {
      pauseMs: 20,
      waitMs: 3000,
    });
    for (const response of responses) await problemIn(response, "body-timeout");
    expect(responses).toHaveLength(1);
  });

  it("a client that leaves in the middle hurts nobody", async () => {
    const socket = await dial(port);
    socket.write(events(SOUND.slice(0, 10), { "content-length": "100" }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    const waiting = await dial(port);
    waiting.resetAndDestroy();
  });
});

describe("framing", () => {
  it.each([
    ["a length and chunks", { "content-length": "3", "transfer-encoding": "chunked" }, "0\r\n\r\n"],
    ["chunked twice", { "transfer-encoding": "chunked, chunked" }, "0\r\n\r\n"],
    ["an unknown coding", { "transfer-encoding": "gzip" }, "x"],
    ["a length that is no number", { "content-length": "1x" }, "x"],
    ["a negative length", { "content-length": "-1" }, "x"],
    ["two lengths", { "content-length": "1\r\nContent-Length: 2" }, "x"],
    ["a chunk size that is no number", { "transfer-encoding": "chunked" }, "zz\r\n\r\n"],
    ["a chunk that is longer than its size", { "transfer-encoding": "chunked" }, "1\r\nabc\r\n0\r\n\r\n"],
    ["a chunk size that overflows", { "transfer-encoding": "chunked" }, "ffffffffffffffffff\r\nx"],
    ["a header name with a space", { "x y": "z" }, SOUND],
    ["a NUL in a header", { x: "a\u0000b" }, SOUND],
  ])("%s is no request", async (_name, headers: Record<string, string>, body) => {
    expect(await refused([events("", headers) + body], "bad-request")).toBe(true);
  });

  it("a bare line feed between headers is no request, or an unauthenticated one", async () => {
    const { responses } = await talk(port, ["POST /api/v1/events HTTP/1.1\nhost: x\n\n"]);
    for (const response of responses) expect([400, 401]).toContain(response.status);
  });

  it.each([
    ["no HTTP", "hello\r\n\r\n"],
    ["another version", "GET /healthz HTTP/3.7\r\nhost: x\r\n\r\n"],
    ["TLS on a plain port", Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3])],
    ["an unknown method", "BREW /healthz HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["no Host", "GET /healthz HTTP/1.1\r\n\r\n"],
    ["a Host that is none", "GET /healthz HTTP/1.1\r\nhost: a b/..\r\n\r\n"],
    ["a target that is none", "GET healthz HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["a target with a backslash", "GET /api\\v1 HTTP/1.1\r\nhost: x\r\n\r\n"],
  ])("%s", async (_name, text) => {
    await refused([text], "bad-request");
  });

  it("a flood of headers", async () => {
    const flood = Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`x-${at}`, "y".repeat(20)]));
    expect(await refused([request("GET /healthz", flood)], "headers-too-large")).toBe(true);
    expect(await refused([`GET /${"a".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`], "headers-too-large")).toBe(true);
  });

  it("two thousand tiny headers do not push the token out", async () => {
    const tiny = "a:\r\n".repeat(2500);
    const { responses } = await talk(port, [
      `GET /api/v1/events HTTP/1.1\r\nhost: x\r\n${tiny}authorization: ${AUTH.authorization ?? ""}\r\n\r\n`,
    ]);
    expect([401, 403, 431]).toContain(responses[0]?.status);
  });

  it("methods that servers of other kinds have", async () => {
    await refused(["CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n"], "method-not-allowed");
    await refused([request("TRACE /healthz")], "method-not-allowed");
    await refused([request("DELETE /healthz", { connection: "upgrade", upgrade: "websocket" })], "method-not-allowed");
  });

  it("an expectation that nobody has", async () => {
    await refused([events(SOUND, { expect: "the-spanish-inquisition" })], "expectation-failed");
  });

  it("invites a body only when its headers are accepted", async () => {
    const socket = await dial(port);
    const heard = new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString("latin1"))));
    socket.write(events("", { "content-length": String(SOUND.length), expect: "100-continue" }));
    expect(await heard).toMatch(/^HTTP\/1\.1 100 /);
    const answered = new Promise<string>((resolve) => socket.once("data", (data) => resolve(data.toString("latin1"))));
    socket.write(SOUND);
    expect(await answered).toMatch(/^HTTP\/1\.1 202 /);
    socket.destroy();
    await refused(
      [events("", { "content-length": String(SOUND.length), expect: "100-continue", "content-type": "text/plain" })],
      "unsupported-media-type",
    );
  });

  it("requests in one packet are answered in their order", async () => {
    const { responses } = await talk(port, [events(SOUND) + events("{") + request("GET /healthz") + events(SOUND)], {
      count: 4,
    });
    expect(responses.map(({ status }) => status)).toEqual([202, 400, 200, 202]);
  });

  it("chunks of any size are one body", async () => {
    const chunks = Array.from(SOUND, (character) => `1;ext=1\r\n${character}\r\n`);
    const { responses } = await talk(port, [
      `${events("", { "transfer-encoding": "chunked" })}${chunks.join("")}0\r\nX-Trailer: 1\r\n\r\n`,
    ]);
    expect(responses[0]?.status).toBe(202);
  });
});

describe("contents", () => {
  it.each<[string, string, HttpErrorCode]>([
    ["no JSON", "{", "bad-json"],
    ["a duplicate key", '{"id":"1","id":"2"}', "bad-json"],
    ["a duplicate key in disguise", '{"id":"1","\\u0069d":"2"}', "bad-json"],
    ["a prototype key", field("data", '{"__proto__":{"x":1}}'), "bad-json"],
    ["depth", field("data", `${"[".repeat(100_000)}${"]".repeat(100_000)}`), "bad-json"],
    ["a lone surrogate", field("data", '"\\ud800"'), "invalid-event"],
    ["a NUL in a name", field("a\\u0000", '"x"'), "invalid-event"],
    ["a NUL in a label's name", field("data", '{"labels":{"a\\u0000":"x"}}'), "invalid-event"],
    ["a list", "[]", "invalid-event"],
    ...[
      "specversion",
      "id",
      "source",
      "type",
      "subject",
      "time",
      "datacontenttype",
      "dataschema",
      "severitytext",
      "kind",
      "alertstate",
      "correlationid",
      "tenant",
    ].flatMap((name): [string, string, HttpErrorCode][] => [
      [`a boolean as ${name}`, field(name, "true"), "invalid-event"],
      [`a NUL in ${name}`, field(name, '"a\\u0000"'), "invalid-event"],
    ]),
  ])("%s", async (_name, body, code) => {
    await refused([events(body)], code);
  });

  it("bytes that are not UTF-8", async () => {
    const bad = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]);
    await refused(
      [Buffer.concat([Buffer.from(events("", { "content-length": String(bad.length) })), bad])],
      "bad-utf8",
    );
  });

  it("a NUL in a value of the data is kept", async () => {
    const before = http.accepted.length;
    const { responses } = await talk(port, [
      events(JSON.stringify([cloudEvent({ id: "nul", data: { log: "a\u0000b" } })]), JSON_BATCH),
    ]);
    expect(responses[0]?.status).toBe(202);
    expect(http.accepted[before]?.event.data).toEqual({ log: "a\u0000b" });
  });

  it("another tenant's token sees nothing of this one's", async () => {
    const { responses } = await talk(port, [request("GET /api/v1/events", bearer("other"))]);
    expect(await responses[0]?.json()).toEqual({ items: [] });
    await refused([request("GET /api/v1/events", bearer("other", { "sealpost-tenant": "acme" }))], "tenant-mismatch");
  });

  it("every route that is closed refuses a stranger before it reads a body", async () => {
    await refused(
      [request("POST /api/v1/kits/import", { "content-type": "application/x-tar", "content-length": String(2 ** 33) })],
      "unauthenticated",
    );
    await refused(
      [request("POST /api/v1/config/apply", { "content-type": "application/json", "content-length": String(2 ** 33) })],
      "unauthenticated",
    );
  });
});

/** The collector, which Node shows only to those who ask. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc()");
}

describe("kits over the wire", () => {
  const kit = { ...bearer("site"), "sealpost-tenant": "_site", "content-type": "application/x-tar" };

  it("a large one passes through little memory", async () => {
    const piece = Buffer.alloc(2 ** 20, 1);
    const pieces = 256;
    const socket = await dial(port);
    const answered = new Promise<string>((resolve) => socket.on("data", (data) => resolve(data.toString("latin1"))));
    socket.write(request("POST /api/v1/kits/import", { ...kit, "content-length": String(piece.length * pieces) }));
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    for (let at = 0; at < pieces; at++) {
      if (!socket.write(piece)) await new Promise((resolve) => socket.once("drain", resolve));
      if (at % 8 !== 0) continue;
      collectGarbage(); // what is held counts, not what V8 has not come to yet
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }
    expect(await answered).toMatch(/^HTTP\/1\.1 200 /);
    expect(peak).toBeLessThan(64 * 2 ** 20);
    socket.destroy();
  });

  it("one that breaks off or stalls leaves nothing", async () => {
    const head = request("POST /api/v1/kits/import", { ...kit, "content-length": "1000" });
    const socket = await dial(port);
    socket.write(`${head}abc`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await refused([`${head}abc`], "body-timeout");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(readdirSync(http.context.uploads)).toEqual([]);
  });
});
