import * as path from "node:path";
import { z } from "zod";
import { cli, type Done } from "./cli.ts";
import { temporaryFolder } from "./folder.ts";

const Made = z.looseObject({ site: z.string(), token: z.string(), origins: z.array(z.string()) });

/** A site of its own for a test, made by the real command. */
export interface CliSite {
  readonly dir: string;
  readonly token: string;
  readonly origins: readonly string[];
  /** Runs a command on it. */
  readonly run: (...words: readonly string[]) => Promise<Done>;
}

/** Makes a site `plant-7` that goes when the test ends. */
export async function makeCliSite(): Promise<CliSite> {
  const dir = path.join(temporaryFolder(), "site");
  const made = await cli(["init", "--data", dir, "--site", "plant-7", "--json"]);
  if (made.code !== 0) throw new Error(made.err);
  const { token, origins } = Made.parse(JSON.parse(made.out));
  return { dir, token, origins, run: (...words) => cli([...words, "--data", dir]) };
}
