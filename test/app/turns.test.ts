import { expect, test } from "vitest";
import { createTurns } from "../../src/app/turns.ts";
import { FlowError } from "../../src/flows/error.ts";

const conflict = (): Promise<never> => Promise.reject(new FlowError("conflict", "changed meanwhile"));

test("work of one tenant goes one after the other, in the order in which it was asked for", async () => {
  const turns = createTurns();
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const work = (name: string, wait?: Promise<void>) => async (): Promise<string> => {
    seen.push(`${name} begins`);
    await wait;
    seen.push(`${name} ends`);
    return name;
  };
  const all = [turns("a", work("one", gate.promise)), turns("a", work("two"))];
  expect(await turns("b", work("other"))).toBe("other"); // another tenant waits for nobody
  gate.resolve();
  expect(await Promise.all(all)).toEqual(["one", "two"]);
  expect(seen.filter((line) => !line.startsWith("other"))).toEqual([
    "one begins",
    "one ends",
    "two begins",
    "two ends",
  ]);
});

test("what fails stops nothing behind it", async () => {
  const turns = createTurns();
  const failed = turns("a", () => Promise.reject(new Error("no")));
  const next = turns("a", () => Promise.resolve("next"));
  await expect(failed).rejects.toThrow("no");
  expect(await next).toBe("next");
});

test("a conflict is tried again, and told where it does not end", async () => {
  const turns = createTurns();
  let tries = 0;
  expect(await turns("a", () => (++tries < 4 ? conflict() : Promise.resolve("done")))).toBe("done");
  expect(tries).toBe(4);
  await expect(turns("a", () => (tries++, conflict()))).rejects.toMatchObject({ code: "conflict" });
  expect(tries).toBe(4 + 32);
});

test("more than a few thousand that wait are refused at once", async () => {
  const turns = createTurns();
  const gate = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 4096 }, () => turns("a", () => gate.promise));
  await expect(turns("a", () => Promise.resolve())).rejects.toMatchObject({ code: "overloaded" });
  gate.resolve();
  await Promise.all(waiting);
  expect(await turns("a", () => Promise.resolve("again"))).toBe("again");
});

test("work of the site's own tenant waits for all, and all wait for it", async () => {
  const turns = createTurns();
  const seen: string[] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const work = (name: string, wait?: Promise<void>) => async (): Promise<void> => {
    await wait;
    seen.push(name);
  };
  const all = [
    turns("a", work("a", gates[0]?.promise)),
    turns("_site", work("site", gates[1]?.promise)),
    turns("b", work("b")),
    turns("a", work("a again")),
  ];
  gates[1]?.resolve();
  await Promise.resolve();
  expect(seen).toEqual([]);
  gates[0]?.resolve();
  await Promise.all(all);
  expect(seen.slice(0, 2)).toEqual(["a", "site"]);
  expect(seen.slice(2).toSorted()).toEqual(["a again", "b"]);
});
