/** Prints what random stories come to, as a process of its own: `story-child.ts SEED COUNT`. */
import fc from "fast-check";
import { sha256Hex } from "../../src/core/hash.ts";
import { anyManner, playStory } from "./cut-play.ts";
import { anyStory } from "./generated-story.ts";

const [seed, count] = process.argv.slice(2).map(Number);
const both = fc.tuple(anyStory({ steps: 40, people: "all" }), anyManner("memory"));
const roots: string[] = [];
for (const [story, manner] of fc.sample(both, { seed: seed ?? 0, numRuns: count ?? 1 })) {
  const { outcome } = await playStory(story, manner);
  roots.push(`${outcome.root} ${sha256Hex(JSON.stringify([outcome.deliveries, outcome.windows, outcome.cells]))}`);
}
process.stdout.write(JSON.stringify(roots));
