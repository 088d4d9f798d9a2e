/**
 * What is known of a channel beside its state: where it connects to, and what was said when it went down.
 * @module
 */
import { z } from "zod";
import type { CompiledChannel, Generation } from "../core/config.ts";
import { parseLeaf } from "../core/leaf-parse.ts";
import type { Answered, Reader } from "../ports.ts";

/** Leaves of one ms that are looked through. */
const MAX_LOOKED = 1000;
const PAGE = 100;

const DownBody = z.looseObject({ out: z.looseObject({ code: z.string(), st: z.string() }) });

/** `host:port` of a channel where that is the tenant's own: its channel, or its own value in the site's. */
export function addressOf({ id, hash, channel, config }: CompiledChannel, own: Generation): string | undefined {
  const isBound = own.objects[`binding/${id}`] !== undefined && channel.bind?.includes("host") === true;
  const { host, port } = config;
  if (host === undefined || (own.objects[`channels/${id}`] !== hash && !isBound)) return undefined;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

interface Down {
  readonly id: string;
  /** Epoch ms. */
  readonly since: number;
}

/** The answer in the leaf that told of a channel's going down; undefined where that leaf is not found or not kept. */
export async function downAnswer(
  read: Pick<Reader, "leaves" | "log">,
  tenant: string,
  { id, since }: Down,
): Promise<Pick<Answered, "code" | "st"> | undefined> {
  const size = (await read.log(tenant))?.size ?? 0;
  const first = await firstLeafAt(read, tenant, { since, size });
  for (let from = first; from < first + MAX_LOOKED; from += PAGE) {
    const lines = await read.leaves(tenant, from, PAGE);
    for (const leaf of lines.map((line) => parseLeaf(line))) {
      if (leaf.t !== since) return undefined;
      if (leaf.type === "channel.down" && leaf.id === id) return DownBody.safeParse(leaf.body).data?.out;
    }
    if (lines.length < PAGE) return undefined;
  }
  return undefined;
}

/** The first leaf of an instant or later, by halving: their times rise, but where the clock was set back. */
export async function firstLeafAt(
  read: Pick<Reader, "leaves">,
  tenant: string,
  { since, size }: { readonly since: number; readonly size: number },
): Promise<number> {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [line] = await read.leaves(tenant, middle, 1);
    if (line !== undefined && parseLeaf(line).t < since) low = middle + 1;
    else high = middle;
  }
  return low;
}
