import { expect, test } from "vitest";
import { systemClock } from "../../src/system/clock.ts";
import { systemRandom } from "../../src/system/random.ts";
import { sleep, systemTimeout } from "../../src/system/timeout.ts";

test("the clock tells whole ms; the monotonic one never steps back", () => {
  expect(Number.isInteger(systemClock.now())).toBe(true);
  expect(systemClock.now()).toBeGreaterThan(Date.UTC(2026, 0));
  const monos = Array.from({ length: 100 }, () => systemClock.mono());
  expect(monos.every(Number.isInteger)).toBe(true);
  expect(monos).toEqual(monos.toSorted((a, b) => a - b));
});

test("random bytes are as many as asked for, and never the same", () => {
  expect(systemRandom.bytes(0)).toHaveLength(0);
  const drawn = new Set(Array.from({ length: 100 }, () => Buffer.from(systemRandom.bytes(12)).toString("hex")));
  expect(drawn.size).toBe(100);
});

test("a timeout calls once, a cancelled one never, a far one not at once", async () => {
  const called: string[] = [];
  systemTimeout(5, () => called.push("due"));
  systemTimeout(-5, () => called.push("past"));
  systemTimeout(5, () => called.push("cancelled"))();
  const cancelFar = systemTimeout(2 ** 40, () => called.push("far"));
  await sleep(40);
  cancelFar();
  expect(called.toSorted()).toEqual(["due", "past"]);
});

test("sleep says whether it slept through", async () => {
  const stop = new AbortController();
  expect(await sleep(1, stop.signal)).toBe(true);
  const cut = sleep(10_000, stop.signal);
  stop.abort();
  expect(await cut).toBe(false);
  expect(await sleep(10_000, stop.signal)).toBe(false);
});
