import { beforeEach, describe, expect, test } from "vitest";
import type { HttpErrorCode } from "../../src/http/error.ts";
import { cookieName } from "../../src/http/login.ts";
import { escapeHtml, html, htmlText, type HtmlValue } from "../../src/http/status-html.ts";
import { bearer, SECRET, type TestHttp, testHttp } from "../support/http.ts";
import { problemIn } from "../support/problem.ts";
import { HOSTILE } from "../support/hostile-text.ts";
import { fullSite, fullTenant, QUIET_TENANT } from "../support/status.ts";

const FORM = "application/x-www-form-urlencoded";
const OWN = { host: "plant.example:8080", origin: "http://plant.example:8080", accept: "text/html" } as const;
const HOUR = 3_600_000;

let http: TestHttp;
beforeEach(() => {
  http = testHttp();
});

function tokenText(id: string): string {
  return `spk_${id}_${SECRET}`;
}
async function postLogin(token: string, headers: Readonly<Record<string, string>> = OWN): Promise<Response> {
  const body = new URLSearchParams({ token }).toString();
  return await http.app.request("/login", { method: "POST", headers: { "content-type": FORM, ...headers }, body });
}
/** The cookie of a new session. */
async function logIn(id: string): Promise<string> {
  const response = await postLogin(tokenText(id));
  expect([response.status, response.headers.get("location")]).toEqual([303, "/"]);
  return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
}
async function get(cookie: string, query = "", method = "GET"): Promise<Response> {
  return await http.app.request(`/${query}`, { method, headers: { ...OWN, cookie } });
}
async function pageOf(cookie: string, query = ""): Promise<string> {
  const response = await get(cookie, query);
  expect(response.status).toBe(200);
  return await response.text();
}
function headings(page: string): string[] {
  return [...page.matchAll(/<h2[^>]*>([^<]*)</g)].map(([, words = ""]) => words);
}

/** Elements and attributes of a page that shows everything, with a text wherever one comes from outside. */
async function shape(text: string): Promise<string> {
  http.shown.site = fullSite(text);
  http.shown.tenant = fullTenant(text);
  const page = await pageOf(await logIn("site"), "?tenant=acme");
  return [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag.replaceAll(/"[^"]*"/g, '""')).join("");
}

describe("without a session", () => {
  test("the page is a form to log in, and tells nothing of the site", async () => {
    http.shown.site = fullSite("plant-7");
    const response = await http.app.request("/");
    const page = await response.text();
    expect(response.status).toBe(200);
    expect(page).toContain("<h1>Log in to Sealpost</h1>");
    for (const secret of ["plant-7", "acme", "1.2.3"]) expect(page).not.toContain(secret);
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  test("nothing may be loaded, run or framed; the one style is allowed by its hash", async () => {
    const response = await http.app.request("/");
    const [, style = ""] = /<style>([^]*)<\/style>/.exec(await response.text()) ?? [];
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    expect(Object.fromEntries(response.headers)).toEqual({
      "cache-control": "no-store",
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; style-src 'sha256-${Buffer.from(hash).toString("base64")}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "same-origin",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
  });

  test("HEAD answers the same without a body", async () => {
    const response = await http.app.request("/", { method: "HEAD" });
    expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([
      200,
      "text/html; charset=utf-8",
      "",
    ]);
  });

  test("what else is said to it has no effect: a token in a header, a cookie that nobody made", async () => {
    for (const headers of [
      bearer("admin"),
      { cookie: `sealpost=${"A".repeat(43)}` },
      { cookie: "sealpost=; sealpost" },
    ]) {
      const response = await http.app.request("/?no-such", { headers });
      expect([response.status, (await response.text()).includes("Log in to Sealpost")]).toEqual([200, true]);
    }
  });
});

describe("logging in", () => {
  test("a cookie that scripts and other sites do not get leads to the page, and to nothing else", async () => {
    const response = await postLogin(` ${tokenText("admin")}\n`);
    const cookie = response.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/^sealpost-8080=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const [pair = ""] = cookie.split(";");
    expect(await pageOf(pair)).toContain("Status of tenant <code>acme</code>");
    await problemIn(await http.app.request("/api/v1/stats", { headers: { cookie: pair } }), "unauthenticated");
    expect(await pageOf(`other=1; ${pair}; more=2`)).toContain("Status of tenant");
  });

  test("over TLS the cookie is for TLS alone", async () => {
    const response = await http.app.request("https://plant.example/login", {
      method: "POST",
      headers: { "content-type": FORM, "sec-fetch-site": "same-origin" },
      body: `token=${tokenText("admin")}`,
    });
    expect(response.headers.get("set-cookie")).toMatch(/; SameSite=Strict; Secure$/);
  });

  test.each([
    ["Origin", { origin: "https://plant.example" }],
    ["Referer", { referer: "https://plant.example/" }],
    ["Origin, with Sec-Fetch-Site", { "sec-fetch-site": "same-origin", origin: "https://plant.example" }],
  ])("behind a proxy that ends TLS it is for TLS alone too: %s", async (_, from) => {
    for (const path of ["/login", "/logout"]) {
      const response = await http.app.request(`http://plant.example${path}`, {
        method: "POST",
        headers: { host: "plant.example", "content-type": FORM, ...from },
        body: `token=${tokenText("admin")}`,
      });
      expect(response.headers.get("set-cookie")).toMatch(/^sealpost=.*; SameSite=Strict; Secure/);
    }
  });

  test("in one site leaves the session in another one on the same host alone", async () => {
    const cookie = await logIn("admin");
    const other = { ...OWN, host: "plant.example:8081", origin: "http://plant.example:8081" };
    const response = await http.app.request("/logout", { method: "POST", headers: { ...other, cookie } });
    expect(response.headers.get("set-cookie")).toMatch(/^sealpost-8081=;/);
    expect(await pageOf(cookie)).toContain("Status of tenant");
  });

  test.each([
    ["unknown", tokenText("nobody")],
    ["with another secret", `${tokenText("admin")}x`],
    ["that has expired", tokenText("expired")],
    ["that was revoked", tokenText("revoked")],
    ["that is none", "hunter2"],
    ["that is empty", ""],
  ])("a token %s: the form again, in the same words", async (_, token) => {
    const response = await postLogin(token);
    expect([response.status, response.headers.get("set-cookie")]).toEqual([401, null]);
    const page = await response.text();
    expect(page).toContain("The token is not known, has expired or was revoked.");
    expect(page).toBe(await (await postLogin("other")).text());
    if (token !== "") expect(page).not.toContain(token);
    expect(http.denied.map(({ route, why }) => [route, why])).toEqual([
      ["POST /login", "unauthenticated"],
      ["POST /login", "unauthenticated"],
    ]);
  });

  test("programs get a problem", async () => {
    await problemIn(await postLogin("hunter2", { ...OWN, accept: "*/*" }), "unauthenticated");
  });

  test("ten wrong ones a minute and address; right ones do not count", async () => {
    for (let n = 0; n < 12; n++) await logIn("admin");
    for (let n = 0; n < 10; n++) expect((await postLogin("hunter2")).status).toBe(401);
    const refused = await postLogin(tokenText("admin"));
    expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([
      429,
      expect.toSatisfy((wait: number) => wait > 50 && wait <= 60),
    ]);
    expect(await refused.text()).toContain("too many wrong tokens");
    http.mono += 60_000;
    await logIn("admin");
  });

  test("of wrong ones that come at once no more are tried", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => postLogin("hunter2")));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(20);
  });

  test.each<readonly [string, number, HttpErrorCode, Readonly<Record<string, string>>, string]>([
    ["too large a body", 413, "body-too-large", { "content-type": FORM }, `token=${"x".repeat(4096)}`],
    ["no body", 400, "empty-body", { "content-type": FORM }, ""],
    ["another type", 415, "unsupported-media-type", { "content-type": "application/json" }, "{}"],
    ["another charset", 415, "unsupported-charset", { "content-type": `${FORM}; charset=latin1` }, "token=x"],
    ["another field", 422, "invalid", { "content-type": FORM }, "password=x"],
    ["a field more", 422, "invalid", { "content-type": FORM }, "token=x&token=y"],
    ["a broken escape", 422, "invalid", { "content-type": FORM }, "token=%zz"],
    ["bytes that are no text", 422, "invalid", { "content-type": FORM }, "token=%ff"],
  ])("%s is refused", async (_, status, code, headers, body) => {
    const ask = (accept: string): Promise<Response> =>
      Promise.resolve(http.app.request("/login", { method: "POST", headers: { ...OWN, ...headers, accept }, body }));
    const page = await ask("text/html,*/*;q=0.8");
    expect([page.status, page.headers.get("content-type")]).toEqual([status, "text/html; charset=utf-8"]);
    expect(await page.text()).toContain(`${status}, ${code}`);
    await problemIn(await ask("*/*"), code);
  });
});

describe("a form is taken from our own page alone", () => {
  const host = "plant.example:8080";
  test.each([
    [true, "the browser says so", { host, "sec-fetch-site": "same-origin" }],
    [true, "a person sent it", { host, "sec-fetch-site": "none" }],
    [false, "from another port of the host", { host, "sec-fetch-site": "same-site", origin: `http://${host}` }],
    [false, "from elsewhere", { host, "sec-fetch-site": "cross-site", origin: `http://${host}` }],
    [true, "its origin is ours", { host, origin: `http://${host}` }],
    [true, "its origin is ours, written otherwise", { host: "Plant.Example:8080", origin: `http://${host}` }],
    [false, "its origin is another", { host, origin: "http://evil.example", referer: `http://${host}/` }],
    [false, "its origin is another port", { host, origin: "http://plant.example" }],
    [false, "its origin is kept back", { host, origin: "null" }],
    [true, "an old browser tells the page before", { host, referer: `http://${host}/` }],
    [false, "an old browser tells another page", { host, referer: `http://evil.example/?${host}` }],
    [false, "nothing is told", { host }],
    [false, "no host is told", { origin: `http://${host}` }],
    [false, "of another kind", { host, origin: `ftp://${host}` }],
  ])("%s: %s", async (isTaken, _, headers) => {
    for (const path of ["/login", "/logout"]) {
      const response = await http.app.request(path, {
        method: "POST",
        headers: { "content-type": FORM, accept: "text/html", ...headers },
        body: `token=${tokenText("admin")}`,
      });
      expect(response.status).toBe(isTaken ? 303 : 403);
      if (!isTaken) expect(await response.text()).toContain("403, forbidden");
    }
    expect(http.denied).toHaveLength(isTaken ? 0 : 2);
  });
});

describe("a session", () => {
  test("ends with logging out, and the cookie goes", async () => {
    const cookie = await logIn("admin");
    const response = await http.app.request("/logout", { method: "POST", headers: { ...OWN, cookie } });
    expect([response.status, response.headers.get("location"), response.headers.get("set-cookie")]).toEqual([
      303,
      "/",
      "sealpost-8080=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
    ]);
    expect(await pageOf(cookie)).toContain("Log in to Sealpost");
  });

  test("ends where another begins in the same browser", async () => {
    const cookie = await logIn("admin");
    const body = `token=${tokenText("viewer")}`;
    await http.app.request("/login", { method: "POST", headers: { ...OWN, "content-type": FORM, cookie }, body });
    expect(await pageOf(cookie)).toContain("Log in to Sealpost");
  });

  test("ends after twelve hours", async () => {
    const cookie = await logIn("admin");
    http.mono += 12 * HOUR - 1000;
    expect(await pageOf(cookie)).toContain("Status of tenant");
    http.mono += 1000;
    expect(await pageOf(cookie)).toContain("Log in to Sealpost");
  });

  test("its requests are counted like all others of its token", async () => {
    http = testHttp({ limits: { requestsPerMinute: 2 } });
    const cookie = await logIn("admin");
    await pageOf(cookie);
    await pageOf(cookie);
    const refused = await get(cookie);
    expect([refused.status, refused.headers.get("content-type")]).toEqual([429, "text/html; charset=utf-8"]);
  });
});

describe("what is shown", () => {
  const ALL = [
    "What runs",
    "Channels that are down",
    "Last failures",
    "Deliveries",
    "Sources",
    "Open windows",
    "Silences in force",
    "Maintenance in force",
    "Ledger",
  ];

  test.each([
    ["admin", ["Next steps", ...ALL]],
    ["viewer", ALL],
    ["writer", ["Next steps"]],
    ["reader", ["Sources"]],
    ["silencer", ["Silences in force"]],
    ["keeper", ["Maintenance in force"]],
    ["nothing", []],
    ["site", ["Next steps", ...ALL, "Kits"]],
  ])("to %s: what its permissions grant", async (token, wanted) => {
    const page = await pageOf(await logIn(token), token === "site" ? "?tenant=acme" : "");
    expect(headings(page)).toEqual(wanted);
    const [, nav = ""] = /<nav[^]*?<ul>([^]*?)<\/ul>/.exec(page) ?? [];
    expect([...nav.matchAll(/>([^<]+)<\/a>/g)].map(([, words]) => words)).toEqual(wanted);
    expect(page.includes("may not read anything")).toBe(wanted.length === 0);
  });

  test("maintenance windows to who may read them alone", async () => {
    http.shown.tenant = fullTenant("some-text");
    const { record } = http.shown.tenant.maintenance.items[0] ?? {};
    http.shown.tenant = {
      ...http.shown.tenant,
      maintenance: {
        items: record === undefined ? [] : [{ state: "active", record: { ...record, id: "window-1" } }],
        count: 1,
      },
    };
    expect(await pageOf(await logIn("silencer"))).not.toContain("window-1");
    expect(await pageOf(await logIn("keeper"))).toContain("window-1");
  });

  test("of a tenant that has nothing: each section says so", async () => {
    const page = await pageOf(await logIn("site"), "?tenant=acme");
    expect(page).not.toContain("<table");
    for (const words of [
      "There is no channel.",
      "Nothing failed in the last 24 hours",
      "There was none in the last 24 hours",
      "No event has come in yet.",
      "None: no digest or group gathers",
      "None: no silence",
      "None: no maintenance window",
      "This tenant has no ledger yet.",
      "No kit has been taken in.",
    ])
      expect(page).toContain(words);
  });

  test("of a tenant that has everything, in its own time", async () => {
    http.shown.site = fullSite("plant-7");
    http.shown.tenant = fullTenant("some-text");
    const page = await pageOf(await logIn("site"), "?tenant=acme");
    expect(headings(page)).toHaveLength(10);
    for (const words of [
      '<time datetime="2026-11-20T12:00:00.000Z">2026-11-20 13:00:00</time>',
      "All times are in Europe/Berlin (UTC+01:00).",
      "12,345",
      "No connection to the other side.",
      "The last try failed. <bdi>some-text</bdi>",
      "The newest 2 of 12",
      "the first 4 of 40 windows",
      "the newest 1,000 events",
      "qqqqqqqqqqqq…",
      "lacks host, some-text",
      "it is ended",
    ])
      expect(page).toContain(words);
  });

  test("of failures that lie behind very many deliveries: that there are some", async () => {
    http.shown.tenant = { ...QUIET_TENANT, failures: { items: [], count: 3, isCut: true } };
    const page = await pageOf(await logIn("viewer"));
    expect(page).toContain("3 deliveries, none among the newest.");
    expect(page).toContain("sealpost deliveries list --status dead");
    expect(page).not.toContain("Nothing failed");
  });

  test.each([
    ["nothing hinders", [], "accepted"],
    ["something hinders", ["too much <waits>"], "not accepted"],
  ])("whether events are accepted, where %s", async (_, reasons, words) => {
    http.unready = reasons;
    const page = await pageOf(await logIn("viewer"));
    expect(page).toContain(`>${words}</span>`);
    for (const reason of reasons) expect(page).toContain(escapeHtml(reason));
  });

  test("whatever comes from outside is text: the page has the same elements and attributes for any", async () => {
    const plain = await shape("x");
    for (const text of [
      HOSTILE,
      "'><b>",
      "\"onclick='x'",
      "<!--",
      "</style><script>",
      "\0\u202e\ud800",
      "a".repeat(5000),
    ])
      expect(await shape(text)).toBe(plain);
  });
});

describe("the tenant", () => {
  test("of a token is shown, whether it is named or not; another is refused", async () => {
    const cookie = await logIn("admin");
    expect(await pageOf(cookie, "?tenant=acme")).toBe(await pageOf(cookie));
    const refused = await get(cookie, "?tenant=globex");
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("403, tenant-mismatch")]);
    expect(http.denied).toEqual([{ actor: "token:admin", tenant: "acme", route: "GET /", why: "tenant-mismatch" }]);
  });

  test("is for the site's principals to choose", async () => {
    const cookie = await logIn("site");
    expect(await pageOf(cookie)).toContain("Status of the site itself");
    const page = await pageOf(cookie, "?tenant=acme");
    expect(page).toContain("Status of tenant <code>acme</code>");
    expect(page).toContain('<option value="acme" selected>acme</option>');
    const refused = await get(cookie, "?tenant=no-such");
    expect([refused.status, await refused.text()]).toEqual([404, expect.stringContaining("404, tenant-unknown")]);
  });

  test("is typed where there are very many", async () => {
    const tenants = Array.from({ length: 201 }, (_, n) => `tenant-${n}`);
    http.shown.site = { ...http.shown.site, tenants };
    const page = await pageOf(await logIn("site"), "?tenant=tenant-7");
    expect(page).toContain('<input id="tenant" name="tenant" value="tenant-7" required>');
    expect(page).not.toContain("tenant-8");
  });

  test("is all that may be asked for", async () => {
    const cookie = await logIn("admin");
    for (const query of ["?since=1h", "?tenant=acme&tenant=acme", "?tenant="])
      expect((await get(cookie, query)).status).toBe(400);
  });

  test("over the unix socket needs no login", async () => {
    const response = await http.app.request("/?tenant=acme", {}, { local: { uid: 1000 } });
    const page = await response.text();
    expect(page).toContain("Status of tenant <code>acme</code>");
    expect(page).toContain("local:1000");
    expect(page).not.toContain("Log out");
    expect(page).toContain("curl -sS --unix-socket DIR/sealpost.sock http://localhost/api/v1/events");
  });
});

describe("what goes wrong", () => {
  test("is a page for browsers, and a problem for all others", async () => {
    for (const path of ["/login", "/logout"]) {
      const page = await http.app.request(path, { headers: { accept: "text/html" } });
      expect([page.status, page.headers.get("allow"), page.headers.get("content-type")]).toEqual([
        405,
        "POST",
        "text/html; charset=utf-8",
      ]);
      expect(await page.text()).toContain('<a href="/">To the status page</a>');
      await problemIn(await http.app.request(path), "method-not-allowed");
    }
    await problemIn(await http.app.request("/api/v1/stats", { headers: { accept: "text/html" } }), "unauthenticated");
  });

  test("is told without its cause, which the log has", async () => {
    const cookie = await logIn("admin");
    http.shown.tenant = { ...QUIET_TENANT, zone: "no-such-zone" };
    const response = await get(cookie);
    const page = await response.text();
    expect(response.status).toBe(500);
    expect(page).not.toContain("no-such-zone");
    expect(http.errors).toHaveLength(1);
  });
});

describe("commands of the next steps", () => {
  test.each([
    ["plant.example:8080", "http://plant.example:8080/api/v1/events"],
    ["[::1]:8080", "http://[::1]:8080/api/v1/events"],
    ["evil';rm -rf ~;'", "http://127.0.0.1:8080/api/v1/events"],
    ["$(reboot)", "http://127.0.0.1:8080/api/v1/events"],
  ])("asked for at %s", async (host, wanted) => {
    const [, value = ""] = (await logIn("admin")).split("=");
    const cookie = `${cookieName(host)}=${value}`;
    const page = await (await http.app.request("/", { headers: { host, cookie } })).text();
    expect(page).toContain(`curl -sS ${wanted} `);
  });

  test("a step that is done shows no command, and all of them no step", async () => {
    const cookie = await logIn("admin");
    const setup = { channels: 1, channel: "ops", rules: 1, unbound: [] };
    http.shown.tenant = { ...QUIET_TENANT, setup };
    const page = await pageOf(cookie);
    expect([page.split(">done<").length - 1, page.split(">to do<").length - 1, page.split("<pre>").length - 1]).toEqual(
      [2, 1, 1],
    );
    http.shown.tenant = { ...fullTenant("x"), setup };
    expect(headings(await pageOf(cookie))).not.toContain("Next steps");
  });
});

describe("html", () => {
  test.each<readonly [string, HtmlValue, string]>([
    ["text", "a & b", "a &amp; b"],
    ["markup", `<b class="x" id='y'>`, "&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;"],
    ["a number", 7, "7"],
    ["nothing", undefined, ""],
    ["no", false, ""],
    ["a list", ["<", 1, ["&"]], "&lt;1&amp;"],
    ["itself", html`<i>${"<"}</i>`, "<i>&lt;</i>"],
    ["what shows nothing", "a\0b\u202ec\ud800", "a\ufffdb\ufffdc\ufffd"],
    ["line ends", "a\n\tb", "a\n\tb"],
  ])("%s stands as data", (_, value, wanted) => {
    expect(htmlText(html`${value}`)).toBe(wanted);
  });
});
