import { describe, expect, it } from "vitest";
import {
  grants,
  KNOWN_SCOPES,
  methodsOf,
  PERMISSIONS,
  permissionsOf,
  ROLES,
  ROUTES,
} from "../../src/http/permissions.ts";
import { createDiskGate, createRateGate } from "../../src/http/pressure.ts";
import { openRoute } from "../../src/http/route.ts";
import { bearer, testHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";

/** Routes that are open on purpose, each with its reason. */
const OPEN: Readonly<Record<string, string>> = {
  "GET /healthz": "who watches the process has no token; it tells nothing of the site",
  "GET /readyz": "the same; it tells whether events are taken, and why not",
  "GET /": "a page to log in with; what it shows of the site is for who is logged in",
  "POST /login": "it takes the token itself",
  "POST /logout": "it takes away what the cookie stands for, and nothing else",
  "GET /api/v1/openapi.json": "what can be asked, which is no secret; the same at every site",
  "GET /api/v1/docs": "the same for people",
  "OPTIONS /api/v1/events": "the handshake of CloudEvents comes before any token; it takes nothing in",
};

describe("the table of routes", () => {
  it("lists every route of the app, and nothing else", () => {
    const registered = testHttp().app.routes.map(({ method, path }) => `${method} ${path}`);
    expect(registered.toSorted()).toEqual(Object.keys(ROUTES).toSorted());
  });

  it("would notice a route that nobody listed", () => {
    const { app } = testHttp();
    app.get("/api/v1/backdoor", (c) => c.text("open"));
    expect(app.routes.map(({ method, path }) => `${method} ${path}`).every((name) => Object.hasOwn(ROUTES, name))).toBe(
      false,
    );
  });

  it("leaves open only what is open on purpose", () => {
    const open = Object.entries(ROUTES).filter(([, rule]) => !("permission" in rule));
    expect(open.map(([name]) => name).toSorted()).toEqual(Object.keys(OPEN).toSorted());
  });

  it("does not let a route with a permission be opened by mistake", () => {
    const { app, context } = testHttp();
    const http = { ...context, app, requireDisk: createDiskGate(context), countRequest: createRateGate(context) };
    expect(() => openRoute(http, "GET /api/v1/kits", () => new Response())).toThrow("is not open");
  });

  const closed = Object.entries(ROUTES).filter(([, rule]) => "permission" in rule);
  it.each(closed)("%s asks for a token, and for its permission", async (name, rule) => {
    const [method = "", path = ""] = name.split(" ");
    const url = path.replace(/:stream\{[^}]+\}/, "hq.rules").replaceAll(/:[a-z]+(\{\.\+\})?/g, "x");
    const http = testHttp();
    await problemIn(await http.app.request(url, { method }), "unauthenticated");
    await problemIn(
      await http.app.request(url, { method, headers: bearer("nothing") }),
      "isSite" in rule ? "site-only" : "forbidden",
    );
  });
});

describe("scopes", () => {
  it.each([
    [
      "notify.viewer",
      ["notifications.events.read", "notifications.ledger.read"],
      ["events.write", "notifications.config.manage", "notifications.ledger.manage", "kits.import"],
    ],
    ["notify.read", ["notifications.maildrop.read"], ["incidents.ack"]],
    [
      "notify.operator",
      ["notifications.events.read", "incidents.ack", "notifications.send"],
      ["events.write", "notifications.config.manage"],
    ],
    ["notify.operator", ["notifications.incidents.read"], ["incidents.silence", "notifications.tokens.read"]],
    ["notify.viewer", ["notifications.config.read"], ["notifications.tokens.read", "notifications.incidents.read"]],
    ["notify.admin", PERMISSIONS, []],
    ["events:write", ["events.write"], ["notifications.events.read"]],
    ["Notifier.Events:Write", ["events.write"], ["notifications.events.read"]],
    ["Packs.Approve", ["approvals.decide"], ["events.write"]],
    ["kits.import", ["kits.import"], ["kits.sign"]],
    ["constructor", [], PERMISSIONS],
  ] as const)("%s", (scope, granted, refused) => {
    expect(granted.filter((permission) => !grants([scope], permission))).toEqual([]);
    expect(refused.filter((permission) => grants([scope], permission))).toEqual([]);
  });
});

describe("roles", () => {
  it("stand for scopes that are known", () => {
    const unknown = Object.values(ROLES)
      .flat()
      .filter((scope) => !KNOWN_SCOPES.includes(scope));
    expect(unknown).toEqual([]);
  });

  it.each([
    ["super_admin", PERMISSIONS],
    ["admin", PERMISSIONS],
    ["service", ["events.write", "notifications.incidents.read", "notifications.send"]],
    ["manager", ["notifications.deliveries.read", "notifications.rules.read", "notifications.channels.read"]],
    ["noc", ["notifications.deliveries.read"]],
    ["viewer", ["notifications.deliveries.read"]],
    ["helpdesk", []],
    ["hr", []],
    ["finance", []],
    ["auditor", [...permissionsOf(["notify.viewer"]), "ledger.export"]],
  ] as const)("%s may just that", (role, permissions) => {
    expect(permissionsOf(ROLES[role]).toSorted()).toEqual([...permissions].toSorted());
  });

  it.each(["operator", "analyst"] as const)("%s reads, acknowledges, resolves and silences by label", (role) => {
    const changes = permissionsOf(ROLES[role]).filter((permission) => !permission.endsWith(".read"));
    expect(changes).toEqual(["notifications.silences.manage", "incidents.ack", "incidents.resolve"]);
    expect(grants(ROLES[role], "notifications.incidents.read")).toBe(true);
    expect(grants(ROLES[role], "notifications.tokens.read")).toBe(false);
  });
});

describe("what has no route", () => {
  it.each(["/api/v1", "/api/v1/nothing", "/api/v1/events/", "/api/v1/events/a/b", "/API/v1/events"])(
    "%s is 404",
    async (path) => {
      await problemIn(await testHttp().app.request(path), "not-found");
    },
  );

  it.each([
    ["DELETE", "/api/v1/events", "OPTIONS, POST, GET, HEAD"],
    ["PUT", "/api/v1/events/ev_1", "GET, HEAD"],
    ["OPTIONS", "/api/v1/kits/import", "POST"],
    ["GET", "/api/v1/kits/import", "POST"],
    ["PATCH", "/api/v1/ledger/o/tile/0/x001/000", "GET, HEAD"],
  ])("%s %s is 405 and tells what is allowed", async (method, path, allow) => {
    const response = await testHttp().app.request(path, { method });
    expect(response.headers.get("allow")).toBe(allow);
    await problemIn(response, "method-not-allowed");
  });

  it.each(["%00", "%ff", "a%20b", "%F0%9F%98%80", "x".repeat(513)])("an id like %s names nothing", async (id) => {
    await problemIn(await testHttp().app.request(`/api/v1/events/${id}`, { headers: bearer("admin") }), "not-found");
  });

  it("knows methods by path", () => {
    expect(methodsOf("/healthz")).toEqual(["GET", "HEAD"]);
    expect(methodsOf("/healthz/x")).toEqual([]);
  });

  it("HEAD is GET without a body", async () => {
    const response = await testHttp().app.request("/api/v1/events", { method: "HEAD", headers: bearer("admin") });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });
});
