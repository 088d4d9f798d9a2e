import * as http from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Listener, listenTcp } from "../../src/http/listen.ts";
import { silentLog } from "../../src/system/log.ts";
import { systemTimeout } from "../../src/system/timeout.ts";
import { mailRule, makeObjectsSite, type ObjectsSite, wholeHistory } from "../support/objects-api.ts";

const RULES = 10;
const EDITS = 1000;
/** An edit that lost goes on from the version that beat it, so often at most. */
const TRIES = 3;

interface Edit {
  readonly rule: string;
  readonly name: string;
  readonly statuses: readonly number[];
  /** The version that it left, where it was accepted. */
  readonly tag?: string;
}

let site: ObjectsSite;
let server: Listener;
const agent = new http.Agent({ keepAlive: true });
beforeAll(async () => {
  site = await makeObjectsSite();
  server = await listenTcp(site.site.app, { host: "127.0.0.1", port: 0 }, { timeout: systemTimeout, log: silentLog });
});
afterAll(async () => {
  agent.destroy();
  await server.close(0);
  await site.close();
});

function put(rule: string, name: string, tag: string): Promise<{ readonly status: number; readonly tag: string }> {
  const headers = {
    authorization: `Bearer ${site.token}`,
    "content-type": "application/json",
    "if-match": tag,
  };
  return new Promise((resolve, reject) => {
    const request = http.request(`${server.address}/api/v1/rules/${rule}`, { method: "PUT", agent, headers });
    request.once("error", reject);
    request.once("response", (response) => {
      response.resume();
      response.once("end", () => resolve({ status: response.statusCode ?? 0, tag: response.headers.etag ?? "" }));
    });
    request.end(JSON.stringify(mailRule(rule, { name })));
  });
}

function tagOf(hash = ""): string {
  return `"${hash}"`;
}

async function edit(at: number, tags: ReadonlyMap<string, string>): Promise<Edit> {
  const rule = `r-${at % RULES}`;
  const name = `edit ${at}`;
  const statuses: number[] = [];
  let tag = tags.get(rule) ?? "";
  while (statuses.length < TRIES) {
    const answered = await put(rule, name, tag);
    statuses.push(answered.status);
    if (answered.status === 200) return { rule, name, statuses, tag: answered.tag };
    if (answered.status !== 412) break;
    ({ tag } = answered);
  }
  return { rule, name, statuses };
}

describe("1,000 edits at once, of 10 rules, each of the version that it looked at", () => {
  test("are each accepted or told that another came first; what was accepted is in the history exactly once", async () => {
    const tags = new Map<string, string>();
    for (let at = 0; at < RULES; at++)
      tags.set(`r-${at}`, (await site.own("POST", "/rules", { json: mailRule(`r-${at}`) })).etag);
    const edits = await Promise.all(Array.from({ length: EDITS }, (_, at) => edit(at, tags)));

    const statuses = new Set(edits.flatMap((one) => one.statuses));
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 412]);
    for (let at = 0; at < RULES; at++) {
      const rule = `r-${at}`;
      const accepted = edits.filter((one) => one.rule === rule && one.tag !== undefined);
      expect(accepted.length).toBeGreaterThanOrEqual(TRIES - 1);
      const rows = (await wholeHistory(site.own, `/rules/${rule}`)).filter(({ change }) => change === "changed");
      expect(rows.map(({ hash }) => tagOf(hash)).toSorted()).toEqual(accepted.map(({ tag = "" }) => tag).toSorted());
      for (const [place, { before }] of rows.entries())
        if (place < rows.length - 1) expect(before).toBe(rows[place + 1]?.hash);
      const now = await site.own("GET", `/rules/${rule}`);
      expect(now.etag).toBe(tagOf(rows[0]?.hash));
      expect(now.body.name).toBe(accepted.find(({ tag }) => tag === now.etag)?.name);
    }
  });

  test("of any version lose none: each is in the history, in one order", async () => {
    const before = await wholeHistory(site.own, "/rules/r-0");
    const answers = await Promise.all(Array.from({ length: 200 }, (_, at) => put("r-0", `any ${at}`, "*")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
    const rows = (await wholeHistory(site.own, "/rules/r-0")).slice(0, -before.length);
    expect(rows.map(({ hash }) => `"${hash ?? ""}"`).toSorted()).toEqual(answers.map(({ tag }) => tag).toSorted());
    expect(new Set(rows.map(({ n }) => n)).size).toBe(200);
  });
});
