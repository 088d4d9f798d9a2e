import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { HttpError } from "../../src/http/error.ts";
import { listenSocket, listenTcp, type Listener } from "../../src/http/listen.ts";
import { shortPath } from "../../src/http/socket.ts";
import { bearer, cloudEvent, JSON_EVENT, testHttp, type TestHttp } from "../support/http.ts";
import { dial, request, talk } from "../support/raw-http.ts";

const open: Listener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close(0);
});

function doors({ context }: TestHttp): Pick<TestHttp["context"], "timeout" | "log"> {
  return { timeout: context.timeout, log: context.log };
}
async function overTcp(http: TestHttp): Promise<Listener> {
  const listener = await listenTcp(http.app, { host: "127.0.0.1", port: 0 }, doors(http));
  open.push(listener);
  return listener;
}
async function overSocket(http: TestHttp, file: string): Promise<Listener> {
  const listener = await listenSocket(http.app, file, doors(http));
  open.push(listener);
  return listener;
}
function folder(...names: readonly string[]): string {
  const dir = path.join(mkdtempSync(path.join(tmpdir(), "sealpost-listen-")), ...names);
  mkdirSync(dir, { recursive: true });
  return dir;
}
function post(headers: Readonly<Record<string, string>>): string {
  return request("POST /api/v1/events", { ...JSON_EVENT, ...headers }, JSON.stringify(cloudEvent()));
}

describe("TCP", () => {
  it("serves on the port that the system chose", async () => {
    const http = testHttp();
    const { address } = await overTcp(http);
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const body = JSON.stringify(cloudEvent());
    const response = await fetch(`${address}/api/v1/events`, {
      method: "POST",
      body,
      headers: bearer("writer", JSON_EVENT),
    });
    expect(response.status).toBe(202);
    expect(http.accepted).toMatchObject([{ caller: { actor: "token:writer" }, bytes: body.length }]);
  });

  it("names an IPv6 address as a URL does", async () => {
    const http = testHttp();
    const listener = await listenTcp(http.app, { host: "::1", port: 0 }, doors(http)).catch(() => undefined);
    if (listener === undefined) return expect(existsSync("/proc/net/if_inet6")).toBe(false); // a machine without IPv6
    open.push(listener);
    expect(listener.address).toMatch(/^http:\/\/\[::1\]:\d+$/);
  });

  it("says that a port is in use", async () => {
    const http = testHttp();
    const port = Number(new URL((await overTcp(http)).address).port);
    await expect(listenTcp(http.app, { host: "127.0.0.1", port }, doors(http))).rejects.toMatchObject({
      code: "address-in-use",
    } satisfies Partial<HttpError>);
  });

  it("passes on what else the system says", async () => {
    const http = testHttp();
    await expect(listenTcp(http.app, { host: "192.0.2.1", port: 0 }, doors(http))).rejects.toMatchObject({
      code: "EADDRNOTAVAIL",
    });
  });

  it("nobody is local there, whatever headers say", async () => {
    const port = Number(new URL((await overTcp(testHttp())).address).port);
    const { responses } = await talk(port, [request("GET /api/v1/kits", { "sealpost-tenant": "_site", local: "0" })]);
    expect(responses.map(({ status }) => status)).toEqual([401]);
  });
});

describe("the unix socket", () => {
  it("is 0600, its requests are the owner's, and it goes with the server", async () => {
    const file = path.join(folder(), "sealpost.sock");
    const http = testHttp();
    const listener = await overSocket(http, file);
    expect(listener.address).toBe(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { responses } = await talk(file, [post({ "sealpost-tenant": "acme" })]);
    expect(responses[0]?.status).toBe(202);
    expect(http.accepted).toMatchObject([
      { caller: { tenant: "acme", actor: `local:${statSync(path.dirname(file)).uid}` } },
    ]);
    await listener.close(0);
    expect(existsSync(file)).toBe(false);
  });

  it("may lie at a path that the kernel does not take", async () => {
    const dir = folder("long-".repeat(20), "longer-".repeat(20));
    const file = path.join(dir, "sealpost.sock");
    expect(file.length).toBeGreaterThan(200);
    const listener = await overSocket(testHttp(), file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const short = await shortPath(file);
    const { responses } = await talk(short.path, [request("GET /healthz")]);
    await short.release();
    expect(responses[0]?.status).toBe(200);
    await listener.close(0);
    expect(existsSync(file)).toBe(false);
  });

  it("takes the place of a stale one", async () => {
    const dir = folder();
    const file = path.join(dir, "sealpost.sock");
    const dead = createServer().listen(path.join(dir, "other.sock"));
    await once(dead, "listening");
    const { renameSync } = await import("node:fs");
    renameSync(path.join(dir, "other.sock"), file); // closing the server does not find it any more
    dead.close();
    await once(dead, "close");
    expect(existsSync(file)).toBe(true);
    await overSocket(testHttp(), file);
    expect((await talk(file, [request("GET /healthz")])).responses[0]?.status).toBe(200);
  });

  it("leaves the socket of a server that answers", async () => {
    const file = path.join(folder(), "sealpost.sock");
    await overSocket(testHttp(), file);
    await expect(listenSocket(testHttp().app, file, doors(testHttp()))).rejects.toMatchObject({
      code: "socket-in-use",
    });
    expect((await talk(file, [request("GET /healthz")])).responses[0]?.status).toBe(200);
  });

  it("leaves what is no socket", async () => {
    const file = path.join(folder(), "sealpost.sock");
    writeFileSync(file, "mine");
    await expect(listenSocket(testHttp().app, file, doors(testHttp()))).rejects.toMatchObject({ code: "not-a-socket" });
    expect(existsSync(file)).toBe(true);
  });

  it("says that there is no folder", async () => {
    const file = path.join(folder(), "nowhere", "sealpost.sock");
    await expect(listenSocket(testHttp().app, file, doors(testHttp()))).rejects.toMatchObject({
      syscall: expect.any(String),
    });
    await expect(
      listenSocket(testHttp().app, path.join(file, "x".repeat(120)), doors(testHttp())),
    ).rejects.toMatchObject({ code: "ENOENT" });
    await expect(listenSocket(testHttp().app, "/etc/passwd/sealpost.sock", doors(testHttp()))).rejects.toMatchObject({
      code: "ENOTDIR",
    });
  });
});

describe("a graceful close", () => {
  it("answers what is in flight, takes nothing new and lets idle connections go", async () => {
    const http = testHttp();
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const { ingest } = http.context.services.events;
    const services = {
      ...http.context.services,
      events: {
        ...http.context.services.events,
        ingest: async (...given: Parameters<typeof ingest>) => (await held, ingest(...given)),
      },
    };
    const { createHttp } = await import("../../src/http/server.ts");
    const listener = await listenTcp(
      createHttp({ ...http.context, services }, ["application/cloudevents+json"]),
      { host: "127.0.0.1", port: 0 },
      doors(http),
    );
    const port = Number(new URL(listener.address).port);
    const idle = await dial(port);
    const inFlight = talk(port, [post(bearer("writer"))]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = listener.close(10_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await expect(dial(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    release();
    expect((await inFlight).responses[0]?.status).toBe(202);
    const started = performance.now();
    await closed;
    expect(performance.now() - started).toBeLessThan(2000);
    idle.destroy();
  });

  it("cuts what does not end in time", async () => {
    const http = testHttp();
    const listener = await listenTcp(http.app, { host: "127.0.0.1", port: 0 }, doors(http));
    const port = Number(new URL(listener.address).port);
    const stuck = talk(port, [
      request("POST /api/v1/events", { ...bearer("writer", JSON_EVENT), "content-length": "100" }),
    ]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await listener.close(100);
    expect((await stuck).closed).toBe(true);
  });
});
