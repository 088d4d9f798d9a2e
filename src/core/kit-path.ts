/**
 * Paths of a kit: labels, never file names on disk, but fit for every file system all the same.
 * @module
 */
const MAX_PATH = 240;
const NAME_FIELD = 100;
const PREFIX_FIELD = 155;
const CHARACTERS = /^[\x20-\x7e]*$/;
const FORBIDDEN = /[\\:*?"<>|]/;
const DEVICE = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])\s*(?:\.|$)/i;

/** The usual name of a file: nothing about it can be wrong, and no other name is equal to it but for case. */
const PLAIN_NAME = /(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?$/y;

/** What is wrong with a path of the file table, in words; undefined where it is good. */
export function pathFault(path: string): string | undefined {
  if (!path.startsWith("content/")) return "does not begin with content/";
  if (!CHARACTERS.test(path)) return "holds a character that is not printable ASCII";
  if (FORBIDDEN.test(path)) return 'holds one of \\ : * ? " < > |';
  if (path.length > MAX_PATH) return `is longer than ${MAX_PATH} bytes`;
  for (const segment of path.split("/")) {
    const fault = segmentFault(segment);
    if (fault !== undefined) return fault;
  }
  return splitUstar(path) === undefined ? "fits no ustar header" : undefined;
}

/** The folder of a path, with the slash behind it. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** Whether a path is a file of the usual form right in a folder of which a good path is known: then it is good too. */
export function isPlainIn(path: string, folder: string): boolean {
  PLAIN_NAME.lastIndex = folder.length;
  return folder !== "" && path.length <= NAME_FIELD && path.startsWith(folder) && PLAIN_NAME.test(path);
}

function segmentFault(segment: string): string | undefined {
  if (segment === "") return "has an empty segment";
  if (segment === "." || segment === "..") return "has a segment . or ..";
  if (segment.startsWith("-") || segment.startsWith("~")) return "has a segment that begins with - or ~";
  if (segment.endsWith(".")) return "has a segment that ends in a dot";
  return DEVICE.test(segment) ? "has a segment that is a DOS device name" : undefined;
}

/**
 * How a ustar header holds a path (one byte a character): whole up to 100 bytes, else split at the last slash that
 * leaves prefix <= 155 and name <= 100. Undefined where no header can hold it.
 */
export function splitUstar(path: string): { readonly prefix: string; readonly name: string } | undefined {
  if (path.length <= NAME_FIELD) return { prefix: "", name: path };
  const at = path.lastIndexOf("/", PREFIX_FIELD);
  const name = path.slice(at + 1);
  if (at <= 0 || name === "" || name.length > NAME_FIELD) return undefined;
  return { prefix: path.slice(0, at), name };
}

/** Paths between two points where the caller may let others run. */
const SLICE = 2000;

/**
 * The first path of a strictly sorted list that collides with an earlier one: equal but for case, or a file where the
 * other needs a folder. Undefined where there is none. `apart` are those that are not plain in the folder of the one
 * before. In slices.
 */
export function* collidingPath(
  paths: readonly string[],
  apart: readonly string[] = paths,
): Generator<void, string | undefined> {
  if (!apart.some((path) => CAPITAL.test(path))) return yield* pathInFile(apart, (name) => isAmong(paths, name));
  const folded = new Set<string>();
  for (const path of paths) {
    const before = folded.size;
    if (folded.add(path.toLowerCase()).size === before) return path;
    if (folded.size % SLICE === 0) yield;
  }
  return yield* pathInFile(folded, (name) => folded.has(name));
}

const CAPITAL = /[A-Z]/;

/** The first path that lies in a folder which is a file. */
function* pathInFile(paths: Iterable<string>, isFile: (name: string) => boolean): Generator<void, string | undefined> {
  let folder = "/";
  let looked = 0;
  for (const path of paths) {
    if (path.startsWith(folder) && !path.includes("/", folder.length)) continue;
    // The folders around the path before have been looked up.
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      if (folder.startsWith(path.slice(0, at + 1))) break;
      if (isFile(path.slice(0, at))) return path;
      if (++looked % SLICE === 0) yield;
    }
    folder = folderOf(path);
  }
  return undefined;
}

function isAmong(sorted: readonly string[], name: string): boolean {
  let [from, to] = [0, sorted.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sorted[middle] ?? "") < name) from = middle + 1;
    else to = middle;
  }
  return sorted[from] === name;
}
