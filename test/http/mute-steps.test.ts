import { RE2JS } from "re2js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { createHttp } from "../../src/http/server.ts";
import { bearer, testHttp } from "../support/http.ts";
import { mutesOver } from "../support/mutes.ts";
import { channel, rule, template } from "../support/objects.ts";
import { problemIn } from "../support/problem.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

const STATED = { duration: "1h", comment: "failover test" };

let site: TestStore;
let app: ReturnType<typeof createHttp>;
const compile = vi.spyOn(RE2JS, "compile");
beforeEach(async () => {
  site = await openTestStore({ tenants: ["_site", "acme", "globex"] });
  await site.configure([rule("hosts"), channel(), template()], "acme");
  const { context } = testHttp();
  app = createHttp({ ...context, services: { ...context.services, mutes: mutesOver(site) } }, []);
  compile.mockClear();
});

async function ask(method: string, path: string, body?: unknown): Promise<Response> {
  const headers = bearer("admin", body === undefined ? {} : { "content-type": "application/json" });
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  return await app.request(`/api/v1/${path}`, { method, headers, ...text });
}
async function made(body: unknown, path = "silences"): Promise<void> {
  const response = await ask("POST", path, body);
  expect(response.status, await response.clone().text()).toBe(201);
}

let lately = 0;
/** Matchers whose patterns were never compiled. */
function costly(count: number): string[] {
  return Array.from({ length: count }, () => `a=~"x{900}${lately++}"`);
}
function silences(count: number, matchersOf: (at: number) => string[]): object[] {
  return Array.from({ length: count }, (_, at) => ({ ...STATED, matchers: matchersOf(at) }));
}

describe("a body whose patterns take long to compile", () => {
  it.each<[string, string, string, () => unknown, string]>([
    ["many silences", "POST", "silences", () => silences(100, () => costly(10)), "/7/matchers/6"],
    ["one silence", "POST", "silences", () => ({ ...STATED, matchers: ["b=c", ...costly(110)] }), "/matchers/77"],
    ["a window", "POST", "maintenance", () => ({ ...STATED, matchers: costly(130) }), "/matchers/76"],
    ["an edit", "PUT", "silences/s", () => ({ ...STATED, matchers: costly(130) }), "/matchers/76"],
    ["a preview", "POST", "silences/preview", () => ({ matchers: costly(130) }), "/matchers/76"],
    [
      "a pattern that is read in two ways",
      "POST",
      "silences",
      () => ({ ...STATED, matchers: costly(60).map((text) => text.replace("x{", "\\\\x41\\u0042{")) }),
      "/matchers/37",
    ],
  ])(
    "%s is refused at the first matcher that is too much, and none is compiled",
    async (_, method, path, body, field) => {
      await made({ ...STATED, id: "s", matchers: ["a=b"] });
      const { errors } = await problemIn(await ask(method, path, body()), "invalid");
      expect(errors).toEqual([{ pointer: field, detail: expect.stringContaining("more than 70000 steps") }]);
      expect(compile).not.toHaveBeenCalled();
    },
  );

  it("is one of different patterns: the same one is compiled once", async () => {
    const [same = ""] = costly(1);
    await made(silences(100, () => [same, same]));
    expect(compile).toHaveBeenCalledTimes(1);
  });

  it("is none of a thousand ordinary silences, and a pattern is compiled once for all that looks at it", async () => {
    await made(silences(1000, (at) => [`host=~"web-${at}.*|db-[0-9]+"`, 'env=~"prod|stage"']));
    expect(compile.mock.calls.length).toBeLessThanOrEqual(1001);
  });
});

describe("the patterns of a tenant", () => {
  it("are bounded together, and those that end make room", async () => {
    for (const at of [0, 1, 2]) await made({ ...STATED, id: `s${at}`, matchers: costly(75) });
    await made({ ...STATED, id: "s3", matchers: costly(55) });
    const { detail } = await problemIn(await ask("POST", "silences", { ...STATED, matchers: costly(10) }), "invalid");
    expect(detail).toContain("silences: matchers whose patterns take at most 262144 steps");
    expect((await ask("DELETE", "silences/s0")).status).toBe(200);
    await made({ ...STATED, matchers: costly(10) });
  });

  it("are not compiled for a list", async () => {
    await made(silences(100, (at) => [`a=~"list-${at}.*"`, "b=c"]));
    for (let n = 0; n < 2; n++) await made(silences(1, () => costly(70)));
    compile.mockClear();
    for (const matcher of ['a="list-7.*"', 'b="c"'])
      expect((await ask("GET", `silences?state=all&matcher=${encodeURIComponent(matcher)}`)).status).toBe(200);
    expect(compile).not.toHaveBeenCalled();
  });
});

describe.each([
  ["silences", "silence", { matchers: ["a=b"] }],
  ["maintenance", "maintenance", { matchers: ["a=b"] }],
  ["suppressions", "suppression", { rule: "hosts" }],
] as const)("a version of %s", (path, noun, about) => {
  it("is none that can be ended or edited", async () => {
    await made({ ...STATED, ...about, id: "s" }, path);
    await ask("PUT", `${path}/s`, { ...STATED, ...about, comment: "longer", duration: "2h" });
    const before = await (await ask("GET", `${path}/s`)).text();
    const versions = await site.store.read.cells(noun, "acme", "~s@", 10);
    expect(versions).toHaveLength(2);
    for (const [version] of versions) {
      await problemIn(await ask("DELETE", `${path}/${version}`), "not-found");
      await problemIn(await ask("PUT", `${path}/${version}`, { ...STATED, ...about }), "not-found");
    }
    expect(await (await ask("GET", `${path}/s`)).text()).toBe(before);
  });
});
