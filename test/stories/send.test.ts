import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Json } from "../../src/core/json.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";

const RULES: readonly Json[] = [
  { schema: "rule/v1", id: "off", isEnabled: false, actions: [{ id: "off-mail", channel: "ops-mail" }] },
  {
    schema: "rule/v1",
    id: "past",
    validUntil: "2020-01-01T00:00:00Z",
    actions: [{ id: "past-mail", channel: "ops-mail" }],
  },
  {
    schema: "rule/v1",
    id: "noisy",
    match: { types: ["never.seen"] },
    limit: { count: 1, per: "1h" },
    actions: [
      {
        id: "one",
        channel: "ops-mail",
        to: ["a@x.example", "b@x.example"],
        digest: "1h",
        dedupe: { window: "1h" },
        calendar: "always",
      },
      {
        id: "two",
        channel: "ops-mail",
        to: ["c@x.example"],
        throttle: { burst: 1, per: "1h" },
        debounce: { window: "30s" },
      },
    ],
  },
  { schema: "rule/v1", id: "catch-all", actions: [{ id: "catch-all", channel: "ops-mail" }] },
];
const CALENDAR = {
  schema: "calendar/v1",
  id: "always",
  weekly: [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "23:59" }],
};

const Verdict = z.looseObject({
  status: z.string(),
  stage: z.string().optional(),
  reason: z.looseObject({ code: z.string() }).optional(),
});
const Trial = z.looseObject({
  dryRun: z.literal(true),
  gates: z.object({ asked: z.array(z.string()), passed: z.array(z.string()) }),
  deliveries: z.array(
    z.looseObject({
      rule: z.string(),
      action: z.string(),
      recipients: z.array(z.string()),
      template: z.string().optional(),
      subject: z.string().optional(),
      text: z.string().optional(),
      verdict: Verdict,
    }),
  ),
});
const Receipt = z.looseObject({
  dryRun: z.literal(false),
  id: z.string(),
  duplicate: z.boolean(),
  deliveries: z.array(z.looseObject({ id: z.string(), status: z.string() })),
});

let site: RunningSite;

async function ask(route: string, body: Json): Promise<Response> {
  return await site.request("POST", `/api/v1${route}`, { body: JSON.stringify(body), type: "application/json" });
}
async function shown(route: string): Promise<unknown> {
  const response = await site.request("GET", `/api/v1${route}`);
  expect(response.status).toBe(200);
  return await response.json();
}
async function trial(body: Record<string, Json>): Promise<z.infer<typeof Trial>> {
  const response = await ask("/notify/send", body);
  expect(response.status, await response.clone().text()).toBe(200);
  return Trial.parse(await response.json());
}
async function sent(body: Record<string, Json>): Promise<z.infer<typeof Receipt>> {
  const response = await ask("/notify/send", { ...body, dryRun: false });
  expect(response.status, await response.clone().text()).toBe(202);
  return Receipt.parse(await response.json());
}

/** Asked with a token of these scopes. */
async function withScopes(scopes: readonly string[], body: Json): Promise<Response> {
  const made = await ask("/tokens", { name: "some", scopes: [...scopes] });
  expect(made.status, await made.clone().text()).toBe(201);
  const { token } = z.looseObject({ token: z.string() }).parse(await made.json());
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const url = "http://local/api/v1/notify/send";
  return await site.app.fetch(new Request(url, { method: "POST", headers, body: JSON.stringify(body) }), {});
}
/** Sends with an Idempotency-Key. */
async function keyed(message: string): Promise<Response> {
  const headers = { "content-type": "application/json", "idempotency-key": "k-1", "sealpost-tenant": "default" };
  const body = JSON.stringify({ channels: ["ops-mail"], message, dryRun: false });
  const request = new Request("http://local/api/v1/notify/send", { method: "POST", body, headers });
  return await site.app.fetch(request, { local: { uid: 1 } });
}

beforeAll(async () => {
  const folder = temporaryFolder();
  const dir = path.join(folder.dir, "site");
  await makeSite(dir);
  site = await openSite(dir);
  const objects = {
    ...Object.fromEntries(RULES.map((value) => [`rules/${z.object({ id: z.string() }).parse(value).id}`, value])),
    "calendars/always": CALENDAR,
  };
  const applied = await ask("/config/apply", { objects });
  expect(applied.status, await applied.clone().text()).toBe(200);
  return async () => {
    await site.close();
    folder.remove();
  };
});

describe("a dry run", () => {
  it("shows each action's message and keeps nothing", async () => {
    const before = await site.parts.store.read.log("default");
    const shownNow = await trial({
      rule: "noisy",
      message: "Pump 2 leaks",
      subject: "Leak",
      evidence: { pressure: 3 },
    });
    expect(shownNow.gates).toEqual({
      asked: ["channel", "silence", "maintenance"],
      passed: ["dedupe", "quiet", "debounce", "digest", "throttle"],
    });
    expect(shownNow.deliveries).toMatchObject([
      {
        action: "one",
        recipients: ["a@x.example", "b@x.example"],
        verdict: { status: "pending" },
        template: "tmpl-event",
      },
      { action: "two", recipients: ["c@x.example"], verdict: { status: "pending" } },
    ]);
    expect(shownNow.deliveries[0]?.subject).toContain("Leak");
    expect(shownNow.deliveries[0]?.text).toContain("Pump 2 leaks");
    expect(shownNow.deliveries[0]?.text).toMatch(/pressure.*3/s);
    expect((await site.parts.store.read.log("default"))?.size).toBe(before?.size);
    expect((await site.parts.store.read.events("default", { limit: 10, source: "urn:sealpost:send" })).items).toEqual(
      [],
    );
  });

  it.each([
    [404, { rule: "nowhere", message: "x" }],
    [404, { channels: ["nowhere"], message: "x" }],
    [409, { rule: "off", message: "x" }],
    [409, { rule: "past", message: "x" }],
    [422, { message: "x" }],
    [422, { rule: "noisy", channels: ["ops-mail"], message: "x" }],
    [422, { rule: "noisy", to: ["a@x.example"], message: "x" }],
    [422, { channels: ["ops-mail", "ops-mail"], message: "x" }],
    [422, { channels: ["ops-mail"] }],
    [422, { channels: ["ops-mail"], message: "x", severity: "purple" }],
    [422, { channels: ["ops-mail"], message: "x", scope: { host: "y" } }],
    [422, { channels: ["ops-mail"], message: "x", to: ["nobody"] }],
  ])("answers %i for %j", async (status, body) => {
    for (const dryRun of [true, false]) expect((await ask("/notify/send", { ...body, dryRun })).status).toBe(status);
  });
});

describe("what is sent by hand", () => {
  it("goes by exactly the rule's actions, through no gate that cuts noise, each time", async () => {
    for (let at = 0; at < 3; at++) {
      const { deliveries } = await sent({ rule: "noisy", message: "again" });
      expect(deliveries.map(({ status }) => status)).toEqual(["pending", "pending", "pending"]);
    }
  });

  it("is an event whose leaf names who sent it, and the rule that stands for channels is kept", async () => {
    const { id, deliveries } = await sent({
      channels: ["ops-mail"],
      to: ["d@x.example"],
      message: "by channel",
      labels: { host: "db" },
    });
    const found = await site.parts.store.read.event("default", id);
    expect(found?.event).toMatchObject({
      type: "sealpost.notify.send",
      source: "urn:sealpost:send",
      severity: "high",
      labels: { host: "db" },
      data: { message: "by channel", send: { channels: ["ops-mail"] } },
    });
    expect(found?.line).not.toContain("d@x.example");
    const leaf = parseLeaf((await site.parts.store.read.leaves("default", found?.seq ?? 0, 1))[0] ?? "");
    expect(leaf).toMatchObject({ type: "event.decision", id });
    expect(leaf.actor).toMatch(/^local:\d+$/);
    expect(leaf.drafts).toHaveLength(1);
    const ref = leaf.drafts?.[0]?.rule ?? "";
    expect(ref).toMatch(/^_send@[0-9a-f]{12}$/);
    expect(await site.parts.store.read.cell("rule", "default", ref)).toMatchObject({
      id: "_send",
      actions: [{ id: "ops-mail", channel: "ops-mail" }],
    });
    const rules = async (): Promise<string> =>
      JSON.stringify(await site.parts.store.read.cells("rule", "default", "", 100));
    const before = await rules();
    expect(before).not.toContain("d@x.example");
    await sent({ channels: ["ops-mail"], to: ["e@x.example"], message: "to another" });
    expect(await rules()).toBe(before);
    const delivery = await site.parts.store.read.cell("delivery", "default", deliveries[0]?.id ?? "");
    expect(delivery).toMatchObject({ to: "d@x.example", rule: ref, template: { id: "tmpl-event" } });
  });

  it("is muted by what people stated, and says so beforehand", async () => {
    const silence = { matchers: ['host="muted"'], duration: "1h", comment: "planned" };
    const made = await ask("/silences", silence);
    expect(made.status, await made.clone().text()).toBe(201);
    const body = { channels: ["ops-mail"], message: "x", labels: { host: "muted" } };
    expect((await trial(body)).deliveries).toMatchObject([
      { verdict: { status: "silenced", stage: "silence", reason: { code: "silenced" } } },
    ]);
    expect((await sent(body)).deliveries).toMatchObject([{ status: "silenced" }]);
  });

  it("is explained as what it is", async () => {
    const Explained = z.looseObject({
      rulesDecided: z.boolean(),
      isHandSent: z.literal(true),
      cause: z.looseObject({ sentence: z.string() }),
      drafts: z.array(
        z.looseObject({
          stages: z.array(z.looseObject({ stage: z.string(), outcome: z.string(), sentence: z.string() })),
        }),
      ),
    });
    for (const body of [
      { rule: "noisy", message: "x" },
      { channels: ["ops-mail"], message: "x" },
    ]) {
      const { id, deliveries } = await sent(body);
      const told = Explained.parse(await shown(`/events/${id}/explain`));
      expect(told.rulesDecided).toBe(false);
      expect(told.cause.sentence).toContain("A person sent it by hand");
      const stages = told.drafts[0]?.stages ?? [];
      expect(stages.filter(({ outcome }) => outcome === "not-asked").map(({ stage }) => stage)).toEqual([
        "dedupe",
        "quiet",
        "debounce",
        "digest",
        "throttle",
      ]);
      const text = await (await site.request("GET", `/api/v1/events/${id}/explain?format=text`)).text();
      expect(text).toContain("Rules: not asked, because a person sent it and named who is told.");
      const asked = await site.request("GET", `/api/v1/events/${id}/explain?rule=catch-all`);
      expect(await asked.text()).toContain("this rule was not asked");
      expect((await site.request("GET", `/api/v1/deliveries/${deliveries[0]?.id ?? ""}/explain`)).status).toBe(200);
    }
  });

  it("is done once for one Idempotency-Key, and anew when a day is over", async () => {
    const first = Receipt.parse(await (await keyed("once")).json());
    const again = Receipt.parse(await (await keyed("once")).json());
    expect(again.id).toBe(first.id);
    expect((await keyed("another")).status).toBe(422);
    const from = site.parts.instants.now();
    const set = { from, to: from - 2 * 86_400_000 }; // and two days go by until it is as late again
    await site.parts.store.transact({ flow: "clock-jump", tenant: "_site", input: set });
    const later = Receipt.parse(await (await keyed("once")).json());
    expect([later.duplicate, later.id === first.id]).toEqual([false, false]);
  });
});

describe("addressees", () => {
  const NAMED = { channels: ["ops-mail"], to: ["f@x.example"], message: "x" };

  it("are not shown to who may only send, nor named by him", async () => {
    const told = await withScopes(["notifications.send"], { rule: "noisy", message: "x" });
    expect(told.status).toBe(200);
    const text = await told.text();
    expect(text).toContain('"action":"one"');
    expect(text).not.toContain("a@x.example");
    for (const dryRun of [true, false]) {
      const refused = await withScopes(["notifications.send"], { ...NAMED, dryRun });
      expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('"pointer":"/to"')]);
    }
    expect((await withScopes(["notifications.send"], { rule: "noisy", message: "x", dryRun: false })).status).toBe(202);
  });

  it.each(["notifications.deliveries.read", "notifications.channels.read"])("are shown with %s", async (scope) => {
    const told = await withScopes(["notifications.send", scope], NAMED);
    expect([told.status, await told.text()]).toEqual([200, expect.stringContaining("f@x.example")]);
  });
});

it("no other source can say that a person sent it", async () => {
  const event = { specversion: "1.0", id: "1", source: "urn:sealpost:send", type: "sealpost.notify.send" };
  const response = await site.request("POST", "/api/v1/events", {
    body: JSON.stringify(event),
    type: "application/cloudevents+json",
  });
  expect(response.status).toBe(422);
  expect(await response.text()).toContain('"/source"');
});
