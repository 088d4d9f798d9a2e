import * as fs from "node:fs";
import * as path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { userId } from "../../src/system/process.ts";
import { busySite, freshSite, type StatusSite } from "../support/status-site.ts";

const PICTURES = path.resolve("dist/pictures");
const CHROMIUM = "/usr/bin/chromium";
/** Nothing but loopback is reached, whatever a page asks for; under this name browsers take it for another machine. */
const ELSEWHERE = "plant.example";
const LOOPBACK = `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const WIDTHS = [360, 1280] as const;
const SCHEMES = ["light", "dark"] as const;
const STATES = ["empty", "busy"] as const;

let browser: Browser;
let sites: Record<(typeof STATES)[number], StatusSite>;

beforeAll(async () => {
  fs.mkdirSync(PICTURES, { recursive: true });
  const args = [LOOPBACK, ...(userId() === 0 ? ["--no-sandbox"] : [])];
  browser = await chromium.launch({ executablePath: CHROMIUM, args });
  sites = { empty: await freshSite(), busy: await busySite() };
});
afterAll(async () => {
  await browser?.close();
  await Promise.all(Object.values(sites ?? {}).map((site) => site.close()));
});

interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Method and address of each request that the browser made. */
  readonly requests: readonly string[];
  /** What the page complained of: refused styles, scripts, failed loads. */
  readonly complaints: readonly string[];
}

async function visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, context, requests, complaints };
}

async function logIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { level: 1, name: "Status of" }).waitFor();
}

/** Goes on to the next thing that can be used, which must show that it has the focus; answers its element and its words. */
async function tab(page: Page): Promise<string> {
  await page.keyboard.press("Tab");
  expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
  const words = "(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()";
  return String(await page.evaluate(`document.activeElement.localName + " " + ${words}`));
}

async function violations({ page }: Pick<Visit, "page">): Promise<string[]> {
  const found = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(found.passes.length).toBeGreaterThan(10);
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("; ")}`);
}

describe("with the keyboard alone, and without scripts", () => {
  test("log in, look, reload, log out", async () => {
    const { url, token } = sites.busy;
    const { page, context, requests, complaints } = await visit(url, { javaScriptEnabled: false });
    expect([await tab(page), await tab(page), await tab(page)]).toEqual([
      "a Skip to the content",
      "input Token",
      "button Log in",
    ]);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.type(token);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Status of tenant default" }).waitFor();
    expect(
      (await context.cookies()).map(({ name, httpOnly, sameSite, path: at }) => [name, httpOnly, sameSite, at]),
    ).toEqual([[`sealpost-${new URL(url).port}`, true, "Strict", "/"]]);
    expect([await tab(page), await tab(page)]).toEqual(["a Skip to the content", "button Log out"]);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Log in to Sealpost" }).waitFor();
    expect(await context.cookies()).toEqual([]);
    expect(requests).toEqual([`GET ${url}/`, `POST ${url}/login`, `GET ${url}/`, `POST ${url}/logout`, `GET ${url}/`]);
    expect(complaints).toEqual([]);
  });
});

test("over plain HTTP to another machine, where a browser says less of where a form comes from, people log in and out too", async () => {
  const { url, token } = sites.empty;
  const there = url.replace("127.0.0.1", ELSEWHERE);
  const { page, context } = await visit(there);
  const sent: (readonly [string, string | undefined, string | undefined])[] = [];
  context.on("request", (request) => {
    const headers = request.headers();
    if (request.method() === "POST") sent.push([request.url(), headers["sec-fetch-site"], headers["origin"]]);
  });
  await logIn(page, token);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { level: 1, name: "Log in to Sealpost" }).waitFor();
  expect(sent).toEqual([
    [`${there}/login`, undefined, there],
    [`${there}/logout`, undefined, there],
  ]);
});

describe("a wrong token", () => {
  test("is told at the form, which is ready for another try; axe finds nothing there", async () => {
    const { url, siteToken } = sites.busy;
    const visited = await visit(url);
    const { page } = visited;
    await page.getByLabel("Token").fill("spk_no-such");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").textContent()).toContain(
      "The token is not known, has expired or was revoked.",
    );
    expect(await page.title()).toBe("Not logged in: Sealpost");
    expect(await violations(visited)).toEqual([]);
    await logIn(page, siteToken);
    await page.getByLabel("Tenant").selectOption("the site itself");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("heading", { level: 1, name: "Status of the site itself" }).waitFor();
    expect(await violations(visited)).toEqual([]);
  });
});

describe("a look that must not miss anything", () => {
  test.each([
    ["a field without a label", "document.querySelector('label').remove()", "label"],
    ["words that are hard to read", "document.querySelector('h1').style.color = '#bbb'", "color-contrast"],
    ["no heading", "document.querySelector('h1').remove()", "page-has-heading-one"],
    ["content outside of all landmarks", "document.body.insertAdjacentHTML('beforeend', '<p>elsewhere</p>')", "region"],
    ["a language that is not told", "document.documentElement.removeAttribute('lang')", "html-has-lang"],
  ])("finds %s", async (_, fault, rule) => {
    const visited = await visit(sites.empty.url, { bypassCSP: true });
    await visited.page.evaluate(fault);
    expect((await violations(visited)).map((found) => found.split(":")[0])).toContain(rule);
  });

  test("sees what a page asks for beside itself, which the page's policy refuses", async () => {
    const { url } = sites.empty;
    const { page, requests, complaints } = await visit(url);
    const planted = "<img src=/planted onerror=alert(1)><b style=color:red>b</b>";
    await page.evaluate(`document.body.insertAdjacentHTML("beforeend", ${JSON.stringify(planted)})`);
    await expect.poll(() => complaints.length).toBe(3);
    for (const complaint of complaints) expect(complaint).toContain("Content Security Policy");
    expect(requests).toEqual([`GET ${url}/`, `GET ${url}/planted`]);
  });
});

test("on paper there is nothing to press, and all is black on white, whatever the screen shows", async () => {
  const { page } = await visit(sites.busy.url, { colorScheme: "dark" });
  await logIn(page, sites.busy.siteToken);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const role of ["button", "combobox", "navigation"] as const) expect(await page.getByRole(role).count()).toBe(0);
  const colours: unknown = await page.evaluate(
    "[...new Set([...document.querySelectorAll('main, main *')].map((one) => getComputedStyle(one).color))]",
  );
  expect(colours).toEqual(["rgb(0, 0, 0)"]);
});

describe.each(STATES)("the %s page", (state) => {
  describe.each(WIDTHS)("%i px wide", (width) => {
    test.each(SCHEMES)(
      "%s: a picture, nothing for axe to find, nothing that is cut off, no request but its own",
      async (colorScheme) => {
        const { url, token, siteToken } = sites[state];
        const visited = await visit(url, { colorScheme, viewport: { width, height: 800 } });
        const { page, requests, complaints } = visited;
        await logIn(page, state === "busy" ? siteToken : token);
        await page.screenshot({
          path: path.join(PICTURES, `status-${state}-${width}-${colorScheme}.png`),
          fullPage: true,
        });
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
        expect(await violations(visited)).toEqual([]);
        expect(requests.filter((request) => !request.endsWith(" about:blank"))).toEqual([
          `GET ${url}/`,
          `POST ${url}/login`,
          `GET ${url}/`,
        ]);
        expect(complaints).toEqual([]);
      },
    );
  });
});
