import * as fs from "node:fs";
import * as path from "node:path";
import * as sea from "node:sea";

/** Files and folders that are part of the product beside its code; the build packs them into the executable. */
export const assetRoots: readonly string[] = ["offline-kit.json", "package.json", "seeds", "templates"];

const workingTree = path.join(import.meta.dirname, "../..");

/** Bytes of a packed file by its path in the project (`templates/mail.hbs`): from the executable, or from the working tree. Throws if there is none. */
export function asset(name: string): Uint8Array {
  if (sea.isSea()) return new Uint8Array(sea.getAsset(name));
  if (!assetRoots.some((root) => name === root || name.startsWith(`${root}/`))) throw new Error(`no asset ${name}`);
  return fs.readFileSync(path.join(workingTree, name));
}

/** Names of the packed files that begin with `prefix`, sorted by UTF-16 code units. */
export function assetNames(prefix: string): string[] {
  const names = sea.isSea() ? sea.getAssetKeys() : assetRoots.flatMap(filesOf);
  return names.filter((name) => name.startsWith(prefix)).toSorted();
}

function filesOf(root: string): string[] {
  const at = path.join(workingTree, root);
  if (!fs.statSync(at).isDirectory()) return [root];
  const found = fs.readdirSync(at, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found.map((entry) =>
    path.relative(workingTree, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"),
  );
}
