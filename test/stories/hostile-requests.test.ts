import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { cli } from "../support/cli.ts";
import { type GoodClient, type Measured, median, startGoodClient } from "../support/good-client.ts";
import { type Documented, readDocument } from "../support/hostile-documented.ts";
import { changesOf, type Held, type Keeper, openKeeper } from "../support/hostile-held.ts";
import { HOSTILE_REQUESTS } from "../support/hostile-requests.ts";
import { expectAnswered, Refused } from "../support/hostile-run.ts";
import { type Served, serveHostile, type TokenName } from "../support/hostile-served.ts";
import { openSlow, type Slow, slowKinds } from "../support/hostile-slow.ts";
import { temporaryFolder } from "../support/site.ts";

const MIB = 2 ** 20;
const ROWS = Object.values(HOSTILE_REQUESTS).flat();
const USUAL_MS = 2000;
const STORM_MS = 6000;
const STORM_LANES = 4;
/** Whoever waits no longer than this notices nothing; a machine that others use is that slow by itself. */
const UNNOTICED_MS = 20;
/** How much the process may hold more after all this than before. */
const MAX_GROWTH = 400 * MIB;

const folder = temporaryFolder();
let served: Served;
let keeper: Keeper;
let documented: Documented;
let goodClient: GoodClient;
let usual: Measured;
/** While rows went one by one, and while they came all at once. */
let oneByOne: Measured;
let atOnce: Measured;
let memoryBefore: number;
let slow: readonly Slow[];
let before: Held;

beforeAll(async () => {
  served = await serveHostile(path.join(folder.dir, "site"));
  keeper = openKeeper(served.dir);
  const document = await fetch(`http://127.0.0.1:${served.port}/api/v1/openapi.json`);
  documented = readDocument(await document.text());
  goodClient = startGoodClient(served.port, served.token("watch"));
  await sleep(USUAL_MS / 2); // it warms up
  await goodClient.measured();
  await sleep(USUAL_MS);
  usual = await goodClient.measured();
  memoryBefore = served.memory();
  slow = await openSlow(served);
  before = await atRest();
});
afterAll(async () => {
  goodClient.end();
  keeper.close();
  await served.stop();
  folder.remove();
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What is held once nothing more follows from what was done. */
async function atRest(): Promise<Held> {
  for (let last = keeper.look(); ; ) {
    await sleep(200);
    const now = keeper.look();
    if (Object.keys(changesOf(last, now)).length === 0) return now;
    last = now;
  }
}

function expectUnchanged(): void {
  const now = keeper.look();
  const changes = changesOf(before, now);
  before = now;
  expect(changes).toEqual({});
}

describe.each(Object.entries(HOSTILE_REQUESTS))(
  "a hostile request is refused and changes nothing: %s",
  (_table, rows) => {
    test.each(rows)("$name", async (row) => {
      await expectAnswered(row, served, documented);
      expectUnchanged();
      expect(served.isAlive()).toBe(true);
    });
  },
);

test("the tables hold more than a hundred requests, each under a name of its own", () => {
  expect(ROWS.length).toBeGreaterThan(500);
  expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
});

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function send(
  method: string,
  route: string,
  { body, headers = {} }: Sent = {},
  who: TokenName = "admin",
): Promise<Response> {
  return fetch(`http://127.0.0.1:${served.port}${route}`, {
    method,
    headers: {
      authorization: `Bearer ${served.token(who)}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

function ruleOf(id: string, description: string): object {
  return { id, description, match: { types: ["contested.never"] }, actions: [{ id: `${id}-mail`, channel: "off" }] };
}

async function tagOf(route: string): Promise<string> {
  return (await send("GET", route)).headers.get("etag") ?? "";
}

const List = z.object({ items: z.array(z.looseObject({ why: z.string().optional() })) });

async function historyOf(route: string): Promise<z.infer<typeof List>["items"]> {
  return List.parse(await (await send("GET", `${route}/history?limit=1000`)).json()).items;
}

function counted(answers: readonly Response[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

const TWENTY = Array.from({ length: 20 }, (_, n) => n);

describe("of requests that contend at once exactly one wins", () => {
  test("twenty edits of one version", async () => {
    const route = "/api/v1/rules/contested";
    const [tag, had] = [await tagOf(route), await historyOf(route)];
    const answers = await Promise.all(
      TWENTY.map((n) =>
        send("PUT", `${route}?why=edit-${n}`, { body: ruleOf("contested", `edit ${n}`), headers: { "if-match": tag } }),
      ),
    );
    expect(counted(answers)).toEqual({ 200: 1, 412: 19 });
    const winner = answers.findIndex(({ status }) => status === 200);
    const has = await historyOf(route);
    expect(has).toHaveLength(had.length + 1);
    expect(has[0]?.why).toBe(`edit-${winner}`);
    expect(await (await send("GET", route)).json()).toMatchObject({ description: `edit ${winner}` });
  });

  test("an edit and a removal of one version, over both doors", async () => {
    const route = "/api/v1/rules/contested";
    const tag = await tagOf(route);
    const fields = { "if-match": tag };
    const answers = await Promise.all(
      TWENTY.map((n) =>
        n % 2 === 0
          ? send("DELETE", route, { headers: fields })
          : send("PUT", route, { body: ruleOf("contested", `again ${n}`), headers: fields }),
      ),
    );
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    const isGone = answers.some(({ status }) => status === 204);
    expect((await send("GET", route)).status).toBe(isGone ? 404 : 200);
  });

  test("twenty who create the same", async () => {
    const answers = await Promise.all(
      TWENTY.map((n) => send("POST", "/api/v1/rules", { body: ruleOf("claimed", `by ${n}`) })),
    );
    expect(counted(answers)).toEqual({ 201: 1, 409: 19 });
    expect(await historyOf("/api/v1/rules/claimed")).toHaveLength(1);
  });

  test("twenty of one Idempotency-Key: done once, and none is told anything else", async () => {
    const headers = { "idempotency-key": "one-of-twenty" };
    const answers = await Promise.all(
      TWENTY.map(() => send("POST", "/api/v1/rules", { body: ruleOf("keyed", "once"), headers })),
    );
    for (const answer of answers) expect([201, 409]).toContain(answer.status);
    const made = answers.filter(({ status }) => status === 201);
    expect(made.filter(({ headers: fields }) => fields.get("idempotent-replayed") === null)).toHaveLength(1);
    expect(await historyOf("/api/v1/rules/keyed")).toHaveLength(1);
  });

  test("one Idempotency-Key of two principals is two keys; for another request it is refused", async () => {
    const headers = { "idempotency-key": "shared" };
    const mine = await send("POST", "/api/v1/rules", { body: ruleOf("mine", "first"), headers });
    const theirs = await send("POST", "/api/v1/rules", { body: ruleOf("theirs", "second"), headers }, "second");
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    const other = await send("POST", "/api/v1/rules", { body: ruleOf("other", "third"), headers });
    expect([other.status, Refused.parse(await other.json()).code]).toEqual([422, "key-reused"]);
    expect((await send("GET", "/api/v1/rules/other")).status).toBe(404);
  });

  test("twenty switches from one generation", async () => {
    const { generation: base } = z
      .looseObject({ generation: z.string() })
      .parse(await (await send("GET", "/api/v1/config")).json());
    const answers = await Promise.all(
      TWENTY.map((n) =>
        send("POST", "/api/v1/config/apply", {
          body: { objects: { "rules/switched": { schema: "rule/v1", ...ruleOf("switched", `${n}`) } }, base },
        }),
      ),
    );
    expect(counted(answers)).toEqual({ 200: 1, 409: 19 });
    expect(await historyOf("/api/v1/rules/switched")).toHaveLength(1);
  });
});

describe("all of it at once", () => {
  test("each is answered as before, and nothing changes", async () => {
    before = await atRest();
    const denials = keeper.denials();
    oneByOne = await goodClient.measured();
    const rows = ROWS.filter(({ isOnce }) => !isOnce);
    const until = performance.now() + STORM_MS;
    let sent = 0;
    const lane = async (): Promise<void> => {
      while (sent < rows.length || performance.now() < until) {
        const row = rows[(sent++ * 7) % rows.length];
        if (row !== undefined) await expectAnswered(row, served, documented);
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: STORM_LANES }, lane));
    atOnce = await goodClient.measured();
    expect(ends.flatMap((end) => (end.status === "rejected" ? [String(end.reason)] : []))).toEqual([]);
    expectUnchanged();
    console.info(`hostile requests: ${sent} at once, ${keeper.denials() - denials} leaves of refusals of them`);
    expect(sent).toBeGreaterThanOrEqual(rows.length);
  });

  test.each(slowKinds())(
    "a connection that %s is ended in its time",
    async (kind) => {
      const own = slow.filter((one) => one.kind === kind);
      await expect
        .poll(() => own.filter((one) => one.heldMs() === undefined).length, { timeout: 50_000, interval: 200 })
        .toBe(0);
      for (const one of own) {
        expect(one.heldMs()).toBeGreaterThan(15_000);
        expect(one.heldMs()).toBeLessThan(45_000);
        if (one.heard() !== "") expect(one.heard()).toMatch(/^HTTP\/1\.1 408 [^]*"code":"body-timeout"/);
      }
      expectUnchanged();
    },
    60_000,
  );
});

describe("after all of it", () => {
  test("a good request took at most three times as long as usual meanwhile", async () => {
    const last = await goodClient.measured();
    await sleep(USUAL_MS / 2);
    const after = await goodClient.measured();
    for (const kind of ["get", "post"] as const) {
      const meanwhile = [oneByOne, atOnce, last].flatMap((one) => one[kind]);
      const wont = Math.max(median(usual[kind]), median(after[kind]));
      const [first, one, all, later] = [usual, oneByOne, atOnce, after].map((some) => median(some[kind]).toFixed(2));
      console.info(
        `good ${kind}: median ${median(meanwhile).toFixed(2)} ms of ${meanwhile.length} meanwhile (one by one ${one}, all at once ${all}); ${first} before, ${later} after`,
      );
      expect(median(meanwhile)).toBeLessThanOrEqual(Math.max(3 * wont, UNNOTICED_MS));
    }
    expect([usual, oneByOne, atOnce, last, after].flatMap(({ failed }) => failed)).toEqual([]);
  });

  test("it is the same process, of about the same size, and it has told nobody's secret", () => {
    const memory = served.memory();
    console.info(`memory: ${(memoryBefore / MIB).toFixed(0)} MiB before, ${(memory / MIB).toFixed(0)} MiB after`);
    expect(memory - memoryBefore).toBeLessThan(MAX_GROWTH);
    expect(served.isAlive()).toBe(true);
    expect(served.said()).not.toContain("a request failed");
    expect(served.said()).not.toContain("hostile-requests-secret");
  });

  test("what was refused was never seen: sent well it is new", async () => {
    const event = { specversion: "1.0", id: "hostile", source: "/hostile", type: "good.after" };
    const answer = await send("POST", "/api/v1/events", {
      body: event,
      headers: { "content-type": "application/cloudevents+json" },
    });
    expect(await answer.json()).toMatchObject({ accepted: 1, duplicates: 0 });
  });

  test("it stops as it should, and its log verifies", async () => {
    expect(await served.stop()).toBe(0);
    const verified = await cli(["ledger", "verify", "--data", served.dir]);
    expect(verified, verified.err).toMatchObject({ code: 0 });
  });
});
