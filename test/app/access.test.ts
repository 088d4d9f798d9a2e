import { describe, expect, test } from "vitest";
import { createAccessDesk } from "../../src/app/access.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { StoreError } from "../../src/store/error.ts";
import { openTestStore } from "../support/store.ts";

const MINUTE = 60_000;
const BY = { actor: "token:a", tenant: "default", route: "GET /api/v1/events" };

async function desk({ hasRoom = true }: { hasRoom?: boolean } = {}) {
  const site = await openTestStore();
  const at = { now: 10 * MINUTE + 5, mono: 0, hasRoom, fails: false };
  const warned: string[] = [];
  const access = createAccessDesk({
    store: {
      transact: (question) =>
        at.fails ? Promise.reject(new StoreError("closed", "closed")) : site.store.transact(question),
    },
    clock: { now: () => at.now, mono: () => at.mono },
    log: {
      info: () => undefined,
      warn: (message, fields) => void warned.push(`${message} ${JSON.stringify(fields)}`),
      error: () => undefined,
    },
    hasRoom: () => at.hasRoom,
  });
  const denials = async (tenant: string) =>
    (await site.lines(tenant))
      .filter((line) => line.includes("access.denied"))
      .map((line) => parseLeaf(line))
      .map(({ actor, id, body }) => ({ actor, id, ...body }));
  const run = (): Promise<number> => access.run(at.now, new AbortController().signal);
  return { site, at, warned, access, denials, run };
}

describe("what is refused", () => {
  test("is recorded at once the first time, and counted for the rest of its minute", async () => {
    const { access, at, denials, run } = await desk();
    await access.denied({ ...BY, why: "forbidden" });
    const first = { actor: "token:a", id: BY.route, count: 1, minute: 10 * MINUTE, why: "forbidden" };
    expect(await denials("default")).toEqual([first]);
    for (let n = 0; n < 40; n++) await access.denied({ ...BY, why: "forbidden" });
    await access.denied({ ...BY, why: "tenant-mismatch" });
    expect(await run()).toBe(0);
    expect(await denials("default")).toEqual([first]);
    expect(access.due(at.now)).toBe(11 * MINUTE);
    at.now = 11 * MINUTE;
    expect(await run()).toBe(1);
    expect((await denials("default"))[1]).toEqual({
      ...first,
      count: 41,
      counts: { forbidden: 40, "tenant-mismatch": 1 },
      repeats: true,
      why: "forbidden tenant-mismatch",
    });
    expect(access.due(at.now)).toBeUndefined();
    await access.denied({ ...BY, why: "forbidden" });
    expect(await denials("default")).toHaveLength(3);
  });

  test("stands in the log of whom it was refused to", async () => {
    const { access, denials } = await desk();
    await access.denied({ actor: "anonymous", tenant: "_site", route: BY.route, why: "unauthenticated" });
    expect(await denials("_site")).toMatchObject([{ actor: "anonymous", why: "unauthenticated" }]);
    expect(await denials("default")).toEqual([]);
  });

  test("is written when the site stops, however young", async () => {
    const { access, denials } = await desk();
    await access.denied({ ...BY, why: "forbidden" });
    await access.denied({ ...BY, why: "forbidden" });
    await access.flush();
    expect(await denials("default")).toMatchObject([{ count: 1 }, { count: 1, repeats: true }]);
  });

  test("fills neither memory nor disk: beyond 200 principals and routes of a tenant it is counted", async () => {
    const { access, denials } = await desk();
    await Promise.all(
      Array.from({ length: 2500 }, (_, at) => access.denied({ ...BY, actor: `token:${at}`, why: "forbidden" })),
    );
    expect(await denials("default")).toHaveLength(200);
    await access.flush();
    expect((await denials("default")).slice(200)).toMatchObject([
      { actor: "job:access", id: "others", count: 2300, repeats: true },
    ]);
  });

  test("of one tenant, or of nobody known, takes no other tenant's place", async () => {
    const { access, denials, run, at } = await desk();
    const many = (by: object) =>
      Promise.all(
        Array.from({ length: 300 }, (_, n) => access.denied({ ...BY, route: `GET /${n}`, why: "forbidden", ...by })),
      );
    await many({});
    await many({ tenant: "_site", actor: "anonymous" });
    await access.denied({ ...BY, tenant: "_site", actor: "token:s", why: "forbidden" });
    expect(await denials("_site")).toHaveLength(201);
    expect((await denials("_site")).at(-1)).toMatchObject({ actor: "token:s", count: 1 });
    at.now = 11 * MINUTE;
    await run();
    expect((await denials("default")).at(-1)).toMatchObject({ id: "others", count: 100 });
    expect((await denials("_site")).at(-1)).toMatchObject({ id: "others", count: 100 });
    await many({ actor: "token:later" });
    expect((await denials("default")).filter(({ actor }) => actor === "token:later")).toHaveLength(200); // all of it again
  });

  test.each([
    ["the disk is full", { hasRoom: false, fails: false }],
    ["the store is closed", { hasRoom: true, fails: true }],
  ])("is told in the log where %s, and recorded with its minute once that is over", async (_what, trouble) => {
    const { access, at, denials, warned } = await desk();
    Object.assign(at, trouble);
    await access.denied({ ...BY, why: "forbidden" }); // does not reject
    expect(await denials("default")).toEqual([]);
    expect(warned).toHaveLength(1);
    expect(warned[0]).toContain("a refusal could not be recorded");
    Object.assign(at, { hasRoom: true, fails: false });
    await access.flush();
    expect(await denials("default")).toMatchObject([{ count: 1, why: "forbidden" }]);
  });
});

describe("uses of tokens", () => {
  test("are written together, at most every ten seconds, without a leaf", async () => {
    const { site, access, at, run } = await desk();
    const token = { id: "t1", name: "ci", tenant: "default", scopes: [], hash: "f".repeat(64) };
    await site.store.transact({ flow: "token-change", tenant: "_site", input: { actor: "local:0", token } });
    const size = (await site.lines()).length;
    let wakes = 0;
    access.onWork(() => wakes++);
    for (let n = 0; n < 1000; n++) access.used("t1", at.now + n);
    access.used("gone", at.now);
    expect(wakes).toBe(1);
    expect(access.due(at.now)).toBe(at.now + 10_000);
    expect(await run()).toBe(0);
    at.mono = 10_000;
    expect(await run()).toBe(2);
    expect(await site.store.read.cell("use", "_site", "t1")).toEqual({ lastUsedAt: at.now + 999 });
    expect(await site.store.read.cell("use", "_site", "gone")).toBeUndefined();
    expect((await site.lines()).length).toBe(size);
    expect(access.due(at.now)).toBeUndefined();
  });
});
