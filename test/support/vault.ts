import { randomBytes } from "node:crypto";
import type { Vault } from "../../src/ports.ts";
import { createVault } from "../../src/signing/vault.ts";

/** The real vault under a fixed master key, so that a reopened store can be read. */
export function testVault(): Vault {
  return createVault({ masterKey: new Uint8Array(32).fill(7), random: { bytes: (count) => randomBytes(count) } });
}
