/**
 * What the commands on configuration objects read of the API, and send to it.
 * @module
 */
import type { Command as Program } from "commander";
import { z } from "zod";
import type { SiteOptions } from "./perform.ts";

/** An object as it was saved, with what the site says about it. */
export const ObjectAnswer = z.looseObject({
  id: z.string(),
  meta: z.looseObject({
    hash: z.string(),
    isGlobal: z.boolean(),
    ownerId: z.string(),
    stream: z.string().optional(),
  }),
});
export type ObjectAnswer = z.infer<typeof ObjectAnswer>;

/** Options of commands that change an object. */
export type ObjectOptions = SiteOptions & { readonly why?: string };

/** Adds `--why`. */
export function withWhy(program: Program): Program {
  return program.option("--why <text>", "why, for its history");
}

/** The path of an object. */
export function objectPath(kind: string, id: string): string {
  return `/${kind}/${encodeURIComponent(id)}`;
}

/** The query that tells why; empty where nobody says. */
export function whyQuery({ why }: ObjectOptions): string {
  return why === undefined ? "" : `?${new URLSearchParams({ why }).toString()}`;
}
