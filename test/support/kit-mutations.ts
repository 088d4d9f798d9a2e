/**
 * Kits made from good ones by one to five mutations that follow from a seed alone.
 * @module
 */
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { FuzzBase } from "./kit-fuzz/bases.ts";
import { BULK_MUTATIONS } from "./kit-fuzz/bulk-mutations.ts";
import { ARCHIVE_MUTATIONS, BYTE_MUTATIONS, type Mutation } from "./kit-fuzz/byte-mutations.ts";
import { CONTENT_MUTATIONS } from "./kit-fuzz/content-mutations.ts";
import type { Draw } from "./kit-fuzz/draw.ts";
import { signedAnew } from "./kit-fuzz/signed-mutations.ts";

export interface Mutant {
  readonly base: FuzzBase;
  readonly bytes: Buffer;
  /** What was done, in order. */
  readonly how: readonly string[];
  /** `signed`: changed and then properly signed, by the keys of its base. `dressed`: compressed, before or after. */
  readonly sort: "plain" | "signed" | "dressed";
}

/** Mutations in so many of 1000, the first where they overlap. */
const GROUPS: readonly (readonly [below: number, group: Readonly<Record<string, Mutation>>])[] = [
  [250, BYTE_MUTATIONS],
  [450, ARCHIVE_MUTATIONS],
];

function mutationBy(draw: Draw): [string, Mutation] {
  const roll = draw.below(1000);
  const [, group] = GROUPS.find(([below]) => roll < below) ?? [1000, CONTENT_MUTATIONS];
  return draw.pick(Object.entries(group));
}

/** The mutant that the choices make of one of the bases. */
export async function mutantOf(bases: readonly FuzzBase[], draw: Draw): Promise<Mutant> {
  const base = draw.pick(draw.chance(0.03) ? bases.slice(-1) : bases.slice(0, -1));
  const roll = draw.below(1000);
  if (roll < 150 && base.signers.length > 0) return { base, sort: "signed", ...(await signedAnew(base, draw)) };
  const others = bases.map(({ bytes }) => bytes);
  if (roll >= 150 && roll < 153) {
    const [name, mutation] = draw.pick(Object.entries(BULK_MUTATIONS));
    return { base, bytes: mutation(base.bytes, { draw, others }), how: [name], sort: "plain" };
  }
  const count = draw.pick([1, 1, 1, 2, 3, 4, 5]);
  const how: string[] = [];
  let bytes = base.bytes;
  for (let left = count; left > 0 && bytes.length > 0; left--) {
    const [name, mutation] = mutationBy(draw);
    how.push(name);
    bytes = mutation(bytes, { draw, others });
  }
  return roll < 950 ? { base, bytes, how, sort: "plain" } : dressedMutant({ base, bytes, how, sort: "dressed" }, draw);
}

/** Compressed; the dress itself is then whole, bitten, cut, or followed by more. */
function dressedMutant({ base, bytes, how }: Mutant, draw: Draw): Mutant {
  const dress = draw.pick(["gzip", "zstd"] as const);
  const put = dress === "gzip" ? (raw: Buffer) => gzipSync(raw, { level: 1 }) : (raw: Buffer) => zstdCompressSync(raw);
  const dressed = put(draw.chance(0.5) ? base.bytes : bytes);
  const [name, change] = draw.pick(Object.entries(BYTE_MUTATIONS));
  const source = { draw, others: [put(base.bytes), base.bytes, dressed] };
  const done = draw.pick([0, 1, 2, 3]);
  if (done === 0) return { base, bytes: dressed, how: [...how, dress], sort: "dressed" };
  if (done === 1) return { base, bytes: put(dressed), how: [...how, dress, dress], sort: "dressed" };
  return { base, bytes: change(dressed, source), how: [...how, dress, name], sort: "dressed" };
}
