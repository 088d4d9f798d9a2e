import { execFileSync } from "node:child_process";

/**
 * Whether a program of others that a test talks to is installed. Where it must be (`CI` or `SEALPOST_REQUIRE_PEERS` set)
 * a missing one throws: a test that silently does not run is worth nothing.
 */
export function hasPeer(command: string): boolean {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch (error) {
    if (process.env["CI"] === undefined && process.env["SEALPOST_REQUIRE_PEERS"] === undefined) return false;
    throw new Error(`${command} is missing: run scripts/setup`, { cause: error });
  }
}
