import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { httpContext } from "../../src/app/site.ts";
import type { HttpContext } from "../../src/http/context.ts";
import { ROUTES } from "../../src/http/permissions.ts";
import { type Api, createHttp } from "../../src/http/server.ts";
import { SOURCES } from "../../src/sources/index.ts";
import { expectedStatus, isSiteWide, TENANT_CASES, type TenantCase } from "../support/matrix-oracle.ts";
import { MARKS, type MatrixWorld, openMatrixWorld, OTHER, OWN, type WorldPrincipal } from "../support/matrix-world.ts";

let world: MatrixWorld;
beforeAll(async () => {
  world = await openMatrixWorld();
}, 60_000);
afterAll(async () => {
  await world.site.close();
  world.site.remove();
});

const AT_ONCE = 64;
const HEADER: Readonly<Record<TenantCase, string | undefined>> = {
  own: OWN,
  "others-ids": OWN,
  foreign: OTHER,
  missing: undefined,
  forged: "no-such-tenant",
  _site: "_site",
};

interface Cell {
  readonly route: string;
  readonly tenant: TenantCase;
  readonly principal: WorldPrincipal;
}
interface Answered {
  readonly status: number;
  /** Headers and body. */
  readonly text: string;
}
interface Found {
  readonly cells: number;
  /** Cells with another status than the oracle's. */
  readonly wrong: string[];
  /** Cells whose answer holds words of a tenant that it may not tell of. */
  readonly leaks: string[];
  /** Routes that told a tenant's own words to who may read them. */
  readonly telling: Set<string>;
}

function cellsOf(routes: readonly string[]): Cell[] {
  return routes.flatMap((route) =>
    TENANT_CASES.flatMap((tenant) => world.principals.map((principal) => ({ route, tenant, principal }))),
  );
}

async function ask(app: Api, { route, tenant, principal }: Cell): Promise<Answered> {
  const method = route.split(" ")[0] ?? "";
  const named = HEADER[tenant];
  const isBare = ["GET", "DELETE", "OPTIONS"].includes(method);
  const response = await app.request(
    world.pathOf(route, tenant),
    {
      method,
      headers: {
        ...(named === undefined ? {} : { "sealpost-tenant": named }),
        ...(principal.token === undefined ? {} : { authorization: `Bearer ${principal.token}` }),
        ...(isBare ? { "if-match": '"another"' } : { "content-type": "application/json" }),
      },
      ...(isBare ? {} : { body: "{}" }),
    },
    principal.isLocal === true ? { local: { uid: 1000 } } : {},
  );
  return { status: response.status, text: `${JSON.stringify([...response.headers])} ${await response.text()}` };
}

/** Tenants that an answer may tell of: what is refused tells of none, the site's principals see the whole of the site. */
function mayTellOf({ route, tenant, principal }: Cell, status: number): readonly string[] {
  const isWhole = isSiteWide(route) || route === "GET /" || (tenant === "_site" && route.includes("/ledger"));
  if (isWhole && principal.of === "site" && status !== 403) return [OWN, OTHER];
  if (principal.of === "none" || status >= 300) return [];
  if (principal.of === "tenant") return [OWN];
  if (tenant === "_site") return [];
  return [tenant === "foreign" ? OTHER : OWN];
}

async function run(app: Api, routes: readonly string[]): Promise<Found> {
  const cells = cellsOf(routes);
  const found: Found = { cells: cells.length, wrong: [], leaks: [], telling: new Set() };
  for (let from = 0; from < cells.length; from += AT_ONCE)
    await Promise.all(cells.slice(from, from + AT_ONCE).map(async (cell) => judge(found, cell, await ask(app, cell))));
  return found;
}

function judge(found: Found, cell: Cell, { status, text }: Answered): void {
  const { route, tenant, principal } = cell;
  const name = `${route}, ${tenant}, ${principal.name}`;
  const expected = expectedStatus(route, tenant, principal);
  if (status !== expected) found.wrong.push(`${name}: ${status} instead of ${expected}`);
  const told = Object.entries(MARKS).flatMap(([one, mark]) => (mark.test(text) ? [one] : []));
  const leaked = told.filter((one) => !mayTellOf(cell, status).includes(one));
  if (leaked.length > 0) found.leaks.push(`${name}: ${leaked.join(" and ")}`);
  if (told.includes(OWN) && principal.of === "tenant") found.telling.add(route);
}

/** The API of the site, with a hole in it. */
function withHole(hole: (context: HttpContext) => Partial<HttpContext>): Api {
  const context = httpContext(world.site.parts, world.site.services, () => []);
  return createHttp(
    { ...context, ...hole(context) },
    SOURCES.flatMap(({ mediaTypes }) => mediaTypes),
  );
}

describe("every route, asked for every tenant by everybody", () => {
  test("answers as it must, and tells nobody of another tenant", { timeout: 120_000 }, async () => {
    const { cells, wrong, leaks, telling } = await run(world.site.app, Object.keys(ROUTES));
    process.stdout.write(`tenant matrix: ${cells} cells, ${leaks.length} leaks\n`);
    expect(wrong).toEqual([]);
    expect(leaks).toEqual([]);
    expect(cells).toBeGreaterThan(20_000);
    // the marks are there to be seen: else nothing was shown
    expect(telling.size).toBeGreaterThan(30);
  });

  test("both tenants kept what they had, and nothing more than refusals was written", async () => {
    for (const [tenant, mark] of Object.entries(MARKS)) {
      const events = await world.site.ask("local", "GET", "/events", { tenant });
      expect(await events.text()).toMatch(mark);
    }
    await world.site.parts.access.flush();
    const denied = await world.site.leaves(OWN, "access.denied");
    const refusals = denied.reduce((sum, { body }) => sum + Number(body?.["count"]), 0);
    const changes = await world.site.leaves(OWN, "token.change");
    expect(denied.length).toBeGreaterThan(150);
    expect(refusals).toBeGreaterThan(1000);
    expect(changes.every(({ actor }) => actor === "local:1000")).toBe(true);
  });
});

describe("a hole is found", () => {
  test("where a service takes another tenant than the request's", async () => {
    const app = withHole(({ services }) => ({
      services: {
        ...services,
        events: { ...services.events, page: (_tenant, query) => services.events.page(OTHER, query) },
      },
    }));
    const { leaks } = await run(app, ["GET /api/v1/events"]);
    expect(leaks.length).toBeGreaterThan(20);
    expect(leaks[0]).toContain(OTHER);
  });

  test("where a look-up by id forgets the tenant", async () => {
    const app = withHole(({ services }) => ({
      services: {
        ...services,
        tokens: {
          ...services.tokens,
          get: async (tenant, id) => (await services.tokens.get(tenant, id)) ?? (await services.tokens.get(OTHER, id)),
        },
      },
    }));
    const { wrong, leaks } = await run(app, ["GET /api/v1/tokens/:id"]);
    expect(wrong.length).toBeGreaterThan(0);
    expect(leaks.length).toBeGreaterThan(0);
  });

  test.each([
    ["every token may everything", "GET /api/v1/rules", { scopes: ["notify.admin"] }],
    ["every token is the site's", "GET /api/v1/tenants", { tenant: "_site" }],
  ] as const)("where %s", async (_what, route, more) => {
    const app = withHole(({ tokens }) => ({
      tokens: async (id) => {
        const record = await tokens(id);
        return record === undefined ? undefined : { ...record, ...more };
      },
    }));
    expect((await run(app, [route])).wrong.length).toBeGreaterThan(10);
  });

  test("where a forged tenant is believed", async () => {
    const app = withHole(() => ({ hasTenant: () => Promise.resolve(true) }));
    expect((await run(app, ["GET /api/v1/silences"])).wrong.length).toBeGreaterThan(5);
  });
});
