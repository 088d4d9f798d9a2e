/**
 * What the steps of the demo share.
 * @module
 */
import * as fs from "node:fs";
import { z } from "zod";
import type { JsonObject } from "../core/json.ts";
import type { Seen } from "./demo-events.ts";
import type { World } from "./demo-world.ts";
import { CliError } from "./error.ts";
import { exitCodeOf } from "./output.ts";
import { ConfigAnswer, KitList, read } from "./wire.ts";

/** One step; `play` answers figures that people and programs may look at. */
export interface Step {
  readonly name: string;
  readonly proves: string;
  readonly play: (world: World, seen: Seen) => Promise<JsonObject>;
}

/** Throws CliError `failed` with why, unless it holds. */
export function ensure(holds: boolean, why: string): void {
  if (!holds) throw new CliError("failed", why);
}

/** A kit as the body of a request. */
export function kitBody(file: string): { bytes: Uint8Array; headers: Record<string, string> } {
  return { bytes: fs.readFileSync(file), headers: { "content-type": "application/x-tar" } };
}

/** The code by which the site refuses (exit 3). Throws where it does not, or does so otherwise. */
export async function refusalCode(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    const code =
      error instanceof CliError ? z.looseObject({ code: z.string() }).safeParse(error.problem).data?.code : undefined;
    if (code !== undefined && exitCodeOf(error) === 3) return code;
    throw error;
  }
  throw new CliError("failed", "a kit that had to be refused was taken in");
}

/** Where the site stands: each stream's kit, and its configuration. */
export async function stateOf(world: World): Promise<{ kits: string[]; cfg: string; n: number }> {
  const { items } = read(KitList, await world.local().request("GET", "/kits")).value;
  const { cfg, n } = read(ConfigAnswer, await world.local().request("GET", "/config")).value;
  return { kits: items.map(({ stream, manifest }) => `${stream} ${manifest}`), cfg, n };
}
