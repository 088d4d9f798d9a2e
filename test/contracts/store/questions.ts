import { beforeAll, describe, expect, it } from "vitest";
import { createMemoryEngine } from "../../../src/store/memory/engine.ts";
import { Refusal } from "./flows.ts";
import { diskEvent, type Outcome, runScenario } from "./scenario.ts";
import { type EngineHome, meeting, openSite, rootOfLines, type SiteOptions, START, type Wrap } from "./site.ts";

const inMemory = { open: () => createMemoryEngine(), remove: () => undefined };

/** Questions see what those before them left, fail alone, and end the same however they are cut into commits. */
export function questionContract(home: () => EngineHome, options: SiteOptions): void {
  describe("questions", () => {
    let expected: Outcome;
    beforeAll(async () => {
      const site = await openSite(inMemory, { limits: { questions: 1 } });
      expected = await runScenario(site);
      await site.store.close();
    });

    it("have the same outcome on every engine, wherever commits are cut", async () => {
      const site = await openSite(home(), options);
      const outcome = await runScenario(site);
      expect(outcome).toEqual(expected);
      for (const [tenant, lines] of Object.entries(outcome.lines)) {
        const record = await site.store.read.log(tenant);
        expect(record?.size).toBe(lines.length);
        expect(Buffer.from(record?.root ?? []).toString("latin1")).toBe(rootOfLines(lines));
        expect(lines.map((line) => /"seq":(\d+)/.exec(line)?.[1])).toEqual(lines.map((_, at) => String(at)));
      }
      await site.store.close();
    });

    it("share a commit, or not, as the limit says", async () => {
      let applied = 0;
      const site = await openSite(home(), { ...options, wrap: (engine) => meeting(engine, () => (applied += 1)) });
      applied = 0;
      const asked = Array.from({ length: 14 }, (_, n) =>
        site.store.transact({ flow: "add", tenant: "alpha", input: { key: "k", by: n } }),
      );
      const sums = await Promise.all(asked);
      expect(sums.at(-1)).toEqual({ sum: 91, seq: 14 });
      expect(applied).toBe(Math.ceil(14 / (options.limits?.questions ?? 1)));
      await site.store.close();
    });

    it("that must be alone are", async () => {
      const sizes: number[] = [];
      const wrap: Wrap = (engine) => meeting(engine, ({ tenants }) => sizes.push(tenants[0]?.leaves.length ?? 0));
      const site = await openSite(home(), { ...options, limits: { questions: 1000 }, wrap });
      sizes.length = 0;
      const flows = ["add", "add", "swap", "add", "add", "add", "swap"] as const;
      await Promise.all(
        flows.map((flow) => site.store.transact({ flow, tenant: "alpha", input: { key: "k", by: 1 } })),
      );
      expect(sizes).toEqual([2, 1, 3, 1]);
      await site.store.close();
    });

    it("that throw are undone in all they did, between neighbours that commit", async () => {
      const site = await openSite(home(), options);
      const { store } = site;
      const clear = { due: START + 900_000, flow: "ring", key: "kept" };
      await store.transact({
        flow: "shelve",
        tenant: "alpha",
        input: { put: ["spare"], remove: [], prefix: "", limit: 9 },
      });
      await store.transact({ flow: "remind", tenant: "alpha", input: { set: [clear] } });
      const answers = await Promise.allSettled([
        store.transact({ flow: "add", tenant: "alpha", input: { key: "upset", by: 1 } }),
        store.transact({ flow: "upset", tenant: "alpha", input: { event: diskEvent(1), clear } }),
        store.transact({ flow: "add", tenant: "alpha", input: { key: "upset", by: 1 } }),
        store.transact({ flow: "shelve", tenant: "alpha", input: { put: [], remove: [], prefix: "", limit: 9 } }),
        store.transact({ flow: "accept", tenant: "alpha", input: { events: [diskEvent(1)] } }),
      ]);
      expect(answers[0]).toMatchObject({ value: { sum: 1, seq: 2 } });
      expect(answers[1]).toEqual({ status: "rejected", reason: new Refusal("upset") });
      expect(answers[2]).toMatchObject({ value: { sum: 2, seq: 3 } });
      expect(answers[3]).toMatchObject({ value: ["spare", "upset"] });
      expect(answers[4]).toMatchObject({ value: [{ duplicate: false }] });
      expect(await store.read.cell("channel", "alpha", "ops-mail")).toBeUndefined();
      expect(await store.read.cell("window", "alpha", "fresh")).toBeUndefined();
      expect(await store.read.members("alpha", "w", 0, 9)).toEqual([]);
      expect(await store.read.log("alpha-new")).toBeUndefined();
      expect(site.engine.timers("alpha", Number.MAX_SAFE_INTEGER, 9)).toEqual([clear]);
      expect((await store.read.events("alpha", { limit: 9 })).items).toHaveLength(1);
      await store.close();
    });

    it("of an unknown tenant, or that write to one, are refused", async () => {
      const { store } = await openSite(home(), options);
      const asked = await Promise.allSettled([
        store.transact({ flow: "add", tenant: "nobody", input: { key: "k", by: 1 } }),
        store.transact({ flow: "open", tenant: "_site", input: { tenant: "alpha" } }),
        store.transact({ flow: "open", tenant: "_site", input: { tenant: "gamma" } }),
        store.transact({ flow: "add", tenant: "gamma", input: { key: "k", by: 1 } }),
      ]);
      expect(asked).toMatchObject([
        { reason: { name: "StoreError", code: "refused-row" } },
        { reason: { name: "StoreError", code: "refused-row" } },
        { value: 0 },
        { value: { sum: 1, seq: 1 } },
      ]);
      expect(await store.read.cell("window", "nobody", "k")).toBeUndefined();
      await store.close();
    });

    it("list what those before them put and removed, in order of keys", async () => {
      const { store } = await openSite(home(), options);
      const shelve = (put: string[], remove: string[], limit: number): Promise<readonly string[]> =>
        store.transact({ flow: "shelve", tenant: "alpha", input: { put, remove, prefix: "p", limit } });
      await shelve(["p1", "p2", "p3", "p5", "q1", "p\u{10000}", "p\uffee"], [], 0);
      const answers = await Promise.all([
        shelve([], [], 2),
        shelve(["p4"], ["p1", "p2"], 3),
        shelve(["p0", "o9"], [], 2),
        shelve([], ["p3", "p4", "p5", "p0"], 9),
        shelve([], ["p\uffee"], 1),
      ]);
      expect(answers).toEqual([
        ["p1", "p2"],
        ["p3", "p4", "p5"],
        ["p0", "p3"],
        ["p\uffee", "p\u{10000}"],
        ["p\u{10000}"],
      ]);
      expect((await store.read.cells("window", "alpha", "", 9)).map(([key]) => key)).toEqual([
        "o9",
        "p\u{10000}",
        "q1",
      ]);
      await store.close();
    });

    it("list cells that follow a key, which need not be there", async () => {
      const { store } = await openSite(home(), options);
      const shelve = (put: string[], remove: string[], after: string, limit: number, prefix = "p") =>
        store.transact({ flow: "shelve", tenant: "alpha", input: { put, remove, prefix, after, limit } });
      await shelve(["o1", "p", "p1", "p2", "p4", "p\u{10000}", "p\uffee", "q1"], [], "", 0);
      const answers = await Promise.all([
        shelve([], [], "p1", 2),
        shelve(["p3", "p0"], ["p1"], "p1", 2),
        shelve([], [], "p2", 9),
        shelve(["p25"], ["p4"], "p2", 2),
        shelve([], ["p2", "p25"], "p2", 1),
        shelve([], [], "p\uffee", 9),
        shelve([], [], "p\u{10000}", 9),
        shelve([], [], "a", 2),
        shelve([], [], "q", 9),
        shelve([], [], "", 2, ""),
      ]);
      expect(answers).toEqual([
        ["p2", "p4"],
        ["p2", "p3"],
        ["p3", "p4", "p\uffee", "p\u{10000}"],
        ["p25", "p3"],
        ["p3"],
        ["p\u{10000}"],
        [],
        ["p", "p0"],
        [],
        ["o1", "p"],
      ]);
      await store.close();
    });

    it("list claims that were made after another one, none after what is not there", async () => {
      const { store } = await openSite(home(), options);
      const stakes = (after: string, limit: number, put: string[] = [], remove: string[] = []) =>
        store.transact({ flow: "stakes", tenant: "alpha", input: { put, remove, prefix: "7:", after, limit } });
      await stakes("", 0, ["7:d", "7:a", "8:x", "7:c", "7:z"]);
      const answers = await Promise.all([
        stakes("7:d", 2),
        stakes("7:a", 9, ["7:b"]), // made by this batch, it comes last
        stakes("7:a", 9, ["7:d"]), // changed, it keeps its place
        stakes("7:b", 9),
        stakes("7:b", 9, ["7:0", "7:1"]),
        stakes("7:0", 9, ["7:b"]),
        stakes("7:d", 2, [], ["7:a", "7:c"]),
        stakes("7:a", 9),
        stakes("7:none", 9),
        stakes("7:z", 9, [], ["7:0"]),
        stakes("7:z", 1),
      ]);
      expect(answers).toEqual([
        ["7:a", "7:c"],
        ["7:c", "7:z", "7:b"],
        ["7:c", "7:z", "7:b"],
        [],
        ["7:0", "7:1"],
        ["7:1"],
        ["7:z", "7:b"],
        [],
        [],
        ["7:b", "7:1"],
        ["7:b"],
      ]);
      await store.close();
    });

    it("list claims in the order of their making", async () => {
      const { store } = await openSite(home(), options);
      const stakes = (prefix: string, limit: number, put: string[] = [], remove: string[] = []) =>
        store.transact({ flow: "stakes", tenant: "alpha", input: { put, remove, prefix, limit } });
      await stakes("", 9, ["7:d", "7:a", "70:x", "8:q", "7:c", "plain"]);
      const answers = await Promise.all([
        stakes("7:", 2),
        stakes("7:", 9, ["7:b", "7:a"]),
        stakes("7:", 2, [], ["7:d"]),
        stakes("7:", 2, ["7:0"], ["7:a"]),
        stakes("7:", 9, ["9:z"]),
        stakes("", 4),
        stakes("9", 4),
        stakes("7:c", 4),
        stakes("none:", 4),
        store.transact({ flow: "stakes", tenant: "beta", input: { prefix: "7:", limit: 9 } }),
      ]);
      expect(answers).toEqual([
        ["7:d", "7:a"],
        ["7:d", "7:a", "7:c", "7:b"],
        ["7:a", "7:c"],
        ["7:c", "7:b"],
        ["7:c", "7:b", "7:0"],
        ["70:x", "8:q", "7:c", "plain"],
        ["9:z"],
        ["7:c"],
        [],
        [],
      ]);
      const read = async (prefix: string) => (await store.read.cells("claim", "alpha", prefix, 9)).map(([key]) => key);
      expect(await read("7:")).toEqual(["7:c", "7:b", "7:0"]);
      expect(await read("")).toEqual(["70:x", "8:q", "7:c", "plain", "7:b", "7:0", "9:z"]);
      await store.close();
    });

    it("see the members of windows that those before them added, in order, and none that was taken back", async () => {
      const { store } = await openSite(home(), options);
      const gather = (window: string, from: number, bodies: string[], fail = false) =>
        store.transact({ flow: "gather", tenant: "alpha", input: { window, from, bodies, fail } });
      const pages = (window: string, from: number, limit: number) =>
        store.transact({ flow: "pages", tenant: "alpha", input: { window, from, limit } });
      await gather("w", 0, ["a", "b", "c"]);
      const answers = await Promise.allSettled([
        pages("w", 0, 2),
        gather("w", 3, ["d", "e"]),
        gather("v", 0, ["x"]),
        gather("w", 5, ["lost", "too"], true),
        pages("w", 0, 2),
        gather("w", 5, ["f"]),
        pages("w", 0, 99),
        pages("w", 4, 1),
        pages("w", 1, 3),
        pages("none", 0, 3),
        store.transact({ flow: "pages", tenant: "beta", input: { window: "w", from: 0, limit: 3 } }),
        store.transact({ flow: "gather", tenant: "alpha", input: { window: "late", from: 4, bodies: ["l4", "l5"] } }),
        gather("late", 2, ["l2", "l3"]),
        gather("late", 0, ["l0", "l1"]),
      ]);
      expect(answers.map((answer) => (answer.status === "fulfilled" ? answer.value : "refused"))).toEqual([
        [["a", "b"], ["c"]],
        ["a", "b", "c", "d", "e"],
        ["x"],
        "refused",
        [["a", "b"], ["c", "d"], ["e"]],
        ["a", "b", "c", "d", "e", "f"],
        [["a", "b", "c", "d", "e", "f"]],
        [["e"], ["f"], []],
        [
          ["b", "c", "d"],
          ["e", "f"],
        ],
        [[]],
        [[]],
        ["l4", "l5"],
        ["l2", "l3", "l4", "l5"],
        ["l0", "l1", "l2", "l3", "l4", "l5"],
      ]);
      const titles = async (window: string) =>
        (await store.read.members("alpha", window, 0, 99)).map(({ title }) => title);
      expect(await titles("w")).toEqual(["a", "b", "c", "d", "e", "f"]);
      expect(await titles("late")).toEqual(["l0", "l1", "l2", "l3", "l4", "l5"]);
      await store.close();
    });

    it("are seen by readers once they are committed, and listeners are told in between", async () => {
      const site = await openSite(home(), options);
      const { store } = site;
      const told: unknown[] = [];
      store.onCommit(() => {
        throw new Error("a bad listener");
      });
      store.onCommit(({ cells, logs }) =>
        told.push(
          cells.map(({ key }) => key),
          logs,
        ),
      );
      const asked = store.transact({ flow: "add", tenant: "alpha", input: { key: "k", by: 5 } });
      expect(await store.read.cell("window", "alpha", "k")).toBeUndefined();
      await asked;
      expect(told).toEqual([["k"], [{ tenant: "alpha", size: 2 }]]);
      expect(await store.read.cell("window", "alpha", "k")).toMatchObject({ count: 5 });
      expect(site.errors).toEqual([
        expect.stringMatching(/^a listener of commits failed {"error":"Error","at":"at [^"]*:\d+"}$/),
      ]);
      expect(await store.transact({ flow: "peek", tenant: "alpha", input: { key: "k" } })).toBe(5);
      expect(told).toHaveLength(2);
      await store.close();
    });
  });
}
