import { parseLeaf } from "../core/leaf-parse.ts";
import { type Reader, SITE_TENANT } from "../ports.ts";

/** The newest recorded instant of any log since the last jump of the clock, epoch ms: what a new run must not go behind. */
export async function lastInstant(read: Pick<Reader, "cell" | "logs" | "leaves">): Promise<number | undefined> {
  const jump = await read.cell("clock", SITE_TENANT, "current");
  const sizes = new Map(jump?.sizes.map(({ tenant, size }) => [tenant, size]));
  const instants: number[] = [];
  for (const { tenant, size } of await read.logs()) {
    const [line] = size <= (sizes.get(tenant) ?? 0) ? [] : await read.leaves(tenant, size - 1, 1);
    if (line !== undefined) instants.push(parseLeaf(line).t);
  }
  return instants.length === 0 ? undefined : Math.max(...instants);
}
