/**
 * Which role a file of a source folder has by its place, and what is wrong with its place.
 * @module
 */
import { KINDS } from "../core/config.ts";
import type { FileRole } from "../core/kit.ts";
import { kindOfFolder } from "../core/kit-place.ts";
import { nearest } from "../core/nearest.ts";

const CONTENT = "content/";
const SEEDS = "seeds/";
const SEED = /^seeds\/[a-z]+\/[^/]+\/[^/]+\.json$/;
const PAPERS = "papers go to content/docs/, SBOMs to content/sbom/";

/** Folders whose files all have one role. */
const FOLDER_ROLES: ReadonlyMap<string, FileRole> = new Map([
  ["app", "blob"],
  ["docs", "doc"],
  ["ledger", "ledger"],
  ["sbom", "sbom"],
  ["trust", "trust"],
  ["witness", "witness"],
]);
/** Folders that people mean, when they misspell one. */
const OBJECT_FOLDERS = KINDS.filter((kind) => kind !== "binding");
const MEANT = [...OBJECT_FOLDERS, "docs", "sbom", "trust"];

/** The role of a file below `content/`; or, where its place gives it none, what is wrong with that, in words. */
export function roleByPlace(path: string): { readonly role: FileRole } | { readonly fault: string } {
  if (isHidden(path)) return { fault: HIDDEN };
  if (path.endsWith(".cdx.json") || path.endsWith(".spdx.json")) return { role: "sbom" };
  const end = path.indexOf("/", CONTENT.length);
  if (end === -1) return { fault: `lies in no folder of its own: ${PAPERS}` };
  const folder = path.slice(CONTENT.length, end);
  const role = FOLDER_ROLES.get(folder);
  if (role !== undefined) return { role };
  if (kindOfFolder(folder) === undefined) return { fault: unknownFolder(CONTENT, folder, MEANT) };
  if (path.endsWith(".json") && path.split("/").length === 4)
    return { role: path.endsWith(".sealed.json") ? "sealed" : "object" };
  return folder === "connectors" ? { role: "blob" } : { fault: noObject(CONTENT, folder) };
}

/**
 * What is wrong with the place of a file below `seeds/`, in words: it would bring nothing, though it is meant to. Other
 * folders (sample events, schemas) are no part of a kit.
 */
export function seedFault(path: string): string | undefined {
  if (!path.startsWith(SEEDS)) return undefined;
  if (isHidden(path)) return HIDDEN;
  const folder = path.split("/")[1] ?? "";
  if (kindOfFolder(folder) !== undefined) return SEED.test(path) ? undefined : noObject(SEEDS, folder);
  return nearest(folder, OBJECT_FOLDERS) === undefined ? undefined : unknownFolder(SEEDS, folder, OBJECT_FOLDERS);
}

const HIDDEN = "is hidden: take it out";

function isHidden(path: string): boolean {
  return path.includes("/.");
}

function unknownFolder(room: string, folder: string, meant: readonly string[]): string {
  const near = nearest(folder, meant);
  const next =
    near === undefined
      ? `objects go to a folder of ${OBJECT_FOLDERS.join(", ")}; ${PAPERS}`
      : `do you mean ${room}${near}/?`;
  return `there is no kind ${JSON.stringify(folder)}: ${next}`;
}

function noObject(room: string, folder: string): string {
  return `is no object: its place would be ${room}${folder}/<tenant, or _ for all>/<id>.json`;
}
