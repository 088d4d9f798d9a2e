import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { differences } from "../../scripts/scenario/compare.ts";
import { playScenario } from "../../scripts/scenario/play.ts";
import { readScenario } from "../../scripts/scenario/read.ts";
import type { Manner } from "../../scripts/scenario/site.ts";

const VECTORS = path.join(import.meta.dirname, "../vectors");
/** However the process looks at its timers, restarts, reads and stores, the same comes of it. */
const MANNERS: readonly Manner[] = [
  { engine: "memory", looks: "lazy" },
  { engine: "memory", looks: "eager" },
  { engine: "memory", looks: "lazy", strict: true },
  { engine: "memory", looks: "lazy", restarts: true },
  { engine: "memory", looks: "eager", restarts: true, strict: true },
  { engine: "libsql", looks: "lazy" },
  { engine: "libsql", looks: "eager", restarts: true, strict: true },
];

describe.each(["decisions", "stories"])("%s", (folder) => {
  const names = fs.readdirSync(path.join(VECTORS, folder)).filter((name) => name.endsWith(".json"));

  test.each(names)("%s: in every manner what is expected, and one decision root", async (name) => {
    const scenario = readScenario(fs.readFileSync(path.join(VECTORS, folder, name), "utf8"));
    const roots = new Set<string>();
    for (const manner of MANNERS) {
      const outcome = await playScenario(scenario, manner);
      expect({ manner, differences: differences(scenario.expect, outcome) }).toEqual({ manner, differences: [] });
      roots.add(outcome.root);
    }
    expect(roots.size).toBe(1);
  });
});
