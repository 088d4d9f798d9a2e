/**
 * The file table of a manifest as text: rows in the form in which they are always written are read, judged and known to
 * be canonical in one pass. Whatever else stands there is left to the exact reading.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";

const OPENING = '"files":[';
const PATH = '{"path":"';
const ROLE = '","role":"';
const SHA256 = '","sha256":"';
const SIZE = '","size":';
const DIGEST = 64;
const MAX_DIGITS = 15;
/** A row in canonical form whose strings need no escape and whose size a double holds exactly, and what follows. */
const ROW = /\{"path":"[ !#-[\]-~]*","role":"[a-z]+","sha256":"[0-9a-f]{64}","size":(?:0|[1-9]\d{0,14})\}[,\]]/y;
const PLAIN = /^[ !#-[\]-~]*$/;
/** Rows between two points where the caller may let others run. */
const SLICE = 1000;

interface Row<Role extends string> {
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
  readonly role: Role;
}

/**
 * The rows of a manifest's text and the text around them, with an empty table; undefined where a row is of any other
 * form, or there is none. In slices.
 */
export function* quickTable<Role extends string>(
  text: string,
  roles: readonly Role[],
): Generator<void, { readonly rows: Row<Role>[]; readonly around: string } | undefined> {
  const opening = text.indexOf(OPENING);
  if (opening === -1) return undefined;
  const start = opening + OPENING.length;
  const rows: Row<Role>[] = [];
  for (let at = start; ; ) {
    ROW.lastIndex = at;
    const row = ROW.test(text) ? rowAt(text, at, roles) : undefined;
    if (row === undefined) return undefined;
    rows.push(row);
    at = ROW.lastIndex;
    if (text[at - 1] === "]") return { rows, around: text.slice(0, start) + text.slice(at - 1) };
    if (rows.length % SLICE === 0) yield;
  }
}

/** The row that begins at `at`, whose form is known; undefined where its role is none of these. */
function rowAt<Role extends string>(text: string, at: number, roles: readonly Role[]): Row<Role> | undefined {
  const path = at + PATH.length;
  const pathEnd = text.indexOf('"', path);
  const name = pathEnd + ROLE.length;
  const nameEnd = text.indexOf('"', name);
  const role = roles.find((one) => one.length === nameEnd - name && text.startsWith(one, name));
  if (role === undefined) return undefined;
  const sha256 = nameEnd + SHA256.length;
  const size = sha256 + DIGEST + SIZE.length;
  return {
    path: text.slice(path, pathEnd),
    sha256: text.slice(sha256, sha256 + DIGEST),
    size: Number.parseInt(text.slice(size, size + MAX_DIGITS), 10),
    role,
  };
}

/** RFC 8785 text of a row. Throws CoreError `lone-surrogate`. */
export function rowText({ path, role, sha256, size }: Row<string>): string {
  if (!PLAIN.test(path) || !PLAIN.test(sha256) || !Number.isSafeInteger(size) || Object.is(size, -0))
    return canonicalJson({ path, role, sha256, size });
  return `{"path":"${path}","role":"${role}","sha256":"${sha256}","size":${size}}`;
}
