/**
 * What a kit is built from, read from a folder: its `offline-kit.json` and either `content/` as the kit will hold it, or
 * `seeds/` and `templates/` as people write them.
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import type { FileRole } from "../core/kit.ts";
import { KitError, quoted } from "../core/kit-code.ts";
import { kindOfFolder } from "../core/kit-place.ts";
import { assembleContent, canonicalObject, type KitSpec, parseSpec } from "../core/kit-spec.ts";
import type { BuildFile } from "./kit-build.ts";

const SPEC = "offline-kit.json";

export interface KitSource {
  readonly spec: KitSpec;
  readonly files: readonly BuildFile[];
}

/** Reads a source folder, or the folder of the `offline-kit.json` that is named. Throws KitError KIT_MANIFEST, CONTENT_INVALID. */
export function readKitSource(path: string): KitSource {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const spec = parseSpec(readFileSync(folder === path ? join(path, SPEC) : path));
  if (existsSync(join(folder, "content"))) {
    return { spec, files: namesIn(folder, "content").map((name) => contentFile(folder, name)) };
  }
  const names = [...namesIn(folder, "seeds"), ...namesIn(folder, "templates")];
  return { spec, files: assembleContent((name) => readFileSync(join(folder, name)), names) };
}

/** Paths of the files below, with `/`, sorted by code units. */
function namesIn(folder: string, room: string): string[] {
  if (!existsSync(join(folder, room))) return [];
  const found = readdirSync(join(folder, room), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return found.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/")).toSorted();
}

/** Objects become canonical; every other file is streamed as it is. */
function contentFile(folder: string, name: string): BuildFile {
  const role = roleOfPath(name);
  const file = join(folder, name);
  if (role !== "object") return { path: name, role, file };
  return { path: name, role, bytes: canonicalObject(readFileSync(file), name) };
}

/** Folders whose files all have one role. */
const FOLDER_ROLES: ReadonlyMap<string, FileRole> = new Map([
  ["app", "blob"],
  ["ledger", "ledger"],
  ["trust", "trust"],
  ["witness", "witness"],
]);

/** The role that a file has by its place; outside the folders of kinds it is a `doc`. Throws KitError CONTENT_INVALID. */
function roleOfPath(path: string): FileRole {
  const [, folder = "", , ...rest] = path.split("/");
  const name = basename(path);
  if (/\.(?:cdx|spdx)\.json$/.test(name)) return "sbom";
  const role = FOLDER_ROLES.get(folder);
  if (role !== undefined) return role;
  const isObject = kindOfFolder(folder) !== undefined && rest.length === 1 && name.endsWith(".json");
  if (isObject) return name.endsWith(".sealed.json") ? "sealed" : "object";
  if (folder === "connectors") return "blob";
  if (kindOfFolder(folder) === undefined) return "doc";
  throw new KitError(
    "CONTENT_INVALID",
    `${quoted(path)} is no object: its place would be content/${folder}/<tenant, or _ for all>/<id>.json`,
  );
}
