import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../src/http/docs/document.ts";
import { OPERATION_IDS } from "../../src/http/docs/operation-ids.ts";
import { ROUTES } from "../../src/http/permissions.ts";
import { testHttp } from "../support/http.ts";

const Document = z.looseObject({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))),
});

async function page(): Promise<{ readonly html: string; readonly policy: string }> {
  const response = await testHttp().app.request("/api/v1/docs");
  expect(response.status).toBe(200);
  return { html: await response.text(), policy: response.headers.get("content-security-policy") ?? "" };
}

test("the document has every route, and each has a name that no other has", () => {
  const { openapi, paths } = Document.parse(openApiDocument());
  expect(openapi).toBe("3.1.1");
  const ids = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(ids.toSorted()).toEqual(Object.values(OPERATION_IDS).toSorted());
  expect(new Set(ids).size).toBe(Object.keys(ROUTES).length);
});

test("it is served as it is made, and the same each time", async () => {
  const { app } = testHttp();
  const first = await (await app.request("/api/v1/openapi.json")).text();
  expect(JSON.parse(first)).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
  expect(await (await app.request("/api/v1/openapi.json")).text()).toBe(first);
});

test("the page loads nothing, runs nothing, and its one style is the one that its policy names", async () => {
  const { html, policy } = await page();
  expect(html).not.toMatch(/<script|<link|<img|<iframe| on[a-z]+=| style=|javascript:|src=/);
  expect([...html.matchAll(/href="([^"]+)"/g)].map(([, to = ""]) => to).filter((to) => !/^[#/]/.test(to))).toEqual([]);
  const [, style = ""] = /<style>([^]*?)<\/style>/.exec(html) ?? [];
  expect(style).not.toMatch(/url\(|@import/);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(createHash("sha256").update(style).digest("base64"));
});

test("every operation has its anchor, every link leads somewhere, no id stands twice", async () => {
  const { html } = await page();
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id = ""]) => id);
  expect(ids.length).toBe(new Set(ids).size);
  expect(Object.values(OPERATION_IDS).filter((id) => !ids.includes(id))).toEqual([]);
  const links = [...html.matchAll(/href="#([^"]+)"/g)].map(([, id = ""]) => id);
  expect(links.filter((id) => !ids.includes(id))).toEqual([]);
});

test("headings go down one step at a time, and begin with one h1", async () => {
  const { html } = await page();
  const levels = [...html.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
  expect(levels.filter((level) => level === 1)).toHaveLength(1);
  expect(levels.filter((level, at) => level - (levels[at - 1] ?? 0) > 1)).toEqual([]);
});

test("examples stand there as lines for a shell", async () => {
  const { html } = await page();
  expect(html).toContain("curl -X POST &quot;$SEALPOST_URL/api/v1/silences&quot;");
});
