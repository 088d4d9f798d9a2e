import { expect, test } from "vitest";
import { fuzzApi } from "../support/api-fuzz.ts";

const COUNT = 2000;

test("whatever is asked, the answer is one that the document knows, and no fault of the server", async () => {
  const report = await fuzzApi({ count: COUNT, seed: 20_261_122 });
  expect(report.findings).toEqual([]);
  expect(report.requests).toBe(COUNT);
  expect(report.asked.size - report.good.size).toBeLessThan(report.asked.size / 4);
});
