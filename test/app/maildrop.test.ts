import * as fs from "node:fs";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { maildropService } from "../../src/app/maildrop.ts";
import type { Services } from "../../src/http/services.ts";
import { whole } from "../support/pages.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "../support/site.ts";

const Deliveries = z.object({ items: z.array(z.object({ id: z.string() })) });
const MAILS = 20;

let folder: ReturnType<typeof temporaryFolder>;
let site: RunningSite;
let drop: Services["maildrop"];
/** A site whose every second mail, the even ones, is of a delivery of tenant default. */
beforeAll(async () => {
  folder = temporaryFolder();
  await makeSite(path.join(folder.dir, "data"));
  site = await openSite(path.join(folder.dir, "data"));
  drop = maildropService(site.parts);
  const event = { specversion: "1.0", id: "1", source: "/test", type: "test.some", severitytext: "critical" };
  const type = "application/cloudevents+json";
  await site.request("POST", "/api/v1/events", { body: JSON.stringify(event), type });
  const [own] = Deliveries.parse(await (await site.request("GET", "/api/v1/deliveries")).json()).items;
  fs.mkdirSync(site.parts.files.maildrop, { recursive: true });
  for (let at = 1; at <= MAILS; at++) keep(at, at % 2 === 0 ? (own?.id ?? "") : `dl_${at}`);
});
afterAll(async () => {
  await site.close();
  folder.remove();
});

function fileOf(at: number): string {
  return path.join(site.parts.files.maildrop, `${String(at).padStart(6, "0")}-00000000.eml`);
}

function keep(at: number, delivery: string): void {
  const head = ["Return-Path: <a@b.example>", "Delivered-To: c@d.example", `Subject: ${at}`];
  fs.writeFileSync(fileOf(at), [...head, `Sealpost-Delivery: ${delivery}`, "", `text ${at}`].join("\r\n"));
}

test("the site sees every mail, a tenant those of its deliveries, page by page and newest first", async () => {
  const all = async (tenant: string, limit: number): Promise<number[]> => {
    const page = (cursor?: string): ReturnType<typeof drop.page> =>
      drop.page(tenant, cursor === undefined ? { limit } : { limit, cursor });
    return (await whole(page)).map(({ subject }) => Number(subject));
  };
  const newest = Array.from({ length: MAILS }, (_, at) => MAILS - at);
  expect(await all("_site", 7)).toEqual(newest);
  expect(await all("default", 3)).toEqual(newest.filter((at) => at % 2 === 0));
  expect(await all("default", MAILS / 2)).toHaveLength(MAILS / 2);
  expect(await drop.page("default", { limit: MAILS / 2 })).not.toHaveProperty("cursor");
});

test("a page reads its own mails and the next one's header, no more", async () => {
  fs.rmSync(fileOf(MAILS - 3));
  fs.mkdirSync(fileOf(MAILS - 3)); // cannot be read
  expect((await drop.page("_site", { limit: 2 })).items.map(({ subject }) => subject)).toEqual(["20", "19"]);
  await expect(drop.page("_site", { limit: 3 })).rejects.toThrow("EISDIR");
  fs.rmdirSync(fileOf(MAILS - 3));
  keep(MAILS - 3, "dl_17");
});

test("a mail is shown whole, to its tenant alone", async () => {
  const shown = await drop.get("default", "000002-00000000");
  expect(shown).toMatchObject({ subject: "2", from: "a@b.example", to: ["c@d.example"], bytes: expect.any(Number) });
  expect(shown?.text?.trim()).toBe("text 2");
  expect(await drop.get("_site", "000003-00000000")).toMatchObject({ subject: "3" });
  for (const id of ["000003-00000000", "000099-00000000", "../secret"])
    expect(await drop.get("default", id)).toBeUndefined();
});

test("a cursor of another list is refused", async () => {
  const response = await site.request("GET", "/api/v1/maildrop?cursor=5-2");
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "bad-query", errors: [{ pointer: "/cursor" }] });
});
