// What the executable is made of: the build stamps it, and the check that two builds agree copies it.
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { assetRoots } from "../src/system/assets.ts";

export const inputs = [
  ...new Set([...assetRoots, "src", "scripts", "package.json", "package-lock.json", "tsconfig.json"]),
];

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** The files of a file or folder, by path in the project, sorted. */
export function filesOf(root) {
  if (fs.statSync(root).isFile()) return [root];
  const found = fs.readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map((entry) => path.join(entry.parentPath, entry.name).split(path.sep).join("/")).toSorted();
}

/** One digest of all inputs, by content: times of files lie after a checkout or a copy. */
export function digestOfInputs() {
  return sha256(
    inputs
      .flatMap(filesOf)
      .map((file) => `${file} ${sha256(fs.readFileSync(file))}\n`)
      .join(""),
  );
}
