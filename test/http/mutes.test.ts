import { beforeEach, describe, expect, it } from "vitest";
import type { EventInput } from "../../src/core/event.ts";
import type { Json } from "../../src/core/json.ts";
import { createHttp } from "../../src/http/server.ts";
import { bearer, testHttp } from "../support/http.ts";
import { mutesOver } from "../support/mutes.ts";
import { channel, checked, input, rule, template } from "../support/objects.ts";
import { pointersIn, type ProblemDocument, problemIn } from "../support/problem.ts";
import { openTestStore, START, type TestStore } from "../support/store.ts";

const HOUR = 3_600_000;
const NOW = new Date(START).toISOString();
const LATER = new Date(START + HOUR).toISOString();
const DB = ['service="db"'];
const SILENCE = { matchers: DB, duration: "1h", comment: "failover test" };

let site: TestStore;
let app: ReturnType<typeof createHttp>;
beforeEach(async () => {
  site = await openTestStore({ tenants: ["_site", "acme", "globex"] });
  await configure();
  const { context } = testHttp();
  app = createHttp({ ...context, services: { ...context.services, mutes: mutesOver(site) } }, []);
});

async function configure(silences?: Record<string, Json>): Promise<void> {
  const policy = { schema: "policy/v1", id: "default", ...(silences === undefined ? {} : { silences }) };
  const objects = [
    rule("disks", { isEnabled: false }),
    rule("hosts"),
    channel(),
    template(),
    checked("policies", policy),
  ];
  await site.configure(objects, "acme");
}

async function ask(method: string, path: string, body?: unknown, token = "operator"): Promise<Response> {
  const headers = bearer(token, body === undefined ? {} : { "content-type": "application/json" });
  return await app.request(`/api/v1/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
async function answer(method: string, path: string, body?: unknown, token?: string): Promise<unknown> {
  const response = await ask(method, path, body, token);
  expect(response.status, await response.clone().text()).toBeLessThan(300);
  return await response.json();
}
async function problem(
  code: Parameters<typeof problemIn>[1],
  ...asked: Parameters<typeof ask>
): Promise<ProblemDocument> {
  return await problemIn(await ask(...asked), code);
}
async function post(...events: EventInput[]): Promise<void> {
  const asked = { actor: "source:test", events, horizon: 1 };
  await site.store.transact({ flow: "ingest", tenant: "acme", input: asked });
}
function labelled(count: number, labels: Record<string, string>): EventInput[] {
  return Array.from({ length: count }, (_, at) => input(`${JSON.stringify(labels)}-${at}`, { labels }));
}
const silenceOf = (service: string): object => ({ ...SILENCE, matchers: [`service="${service}"`] });

async function idsOf(path: string): Promise<string[]> {
  const shown: unknown = await answer("GET", path);
  return JSON.stringify(shown).match(/(?<="id":")[^"]+/g) ?? [];
}

describe("a silence", () => {
  it("is made, shown, listed and ended", async () => {
    const response = await ask("POST", "silences", { id: "s-db", ...SILENCE });
    expect(response.status).toBe(201);
    const shown = {
      id: "s-db",
      state: "active",
      matchers: DB,
      startsAt: NOW,
      endsAt: LATER,
      author: "token:operator",
      comment: "failover test",
      updatedAt: NOW,
    };
    expect(await response.json()).toEqual(shown);
    expect(await answer("GET", "silences/s-db", undefined, "viewer")).toEqual(shown);
    expect(await answer("GET", "silences")).toEqual({ items: [shown] });
    site.clock.now = START + HOUR / 2;
    const half = new Date(START + HOUR / 2).toISOString();
    const ended = { ...shown, state: "expired", endsAt: half, updatedAt: half };
    expect(await answer("DELETE", "silences/s-db")).toEqual(ended);
    expect(await answer("DELETE", "silences/s-db")).toEqual(ended);
    expect(await answer("GET", "silences")).toEqual({ items: [] });
    expect(await answer("GET", "silences?state=expired")).toEqual({ items: [ended] });
  });

  it("goes on as it began when it is edited, and is another one where it cannot", async () => {
    await ask("POST", "silences", { id: "s", ...SILENCE });
    site.clock.now = START + HOUR / 2;
    const longer = new Date(START + HOUR / 2 + 2 * HOUR).toISOString();
    expect(await answer("PUT", "silences/s", { ...SILENCE, duration: "2h", author: "ben" })).toMatchObject({
      id: "s",
      startsAt: NOW,
      endsAt: longer,
      author: "ben",
    });
    expect(await answer("PUT", "silences/s", { ...SILENCE, matchers: ['service="web"'] })).toMatchObject({
      id: expect.stringMatching(/^sil-/),
      matchers: ['service="web"'],
      startsAt: new Date(START + HOUR / 2).toISOString(),
    });
    expect(await answer("GET", "silences/s")).toMatchObject({ state: "expired" });
    expect(await answer("PUT", "silences/s", SILENCE)).toMatchObject({
      id: expect.stringMatching(/^sil-/),
      state: "active",
    });
  });

  it("may be one of many, all or none", async () => {
    const many = [SILENCE, { ...SILENCE, id: "second" }];
    const made = await ask("POST", "silences", many);
    expect(made.status).toBe(201);
    expect(await made.json()).toMatchObject({ items: [{ state: "active" }, { id: "second" }] });
    const found = await problem("invalid", "POST", "silences", [
      { ...SILENCE, id: "third" },
      { ...SILENCE, matchers: ["a=b", "a=~("], duration: undefined, endsAt: "soon" },
      { ...SILENCE, duration: undefined, endsAt: "2001-01-01T00:00:00Z" },
    ]);
    expect(pointersIn(found)).toEqual(["/1/endsAt", "/1/matchers/1"]);
    expect(
      pointersIn(await problem("invalid", "POST", "silences", [SILENCE, { ...SILENCE, matchers: ['a=~".*"'] }])),
    ).toEqual(["/1/matchers"]);
    await problem("conflict", "POST", "silences", [
      { ...SILENCE, id: "third" },
      { ...SILENCE, id: "second" },
    ]);
    await problem("not-found", "GET", "silences/third");
    expect(pointersIn(await problem("invalid", "POST", "silences", []))).toEqual([""]);
    expect(
      pointersIn(
        await problem(
          "invalid",
          "POST",
          "silences",
          Array.from({ length: 1001 }, () => SILENCE),
        ),
      ),
    ).toEqual([""]);
  });

  it.each<[string, object, string[]]>([
    ["no matchers", { ...SILENCE, matchers: [] }, ["/matchers"]],
    ["matchers of nothing", { ...SILENCE, matchers: ['a=""'] }, ["/matchers"]],
    ["a bad matcher", { ...SILENCE, matchers: ["a=b", "=c"] }, ["/matchers/1"]],
    ["no comment", { ...SILENCE, comment: "" }, ["/comment"]],
    ["neither end nor duration", { ...SILENCE, duration: undefined }, ["/endsAt"]],
    ["both", { ...SILENCE, endsAt: LATER }, ["/endsAt"]],
    ["an end before its start", { ...SILENCE, duration: undefined, startsAt: LATER, endsAt: NOW }, ["/endsAt"]],
    [
      "an end that is over",
      { ...SILENCE, duration: undefined, endsAt: NOW, startsAt: "2020-01-01T00:00:00Z" },
      ["/endsAt"],
    ],
    ["no duration at all", { ...SILENCE, duration: "0s" }, ["/duration"]],
    ["a duration beyond all ends", { ...SILENCE, duration: "999999999d" }, ["/duration"]],
    ["an id that is none", { ...SILENCE, id: "Silence 1" }, ["/id"]],
    ["a field that is not known", { ...SILENCE, createdBy: "ana" }, ["/createdBy"]],
    ["no object", { matchers: "a=b" }, ["/matchers", "/comment"]],
  ])("with %s is refused by the field's name", async (_, body, pointers) => {
    expect(pointersIn(await problem("invalid", "POST", "silences", body))).toEqual(pointers);
    expect(await answer("GET", "silences?state=all")).toEqual({ items: [] });
  });

  it("tells the place and the reason in a matcher", async () => {
    const { errors } = await problem("invalid", "POST", "silences", { ...SILENCE, matchers: ['service="db'] });
    expect(errors).toEqual([
      { pointer: "/matchers/0", detail: expect.stringMatching(/^not a matcher, at character \d+: ./) },
    ]);
  });

  it("keeps the id of its path", async () => {
    await ask("POST", "silences", { id: "s", ...SILENCE });
    expect(pointersIn(await problem("invalid", "PUT", "silences/s", { ...SILENCE, id: "t" }))).toEqual(["/id"]);
    await problem("not-found", "PUT", "silences/t", SILENCE);
    await problem("not-found", "DELETE", "silences/t");
  });

  it("is no other tenant's, whatever is asked, nor is a version of it one", async () => {
    await ask("POST", "silences", { id: "s", ...SILENCE });
    const [version = ""] = (await site.store.read.cells("silence", "acme", "~s@", 1)).map(([key]) => key);
    await problem("not-found", "GET", `silences/${version}`);
    for (const method of ["GET", "DELETE"]) await problem("not-found", method, "silences/s", undefined, "other");
    await problem("not-found", "PUT", "silences/s", SILENCE, "other");
    expect(await answer("GET", "silences?state=all", undefined, "other")).toEqual({ items: [] });
  });

  it("may be set by operators, looked at by viewers", async () => {
    await problem("forbidden", "POST", "silences", SILENCE, "viewer");
    await problem("forbidden", "POST", "suppressions", { rule: "hosts", duration: "1h" }, "viewer");
    await problem("forbidden", "POST", "maintenance", { duration: "1h" }, "operator");
    expect(await answer("POST", "silences", SILENCE)).toMatchObject({ state: "active" });
  });
});

describe("the list", () => {
  beforeEach(async () => {
    await answer("POST", "silences", [
      { ...SILENCE, id: "a", matchers: ['service="db"', 'env=~"prod.*"'] },
      { ...SILENCE, id: "b", startsAt: LATER },
      { ...SILENCE, id: "c", matchers: ['service="web"'] },
      { ...SILENCE, id: "d", duration: "1s" },
    ]);
    site.clock.now = START + 1000;
  });

  it.each([
    ["", ["c", "b", "a"]],
    ["?state=all", ["d", "c", "b", "a"]],
    ["?state=active", ["c", "a"]],
    ["?state=pending", ["b"]],
    ["?state=expired", ["d"]],
    ["?matcher=service%3Ddb", ["b", "a"]],
    ["?matcher=env%3D%22prod.*%22", ["a"]],
    ["?state=active&matcher=service!%3Ddb", ["c"]],
    ["?limit=2", ["c", "b"]],
    ["?limit=2&cursor=b", ["a"]],
    ["?limit=3", ["c", "b", "a"]],
  ])("%s", async (query, ids) => {
    expect(await idsOf(`silences${query}`)).toEqual(ids);
  });

  it("names the next page only where there is one", async () => {
    expect(await answer("GET", "silences?limit=2")).toMatchObject({ cursor: "b" });
    expect(await answer("GET", "silences?limit=3")).not.toHaveProperty("cursor");
  });

  it.each([
    ["?state=over", "/state"],
    ["?matcher=%3D", "/matcher"],
    ["?rule=disks", ""],
    ["?limit=0", "/limit"],
  ])("refuses %s", async (query, pointer) => {
    expect(pointersIn(await problem("bad-query", "GET", `silences${query}`))).toEqual([pointer]);
  });
});

describe("maintenance", () => {
  const WEEKLY = { zone: "Europe/Berlin", weekly: [{ days: ["sun"], from: "02:00", to: "04:00" }] };

  it("is once, of what the labels say or of all", async () => {
    const made = await answer("POST", "maintenance", { id: "m", duration: "1h" }, "admin");
    expect(made).toEqual({
      id: "m",
      state: "active",
      matchers: [],
      startsAt: NOW,
      endsAt: LATER,
      author: "token:admin",
      comment: "",
      updatedAt: NOW,
    });
    expect(await answer("GET", "maintenance/m")).toEqual(made);
  });

  it("is every week, without an end or until one", async () => {
    const made = await answer("POST", "maintenance", { id: "w", matchers: ['hall="2"'], ...WEEKLY }, "admin");
    expect(made).toMatchObject({ state: "pending", ...WEEKLY });
    expect(made).not.toHaveProperty("endsAt");
    const { startsAt, ...until } = { ...WEEKLY, startsAt: NOW, endsAt: LATER };
    expect(await answer("PUT", "maintenance/w", { matchers: ["hall=2"], startsAt, ...until }, "admin")).toMatchObject({
      id: "w",
      endsAt: LATER,
    });
    expect(await answer("DELETE", "maintenance/w", undefined, "admin")).toMatchObject({
      state: "expired",
      endsAt: NOW,
    });
  });

  it.each<[string, object, string[]]>([
    ["weekly times without a zone", { weekly: WEEKLY.weekly }, ["/zone"]],
    ["a zone without weekly times", { zone: "UTC", duration: "1h" }, ["/weekly"]],
    ["a zone that is none", { ...WEEKLY, zone: "Mars/Base" }, ["/zone"]],
    [
      "the whole week",
      {
        zone: "UTC",
        weekly: [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "24:00" }],
      },
      ["/weekly"],
    ],
    ["weekly times and two ends", { ...WEEKLY, endsAt: LATER, duration: "1h" }, ["/endsAt"]],
    ["no time", {}, ["/endsAt"]],
    ["force, which is for silences", { duration: "1h", force: true }, ["/force"]],
  ])("of %s is refused", async (_, body, pointers) => {
    expect(pointersIn(await problem("invalid", "POST", "maintenance", body, "admin"))).toEqual(pointers);
  });
});

describe("a suppression", () => {
  it("is of a rule that there is, on or off", async () => {
    expect(await answer("POST", "suppressions", { id: "x", rule: "disks", duration: "30m" })).toMatchObject({
      id: "x",
      rule: "disks",
      state: "active",
      comment: "",
    });
    await answer("POST", "suppressions", { id: "y", rule: "hosts", duration: "30m" });
    expect(await idsOf("suppressions?rule=hosts")).toEqual(["y"]);
    expect(pointersIn(await problem("not-found", "POST", "suppressions", { rule: "dikss", duration: "30m" }))).toEqual([
      "/rule",
    ]);
    const both = [
      { rule: "disks", duration: "30m" },
      { rule: "dikss", duration: "30m" },
    ];
    expect(pointersIn(await problem("not-found", "POST", "suppressions", both))).toEqual(["/1/rule"]);
    expect(await idsOf("suppressions")).toEqual(["y", "x"]);
  });
});

describe("the policy", () => {
  it("bounds how long people silence", async () => {
    await configure({ maxLength: "1h" });
    for (const [noun, body] of [
      ["silences", SILENCE] as const,
      ["suppressions", { rule: "disks", duration: "1h" }] as const,
    ]) {
      expect(await answer("POST", noun, body)).toMatchObject({ state: "active" });
      const long = { ...body, duration: "61m" };
      expect(pointersIn(await problem("invalid", "POST", noun, long))).toEqual(["/duration"]);
      const until = { ...body, duration: undefined, endsAt: new Date(START + HOUR + 1).toISOString() };
      expect(pointersIn(await problem("invalid", "POST", noun, until))).toEqual(["/endsAt"]);
    }
  });

  it("bounds how much of the last events they mute, and tells the figures", async () => {
    await configure({ maxShare: 30 });
    await post(...labelled(31, { service: "db" }), ...labelled(68, { service: "web" }));
    expect(await answer("POST", "silences", SILENCE)).toMatchObject({ state: "active" }); // too few events to tell
    await post(...labelled(1, { service: "other" }));
    const { errors } = await problem("invalid", "POST", "silences", SILENCE);
    expect(errors).toEqual([
      {
        pointer: "/matchers",
        detail: 'would mute 31 of the last 100 events; the policy allows 30 of 100, and "force" to an admin',
      },
    ]);
    await post(...labelled(4, { service: "more" }));
    expect(await answer("POST", "silences", SILENCE)).toMatchObject({ state: "active" });
  });

  it("bounds several silences together, and leaves the rest of a batch alone", async () => {
    await configure({ maxShare: 30 });
    await post(...labelled(20, { service: "a" }), ...labelled(20, { service: "b" }), ...labelled(60, { service: "c" }));
    expect(pointersIn(await problem("invalid", "POST", "silences", [silenceOf("a"), silenceOf("c")]))).toEqual([
      "/1/matchers",
    ]);
    expect(pointersIn(await problem("invalid", "POST", "silences", [silenceOf("a"), silenceOf("b")]))).toEqual([
      "/0/matchers",
    ]);
    expect(await answer("POST", "silences", [silenceOf("a"), silenceOf("none")])).toMatchObject({ items: [{}, {}] });
  });

  it("gives way to an admin who asks for it, and to nobody else", async () => {
    await configure({ maxShare: 30 });
    await post(...labelled(100, { service: "db" }));
    await problem("invalid", "POST", "silences", SILENCE, "admin");
    await problem("forbidden", "POST", "silences", { ...SILENCE, force: true }, "operator");
    await problem("forbidden", "POST", "silences", [SILENCE, { ...SILENCE, force: true }], "operator");
    expect(await answer("POST", "silences", { ...SILENCE, id: "wide", force: true }, "admin")).toMatchObject({
      id: "wide",
    });
    await problem("forbidden", "PUT", "silences/wide", { ...SILENCE, force: true }, "operator");
    expect(await answer("PUT", "silences/wide", { ...SILENCE, force: true }, "admin")).not.toHaveProperty("force");
  });
});

describe("a preview", () => {
  it("tells which of the last thousand events it would mute, the newest of them", async () => {
    await post(...labelled(600, { service: "web" }));
    site.clock.now = START + 1;
    await post(...labelled(500, { service: "db" }), input("last", { labels: { service: "db" }, subject: "db-1" }));
    const shown: unknown = await answer("POST", "silences/preview", { matchers: DB }, "viewer");
    expect(shown).toMatchObject({ events: { looked: 1000, muted: 501 }, windows: { looked: 0, muted: 0, items: [] } });
    expect(shown).toHaveProperty("events.items.length", 50);
    expect(JSON.stringify(shown)).toContain('"subject":"db-1","labels":{"service":"db"}');
    expect(await answer("POST", "silences/preview", { matchers: ['service="none"'] })).toMatchObject({
      events: { looked: 1000, muted: 0, items: [] },
    });
  });

  it("tells which open windows would say nothing", async () => {
    const action = { id: "hosts-mail", channel: "ops-mail", debounce: { window: "30s", after: 5, cooldown: "1h" } };
    const digest = { id: "hosts-digest", channel: "ops-mail", digest: "1h" };
    await site.configure([rule("hosts", { actions: [action, digest] }), channel(), template()], "acme");
    const scope = { resource: "db-1" };
    await post(input("1", { labels: { service: "db" }, scope }), input("2", { labels: { service: "db" }, scope }));
    expect(await answer("POST", "silences/preview", { matchers: DB })).toMatchObject({
      windows: {
        looked: 2,
        muted: 1,
        items: [{ id: expect.stringMatching(/:flap:/), action: "hosts-mail", count: 1 }],
      },
    });
  });

  it.each<[object, string[]]>([
    [{}, ["/matchers"]],
    [{ matchers: [] }, ["/matchers"]],
    [{ matchers: ["a"] }, ["/matchers/0"]],
    [{ matchers: DB, comment: "c" }, ["/comment"]],
  ])("of %j is refused", async (body, pointers) => {
    expect(pointersIn(await problem("invalid", "POST", "silences/preview", body))).toEqual(pointers);
  });
});
