import fc from "fast-check";
import { expect, test } from "vitest";
import { anyManner, PLAIN, playStory } from "../support/cut-play.ts";
import { anyStory } from "../support/generated-story.ts";

const SEED = 4;
const ENGINES = [
  { engine: "memory", runs: 120 },
  { engine: "libsql", runs: 15 },
] as const;

test.each(ENGINES)(
  "$engine: wherever a story is cut into commits, looks and starts, the same comes of it",
  async ({ engine, runs }) => {
    const commits = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyStory({ steps: 40, people: "all" }), anyManner(engine), async (story, manner) => {
        const plain = await playStory(story, PLAIN);
        const other = await playStory(story, manner);
        expect(other.outcome.root).toBe(plain.outcome.root);
        // Lines name salts and the commit's instants: what was decided in them is the root.
        expect({ ...other.outcome, lines: [] }).toEqual({ ...plain.outcome, lines: [] });
        expect({ ...other.rest, lines: [] }).toEqual({ ...plain.rest, lines: [] });
        commits.add(`${plain.commits} ${other.commits}`);
      }),
      { seed: SEED, numRuns: runs },
    );
    expect(commits.size).toBeGreaterThan(runs / 2); // they were cut in many ways
  },
);
