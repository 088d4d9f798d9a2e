import { expect, it } from "vitest";
import type { CellRef, Noun } from "../../src/ports.ts";
import { CellCache } from "../../src/store/cell-cache.ts";
import type { Engine } from "../../src/store/engine.ts";
import { DEFAULT_LIMITS } from "../../src/store/limits.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { MemoryState } from "../../src/store/memory/state.ts";
import { counted } from "../contracts/store/flows.ts";

const NOUNS = [
  "identity",
  "delivery",
  "generation",
  "channel",
  "usage",
  "change",
  "tenant",
  "token",
  "site",
  "run",
  "clock",
  "trust",
  "stream",
  "known",
  "accepted",
  "note",
  "window",
  "open",
  "action",
  "group",
  "claim",
  "flap",
  "bucket",
  "limit",
  "announced",
  "rule",
  "fault",
  "mutes",
  "silence",
  "maintenance",
  "suppression",
] as const satisfies readonly Noun[];

function counting(): { engine: Engine; state: MemoryState; read: string[] } {
  const state = new MemoryState();
  const engine = createMemoryEngine(state);
  const read: string[] = [];
  const load: Engine["load"] = (noun, refs) => {
    read.push(`${noun}:${refs.map(({ key }) => key).join(",")}`);
    return engine.load(noun, refs);
  };
  return { engine: { ...engine, load }, state, read };
}

function window(key: string): CellRef<"window"> {
  return { noun: "window", tenant: "alpha", key };
}
const value = counted;
/** Of which the nouns with the share of windows keep so many cells. */
const limitFor = (windows: number): number => windows / 0.075;

it("hot cells are read once, absent ones too, and answered in the order asked", () => {
  const { engine, state, read } = counting();
  state.drawer("window", "alpha").set("a", value(1)).set("b", value(2));
  const cache = new CellCache(engine, limitFor(10));
  expect(cache.load("window", [window("b")])).toEqual([value(2)]);
  expect(cache.load("window", [window("a"), window("b"), window("none")])).toEqual([value(1), value(2), undefined]);
  expect(cache.load("window", [window("none"), window("b"), window("a")])).toEqual([undefined, value(2), value(1)]);
  expect(read).toEqual(["window:b", "window:a,none"]);
});

it("what a commit left takes the place of what was read; tenants and nouns are apart", () => {
  const { engine, read } = counting();
  const cache = new CellCache(engine, limitFor(10));
  cache.keep([
    { ...window("a"), value: value(7) },
    { noun: "channel", tenant: "alpha", key: "a" },
  ]);
  expect(cache.load("window", [window("a")])).toEqual([value(7)]);
  expect(cache.load("channel", [{ noun: "channel", tenant: "alpha", key: "a" }])).toEqual([undefined]);
  expect(read).toEqual([]);
  expect(cache.load("window", [{ ...window("a"), tenant: "beta" }])).toEqual([undefined]);
  cache.keep([window("a")]);
  expect(cache.load("window", [window("a")])).toEqual([undefined]);
  expect(read).toEqual(["window:a"]);
});

it("cells that are used stay, others make room", () => {
  const { engine, read } = counting();
  const cache = new CellCache(engine, limitFor(4));
  const load = (...keys: string[]): unknown => cache.load("window", keys.map(window));
  load("a");
  for (const key of ["b", "c", "d", "e", "f"]) {
    load(key);
    load("a");
  }
  expect(read).toEqual(["a", "b", "c", "d", "e", "f"].map((key) => `window:${key}`));
  load("f", "a");
  load("b");
  expect(read.slice(6)).toEqual(["window:b"]);
  for (let n = 0; n < 100; n++) cache.keep([{ ...window(`n${n}`), value: value(n) }]);
  load("a");
  expect(read.slice(7)).toEqual(["window:a"]);
});

it("of deliveries fewer are kept", () => {
  const { engine, read } = counting();
  const cache = new CellCache(engine, 80);
  const load = (key: string): unknown => cache.load("delivery", [{ noun: "delivery", tenant: "alpha", key }]);
  for (const key of ["a", "b", "b", "a"]) load(key);
  expect(read).toEqual(["delivery:a", "delivery:b", "delivery:a"]);
});

it("the clock and what mutes a tenant are always there, absent too, as the same object", () => {
  const { engine, state, read } = counting();
  const mutes = { silences: [], maintenance: [], suppressions: [] };
  state.drawer("mutes", "t0").set("current", mutes);
  const cache = new CellCache(engine, DEFAULT_LIMITS.cachedCells);
  const load = (tenant: string): unknown => cache.load("mutes", [{ noun: "mutes", tenant, key: "current" }])[0];
  const clock = (): unknown => cache.load("clock", [{ noun: "clock", tenant: "_site", key: "current" }])[0];
  for (let round = 0; round < 3; round++) {
    expect(clock()).toBeUndefined();
    for (let tenant = 0; tenant < 2000; tenant++) expect(load(`t${tenant}`)).toBe(tenant === 0 ? mutes : undefined);
    for (let n = 0; n < 50_000; n++) cache.keep([{ ...window(`${n}`), value: value(n) }]);
  }
  expect(read).toHaveLength(2001);
  const changed = { ...mutes, silences: [] };
  cache.keep([{ noun: "mutes", tenant: "t7", key: "current", value: changed }]);
  expect(load("t7")).toBe(changed);
  expect(read).toHaveLength(2001);
});

it("all nouns together keep no more than the limit", () => {
  const { engine, read } = counting();
  const limit = 2000;
  const cache = new CellCache(engine, limit);
  const refs = <N extends Noun>(noun: N): CellRef<N>[] =>
    Array.from({ length: limit }, (_, n) => ({ noun, tenant: "alpha", key: `${n}` }));
  for (const noun of NOUNS) cache.load(noun, refs(noun));
  read.length = 0;
  for (const noun of NOUNS) for (const ref of refs(noun).toReversed()) cache.load(noun, [ref]);
  const kept = NOUNS.length * limit - read.length;
  expect(kept).toBeGreaterThanOrEqual(limit / 2);
  expect(kept).toBeLessThanOrEqual(limit);
});

it("a noun is forgotten alone", () => {
  const { engine, read } = counting();
  const cache = new CellCache(engine, 1000);
  const claim = { noun: "claim", tenant: "alpha", key: "a" } as const;
  cache.keep([
    { ...claim, value: { severity: "low", delivery: "dl_1" } },
    { ...window("a"), value: value(1) },
  ]);
  cache.forget("claim");
  expect([cache.load("claim", [claim]), cache.load("window", [window("a")])]).toEqual([[undefined], [value(1)]]);
  expect(read).toEqual(["claim:a"]);
});

it("other nouns always come from the engine", () => {
  const { engine, read } = counting();
  const cache = new CellCache(engine, 2);
  const ref = { noun: "note", tenant: "alpha", key: "current" } as const;
  cache.load("note", [ref]);
  cache.load("note", [ref]);
  expect(read).toEqual(["note:current", "note:current"]);
});
