import { z } from "zod";
import { asset } from "./assets.ts";

const Package = z.object({ version: z.string() });

/** The version of this program, from package.json. */
export function version(): string {
  return Package.parse(JSON.parse(new TextDecoder().decode(asset("package.json")))).version;
}
