import { expect, test } from "vitest";
import { inSteps, runSteps, runWhole, sortSteps, sortTexts, type Steps } from "../../src/core/steps.ts";

function* counting(seen: number[], until: number): Steps<string> {
  for (let at = 0; at < until; at++) {
    seen.push(at);
    yield;
  }
  return "done";
}

function stepsOf(steps: Steps<unknown>): number {
  let count = 0;
  while (steps.next().done !== true) count++;
  return count;
}

test("work is paused between its steps, where the pause asks for it, and answers at its end", async () => {
  const seen: number[] = [];
  const told: string[] = [];
  const pause = () => {
    if (seen.length % 2 === 1) return undefined;
    told.push(seen.join());
    return Promise.resolve();
  };
  expect(await runSteps(counting(seen, 5), pause)).toBe("done");
  expect(told).toEqual(["0,1", "0,1,2,3"]);
});

test("work in one go never pauses", () => {
  const seen: number[] = [];
  expect(runWhole(counting(seen, 3))).toBe("done");
  expect(seen).toEqual([0, 1, 2]);
});

function* failing(): Steps<never> {
  yield;
  throw new Error("bad");
}

test("what a step throws ends the work", async () => {
  await expect(runSteps(failing(), () => undefined)).rejects.toThrow("bad");
  expect(() => runWhole(failing())).toThrow("bad");
});

test("many values are walked in steps, in their order", () => {
  const values = Array.from({ length: 2000 }, (_, at) => at);
  const seen: number[] = [];
  expect(stepsOf(inSteps(values, (value) => void seen.push(value)))).toBe(3);
  expect(seen).toEqual(values);
});

test.each([0, 1, 511, 512, 513, 5000])("%d texts are sorted as JavaScript sorts them", (count) => {
  const texts = Array.from({ length: count }, (_, at) => `${(at * 7919) % 1013}/\u{1f600}${at % 3}\uffff`);
  expect(runWhole(sortTexts(texts))).toEqual(texts.toSorted());
});

function byKey(a: { readonly key: number }, b: { readonly key: number }): number {
  return a.key - b.key;
}

test("sorting long lists takes many steps, and keeps the order of what is equal", () => {
  const values = Array.from({ length: 4000 }, (_, at) => ({ key: (at * 31) % 17, at }));
  expect(stepsOf(sortSteps(values, byKey))).toBeGreaterThan(8);
  expect(runWhole(sortSteps(values, byKey))).toEqual(values.toSorted(byKey));
});
