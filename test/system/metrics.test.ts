import { describe, expect, test } from "vitest";
import { createMetrics } from "../../src/system/metrics.ts";

describe("a level with more values than are told apart", () => {
  test("has the sum of the others, at each scrape anew", async () => {
    const metrics = createMetrics();
    const level = metrics.level({ name: "open", help: "What is open.", labels: ["tenant"] });
    for (const value of [3, 5]) {
      level.reset();
      for (let at = 0; at < 210; at++) level.set([`t-${at}`], value);
      const text = await metrics.text();
      expect(text).toContain(`open{tenant="t-0"} ${value}\n`);
      expect(text).toContain(`open{tenant="_other"} ${value * 10}\n`);
    }
  });
});
