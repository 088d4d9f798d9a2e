import * as fs from "node:fs";
import * as path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../src/system/log.ts";
import { userId } from "../../src/system/process.ts";
import { listenTcp, type Listener } from "../../src/http/listen.ts";
import { testHttp } from "../support/http.ts";

const PICTURES = path.resolve("dist/pictures");
const LOOPBACK = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let browser: Browser;
let listener: Listener;
beforeAll(async () => {
  fs.mkdirSync(PICTURES, { recursive: true });
  const args = [LOOPBACK, ...(userId() === 0 ? ["--no-sandbox"] : [])];
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  const { app, context } = testHttp();
  listener = await listenTcp(app, { host: "127.0.0.1", port: 0 }, { timeout: context.timeout, log: silentLog });
});
afterAll(async () => {
  await browser?.close();
  await listener?.close(0);
});

test.each([
  [360, "light"],
  [1280, "dark"],
] as const)(
  "the page of the API at %i px, %s: nothing is loaded, nothing sticks out, axe finds nothing",
  async (width, scheme) => {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: scheme });
    const asked: string[] = [];
    const complaints: string[] = [];
    context.on("request", (request) => asked.push(request.url()));
    const page = await context.newPage();
    page.on("console", (message) => complaints.push(message.text()));
    const url = `${listener.address}/api/v1/docs`;
    await page.goto(url);
    expect(asked.filter((one) => !one.endsWith("/favicon.ico"))).toEqual([url]);
    expect(complaints).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
    const { violations, passes } = await new AxeBuilder({ page }).withTags(RULES).analyze();
    expect(passes.length).toBeGreaterThan(10);
    expect(
      violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 3)
            .map(({ html }) => html)
            .join("; ")}`,
      ),
    ).toEqual([]);
    await page.screenshot({ path: path.join(PICTURES, `api-${width}-${scheme}.png`) });
    await context.close();
  },
  120_000,
);
