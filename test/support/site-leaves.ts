import { z } from "zod";
import type { Parts } from "../../src/app/parts.ts";
import type { LeafType } from "../../src/core/leaf-type.ts";

const Leaf = z.looseObject({ type: z.string(), actor: z.string(), body: z.looseObject({}).optional() });
type Leaf = z.infer<typeof Leaf>;

/** Leaves of one type in the site's own log, in order. */
export async function leavesOfType({ store }: Pick<Parts, "store">, type: LeafType): Promise<Leaf[]> {
  const size = (await store.read.log("_site"))?.size ?? 0;
  const lines = await store.read.leaves("_site", 0, size);
  return lines.map((line) => Leaf.parse(JSON.parse(line))).filter((leaf) => leaf.type === type);
}
