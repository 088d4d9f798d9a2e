import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createHttp } from "../../src/http/server.ts";
import type { Opening } from "../../src/ports.ts";
import { bearer, testHttp } from "../support/http.ts";
import { pointersIn, problemIn } from "../support/problem.ts";

const Openings = z.strictObject({
  items: z.array(z.looseObject({ seq: z.number(), field: z.string() })),
  next: z.number().optional(),
});
const ACME = "sealpost-hq-01234567-acme";

async function get(path: string, token = "viewer", tenant?: string): Promise<Response> {
  return await testHttp().app.request(`/api/v1/ledger${path}`, {
    headers: bearer(token, tenant === undefined ? {} : { "sealpost-tenant": tenant }),
  });
}

describe("which logs", () => {
  it("a tenant sees its own, the site sees all", async () => {
    expect(await (await get("")).json()).toEqual({ items: [{ origin: ACME, tenant: "acme", size: 300 }] });
    expect(await (await get("", "site", "_site")).json()).toMatchObject({
      items: [{ tenant: "acme" }, { tenant: "globex" }, { tenant: "_site" }],
    });
    expect(await (await get("", "site", "globex")).json()).toMatchObject({ items: [{ tenant: "globex" }] });
  });

  it.each(["checkpoint", "tile/0/000", "openings"])("%s of another tenant's log is not found", async (path) => {
    await problemIn(await get(`/${ACME}/${path}`, "other"), "not-found");
    await problemIn(await get(`/${ACME}/${path}`, "site", "globex"), "not-found");
    expect((await get(`/${ACME}/${path}`, "site", "_site")).status).toBe(200);
  });
});

it("all logs are asked for only by who sees all", async () => {
  const http = testHttp();
  const ask = async (token: string, tenant: string): Promise<number> =>
    (
      await http.app.request(`/api/v1/ledger/${ACME}/tile/0/000`, {
        headers: bearer(token, { "sealpost-tenant": tenant }),
      })
    ).status;
  expect([await ask("viewer", "acme"), await ask("site", "acme"), await ask("other", "globex")]).toEqual([
    200, 200, 404,
  ]);
  expect(http.logLists).toBe(0);
  expect(await ask("site", "_site")).toBe(200);
  expect(http.logLists).toBe(1);
});

describe("the checkpoint", () => {
  it("is the note as it was signed", async () => {
    const response = await get(`/${ACME}/checkpoint`);
    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toBe("origin-acme\n300\nroot\n");
  });

  it("is not found before the first one", async () => {
    await problemIn(await get("/sealpost-hq-01234567-globex/checkpoint", "other"), "not-found");
  });
});

describe("tiles", () => {
  it("full ones may be kept, partial ones not", async () => {
    const full = await get(`/${ACME}/tile/0/000`);
    expect(full.headers.get("content-type")).toBe("application/octet-stream");
    expect(full.headers.get("cache-control")).toBe("private, max-age=31536000, immutable");
    expect((await full.arrayBuffer()).byteLength).toBe(256 * 32);
    const partial = await get(`/${ACME}/tile/0/001.p/44`);
    expect(partial.headers.get("cache-control")).toBe("no-store");
    expect(new Uint8Array(await partial.arrayBuffer())).toEqual(new Uint8Array(44 * 32).fill(1));
  });

  it("bundles of entries have each entry's length before it", async () => {
    const bytes = Buffer.from(await (await get(`/${ACME}/tile/entries/001.p/44`)).arrayBuffer());
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += 2 + bytes.readUInt16BE(at))
      lines.push(bytes.toString("utf8", at + 2, at + 2 + bytes.readUInt16BE(at)));
    expect(lines).toEqual(Array.from({ length: 44 }, (_, at) => `{"seq":${256 + at}}`));
  });

  it.each([
    "0/001",
    "0/001.p/45",
    "1/000",
    "entries/001",
    "entries/001.p/45",
    "entries/x001/000",
    "nonsense",
    "0/1",
    "0/x000/001",
    "0/000.p/256",
    "99/000",
  ])("%s is not there", async (path) => {
    await problemIn(await get(`/${ACME}/tile/${path}`), "not-found");
  });
});

describe("openings", () => {
  it("are for the site and the tenant's admin alone", async () => {
    const shown = {
      items: [{ seq: 7, draft: 0, field: "recipient", salt: Buffer.alloc(32).toString("base64"), value: "9" }],
    };
    expect(await (await get(`/${ACME}/openings?from=7&count=9`, "admin")).json()).toEqual(shown);
    expect(await (await get(`/${ACME}/openings?from=7&count=9`, "site", "_site")).json()).toEqual(shown);
    for (const token of ["viewer", "operator", "writer"])
      await problemIn(await get(`/${ACME}/openings`, token), "forbidden");
  });

  it("of many bytes come in several answers, none of much more than 8 MiB, each telling where to go on", async () => {
    const { context } = testHttp();
    const counts: number[] = [];
    const ledger = {
      ...context.services.ledger,
      openings: async (_tenant: string, from: number, count: number): Promise<Opening[]> => {
        counts.push(count);
        return Array.from({ length: count }, (_, at) => from + at)
          .filter((seq) => seq % 3 === 0)
          .flatMap((seq) => [
            { seq, field: "event" as const, salt: new Uint8Array(32), value: "x".repeat(2 ** 20) },
            { seq, draft: 0, field: "recipient" as const, salt: new Uint8Array(32), value: "a@example.org" },
          ]);
      },
    };
    const app = createHttp({ ...context, services: { ...context.services, ledger } }, []);
    const seen: string[] = [];
    for (let from: number | undefined = 0; from !== undefined; ) {
      const url = `/api/v1/ledger/${ACME}/openings?from=${from}&count=${100 - from}`;
      const body: string = await (await app.request(url, { headers: bearer("admin") })).text();
      expect(body.length).toBeLessThan(9.5 * 2 ** 20);
      const { items, next } = Openings.parse(JSON.parse(body));
      seen.push(...items.map(({ seq, field }) => `${seq} ${field}`));
      from = next;
    }
    expect(seen).toEqual(Array.from({ length: 34 }, (_, at) => [`${at * 3} event`, `${at * 3} recipient`]).flat());
    expect(Math.max(...counts)).toBeLessThanOrEqual(32);
  });

  it("end with the log", async () => {
    const answer = Openings.parse(await (await get(`/${ACME}/openings?from=299&count=1000`, "admin")).json());
    expect(answer).toMatchObject({ items: [{ seq: 299, value: "1" }] });
    expect(await (await get(`/${ACME}/openings?from=300`, "admin")).json()).toEqual({ items: [] });
  });

  it.each([
    ["from=-1", "/from"],
    ["from=1e3", "/from"],
    ["count=0", "/count"],
    ["count=1001", "/count"],
  ])("refuses ?%s", async (query, pointer) => {
    expect(pointersIn(await problemIn(await get(`/${ACME}/openings?${query}`, "admin"), "bad-query"))).toEqual([
      pointer,
    ]);
  });
});
