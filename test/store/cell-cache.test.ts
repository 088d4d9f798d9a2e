import { expect, it } from "vitest";
import type { CellRef } from "../../src/ports.ts";
import { CellCache } from "../../src/store/cell-cache.ts";
import type { Engine } from "../../src/store/engine.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { MemoryState } from "../../src/store/memory/state.ts";

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
const value = (count: number) => ({ openedAt: 0, due: 0, count });

it("hot cells are read once, absent ones too, and answered in the order asked", () => {
  const { engine, state, read } = counting();
  state.drawer("window", "alpha").set("a", value(1)).set("b", value(2));
  const cache = new CellCache(engine, 10);
  expect(cache.load("window", [window("b")])).toEqual([value(2)]);
  expect(cache.load("window", [window("a"), window("b"), window("none")])).toEqual([value(1), value(2), undefined]);
  expect(cache.load("window", [window("none"), window("b"), window("a")])).toEqual([undefined, value(2), value(1)]);
  expect(read).toEqual(["window:b", "window:a,none"]);
});

it("what a commit left takes the place of what was read; tenants and nouns are apart", () => {
  const { engine, read } = counting();
  const cache = new CellCache(engine, 10);
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
  const cache = new CellCache(engine, 4);
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
  const cache = new CellCache(engine, 20);
  const load = (key: string): unknown => cache.load("delivery", [{ noun: "delivery", tenant: "alpha", key }]);
  for (const key of ["a", "b", "b", "a"]) load(key);
  expect(read).toEqual(["delivery:a", "delivery:b", "delivery:a"]);
});

it("other nouns always come from the engine", () => {
  const { engine, read } = counting();
  const cache = new CellCache(engine, 2);
  const ref = { noun: "note", tenant: "alpha", key: "current" } as const;
  cache.load("note", [ref]);
  cache.load("note", [ref]);
  expect(read).toEqual(["note:current", "note:current"]);
});
