import { beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { digestService } from "../../src/app/digests.ts";
import { FlowError } from "../../src/flows/error.ts";
import { createHttp } from "../../src/http/server.ts";
import type { ShownWindow } from "../../src/http/services.ts";
import { createSendGate } from "../../src/jobs/send-gate.ts";
import { bearer, NOW, testHttp, type TestHttp, WINDOW } from "../support/http.ts";
import { moving, type Moving } from "../support/moving.ts";
import { channel, input, rule, template } from "../support/objects.ts";
import { pointersIn, problemIn } from "../support/problem.ts";

const BASES = ["/api/v1/digests", "/digests"] as const;
const OPENED = new Date(NOW).toISOString();
const SHOWN = {
  id: WINDOW.id,
  kind: "digest",
  window: "1h",
  actionKey: "hourly",
  action: "hourly",
  rule: { id: "cpu-hot", version: "0123456789ab" },
  channel: "ops",
  openedAt: OPENED,
  dueAt: new Date(NOW + 3_600_000).toISOString(),
  itemCount: 3,
  severity: "high",
  state: "open",
  isPutOff: false,
};
const ENDED = { ...SHOWN, state: "flushed", status: "pending", endedAt: OPENED, deliveries: [WINDOW.id] };

const Items = z.object({ items: z.array(z.record(z.string(), z.unknown())) });

interface Asked {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
}

async function ask({ app }: Pick<TestHttp, "app">, path: string, asked: Asked = {}): Promise<Response> {
  const { method = "GET", token = "admin", body } = asked;
  return await app.request(path, {
    method,
    headers: bearer(token, body === undefined ? {} : { "content-type": "application/json" }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

describe.each(BASES)("%s", (base) => {
  it("shows the open windows of a key", async () => {
    const response = await ask(testHttp(), `${base}/hourly`, { token: "viewer" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ items: [SHOWN] });
    expect(await (await ask(testHttp(), `${base}/daily`)).json()).toEqual({ items: [] });
    await problemIn(await ask(testHttp(), `${base}/hourly?window=1h`), "bad-query");
  });

  it.each([
    ["POST", "/hourly/flush", undefined, { command: "flush", actionKey: "hourly" }],
    ["DELETE", "/hourly", undefined, { command: "drop", actionKey: "hourly" }],
    ["POST", "", { command: "flush", actionKey: "hourly" }, { command: "flush", actionKey: "hourly" }],
    [
      "POST",
      `/hourly/flush?window=1h&openedAt=${encodeURIComponent("2026-11-20T13:00:00+01:00")}`,
      undefined,
      { command: "flush", actionKey: "hourly", window: "1h", openedAt: NOW },
    ],
    [
      "DELETE",
      `/hourly?window=quiet&openedAt=${OPENED}`,
      undefined,
      { command: "drop", actionKey: "hourly", window: "quiet", openedAt: NOW },
    ],
    [
      "POST",
      "",
      { command: "reopen", actionKey: "hourly", window: "1h", openedAt: OPENED },
      { command: "reopen", actionKey: "hourly", window: "1h", openedAt: NOW },
    ],
    [
      "POST",
      "",
      { command: "flush", actionKey: "hourly", window: "flap", openedAt: NOW + 7 },
      { command: "flush", actionKey: "hourly", window: "flap", openedAt: NOW + 7 },
    ],
  ])("%s %s %j does that and answers the windows as they are then", async (method, path, body, command) => {
    const http = testHttp();
    const response = await ask(http, `${base}${path}`, { method, ...(body === undefined ? {} : { body }) });
    expect(response.status, await response.clone().text()).toBe(200);
    expect(await response.json()).toEqual({ items: [ENDED] });
    expect(http.commands).toEqual([{ caller: { tenant: "acme", actor: "token:admin" }, command }]);
  });

  it.each([
    ["POST", "", { command: "flush", actionKey: "daily" }],
    ["POST", "/daily/flush", undefined],
    ["DELETE", "/daily", undefined],
  ])("%s %s %j of what has no open window is 404", async (method, path, body) => {
    await problemIn(await ask(testHttp(), `${base}${path}`, { method, ...(body && { body }) }), "not-found");
  });

  it.each([
    "Hourly",
    "-hourly",
    "hourly~",
    "hourly~0123456",
    "hourly~0123456G",
    "hourly:1h",
    "a".repeat(64),
    "%00",
    "%E2%82%AC",
  ])("the key %s names nothing", async (key) => {
    const http = testHttp();
    await problemIn(await ask(http, `${base}/${key}`), "not-found");
    await problemIn(await ask(http, `${base}/${key}`, { method: "DELETE" }), "not-found");
    await problemIn(await ask(http, `${base}/${key}/flush`, { method: "POST" }), "not-found");
    expect(http.commands).toEqual([]);
  });

  it.each([
    ["window=2h", "/window"],
    ["window=instant", "/window"],
    ["openedAt=yesterday", "/openedAt"],
    ["openedAt=2026-11-20", "/openedAt"],
    [`openedAt=${NOW}`, "/openedAt"],
    ["openedAt=2026-11-20T12:00:00+00:00", "/openedAt"], // a plus that was not escaped is a space
    ["window=", "/window"],
    ["window=1h&window=1d", "/window"],
    ["action=hourly", ""],
  ])("?%s is a bad query", async (query, pointer) => {
    const http = testHttp();
    for (const [method, path] of [
      ["POST", `${base}/hourly/flush`],
      ["DELETE", `${base}/hourly`],
    ] as const) {
      const problem = await problemIn(await ask(http, `${path}?${query}`, { method }), "bad-query");
      expect(pointersIn(problem)).toEqual([pointer]);
    }
    expect(http.commands).toEqual([]);
  });

  it("names both faults of a query", async () => {
    const response = await ask(testHttp(), `${base}/hourly?window=x&openedAt=y`, { method: "DELETE" });
    expect(pointersIn(await problemIn(response, "bad-query"))).toEqual(["/window", "/openedAt"]);
  });

  it.each<[unknown, readonly string[]]>([
    [{ command: "drop", actionKey: "hourly" }, ["/command"]],
    [{ command: "flush" }, ["/actionKey"]],
    [{ command: "flush", actionKey: "Hourly" }, ["/actionKey"]],
    [{ command: "flush", actionKey: "hourly~xyz" }, ["/actionKey"]],
    [{ command: "flush", actionKey: 7 }, ["/actionKey"]],
    [{ command: "flush", actionKey: "hourly", window: "2h" }, ["/window"]],
    [{ command: "flush", actionKey: "hourly", openedAt: "soon" }, ["/openedAt"]],
    [{ command: "flush", actionKey: "hourly", openedAt: -1 }, ["/openedAt"]],
    [{ command: "flush", actionKey: "hourly", openedAt: 1.5 }, ["/openedAt"]],
    [{ command: "flush", actionKey: "hourly", openedAt: 1e300 }, ["/openedAt"]],
    [{ command: "flush", actionKey: "hourly", openedAt: null }, ["/openedAt"]],
    [{ command: "flush", actionKey: "hourly", why: "x" }, ["/why"]],
    [{ command: "reopen", actionKey: "hourly" }, ["/window", "/openedAt"]],
    [{ command: "reopen", actionKey: "hourly", window: "1h" }, ["/openedAt"]],
    [{ command: "reopen", actionKey: "hourly", openedAt: 1 }, ["/window"]],
    [[], [""]],
    ["flush", [""]],
  ])("the body %j is refused with pointers", async (body, pointers) => {
    const http = testHttp();
    const problem = await problemIn(await ask(http, base, { method: "POST", body }), "invalid");
    expect(pointersIn(problem)).toEqual(pointers);
    expect(http.commands).toEqual([]);
  });

  it("a body that is no JSON, none, or too large is refused", async () => {
    const { app } = testHttp({ limits: { bodyBytes: 100 } });
    const post = async (body: string): Promise<Response> =>
      await app.request(base, {
        method: "POST",
        headers: bearer("admin", { "content-type": "application/json" }),
        body,
      });
    await problemIn(await post("{"), "bad-json");
    await problemIn(await post(""), "empty-body");
    await problemIn(await post(JSON.stringify({ command: "flush", actionKey: "a".repeat(100) })), "body-too-large");
  });

  it.each([
    ["missing", "not-found"],
    ["conflict", "conflict"],
    ["invalid", "invalid"],
  ] as const)("a %s command is %s", async (code, problem) => {
    const http = testHttp();
    http.failure = new FlowError(code, "it is being sent");
    const { detail } = await problemIn(await ask(http, `${base}/hourly/flush`, { method: "POST" }), problem);
    expect(detail).toBe("it is being sent");
  });

  it("a viewer and an operator may look and change nothing; others may not look", async () => {
    const http = testHttp();
    for (const token of ["viewer", "operator"]) {
      expect((await ask(http, `${base}/hourly`, { token })).status).toBe(200);
      await problemIn(await ask(http, `${base}/hourly`, { token, method: "DELETE" }), "forbidden");
      await problemIn(await ask(http, `${base}/hourly/flush`, { token, method: "POST" }), "forbidden");
      const body = { command: "flush", actionKey: "hourly" };
      await problemIn(await ask(http, base, { token, method: "POST", body }), "forbidden");
    }
    for (const token of ["writer", "nothing"])
      await problemIn(await ask(http, `${base}/hourly`, { token }), "forbidden");
    expect(http.commands).toEqual([]);
  });

  it("changes nothing while the disk is full, and shows all the same", async () => {
    const http = testHttp();
    http.free = 0;
    await problemIn(await ask(http, `${base}/hourly`, { method: "DELETE" }), "disk-full");
    await problemIn(await ask(http, `${base}/hourly/flush`, { method: "POST" }), "disk-full");
    await problemIn(
      await ask(http, base, { method: "POST", body: { command: "flush", actionKey: "hourly" } }),
      "disk-full",
    );
    expect((await ask(http, `${base}/hourly`)).status).toBe(200);
    expect(http.commands).toEqual([]);
  });
});

it("all open windows stand under /api/v1/digests", async () => {
  const http = testHttp();
  expect(await (await ask(http, "/api/v1/digests", { token: "viewer" })).json()).toEqual({ items: [SHOWN] });
  await problemIn(await ask(http, "/api/v1/digests?window=1h"), "bad-query");
  await problemIn(await ask(http, "/api/v1/digests", { token: "writer" }), "forbidden");
});

it.each(["/api/v1/digests", "/api/v1/digests/hourly", "/digests/hourly"])("%s comes in pages", async (path) => {
  const http = testHttp();
  const first = await ask(http, `${path}?limit=1`);
  expect(await first.json()).toEqual({ items: [SHOWN], cursor: "next" });
  expect(first.headers.get("link")).toBe(`<${path}?limit=1&cursor=next>; rel="next"`);
  expect(await (await ask(http, `${path}?limit=1&cursor=next`)).json()).toEqual({ items: [SHOWN] });
  for (const query of ["limit=0", "limit=1001", "limit=x", "cursor="])
    await problemIn(await ask(http, `${path}?${query}`), "bad-query");
});

it("shows what a window knows of itself", async () => {
  const { context } = testHttp();
  const window: ShownWindow = {
    ...WINDOW,
    kind: "group",
    group: { service: "db" },
    isPutOff: true,
    state: "merged",
    status: "coalesced",
    endedAt: NOW,
    deliveries: [],
    into: "digest:acme:hourly:1h:1",
    stale: 2,
  };
  const digests = { page: async () => ({ items: [window] }), command: async () => [window] };
  const app = createHttp({ ...context, services: { ...context.services, digests } }, []);
  expect(await (await ask({ app }, "/api/v1/digests/hourly")).json()).toEqual({
    items: [
      {
        ...SHOWN,
        kind: "group",
        group: { service: "db" },
        isPutOff: true,
        state: "merged",
        status: "coalesced",
        endedAt: OPENED,
        deliveries: [],
        into: "digest:acme:hourly:1h:1",
        staleCount: 2,
      },
    ],
  });
});

describe("over a real store", () => {
  let site: Moving;
  let http: Pick<TestHttp, "app">;

  beforeEach(async () => {
    site = await moving({ tenants: ["_site", "acme", "globex"] });
    const group = { by: ["service"], wait: "10m", interval: "10m" };
    await site.configure(
      [
        channel(),
        template(),
        rule("hosts", {
          actions: [
            { id: "hourly", channel: "ops-mail", digest: "1h" },
            { id: "grouped", channel: "ops-mail", group },
          ],
        }),
      ],
      "acme",
    );
    await site.post([input("1", { labels: { service: "db" } }), input("2", { labels: { service: "web" } })], "acme");
    const { context } = testHttp();
    const digests = digestService({ store: site.store, sends: createSendGate() });
    http = { app: createHttp({ ...context, services: { ...context.services, digests } }, []) };
  });

  async function items(path: string, asked?: Asked): Promise<Record<string, unknown>[]> {
    const response = await ask(http, path, asked);
    expect(response.status, await response.clone().text()).toBe(200);
    return Items.parse(await response.json()).items;
  }

  it("shows an action with its groups, flushes one of them, and takes it back as it was shown", async () => {
    const groups = await items("/digests/grouped");
    expect(groups.map(({ group }) => group)).toEqual(expect.arrayContaining([{ service: "db" }, { service: "web" }]));
    const [first] = groups;
    const key = String(first?.["actionKey"]);
    expect(await items(`/digests/${key}`)).toEqual([first]);
    await problemIn(await ask(http, "/digests/grouped/flush", { method: "POST" }), "not-found");
    const [flushed] = await items(`/digests/${key}/flush`, { method: "POST" });
    expect(flushed).toMatchObject({
      id: first?.["id"],
      state: "flushed",
      status: "pending",
      deliveries: [first?.["id"]],
    });
    expect(await items("/digests/grouped")).toHaveLength(1);
    const { window, openedAt } = flushed ?? {};
    const body = { command: "reopen", actionKey: key, window, openedAt };
    expect(await items("/digests", { method: "POST", body })).toMatchObject([{ id: first?.["id"], state: "open" }]);
    const [dropped] = await items(`/digests/${key}?window=group&openedAt=${String(openedAt)}`, { method: "DELETE" });
    expect(dropped).toMatchObject({ state: "dropped", status: "dropped" });
    await problemIn(await ask(http, "/digests", { method: "POST", body }), "conflict");
    await problemIn(await ask(http, `/digests/${key}`, { method: "DELETE" }), "not-found");
  });

  it("another tenant sees nothing of it and changes none of it; the site's principal names the tenant", async () => {
    const token = "other";
    expect(await items("/api/v1/digests", { token })).toEqual([]);
    expect(await items("/api/v1/digests/hourly", { token })).toEqual([]);
    await problemIn(await ask(http, "/api/v1/digests/hourly", { token, method: "DELETE" }), "not-found");
    await problemIn(await ask(http, "/api/v1/digests/hourly/flush", { token, method: "POST" }), "not-found");
    await problemIn(await ask(http, "/api/v1/digests", { token: "site" }), "tenant-required");
    const headers = bearer("site", { "sealpost-tenant": "acme" });
    const response = await http.app.request("/api/v1/digests/hourly/flush", { method: "POST", headers });
    expect(response.status).toBe(200);
    expect(await site.open("acme")).toHaveLength(2);
  });
});
