import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { formerValue } from "../../src/app/object-history.ts";
import type { ObjectParts } from "../../src/app/object-list.ts";
import { HttpError } from "../../src/http/error.ts";
import type { JsonObject } from "../../src/core/json.ts";
import {
  type Ask,
  fieldsOf,
  mailRule,
  makeObjectsSite,
  type ObjectsSite,
  wholeHistory,
} from "../support/objects-api.ts";

let site: ObjectsSite;
let ask: Ask;
let own: Ask;
beforeAll(async () => {
  site = await makeObjectsSite();
  ({ ask, own } = site);
});
afterAll(() => site.close());

const email = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: "email",
  config: { host: "mail.example", from: "a@plant.example" },
  to: ["b@plant.example"],
  ...more,
});
const idsOf = (items: readonly object[] = []): unknown[] => items.map((item) => ("id" in item ? item.id : undefined));

describe("an object's life", () => {
  test("created, read, changed with its version, deleted: each answer has what the next request needs", async () => {
    const made = await own("POST", "/rules?why=disks", { json: mailRule("life") });
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe("/api/v1/rules/life");
    expect(made.body).toMatchObject({ schema: "rule/v1", id: "life", meta: { isGlobal: false, ownerId: "default" } });
    expect(made.etag).toBe(`"${made.body.meta?.hash ?? ""}"`);
    const read = await own("GET", "/rules/life");
    expect([read.status, read.etag, read.body]).toEqual([200, made.etag, made.body]);
    const put = await own("PUT", "/rules/life", {
      json: { ...fieldsOf(read), name: "Life" },
      tag: read.etag,
    });
    expect([put.status, put.body.name]).toEqual([200, "Life"]);
    expect(put.etag).not.toBe(read.etag);
    const gone = await own("DELETE", "/rules/life?why=over", { tag: put.etag });
    expect([gone.status, gone.headers.get("content-type")]).toEqual([204, null]);
    expect((await own("GET", "/rules/life")).status).toBe(404);
    const rows = await wholeHistory(own, "/rules/life");
    expect(rows.map(({ change, why }) => [change, why])).toEqual([
      ["removed", "over"],
      ["changed", undefined],
      ["added", "disks"],
    ]);
    expect(rows[1]).toMatchObject({ via: "api", diff: [{ pointer: "/name", after: "Life" }] });
    expect(rows[1]?.actor).toMatch(/^token:/);
    expect(new Set(rows.map(({ n }) => n)).size).toBe(3);
  });

  test.each<{
    name: string;
    method: string;
    path: string;
    json?: JsonObject;
    headers?: Record<string, string>;
    status: number;
    code: string;
  }>([
    {
      name: "a POST of one that is there",
      method: "POST",
      path: "/rules",
      json: mailRule("backups"),
      status: 409,
      code: "conflict",
    },
    {
      name: "a PUT without a version",
      method: "PUT",
      path: "/rules/backups",
      json: mailRule("backups"),
      status: 428,
      code: "precondition-required",
    },
    {
      name: "a DELETE without a version",
      method: "DELETE",
      path: "/rules/backups",
      status: 428,
      code: "precondition-required",
    },
    {
      name: "a PUT of another version",
      method: "PUT",
      path: "/rules/backups",
      json: mailRule("backups"),
      headers: { "if-match": '"aa"' },
      status: 412,
      code: "precondition-failed",
    },
    {
      name: "a DELETE of another version",
      method: "DELETE",
      path: "/rules/backups",
      headers: { "if-match": '"aa"' },
      status: 412,
      code: "precondition-failed",
    },
    {
      name: "a PUT of one that is gone",
      method: "PUT",
      path: "/rules/nowhere",
      json: mailRule("nowhere"),
      headers: { "if-match": '"aa"' },
      status: 412,
      code: "precondition-failed",
    },
    {
      name: "a DELETE of one that is gone",
      method: "DELETE",
      path: "/rules/nowhere",
      headers: { "if-match": "*" },
      status: 404,
      code: "not-found",
    },
    {
      name: "a PUT that creates what is there",
      method: "PUT",
      path: "/rules/backups",
      json: mailRule("backups"),
      headers: { "if-none-match": "*" },
      status: 412,
      code: "precondition-failed",
    },
    {
      name: "both headers",
      method: "PUT",
      path: "/rules/backups",
      json: mailRule("backups"),
      headers: { "if-none-match": "*", "if-match": "*" },
      status: 400,
      code: "bad-request",
    },
    {
      name: "an id in the body that is not the path's",
      method: "PUT",
      path: "/rules/backups",
      json: mailRule("other"),
      headers: { "if-match": "*" },
      status: 422,
      code: "invalid",
    },
    { name: "a history of nothing", method: "GET", path: "/rules/nowhere/history", status: 404, code: "not-found" },
    {
      name: "a revert without a version",
      method: "POST",
      path: "/rules/backups/revert",
      json: { to: 1 },
      status: 428,
      code: "precondition-required",
    },
    {
      name: "a revert to no version",
      method: "POST",
      path: "/rules/backups/revert",
      json: { to: "b".repeat(64) },
      headers: { "if-match": "*" },
      status: 422,
      code: "invalid",
    },
    {
      name: "a revert to a change that never was",
      method: "POST",
      path: "/rules/backups/revert",
      json: { to: 999_999 },
      headers: { "if-match": "*" },
      status: 422,
      code: "invalid",
    },
    {
      name: "a why that is too long",
      method: "DELETE",
      path: `/rules/backups?why=${"x".repeat(1001)}`,
      headers: { "if-match": "*" },
      status: 400,
      code: "bad-query",
    },
    { name: "another list's cursor", method: "GET", path: "/rules?cursor=channels/a", status: 400, code: "bad-query" },
    {
      name: "a filter of another kind",
      method: "GET",
      path: "/calendars?channel=ops-mail",
      status: 400,
      code: "bad-query",
    },
    { name: "a scope that is none", method: "GET", path: "/rules?scope=all", status: 400, code: "bad-query" },
  ])("$name is refused", async ({ method, path, json, headers, status, code }) => {
    const answered = await own(method, path, {
      ...(json === undefined ? {} : { json }),
      ...(headers === undefined ? {} : { headers }),
    });
    expect([answered.status, answered.body.code]).toEqual([status, code]);
  });

  test("the answer to another version names the present one", async () => {
    const { etag } = await own("GET", "/rules/backups");
    const refused = await own("PUT", "/rules/backups", { json: mailRule("backups"), tag: '"aa"' });
    expect([refused.status, refused.etag]).toEqual([412, etag]);
  });

  test("put back as it was it stays that version, and its history has no line more", async () => {
    const low = await own("GET", "/rules/low");
    const before = await wholeHistory(own, "/rules/low");
    const { etag } = low;
    expect(await own("PUT", "/rules/low", { json: fieldsOf(low), tag: etag })).toMatchObject({ status: 200, etag });
    expect(await wholeHistory(own, "/rules/low")).toEqual(before);
  });
});

describe("what is checked when an object is saved", () => {
  test.each<{ name: string; kind: string; json: JsonObject; pointer: string; words: RegExp }>([
    {
      name: "a missing channel",
      kind: "rules",
      json: mailRule("c1", { actions: [{ id: "c1", channel: "nowhere" }] }),
      pointer: "/actions/0/channel",
      words: /no channel "nowhere"/,
    },
    {
      name: "a missing calendar",
      kind: "rules",
      json: mailRule("c2", { actions: [{ id: "c2", channel: "ops-mail", calendar: "nowhere" }] }),
      pointer: "/actions/0/calendar",
      words: /no calendar/,
    },
    {
      name: "a missing template",
      kind: "rules",
      json: mailRule("c3", { actions: [{ id: "c3", channel: "ops-mail", template: "nowhere" }] }),
      pointer: "/actions/0/template",
      words: /no template/,
    },
    {
      name: "a glob that cannot match",
      kind: "rules",
      json: mailRule("c4", { match: { sources: ["a b"] } }),
      pointer: "/match/sources/0",
      words: /can match nothing/,
    },
    {
      name: "an unknown field",
      kind: "rules",
      json: mailRule("c5", { colour: "red" }),
      pointer: "/colour",
      words: /not known/,
    },
    {
      name: "a wrong schema",
      kind: "rules",
      json: mailRule("c6", { schema: "channel/v1" }),
      pointer: "/schema",
      words: /rule\/v1/,
    },
    { name: "no id", kind: "channels", json: { type: "email" }, pointer: "/id", words: /needed/ },
    {
      name: "a template that does not compile",
      kind: "templates",
      json: { id: "t1", subject: "{{#if}}", text: "t" },
      pointer: "/subject",
      words: /./,
    },
    {
      name: "a calendar that never ends",
      kind: "calendars",
      json: {
        id: "always",
        weekly: [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "24:00" }],
      },
      pointer: "/weekly",
      words: /whole week/,
    },
    { name: "a second policy", kind: "policies", json: { id: "mine" }, pointer: "/id", words: /default/ },
  ])("$name is refused with its place", async ({ kind, json, pointer, words }) => {
    const { status, body } = await own("POST", `/${kind}`, { json });
    expect([status, body.code]).toEqual([422, "invalid"]);
    expect(body.errors?.find((fault) => fault.pointer === pointer)?.detail).toMatch(words);
  });

  test("an array is no object", async () => {
    expect(await own("POST", "/rules", { json: ["a"] })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: "" }] },
    });
  });

  test("what a rule names cannot be deleted, and the answer says which rule", async () => {
    await own("POST", "/channels", { json: email("named") });
    await own("POST", "/rules", { json: mailRule("names-it", { actions: [{ id: "names-it", channel: "named" }] }) });
    const refused = await own("DELETE", "/channels/named", { headers: { "if-match": "*" } });
    expect(refused).toMatchObject({ status: 422, body: { code: "invalid" } });
    expect(refused.body.errors?.[0]?.detail).toMatch(/rules\/names-it at \/actions\/0\/channel/);
    await own("DELETE", "/rules/names-it", { headers: { "if-match": "*" } });
    expect((await own("DELETE", "/channels/named", { headers: { "if-match": "*" } })).status).toBe(204);
  });
});

describe("which version is meant", () => {
  test("is one of a list of tags, of which weak ones never match", async () => {
    const { etag, body } = await own("POST", "/rules", { json: mailRule("tagged") });
    const put = (tag: string): ReturnType<Ask> =>
      own("PUT", "/rules/tagged", { json: fieldsOf({ status: 0, headers: new Headers(), etag, body }), tag });
    for (const tag of [`W/${etag}`, `W/${etag}, "aa"`, '"aa","bb"', `${etag} "aa"`, "*, *", "x"])
      expect([tag, (await put(tag)).status]).toEqual([tag, 412]);
    for (const tag of [etag, `"aa", ${etag}`, `${etag},W/"a,b"`])
      expect([tag, (await put(tag)).status]).toEqual([tag, 200]);
    expect((await own("DELETE", "/rules/tagged", { tag: `"aa", ${etag}` })).status).toBe(204);
  });
});

describe("a dry run of a deletion", () => {
  test("tells what would go and changes nothing, and is refused as the deletion would be", async () => {
    const { etag, body } = await own("POST", "/rules", { json: mailRule("dry") });
    const { n } = site.site.parts.configurations.own("default");
    const dry = await own("DELETE", "/rules/dry?dryRun=true", { tag: etag });
    expect([dry.status, dry.body]).toEqual([
      200,
      { changes: [{ kind: "rules", id: "dry", change: "removed", before: body.meta?.hash }] },
    ]);
    expect((await own("DELETE", "/rules/dry?dryRun=true", { tag: '"aa"' })).status).toBe(412);
    expect((await own("DELETE", "/channels/ops-mail?dryRun=true", { tag: "*" })).status).toBe(422);
    expect((await own("DELETE", "/rules/dry?dryRun=yes", { tag: etag })).status).toBe(400);
    expect(site.site.parts.configurations.own("default").n).toBe(n);
    expect((await own("DELETE", "/rules/dry?dryRun=false", { tag: etag })).status).toBe(204);
  });
});

const bindable = (id: string): JsonObject => ({ id, type: "email", bind: ["host", "from", "to"] });
const boundIn = (tenant: string, id: string): unknown =>
  site.site.parts.configurations.own(tenant).objects[`binding/${id}`];

describe("the values that a site binds to a channel", () => {
  const values = { host: "relay.example", from: "a@plant.example" };

  test("are taken away by null, and with the last one nothing is left of them", async () => {
    await own("POST", "/channels", { json: bindable("taken") });
    const path = "/channels/taken/bind";
    await own("POST", path, { json: { values } });
    expect((await own("POST", path, { json: { values: { host: null } } })).status).toBe(200);
    const [row] = await wholeHistory(own, "/channels/taken");
    expect(row).toMatchObject({ change: "bound", diff: [{ pointer: "/values/host", before: "relay.example" }] });
    await own("PUT", "/channels/taken", { json: { ...bindable("taken"), bind: ["host", "to"] }, tag: "*" });
    expect((await own("POST", path, { json: { values: { from: null } } })).status).toBe(200);
    expect(boundIn("default", "taken")).toBeUndefined();
    expect((await wholeHistory(own, "/channels/taken"))[0]).toMatchObject({ change: "unbound", via: "bind" });
    const { n } = site.site.parts.configurations.own("default");
    expect((await own("POST", path, { json: { values: { host: null } } })).status).toBe(200);
    expect(site.site.parts.configurations.own("default").n).toBe(n);
    const refused = await own("POST", path, { json: { values: { port: null } } });
    expect([refused.status, refused.body.errors?.[0]?.pointer]).toEqual([422, "/values/port"]);
  });

  test("go with an own channel that is deleted, and do not come back with another of that id", async () => {
    await own("POST", "/channels", { json: bindable("gone") });
    await own("POST", "/channels/gone/bind", { json: { values } });
    expect((await own("DELETE", "/channels/gone", { tag: "*" })).status).toBe(204);
    expect(boundIn("default", "gone")).toBeUndefined();
    const [first, second] = await wholeHistory(own, "/channels/gone");
    expect([first?.change, second?.change]).toEqual(["removed", "unbound"]);
    expect(first?.n).toBe(second?.n);
    await own("POST", "/channels", { json: bindable("gone") });
    const bound = site.site.parts.configurations.of("default").channels.get("gone");
    expect(bound?.unbound).toEqual(["host", "from", "to"]);
  });

  test("stay where one of the site's of that id is uncovered", async () => {
    await ask("POST", "/channels", { json: bindable("both"), tenant: "_site" });
    await own("POST", "/channels", { json: bindable("both") });
    await own("POST", "/channels/both/bind", { json: { values } });
    expect((await own("DELETE", "/channels/both", { tag: "*" })).status).toBe(204);
    expect(boundIn("default", "both")).toEqual(expect.any(String));
    expect(site.site.parts.configurations.of("default").channels.get("both")?.unbound).toEqual(["to"]);
    await ask("POST", "/channels/both/bind", { json: { values }, tenant: "_site" });
    expect((await ask("DELETE", "/channels/both", { tag: "*", tenant: "_site" })).status).toBe(204);
    expect(boundIn("_site", "both")).toBeUndefined();
  });

  test("are left as they are by a revert", async () => {
    const made = await own("POST", "/channels", { json: bindable("kept") });
    await own("POST", "/channels/kept/bind", { json: { values } });
    const before = boundIn("default", "kept");
    const to = made.body.meta?.hash ?? "";
    await own("PUT", "/channels/kept", { json: { ...bindable("kept"), concurrency: 2 }, tag: "*" });
    expect((await own("POST", "/channels/kept/revert", { json: { to }, tag: "*" })).status).toBe(200);
    expect(boundIn("default", "kept")).toBe(before);
  });
});

describe("lists", () => {
  test("are in order of ids, page by page, and end", async () => {
    const all = idsOf((await own("GET", "/rules?limit=1000")).body.items);
    expect(all).toEqual([...all].map(String).toSorted());
    const seen: unknown[] = [];
    let path: string | undefined = "/rules?limit=3";
    while (path !== undefined) {
      const page = await own("GET", path);
      seen.push(...idsOf(page.body.items));
      path = /<\/api\/v1([^>]+)>; rel="next"/.exec(page.headers.get("link") ?? "")?.[1];
    }
    expect(seen).toEqual(all);
  });

  test.each<{ path: string; has: readonly string[]; lacks: readonly string[] }>([
    { path: "/rules?name=BACKUP", has: ["backups"], lacks: ["low"] },
    { path: "/rules?channel=ops-mail", has: ["backups"], lacks: [] },
    { path: "/rules?channel=nowhere", has: [], lacks: ["backups"] },
    { path: "/rules?isEnabled=false", has: ["critical"], lacks: ["backups"] },
    { path: "/rules?stream=plant-7/starter", has: ["medium"], lacks: [] },
    { path: "/rules?scope=global", has: [], lacks: ["backups"] },
    { path: "/channels?type=email&isEnabled=true", has: ["ops-mail"], lacks: [] },
    { path: "/templates?scope=global", has: ["tmpl-event"], lacks: [] },
    { path: "/templates?scope=own", has: [], lacks: ["tmpl-event"] },
  ])("$path", async ({ path, has, lacks }) => {
    const ids = idsOf((await own("GET", path)).body.items);
    for (const id of has) expect(ids).toContain(id);
    for (const id of lacks) expect(ids).not.toContain(id);
  });

  test("tell a filter nothing of what the asker may not read", async () => {
    expect(idsOf((await ask("GET", "/templates?purpose=digest")).body.items).length).toBeGreaterThan(0);
    expect((await own("GET", "/templates?purpose=digest")).body.items).toEqual([]);
  });
});

describe("what the site has for all tenants", () => {
  test("a tenant's principal sees by id and name alone, and changes not at all", async () => {
    const hidden = await own("GET", "/calendars/nights");
    expect(hidden.body).toEqual({
      id: "nights",
      name: "Nights",
      meta: expect.objectContaining({ kind: "calendars", isGlobal: true, ownerId: "_site" }),
    });
    expect(hidden.body.meta).not.toHaveProperty("stream");
    const weekly = [{ days: ["mon"], from: "20:00", to: "06:00" }];
    for (const [method, json] of [
      ["PUT", { id: "nights", weekly }],
      ["DELETE", undefined],
    ] as const) {
      const refused = await own(method, "/calendars/nights", {
        tag: hidden.etag,
        ...(json === undefined ? {} : { json }),
      });
      expect(refused).toMatchObject({ status: 409, body: { code: "conflict" } });
      expect(refused.body.detail).toMatch(/for all tenants.*If-None-Match/s);
    }
  });

  test("is covered by an own one of that id, and uncovered when that is deleted", async () => {
    const json = { id: "nights", name: "Ours", weekly: [{ days: ["mon"], from: "20:00", to: "06:00" }] };
    const made = await own("PUT", "/calendars/nights", { json, headers: { "if-none-match": "*" } });
    expect([made.status, made.body.meta?.ownerId]).toEqual([201, "default"]);
    expect((await own("GET", "/calendars/nights")).body).toMatchObject({ name: "Ours" });
    expect((await own("DELETE", "/calendars/nights", { tag: made.etag })).status).toBe(204);
    expect((await own("GET", "/calendars/nights")).body).toMatchObject({ name: "Nights", meta: { ownerId: "_site" } });
    const back = await own("POST", "/calendars/nights/revert", { json: { to: made.body.meta?.hash ?? "" } });
    expect([back.status, back.etag]).toEqual([201, made.etag]);
  });

  test("the site's principal reads and changes, in tenant _site", async () => {
    const { body, etag } = await ask("GET", "/policies/default", { tenant: "_site" });
    expect(body).toMatchObject({ schema: "policy/v1", meta: { stream: "plant-7/starter" } });
    const put = await ask("PUT", "/policies/default", {
      json: { ...JSON.parse(JSON.stringify(body)), itemCap: 100 },
      tag: etag,
      tenant: "_site",
    });
    expect(put).toMatchObject({ status: 200, body: { itemCap: 100, meta: { ownerId: "_site" } } });
    expect(put.body.meta).not.toHaveProperty("stream"); // detached
    const [row] = await wholeHistory((method, path) => ask(method, path, { tenant: "_site" }), "/policies/default");
    expect(row).toMatchObject({ change: "changed", diff: [{ pointer: "/itemCap", before: 500, after: 100 }] });
  });
});

describe("going back", () => {
  test("to what it was after any change, by number or by hash, and once it was deleted", async () => {
    const first = await own("POST", "/rules", { json: mailRule("back", { name: "one" }) });
    const second = await own("PUT", "/rules/back", { json: mailRule("back", { name: "two" }), tag: first.etag });
    const [, added] = await wholeHistory(own, "/rules/back");
    const reverted = await own("POST", "/rules/back/revert?why=oops", {
      json: { to: added?.n ?? 0 },
      tag: second.etag,
    });
    expect([reverted.status, reverted.etag]).toEqual([200, first.etag]);
    expect((await wholeHistory(own, "/rules/back"))[0]).toMatchObject({ via: "revert", why: "oops" });
    const again = await own("POST", "/rules/back/revert", {
      json: { to: second.body.meta?.hash ?? "" },
      tag: first.etag,
    });
    expect(again.body.name).toBe("two");
    await own("DELETE", "/rules/back", { tag: again.etag });
    const risen = await own("POST", "/rules/back/revert", { json: { to: second.body.meta?.hash ?? "" } });
    expect([risen.status, risen.etag]).toEqual([201, second.etag]);
  });

  test("a change before the records, and one that never was, are told apart", async () => {
    const { configurations, store } = site.site.parts;
    const { read } = store;
    const unrecorded: typeof read = {
      ...read,
      cell: async (noun, tenant, key) => (noun === "change" ? undefined : await read.cell(noun, tenant, key)),
    };
    const place = { tenant: "default", kind: "rules", id: "low" } as const;
    const told = async (parts: ObjectParts, to: number): Promise<unknown> =>
      await formerValue(parts, place, to).catch((error: unknown) =>
        error instanceof HttpError ? error.errors : error,
      );
    const old: ObjectParts = { configurations, store: { ...store, read: unrecorded } };
    const [before, never] = [await told(old, 1), await told(old, 999_999)];
    expect(before).toMatchObject([{ pointer: "/to", detail: expect.stringMatching(/were not recorded/) }]);
    expect(never).toMatchObject([{ pointer: "/to", detail: expect.stringMatching(/no change 999999/) }]);
  });

  test("to a hash looks through so many changes and says when it stopped", async () => {
    const { parts } = site.site;
    const first = await own("POST", "/rules", { json: mailRule("deep", { name: "0" }) });
    for (let n = 1; n <= 4; n++)
      await own("PUT", "/rules/deep", { json: mailRule("deep", { name: String(n) }), tag: "*" });
    const place = { tenant: "default", kind: "rules", id: "deep" } as const;
    const to = first.body.meta?.hash ?? "";
    await expect(formerValue(parts, place, to, 4)).resolves.toMatchObject({ name: "0" });
    const refused = formerValue(parts, place, to, 3);
    await expect(refused).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/to", detail: expect.stringMatching(/newest 3 changes.*number of the change/) }],
    });
  });

  test("never to a version that another object or tenant had", async () => {
    const { body } = await ask("GET", "/calendars/nights", { tenant: "_site" });
    const refused = await own("POST", "/calendars/nobody/revert", { json: { to: body.meta?.hash ?? "" } });
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ pointer: "/to" }] } });
  });
});

describe("a history tells of each way in", () => {
  test("kit, bind, config apply and the API, with what each changed", async () => {
    const bound = await own("POST", "/channels/ops-mail/bind", { json: { values: { host: "relay.example" } } });
    expect(bound.status).toBe(200);
    const { etag, body } = await own("GET", "/channels/ops-mail");
    const { meta: _, ...value } = JSON.parse(JSON.stringify(body));
    await own("PUT", "/channels/ops-mail", { json: { ...value, concurrency: 2 }, tag: etag });
    const objects = { "channels/ops-mail": { ...value, concurrency: 3 } };
    await own("POST", "/config/apply", { json: { objects, why: "by folder" } });
    const rows = await wholeHistory(own, "/channels/ops-mail", 1);
    expect(rows.map(({ change, via, why }) => [change, via, why])).toEqual([
      ["changed", "config", "by folder"],
      ["changed", "api", undefined],
      ["bound", "bind", undefined],
      ["added", "kit", undefined],
    ]);
    expect(rows[2]?.diff).toEqual([
      { pointer: "", after: expect.objectContaining({ values: { host: "relay.example" } }) },
    ]);
    expect(rows.at(-1)).toMatchObject({ n: 1, kit: { stream: "plant-7/starter" } });
  });
});

test("a channel says what came of its tries, without becoming another version", async () => {
  const before = await own("GET", "/channels/ops-mail");
  expect(before.body.meta).toMatchObject({ successCount: 0, failureCount: 0 });
  const event = { specversion: "1.0", id: "1", source: "/t", type: "backup.done", severitytext: "high" };
  await own("POST", "/events", { headers: { "content-type": "application/cloudevents+json" }, json: event });
  const { items } = (await own("GET", "/deliveries")).body;
  const tries = idsOf(items).map((id) => ({
    kind: "tried" as const,
    delivery: String(id),
    channel: "ops-mail",
    n: 1,
    outcome: { kind: "sent" as const, out: { code: "250", st: "ok", ms: 3 } },
  }));
  expect(tries.length).toBeGreaterThan(0);
  await site.site.parts.store.transact({ flow: "attempt", tenant: "default", input: { tries } });
  const after = await own("GET", "/channels/ops-mail");
  expect(after.etag).toBe(before.etag);
  expect(after.body.meta).toMatchObject({
    successCount: tries.length,
    failureCount: 0,
    lastUsedAt: expect.stringMatching(/Z$/),
  });
});
