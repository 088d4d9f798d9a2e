import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Json } from "../../src/core/json.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";

const Item = z.strictObject({
  locale: z.string(),
  used: z.string().optional(),
  subject: z.string(),
  text: z.string(),
  html: z.string().optional(),
  problems: z.array(z.strictObject({ pointer: z.string().optional(), detail: z.string() })),
});
const Preview = z.strictObject({ items: z.array(Item) });
const Problem = z.looseObject({ errors: z.array(z.looseObject({ pointer: z.string(), detail: z.string() })) });

const INLINE = {
  specversion: "1.0",
  id: "1",
  source: "/s",
  type: "disk.full",
  severitytext: "high",
  data: { free: 3 },
};
const OWN = { schema: "template/v1", id: "own", subject: "{{title}}", text: "{{event.type}} at {{time receivedAt}}" };
const SPEAKING = {
  schema: "template/v1",
  id: "speaking",
  subject: "{{t 'head'}}",
  text: "{{t 'head'}} {{t 'more'}}",
  messages: { en: { head: "Full", more: "see" }, bg: { head: "Пълен" } },
};

let site: RunningSite;

async function ask(route: string, body: Json, type = "application/json"): Promise<Response> {
  return await site.request("POST", `/api/v1${route}`, { body: JSON.stringify(body), type });
}
async function preview(body: Json): Promise<readonly z.infer<typeof Item>[]> {
  const response = await ask("/templates/preview", body);
  expect(response.status, await response.clone().text()).toBe(200);
  return Preview.parse(await response.json()).items;
}

beforeAll(async () => {
  const folder = temporaryFolder();
  const dir = path.join(folder.dir, "site");
  await makeSite(dir);
  site = await openSite(dir);
  return async () => {
    await site.close();
    folder.remove();
  };
});

describe("the preview of a template", () => {
  it("shows a saved one with a sample in every language that it has", async () => {
    const items = await preview({ template: "tmpl-event", event: { sample: "scanner.report.ready" } });
    expect(items.length).toBeGreaterThan(1);
    for (const { locale, used, subject, text, html, problems } of items) {
      expect(used).toBe(locale);
      expect(subject).not.toBe("");
      expect(text).not.toBe("");
      expect(html).toContain("<");
      expect(problems).toEqual([]);
    }
    expect(new Set(items.map(({ text }) => text)).size).toBe(items.length);
  });

  it("shows one that is not saved with an event that is not recorded, in the tenant's language", async () => {
    const items = await preview({ template: OWN, event: INLINE });
    expect(items).toMatchObject([{ locale: "en", subject: "disk.full", problems: [] }]);
    expect(items[0]?.used).toBeUndefined();
    expect(items[0]?.text).toMatch(/^disk\.full at /);
  });

  it("takes one as GET answers it, and one without its schema", async () => {
    const saved = await ask("/templates", OWN);
    expect(saved.status, await saved.clone().text()).toBe(201);
    const shown = await site.request("GET", "/api/v1/templates/own");
    const template = z.record(z.string(), z.json()).parse(await shown.json());
    expect(template).toHaveProperty("meta");
    const { schema: _, ...bare } = OWN;
    const before = await preview({ template: OWN, event: INLINE });
    for (const given of [template, bare]) {
      const [item] = await preview({ template: given, event: INLINE });
      expect([item?.subject, item?.problems]).toEqual([before[0]?.subject, []]);
    }
  });

  it("says which language answers, and what that one lacks", async () => {
    const items = await preview({ template: SPEAKING, event: INLINE, locales: ["bg-BG", "de", "en"] });
    expect(items.map(({ locale, used, text }) => [locale, used, text.trim()])).toEqual([
      ["bg-BG", "bg", "Пълен see"],
      ["de", "en", "Full see"],
      ["en", "en", "Full see"],
    ]);
    expect(items[0]?.problems).toMatchObject([{ pointer: "/template/messages/bg" }]);
  });

  it("tells times by the clock that is asked for", async () => {
    const timed = {
      ...SPEAKING,
      text: "{{t 'head' at=receivedAt}}",
      messages: { en: { head: "{at, time, short}" } },
      subject: "s",
    };
    const one = await preview({ template: timed, event: INLINE, zone: "UTC" });
    const other = await preview({ template: timed, event: INLINE, zone: "Asia/Kolkata" });
    expect(one[0]?.problems).toEqual([]);
    expect(one[0]?.text).not.toBe(other[0]?.text);
  });

  it("shows a digest template as a digest, and another one so where that is asked for", async () => {
    const [digest] = await preview({ template: "tmpl-digest-hourly", event: INLINE, locale: "en" });
    expect(digest?.text).toContain("disk.full");
    const [single] = await preview({ template: OWN, event: INLINE, digest: true });
    expect(single?.subject).toContain("1 event");
  });

  it("shows a recorded event to its tenant alone, and keeps nothing", async () => {
    const posted = await ask("/events", INLINE, "application/cloudevents+json");
    const { events } = z.looseObject({ events: z.array(z.looseObject({ id: z.string() })) }).parse(await posted.json());
    const id = events[0]?.id ?? "";
    const before = await site.parts.store.read.log("default");
    expect(await preview({ template: OWN, event: { id } })).toMatchObject([{ subject: "disk.full" }]);
    expect((await site.parts.store.read.log("default"))?.size).toBe(before?.size);
    const foreign = await site.request("POST", "/api/v1/templates/preview", {
      tenant: "_site",
      body: JSON.stringify({ template: OWN, event: { id } }),
      type: "application/json",
    });
    expect(foreign.status).toBe(404);
  });

  it.each([
    [404, { template: "nowhere", event: INLINE }],
    [404, { template: OWN, event: { id: "ev_00000000000000000000000000" } }],
    [404, { template: OWN, event: { sample: "no.such.type" } }],
    [403, { template: OWN, event: { ...INLINE, tenant: "globex" } }],
  ])("answers %i for %j", async (status, body) => {
    expect((await ask("/templates/preview", body)).status).toBe(status);
  });

  it.each([
    ["/template/text", { template: { ...OWN, text: "{{#if}" }, event: INLINE }],
    ["/template/colour", { template: { ...OWN, colour: "red" }, event: INLINE }],
    ["/event/type", { template: OWN, event: { ...INLINE, type: "" } }],
    ["/event/data/reportId", { template: OWN, event: { ...INLINE, type: "scanner.report.ready" } }],
    ["/event", { template: OWN, event: { name: "x" } }],
    ["/zone", { template: OWN, event: INLINE, zone: "Mars/Base" }],
    ["/locales/0", { template: OWN, event: INLINE, locales: ["!"] }],
    ["/locales", { template: OWN, event: INLINE, locales: ["en"], locale: "en" }],
    ["/more", { template: OWN, event: INLINE, more: 1 }],
  ])("names %s", async (pointer, body) => {
    const response = await ask("/templates/preview", body);
    expect(response.status).toBe(422);
    expect(Problem.parse(await response.json()).errors.map((fault) => fault.pointer)).toContain(pointer);
  });
});
