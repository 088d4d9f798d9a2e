import type { Noun } from "../ports.ts";

/**
 * Nouns whose cells are many, short-lived and under scattered keys: engines may lay them in the order of their making, and
 * list them so. All others are listed in the order of their keys.
 */
const AS_MADE: ReadonlySet<Noun> = new Set<Noun>(["announced", "claim", "flap"]);

/** Whether cells of a noun are listed in the order in which they were made: changing one leaves it in its place. */
export function isListedAsMade(noun: Noun): boolean {
  return AS_MADE.has(noun);
}
