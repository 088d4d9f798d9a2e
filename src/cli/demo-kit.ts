import * as fs from "node:fs";
import * as path from "node:path";
import { assembleContent, parseSpec } from "../core/kit-spec.ts";
import { kitInstant } from "../core/kit-time.ts";
import { readPrivateKey, signerOf } from "../signing/keys.ts";
import { buildKit } from "../signing/kit-build.ts";
import { asset, assetNames } from "../system/assets.ts";
import { systemClock } from "../system/clock.ts";
import { dataDir } from "../system/data-dir.ts";
import { readPrivateFile } from "../system/files.ts";
import { CliError } from "./error.ts";

const SITE = "demo";
/** A text that stands in the content of the starter kit. */
const WORDS = "Operations by mail";

/** Builds the second kit of the starter stream, signed by the site's local authority; answers its file. */
export async function nextStarterKit(dir: string, prev: string): Promise<string> {
  const files = dataDir(dir);
  const out = path.join(files.out, "demo-next.kit.tar");
  const names = [...assetNames("seeds/"), ...assetNames("templates/")];
  await buildKit(
    {
      spec: parseSpec(asset("offline-kit.json")),
      files: assembleContent(asset, names),
      stream: `${SITE}/starter`,
      audience: [`site:${SITE}`],
      createdAt: kitInstant(systemClock.now()),
      sequence: 2,
      prev,
      signers: [signerOf(readPrivateKey(Buffer.from(readPrivateFile(files.localAuthority)).toString("latin1")))],
    },
    out,
  );
  return out;
}

/** A copy of a kit with one byte of its content changed; answers its file. */
export function changedKit(kit: string): string {
  const bytes = fs.readFileSync(kit);
  const at = bytes.indexOf(WORDS);
  if (at < 0) throw new CliError("failed", `the starter kit does not hold "${WORDS}"`);
  bytes[at] = (bytes[at] ?? 0) ^ 0x20; // "operations": one bit
  const out = kit.replace(".kit.tar", "-changed.kit.tar");
  fs.writeFileSync(out, bytes);
  return out;
}
