/**
 * What a new kit is built from, checked as sites will check it: whoever builds is told, and not those who get the kit.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import type { FileRole } from "../core/kit.ts";
import { type KitCode, KitError } from "../core/kit-code.ts";
import { kindOfFolder, objectPlace, placementFault } from "../core/kit-place.ts";
import type { KitSpec } from "../core/kit-spec.ts";
import { runWhole } from "../core/steps.ts";
import { type KitObject, objectSteps } from "../flows/kit-take.ts";
import type { BuildFile } from "../signing/kit-build.ts";
import { type KitSource, readKitSource } from "../signing/kit-source.ts";
import { CliError } from "./error.ts";

const SPEC = "offline-kit.json";
/** Most places that one refusal names, as in the reasons of a KitError. */
const MOST = 100;
/** Roles of files that sites of this version take in: one of them, several. */
const TAKEN: Readonly<Partial<Record<FileRole, readonly [one: string, several: string]>>> = {
  object: ["object", "objects"],
  doc: ["doc", "docs"],
  sbom: ["SBOM", "SBOMs"],
  trust: ["trust file", "trust files"],
};

/** A place in the content, and what is wrong there. */
interface Fault {
  readonly at: string;
  readonly detail: string;
}

/**
 * The source of a kit in a folder, whose objects any site of this version would take in. Throws CliError `missing`,
 * `usage` (no build input there), `problem` with every fault; SigningError `unreadable`.
 */
export function sourceOf(source: string): KitSource {
  const stat = fs.statSync(source, { throwIfNoEntry: false });
  if (stat === undefined) throw new CliError("missing", `there is no ${source}`);
  if (stat.isDirectory() && !fs.existsSync(path.join(source, SPEC)))
    throw new CliError("usage", `no ${SPEC} in '${source}': give the folder: kit build FOLDER`);
  const read = readSource(source);
  const faults = [...placeFaults(read), ...runWhole(objectSteps(objectsOf(read))).faults.map(placed)];
  if (faults.length > 0) throw contentError(faults.toSorted((left, right) => (left.at < right.at ? -1 : 1)));
  return read;
}

function readSource(source: string): KitSource {
  try {
    return readKitSource(source);
  } catch (error) {
    throw notBuilt(error, `${SPEC}: `);
  }
}

function placeFaults({ spec, files }: KitSource): Fault[] {
  return files.flatMap((file) => {
    const detail = placeFault(file, spec);
    return detail === undefined ? [] : [{ at: file.path, detail }];
  });
}

function placeFault({ path: at, role }: BuildFile, spec: KitSpec): string | undefined {
  if (TAKEN[role] === undefined) return `no site of this version takes in files of role ${role}`;
  const fault = placementFault({ path: at, role }, { kinds: spec.kinds, tenants: new Set(spec.tenants) });
  if (fault === undefined) return undefined;
  const kind = kindOfFolder(at.split("/")[1] ?? "");
  if (kind === undefined || !spec.kinds.includes(kind)) return `${fault} (${SPEC} names: ${spec.kinds.join(" ")})`;
  return role === "object" ? `${fault}; an id is 1 to 63 of a-z, 0-9 and -, with no - in front` : fault;
}

/** The objects whose place is good: of the others that is told. */
function objectsOf({ spec, files }: KitSource): KitObject[] {
  return files.flatMap((file) => {
    const place = objectPlace(file);
    if (place === undefined || !("bytes" in file) || placeFault(file, spec) !== undefined) return [];
    return [{ ...place, bytes: file.bytes }];
  });
}

function placed({ path: at, pointer, detail }: { path: string; pointer: string; detail: string }): Fault {
  return { at: pointer === "" ? at : `${at}#${pointer}`, detail };
}

/** How many files of each role, for people and for programs. */
export function countsOf(files: readonly { readonly role: FileRole }[]): {
  readonly text: string;
  readonly roles: Readonly<Record<string, number>>;
} {
  const counts = new Map<FileRole, number>();
  for (const { role } of files) counts.set(role, (counts.get(role) ?? 0) + 1);
  const words = Object.entries(TAKEN).flatMap(([role, [one, more]]) => {
    const count = files.filter((file) => file.role === role).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : more}`];
  });
  return { text: words.length === 0 ? "nothing" : words.join(", "), roles: Object.fromEntries(counts) };
}

/** What a refusal says to whoever builds; readers are told other sentences. */
const SENTENCES: Readonly<Partial<Record<KitCode, string>>> = {
  KIT_FILE_HASH: "a file has changed meanwhile, build again: ",
  KIT_FORMAT_VERSION: "",
  KIT_MANIFEST: "",
  KIT_PATH: "a path cannot stand in a kit: ",
  KIT_PATH_COLLISION: "two paths would be one file on some systems: ",
};

/** A refusal of what is built as an error of the commands, said to whoever builds it; other errors pass. */
export function notBuilt(error: unknown, where = ""): unknown {
  if (!(error instanceof KitError)) return error;
  if (error.code === "CONTENT_INVALID" && error.reasons.length > 0) return contentError(error.reasons, error);
  const sentence = SENTENCES[error.code];
  const own = sentence === undefined ? undefined : `${sentence}${where}${error.detail}`;
  const text = error.code === "CONTENT_INVALID" ? error.detail : (own ?? error.message);
  return refused(error.code, `nothing is built: ${text}`, { cause: error });
}

function contentError(faults: readonly Fault[], cause?: unknown): CliError {
  const many = faults.length >= MOST ? `${MOST} faults or more` : `${faults.length} faults`;
  const count = faults.length === 1 ? "1 fault" : many;
  const errors = faults.slice(0, MOST).map(({ at, detail }) => ({ pointer: at, detail }));
  return refused("CONTENT_INVALID", `nothing is built: the content has ${count}`, { cause, errors });
}

function refused(
  code: KitCode,
  detail: string,
  { cause, errors = [] }: { readonly cause?: unknown; readonly errors?: { pointer: string; detail: string }[] },
): CliError {
  return new CliError("problem", detail, { cause, problem: { code, detail, errors } });
}
