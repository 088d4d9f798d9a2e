import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { cli } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import { KIT_VECTORS, testPolicy } from "../support/kit-forge.ts";
import { buildOutsiderKit } from "../support/outsider-kit.ts";
import { offline } from "../support/outsiders.ts";

test.each([
  { name: "an Ed25519", file: "bob-fXQ1DhBY", with: "carol", printed: /openssl pkeyutl -sign.*/ },
  { name: "a P-256", file: "carol-Qv8SleUp", with: "bob", printed: /openssl dgst -sha256 -sign.*/ },
] as const)("a kit signed by openssl alone with $name key counts, and over another kit it is refused", async (row) => {
  const folder = temporaryFolder();
  const inFolder = (name: string): string => join(folder, name);
  for (const half of ["pem", "pub.pem"])
    copyFileSync(join(KIT_VECTORS, `keys/test-only-${row.file}.${half}`), inFolder(`KEY.${half}`));
  writeFileSync(inFolder("policy.json"), canonicalJson(testPolicy()));
  await buildOutsiderKit(inFolder("kit.tar"), { signers: [row.with] });
  await buildOutsiderKit(inFolder("other.tar"), { signers: [row.with], sequence: 2 });

  const stated = await cli(["kit", "statement", inFolder("kit.tar"), "--pae", "--out", inFolder("statement.pae")]);
  const line = row.printed.exec(stated.err)?.[0] ?? "";
  expect(offline(["sh", "-c", line], { cwd: folder })).toEqual({ status: 0, text: "" });
  expect(readFileSync(inFolder("signature.bin")).length).toBeGreaterThanOrEqual(64);

  const given = ["--signature", inFolder("signature.bin"), "--pub", inFolder("KEY.pub.pem"), "--json"];
  const verify = ["--policy", inFolder("policy.json"), "--site", "ship-07", "--at", "2026-11-20T12:00:00Z", "--json"];
  expect((await cli(["kit", "verify", inFolder("kit.tar"), ...verify])).out).toContain("SIG_THRESHOLD");
  expect(await cli(["kit", "attach", inFolder("kit.tar"), ...given])).toMatchObject({ code: 0 });
  expect(await cli(["kit", "verify", inFolder("kit.tar"), ...verify])).toMatchObject({ code: 0 });

  const other = await cli(["kit", "attach", inFolder("other.tar"), ...given]);
  expect([other.code, other.err]).toEqual([3, expect.stringContaining("SIG_INVALID")]);
});
