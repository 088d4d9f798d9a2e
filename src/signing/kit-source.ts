/**
 * What a kit is built from, read from a folder: its `offline-kit.json` and either `content/` as the kit will hold it, or
 * `seeds/` and `templates/` as people write them.
 * @module
 */
import { type Dirent, lstatSync, readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { KitError, quoted } from "../core/kit-code.ts";
import { assembleContent, canonicalObject, type KitSpec, parseSpec } from "../core/kit-spec.ts";
import { type BuildFile, readPlainFile, unreadable } from "./source-files.ts";
import { roleByPlace, seedFault } from "./source-roles.ts";

const SPEC = "offline-kit.json";

export interface KitSource {
  readonly spec: KitSpec;
  readonly files: readonly BuildFile[];
}

/**
 * Reads a source folder, or the folder of the `offline-kit.json` that is named. Throws KitError KIT_MANIFEST,
 * CONTENT_INVALID, each place among its reasons (anything but plain files and folders too: a kit carries no links),
 * SigningError `unreadable`.
 */
export function readKitSource(path: string): KitSource {
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  const spec = parseSpec(readFileSync(folder === path ? join(path, SPEC) : path));
  const content = namesIn(folder, "content");
  if (content !== undefined) return { spec, files: eachOf(content, (name) => contentFile(folder, name)) };
  const names = [...(namesIn(folder, "seeds") ?? []), ...(namesIn(folder, "templates") ?? [])];
  eachOf(names, checkSeed);
  return { spec, files: assembleContent((name) => readPlainFile(join(folder, name)), names) };
}

/** Paths of the files below a folder, with `/`, sorted by code units; undefined where it is missing. */
function namesIn(folder: string, room: string): string[] | undefined {
  const found = lstatSync(join(folder, room), { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) throw notPlain(room, found, "a folder");
  const names: string[] = [];
  addNames(folder, room, names);
  return names.toSorted();
}

function addNames(folder: string, below: string, names: string[]): void {
  for (const entry of entriesOf(join(folder, below))) {
    const name = `${below}/${entry.name}`;
    if (entry.isFile()) names.push(name);
    else if (entry.isDirectory()) addNames(folder, name, names);
    else throw notPlain(name, entry, "a plain file");
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    throw unreadable(folder, error);
  }
}

function notPlain(name: string, entry: Dirent | Stats, wanted: string): KitError {
  return new KitError(
    "CONTENT_INVALID",
    `${quoted(name)} is ${typeOf(entry)}, not ${wanted}: a kit carries neither links nor devices; put the file itself there, or take it out`,
  );
}

function typeOf(entry: Dirent | Stats): string {
  if (entry.isSymbolicLink()) return "a symbolic link";
  if (entry.isFIFO()) return "a named pipe";
  if (entry.isSocket()) return "a socket";
  return entry.isFile() ? "a file" : "a device";
}

/** Objects become canonical; every other file is read when the kit is built, as it is. */
function contentFile(folder: string, name: string): BuildFile {
  const place = roleByPlace(name);
  if ("fault" in place) throw placeFault(name, place.fault);
  const { role } = place;
  const file = `${folder}/${name}`; // a clean name: `join` would look at every character of it
  if (role !== "object") return { path: name, role, file };
  return { path: name, role, bytes: canonicalObject(readPlainFile(file), name) };
}

function checkSeed(name: string): void {
  const fault = seedFault(name);
  if (fault !== undefined) throw placeFault(name, fault);
}

function placeFault(name: string, detail: string): KitError {
  const reasons = [{ at: name, code: "CONTENT_INVALID", detail }] as const;
  return new KitError("CONTENT_INVALID", `${quoted(name)} ${detail}`, { reasons });
}

/** The work on each name. Throws KitError CONTENT_INVALID with the faults of all of them. */
function eachOf<T>(names: readonly string[], work: (name: string) => T): T[] {
  const [done, faults]: [T[], KitError[]] = [[], []];
  for (const name of names) {
    try {
      done.push(work(name));
    } catch (error) {
      if (!(error instanceof KitError) || error.code !== "CONTENT_INVALID") throw error;
      faults.push(error);
    }
  }
  const [first] = faults;
  if (first === undefined) return done;
  const more = faults.length === 1 ? "" : `; ${faults.length} faults in all`;
  throw new KitError("CONTENT_INVALID", `${first.detail}${more}`, {
    reasons: faults.flatMap(({ reasons }) => reasons),
  });
}
