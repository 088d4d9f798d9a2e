import { describe, expect, test } from "vitest";
import { applyConfig, planConfig } from "../../src/flows/config-apply.ts";
import { hashAfter, hashAt, walkHistory } from "../../src/flows/object-history.ts";
import type { Json } from "../../src/core/json.ts";
import { channel, rule, template } from "../support/objects.ts";
import { noPause } from "../support/pause.ts";
import { openTestStore, START, type TestStore } from "../support/store.ts";

const by = { actor: "local:0" };
const value = (id: string, name: string): Json => ({
  schema: "rule/v1",
  id,
  name,
  actions: [{ id: `${id}-mail`, channel: "ops-mail" }],
});
async function save(site: TestStore, objects: Readonly<Record<string, string>>, more = {}): Promise<void> {
  const given = Object.entries(objects).map(([id, name]) => ({ kind: "rules", id, value: value(id, name) }) as const);
  const plan = await planConfig(site, { tenant: "default", objects: given, prune: false });
  expect(plan.faults).toEqual([]);
  await applyConfig(site, plan, { ...by, ...more });
}
async function historyOf(
  site: TestStore,
  id: string,
  before?: number,
): Promise<readonly (readonly [number, string])[]> {
  const doors = { read: site.store.read, pause: noPause };
  const place = {
    tenant: "default",
    keys: [`rules/${id}`],
    before: before ?? site.configurations.own("default").n + 1,
  };
  const all: [number, string][] = [];
  for await (const { n, found } of walkHistory(doors, place)) {
    for (const { before: was, after } of found)
      all.push([n, `${was === undefined ? "-" : "x"}${after === undefined ? "-" : "x"}`]);
  }
  return all;
}

/** So many that a record does not name them. */
function many(word: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`r-${at}`, word]));
}

async function opened(): Promise<TestStore> {
  const site = await openTestStore();
  await site.configure([channel(), template(), rule("first")]);
  return site;
}

describe("the history of an object", () => {
  test("tells of each switch who, when, why and by which way", async () => {
    const site = await opened();
    site.clock.now += 5000;
    await save(site, { first: "new" }, { why: "typo", via: "api" });
    const [record] = (await site.store.read.cells("change", "default", "", 10)).map(([, one]) => one).slice(-1);
    expect(record).toMatchObject({ n: 2, actor: "local:0", why: "typo", via: "api", at: START + 5000, count: 1 });
    expect(record?.changes).toMatchObject([{ kind: "rules", id: "first", change: "changed" }]);
  });

  test("is walked newest first over hundreds of switches, each once, from any of them on", async () => {
    const site = await opened();
    for (let n = 2; n <= 230; n++) await save(site, n % 2 === 0 ? { first: `v${n}` } : { other: `v${n}` });
    const all = await historyOf(site, "first");
    expect(all.map(([n]) => n)).toEqual([...Array.from({ length: 115 }, (_, at) => 230 - 2 * at), 1]);
    expect(await historyOf(site, "first", 101)).toEqual(all.filter(([n]) => n < 101));
    expect((await historyOf(site, "other")).at(-1)).toEqual([3, "-x"]);
    expect(await historyOf(site, "stranger")).toEqual([]);
  });

  test("finds what a switch of thousands of objects did, though its record does not name them", async () => {
    const site = await opened();
    await save(site, many("one"));
    await save(site, { ...many("two"), "r-700": "one" });
    const plan = await planConfig(site, { tenant: "default", objects: [], prune: false, removed: ["rules/r-3"] });
    await applyConfig(site, plan, by);
    const records = await site.store.read.cells("change", "default", "", 10);
    expect(records.map(([, { count, changes }]) => [count, changes?.length])).toEqual([
      [3, 3],
      [1500, undefined],
      [1499, undefined],
      [1, 1],
    ]);
    expect(await historyOf(site, "r-0")).toEqual([
      [3, "xx"],
      [2, "-x"],
    ]);
    expect(await historyOf(site, "r-700")).toEqual([[2, "-x"]]);
    expect(await historyOf(site, "r-3")).toEqual([
      [4, "x-"],
      [3, "xx"],
      [2, "-x"],
    ]);
    expect(await historyOf(site, "zz")).toEqual([]);
    expect(await historyOf(site, "a")).toEqual([]);
  });

  test("answers the version after any switch, also of one that did not touch it", async () => {
    const site = await opened();
    const { read } = site.store;
    const at = (key: string, n: number): Promise<string | undefined> =>
      hashAfter({ read }, { tenant: "default", key, n });
    const first = site.configurations.own("default").objects["rules/first"];
    await save(site, { other: "one" });
    await save(site, { first: "two" });
    expect(await at("rules/first", 2)).toBe(first);
    expect(await at("rules/first", 3)).toBe(site.configurations.own("default").objects["rules/first"]);
    expect(await at("rules/other", 1)).toBeUndefined();
    expect(await at("rules/first", 9)).toBeUndefined();
    expect(
      await hashAt({ read }, { tenant: "default", generation: "0".repeat(64), key: "rules/first" }),
    ).toBeUndefined();
  });
});
