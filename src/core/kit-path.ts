/**
 * Paths of a kit: labels, never file names on disk, but fit for every file system all the same.
 * @module
 */
const MAX_PATH = 240;
const NAME_FIELD = 100;
const PREFIX_FIELD = 155;
const CHARACTERS = /^[\x20-\x7e]*$/;
const FORBIDDEN = /[\\:*?"<>|]/;
const DEVICE = /^(?:con|prn|aux|nul|com[1-9]|lpt[1-9])$/i;

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

function segmentFault(segment: string): string | undefined {
  if (segment === "") return "has an empty segment";
  if (segment === "." || segment === "..") return "has a segment . or ..";
  if (segment.startsWith("-") || segment.startsWith("~")) return "has a segment that begins with - or ~";
  if (segment.endsWith(".")) return "has a segment that ends in a dot";
  const [base = ""] = segment.split(".");
  return DEVICE.test(base.trimEnd()) ? "has a segment that is a DOS device name" : undefined;
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
 * The first path that collides with an earlier one: equal but for case, or a file where the other needs a folder.
 * Undefined where there is none. In slices.
 */
export function* collidingPath(paths: readonly string[]): Generator<void, string | undefined> {
  const files = new Set<string>();
  for (const path of paths) {
    const folded = path.toLowerCase();
    if (files.has(folded)) return path;
    files.add(folded);
    if (files.size % SLICE === 0) yield;
  }
  const folders = new Set<string>();
  for (const path of files) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (!folders.has(folder) && foldersOf(path).some((name) => files.has(name))) return path;
    folders.add(folder);
  }
  return undefined;
}

function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) folders.push(path.slice(0, at));
  return folders;
}
