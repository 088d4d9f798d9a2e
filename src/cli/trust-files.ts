/**
 * Trust policies as files of a folder: `policy.<version>.json`, each with its signatures beside it.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { KitError } from "../core/kit-code.ts";
import { type PolicyFile, readPolicyFile } from "../signing/policy-sign.ts";
import { errnoOf } from "../system/error.ts";
import { CliError } from "./error.ts";
import { refusalOf } from "./kit-site.ts";

/** Reads a policy. Throws CliError `missing`, or `problem` (TRUST_POLICY) for whatever is wrong with its bytes. */
export function policyFile(file: string): PolicyFile {
  if (fs.statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new CliError("missing", `there is no file ${file}`);
  return orRefusal(() => {
    try {
      return readPolicyFile(file);
    } catch (error) {
      throw error instanceof KitError ? new KitError(error.code, `${file}: ${error.detail}`, { cause: error }) : error;
    }
  });
}

/** The policy before one: the file that is named, or `policy.<version - 1>.json` beside it; undefined where neither is. */
export function policyBefore({ file, policy }: PolicyFile, from: string | undefined): PolicyFile | undefined {
  if (from !== undefined) return policyFile(from);
  const beside = path.join(path.dirname(file), `policy.${policy.version - 1}.json`);
  return policy.version > 1 && fs.existsSync(beside) ? policyFile(beside) : undefined;
}

/** The policy before one, where it must be known. Throws CliError `usage` where it is not. */
export function neededBefore(next: PolicyFile, from: string | undefined): PolicyFile | undefined {
  const before = policyBefore(next, from);
  const { version } = next.policy;
  if (before !== undefined || version === 1) return before;
  throw new CliError(
    "usage",
    `what does version ${version} change? Give --from FILE, the policy of version ${version - 1}, whose roots must sign too`,
  );
}

/** Writes a new file; never over another. Throws CliError `conflict`, or `missing` where its folder is not there. */
export function writeNew(file: string, bytes: Uint8Array | string): void {
  try {
    fs.writeFileSync(file, bytes, { flag: "wx", mode: 0o644 });
  } catch (error) {
    throw unwritable(file, error);
  }
}

function unwritable(file: string, error: unknown): unknown {
  const folder = path.dirname(file);
  const code = errnoOf(error);
  if (code === "EEXIST")
    return new CliError("conflict", `${file} is there already; move it away, or give another --out`, { cause: error });
  if (code === "ENOENT")
    return new CliError("missing", `there is no folder ${folder}; make it, or give another --out`, { cause: error });
  if (code === "ENOTDIR")
    return new CliError("missing", `${folder} is no folder; give another --out`, { cause: error });
  return error;
}

/** What is asked for; a refusal of a kit or policy as an error of the commands. */
export function orRefusal<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw refusalOf(error);
  }
}
