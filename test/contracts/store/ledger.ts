import { describe, expect, it } from "vitest";
import { commitment } from "../../../src/core/leaf.ts";
import { joinHashes, leafHash } from "../../../src/core/merkle.ts";
import { subtreeRoot } from "../../../src/core/tile.ts";
import type { PlacedLeaf } from "../../../src/store/engine.ts";
import { compareText } from "../../../src/store/key-order.ts";
import { counted } from "./flows.ts";
import { diskEvent } from "./scenario.ts";
import { type EngineHome, openSite, rootOfLines, type Site } from "./site.ts";
import { input } from "../../support/objects.ts";

async function rootOf(site: Site, tenant: string): Promise<string> {
  const log = await site.store.read.log(tenant);
  return Buffer.from(log?.root ?? []).toString("latin1");
}

const hex = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString("hex");

const nothing = { leaves: [], events: [], timersSet: [], timersCleared: [], members: [] };
const leaf = (seq: number): PlacedLeaf => ({ seq, line: `{"seq":${seq}}` });

/** Each tenant has one log: contiguous leaves, a head that is their root, full tiles, openings apart. */
export function ledgerContract(home: () => EngineHome): void {
  describe("the ledger", () => {
    it("has heads that are the roots of its lines, over commits, restarts and full tiles", async () => {
      let site = await openSite(home());
      for (const leaves of [1, 254, 1, 300, 700, 2]) {
        await site.store.transact({ flow: "grow", tenant: "alpha", input: { leaves } });
        const lines = await site.lines("alpha");
        expect(await rootOf(site, "alpha")).toBe(rootOfLines(lines));
        await site.store.close();
        site = await openSite(home());
        expect(await rootOf(site, "alpha")).toBe(rootOfLines(lines));
      }
      const { read } = site.store;
      const lines = await site.lines("alpha");
      expect(lines).toHaveLength(1259);
      const hashes = lines.map(leafHash);
      for (let index = 0; index < 4; index++) {
        expect(hex(await read.tile("alpha", 0, index))).toBe(
          hex(joinHashes(hashes.slice(index * 256, (index + 1) * 256))),
        );
      }
      expect(await read.tile("alpha", 0, 4)).toBeUndefined();
      expect(await read.tile("alpha", 1, 0)).toBeUndefined();
      expect(await read.tile("beta", 0, 0)).toBeUndefined();
      expect(await read.leaves("alpha", 250, 10)).toEqual(lines.slice(250, 260));
      expect(await read.leaves("alpha", 1255, 10)).toEqual(lines.slice(1255));
      expect(await read.leaves("alpha", 1259, 10)).toEqual([]);
      await site.store.close();
    });

    it("fills tiles of the level above", async () => {
      const site = await openSite(home());
      for (let n = 0; n < 33; n++)
        await site.store.transact({ flow: "grow", tenant: "alpha", input: { leaves: 2000 } });
      const hashes = (await site.lines("alpha")).map(leafHash);
      const roots = Array.from({ length: 256 }, (_, at) => subtreeRoot(hashes.slice(at * 256, (at + 1) * 256)));
      expect(hex(await site.store.read.tile("alpha", 1, 0))).toBe(hex(joinHashes(roots)));
      expect(await site.store.read.tile("alpha", 1, 1)).toBeUndefined();
      await site.store.close();
      const reopened = await openSite(home());
      await reopened.store.transact({ flow: "grow", tenant: "alpha", input: { leaves: 10 } });
      expect(await rootOf(reopened, "alpha")).toBe(rootOfLines(await reopened.lines("alpha")));
      await reopened.store.close();
    });

    it("keeps what opens its commitments, apart from the lines", async () => {
      const site = await openSite(home());
      const events = [diskEvent(1), input("two", { type: "two.x" }), input("none", { type: "unmatched" })];
      await site.store.transact({ flow: "add", tenant: "alpha", input: { key: "k", by: 1 } });
      await site.store.transact({ flow: "accept", tenant: "alpha", input: { events } });
      const lines = await site.lines("alpha");
      const openings = await site.store.read.openings("alpha", 0, 99);
      const shown = openings.map(({ seq, draft, field, value }) => {
        return [seq, draft, field, field === "event" ? /"sourceId":"([^"]*)"/.exec(value)?.[1] : value];
      });
      expect(shown).toEqual([
        [2, undefined, "event", "e1"],
        [2, 0, "recipient", "ops@plant.example"],
        [2, 1, "recipient", ""],
        [3, undefined, "event", "two"],
        [3, 0, "recipient", "a@x.example"],
        [3, 1, "recipient", "b@x.example"],
        [4, undefined, "event", "none"],
      ]);
      for (const { seq, field, salt, value } of openings) expect(lines[seq]).toContain(commitment(field, salt, value));
      expect(lines.join("")).not.toContain("ops@plant.example");
      expect(await site.store.read.openings("alpha", 3, 1)).toEqual(openings.slice(3, 6));
      expect(await site.store.read.openings("beta", 0, 9)).toEqual([]);
      await site.store.close();
    });

    it("has a log for each tenant, with its origin", async () => {
      const site = await openSite(home());
      const logs = await site.store.read.logs();
      expect(logs.map(({ tenant, origin, size }) => `${tenant} ${origin} ${size}`).toSorted(compareText)).toEqual(
        ["_site", "alpha", "beta"].map((tenant) => `${tenant} sealpost-test-00000000-${tenant} 1`),
      );
      expect(await site.store.read.log("nobody")).toBeUndefined();
      expect(await site.store.read.leaves("nobody", 0, 9)).toEqual([]);
      await site.store.close();
    });

    it.each([
      ["of another size", { tenant: "alpha", logSize: 0, leaves: [leaf(0)] }],
      ["that is opened already", { tenant: "alpha", origin: "o", logSize: 1, leaves: [leaf(1)] }],
      ["that is not open", { tenant: "nobody", logSize: 0, leaves: [leaf(0)] }],
      ["with a gap", { tenant: "alpha", logSize: 1, leaves: [leaf(2)] }],
    ])("takes no plan for a log %s, and nothing else of it", async (_, part) => {
      const site = await openSite(home());
      const before = await rootOf(site, "alpha");
      const cells = [{ noun: "window", tenant: "alpha", key: "k", value: counted(3) }] as const;
      const plan = { t: 1, cells, tenants: [{ ...nothing, ...part }] };
      expect(() => site.engine.apply(plan)).toThrow(expect.objectContaining({ name: "EngineError", code: "failed" }));
      expect(await rootOf(site, "alpha")).toBe(before);
      expect(await site.store.read.cell("window", "alpha", "k")).toBeUndefined();
      expect(await site.lines("alpha")).toHaveLength(1);
      await site.store.close();
    });
  });
}
