import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { KIT_VECTORS } from "../support/kit-forge.ts";
import { offline } from "../support/outsiders.ts";

const Made = z.object({ fingerprint: z.string(), publicKey: z.string() });
const Shown = z.object({ fingerprint: z.string(), openssh: z.string() });

/** What `ssh-keygen -lf` says of a line of OpenSSH. */
function fingerprintOf(folder: string, line: string): string {
  writeFileSync(join(folder, "key.pub"), `${line}\n`);
  const { status, text } = offline(["ssh-keygen", "-lf", "key.pub"], { cwd: folder });
  expect(status).toBe(0);
  return text.split(" ")[1] ?? "";
}

async function shown(file: string): Promise<z.infer<typeof Shown>> {
  return Shown.parse(JSON.parse((await cli(["keys", "show", file, "--json"])).out));
}

test.each(["ed25519", "ecdsa-p256"])(
  "ssh-keygen -lf prints the id of a new %s key, and no other key's",
  async (algorithm) => {
    const folder = temporaryFolder();
    const make = async (): Promise<z.infer<typeof Made>> =>
      Made.parse(
        JSON.parse(
          (await cli(["keys", "new", "--purpose", "kit", "--algorithm", algorithm, "--out", folder, "--json"])).out,
        ),
      );
    const [one, other] = [await make(), await make()];
    const { fingerprint, openssh } = await shown(one.publicKey);
    expect(fingerprint).toBe(one.fingerprint);
    expect(fingerprintOf(folder, openssh)).toBe(fingerprint);
    expect(fingerprintOf(folder, (await shown(other.publicKey)).openssh)).not.toBe(fingerprint);
  },
);

test("ssh-keygen reads a P-256 key file itself and comes to the same id", async () => {
  const folder = temporaryFolder();
  const pem = join(KIT_VECTORS, "keys/test-only-carol-Qv8SleUp.pub.pem");
  writeFileSync(join(folder, "key.pem"), readFileSync(pem));
  const { text } = offline(["ssh-keygen", "-i", "-m", "PKCS8", "-f", "key.pem"], { cwd: folder });
  expect(fingerprintOf(folder, text.trim())).toBe((await shown(pem)).fingerprint);
});
