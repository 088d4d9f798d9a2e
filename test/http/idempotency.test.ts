import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { temporaryFolder, makeSite, openSite, type RunningSite } from "../support/site.ts";
import { DOCS } from "../../src/http/docs/index.ts";
import { type RouteName, ROUTES, takesBody } from "../../src/http/permissions.ts";
import { SITE_TENANT } from "../../src/core/cells.ts";

const EVENT = (id: string): string =>
  JSON.stringify({ specversion: "1.0", id, source: "urn:test", type: "test.once", data: {} });
const folder = temporaryFolder();
let site: RunningSite;

beforeAll(async () => {
  await makeSite(folder.dir);
  site = await openSite(folder.dir);
});
afterAll(async () => {
  await site.close();
  folder.remove();
});

async function post(
  path: string,
  { key, body, type = "application/json" }: { key?: string; body?: string; type?: string },
): Promise<{ status: number; replayed: string | null; text: string; code: unknown }> {
  const response = await site.app.fetch(
    new Request(`http://local${path}`, {
      method: "POST",
      headers: {
        "sealpost-tenant": "default",
        ...(key === undefined ? {} : { "idempotency-key": key }),
        ...(body === undefined ? {} : { "content-type": type }),
      },
      ...(body === undefined ? {} : { body }),
    }),
    { local: { uid: 1000 } },
  );
  const text = await response.text();
  const code: unknown = text.startsWith("{") ? Reflect.get(JSON.parse(text), "code") : undefined;
  return { status: response.status, replayed: response.headers.get("idempotent-replayed"), text, code };
}

const SILENCE = JSON.stringify({ matchers: ['host="a"'], comment: "being mended", duration: "1h" });
const silences = async (): Promise<number> => {
  const response = await site.request("GET", "/api/v1/silences");
  return z.object({ items: z.array(z.unknown()) }).parse(await response.json()).items.length;
};

const answersKept = async (): Promise<number> =>
  (await site.parts.store.read.cells("answer", "default", "", 1000)).length;

describe("a request with an Idempotency-Key", () => {
  it("is done once, and answered again as it was", async () => {
    const before = await silences();
    const first = await post("/api/v1/silences", { key: "k-1", body: SILENCE });
    const again = await post("/api/v1/silences", { key: "k-1", body: SILENCE });
    expect(first.status).toBe(201);
    expect({ ...again, replayed: null }).toEqual(first);
    expect(again.replayed).toBe("true");
    expect(await silences()).toBe(before + 1);
  });

  it("is done again where it has another key, or none", async () => {
    const before = await silences();
    for (const key of ["k-2", "k-3", undefined])
      expect(
        (await post("/api/v1/silences", { body: SILENCE, ...(key === undefined ? {} : { key }) })).replayed,
      ).toBeNull();
    expect(await silences()).toBe(before + 3);
  });

  it.each([
    ["another body", "/api/v1/silences", SILENCE.replace("1h", "2h")],
    ["another path", "/api/v1/suppressions", SILENCE],
  ])("refuses its key for %s", async (_, path, body) => {
    await post("/api/v1/silences", { key: "k-4", body: SILENCE });
    const answer = await post(path, { key: "k-4", body });
    expect([answer.status, answer.code]).toEqual([422, "key-reused"]);
  });

  it("frees its key where it was refused and changed nothing", async () => {
    const bad = await post("/api/v1/silences", { key: "k-5", body: "{}" });
    expect([bad.status, bad.code]).toEqual([422, "invalid"]);
    expect((await post("/api/v1/silences", { key: "k-5", body: SILENCE })).status).toBe(201);
  });

  it("is done once of many that come together", async () => {
    const before = await silences();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post("/api/v1/silences", { key: "k-6", body: SILENCE })),
    );
    expect(answers.filter(({ status, replayed }) => status === 201 && replayed === null)).toHaveLength(1);
    for (const { status, code, replayed } of answers)
      expect(status === 201 || (status === 409 && code === "key-open"), `${status} ${replayed}`).toBe(true);
    expect(await silences()).toBe(before + 1);
  });

  it("leaves events to their own ids: a key neither keeps one back nor fills up", async () => {
    const type = "application/cloudevents+json";
    const answers = [];
    for (const id of ["a", "a", "b"]) answers.push(await post("/api/v1/events", { key: "k-7", body: EVENT(id), type }));
    expect(answers.map(({ status, replayed }) => [status, replayed])).toEqual([
      [202, null],
      [202, null],
      [202, null],
    ]);
    expect(answers.map(({ text }) => text.includes('"duplicate":true'))).toEqual([false, true, false]);
  });

  it("is kept where it has no body", async () => {
    const answer = await post("/api/v1/digests/nothing/flush", { key: "k-8" });
    expect(answer.status).toBe(404);
    expect((await post("/api/v1/digests/nothing/flush", { key: "k-8" })).code).toBe("not-found");
  });

  it("is done once where it carries a body that nothing reads", async () => {
    const rule = { schema: "rule/v1", id: "hourly", actions: [{ id: "hourly", channel: "ops-mail", digest: "1h" }] };
    await post("/api/v1/config/apply", { body: JSON.stringify({ objects: { "rules/hourly": rule } }) });
    await post("/api/v1/events", { body: EVENT("digest"), type: "application/cloudevents+json" });
    const first = await post("/api/v1/digests/hourly/flush", { key: "k-flush", body: "{}" });
    const again = await post("/api/v1/digests/hourly/flush", { key: "k-flush", body: "{}" });
    expect([first.status, first.replayed, again.replayed, again.text]).toEqual([200, null, "true", first.text]);
  });

  it("is one at a path and at its aliases", async () => {
    const body = JSON.stringify({ channels: ["ops-mail"], message: "by another name", dryRun: false });
    const first = await post("/api/v1/notify/send", { key: "k-alias", body });
    const again = await post("/api/v1/notifications/send", { key: "k-alias", body });
    expect([first.status, again.replayed, again.text]).toEqual([202, "true", first.text]);
  });

  it("keeps nothing of a dry run, whose key is free", async () => {
    const before = await answersKept();
    const body = { channels: ["ops-mail"], message: "only shown" };
    for (const _ of [1, 2]) {
      const shown = await post("/api/v1/notify/send", { key: "k-dry", body: JSON.stringify(body) });
      expect([shown.status, shown.replayed]).toEqual([200, null]);
    }
    expect(await answersKept()).toBe(before);
    const sent = await post("/api/v1/notify/send", { key: "k-dry", body: JSON.stringify({ ...body, dryRun: false }) });
    expect(sent.status).toBe(202);
  });

  it("says that it was done where its answer was too long to be kept", async () => {
    const many = Array.from({ length: 500 }, (_, at) => ({
      matchers: [`host="long-${at}"`],
      comment: "x".repeat(100),
      duration: "1h",
    }));
    const body = JSON.stringify(many);
    const first = await post("/api/v1/silences", { key: "k-long", body });
    expect([first.status, first.text.length > 64 * 1024]).toEqual([201, true]);
    const again = await post("/api/v1/silences", { key: "k-long", body });
    expect([again.status, again.code]).toEqual([409, "key-done"]);
    expect(again.text).toContain("it was done and answered 201");
  });

  it.each(["", "two words", "\u00e9", "x".repeat(256)])("refuses %j for a key", async (key) => {
    const answer = await post("/api/v1/silences", { key, body: SILENCE });
    expect([answer.status, answer.code]).toEqual([400, "bad-request"]);
  });

  it("keeps nothing in clear: what is told once only is told to nobody else", async () => {
    const first = await post("/api/v1/silences", {
      key: "k-9",
      body: SILENCE.replace("being mended", "marked-for-the-search"),
    });
    expect(first.status).toBe(201);
    const cells = await site.parts.store.read.cells("answer", "default", "", 100);
    expect(cells.length).toBeGreaterThan(5);
    expect(JSON.stringify(cells)).not.toContain("marked-for-the-search");
    expect(await site.parts.store.read.cells("answer", SITE_TENANT, "", 10)).toEqual([]);
  });

  it("lasts over a restart; one that was cut off is not done again", async () => {
    await post("/api/v1/silences", { key: "k-10", body: SILENCE });
    const cut = { actor: "local:1000", tenant: "default" };
    await site.services.answers.claim(cut, "k-11", "f".repeat(64));
    await site.close();
    site = await openSite(folder.dir);
    expect((await post("/api/v1/silences", { key: "k-10", body: SILENCE })).replayed).toBe("true");
    expect((await post("/api/v1/silences", { key: "k-11", body: SILENCE })).code).toBe("key-reused");
    const before = await silences();
    expect(await site.services.answers.claim(cut, "k-11", "f".repeat(64))).toMatchObject({ kind: "open" });
    expect(await silences()).toBe(before);
  });

  it("is refused where its tenant has too many answers kept, and done without a key", async () => {
    const { answers } = site.services;
    const body = "x".repeat(64 * 1024);
    await Promise.all(
      Array.from({ length: 400 }, async (_, at) => {
        const caller = { actor: "token:many", tenant: "default" };
        await answers.claim(caller, `k-${at}`, "f".repeat(64));
        await answers.keep(caller, `k-${at}`, { status: 200, headers: {}, body });
      }),
    );
    const refused = await post("/api/v1/silences", { key: "k-full", body: SILENCE });
    expect([refused.status, refused.code]).toEqual([429, "keys-full"]);
    expect((await post("/api/v1/silences", { key: "k-10", body: SILENCE })).replayed).toBe("true");
    expect((await post("/api/v1/silences", { body: SILENCE })).status).toBe(201);
  });
});

it("every route that takes a key and has no body is known as one", () => {
  const bodiless = Object.entries(DOCS).filter(
    ([name, doc]) => name.startsWith("POST /api/") && doc.body === undefined,
  );
  const names = Object.keys(DOCS).filter(isRoute);
  expect(bodiless.map(([name]) => name)).toEqual(names.filter((name) => !takesBody(name)));
});

function isRoute(name: string): name is RouteName {
  return Object.hasOwn(ROUTES, name);
}
