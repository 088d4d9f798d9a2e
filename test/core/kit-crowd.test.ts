import { describe, expect, test } from "vitest";
import { z } from "zod";
import { listOf, refuseCrowd } from "../../src/core/kit-crowd.ts";

function list(count: number): string {
  return `[${"0,".repeat(count - 1)}0]`;
}

describe("a manifest of very many members", () => {
  test("is refused before anything judges them", () => {
    expect(() => refuseCrowd(list(50_001))).toThrow("more than 50000 members");
    expect(() => refuseCrowd(list(49_000))).not.toThrow();
    expect(() => refuseCrowd(list(60_000), 20_000)).not.toThrow();
    expect(() => refuseCrowd(`{"a":${'{"b":0},'.repeat(60_000)}`)).toThrow("members");
  });
  test("does not count what stands in texts, escapes and open ends included", () => {
    expect(() => refuseCrowd(JSON.stringify(',[{"\\'.repeat(60_000)))).not.toThrow();
    expect(() => refuseCrowd(`"${",".repeat(60_000)}`)).not.toThrow();
    expect(() => refuseCrowd(`"${",".repeat(60_000)}\\`)).not.toThrow();
  });
  test("has depth judged first", () => {
    expect(() => refuseCrowd("[".repeat(200_000))).toThrow("deeper than 32 levels");
    expect(() => refuseCrowd("[".repeat(2000))).not.toThrow(); // the exact reading says so
    expect(() => refuseCrowd("[]".repeat(60_000))).toThrow("members");
  });
});

test("a list is refused at its first bad item, by its place", () => {
  const parsed = listOf(z.strictObject({ a: z.number() })).safeParse([{ a: 1 }, { a: "x" }, { a: "y" }]);
  expect(parsed.error?.issues).toMatchObject([{ path: [1, "a"] }]);
  expect(listOf(z.number()).parse([1, 2])).toEqual([1, 2]);
});
