/**
 * What follows from a manifest, so that it is never believed from elsewhere: state root, carried files, SHA256SUMS and
 * the statement that signers sign.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import { sha256Hex } from "./hash.ts";
import type { JsonObject } from "./json.ts";
import type { FileRow, Manifest } from "./kit.ts";
import { Frontier, hashToBytes, leafHash } from "./merkle.ts";

export const KIT_PREDICATE = "urn:sealpost:kit:v1";
export const POLICY_PREDICATE = "urn:sealpost:trust-policy:v1";
export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
/** cosign refuses statements with more. */
const MAX_SUBJECTS = 1024;
const SLICE = 2000;
/** Hashes that were chosen to share a place in the table are left to the exact way. */
const MAX_STEPS = 64;

/** RFC 6962 tree hash (hex) over leaves `path NUL sha256hex` in table order, in slices. */
export function* stateRoot(files: readonly Pick<FileRow, "path" | "sha256">[]): Generator<void, string> {
  const tree = new Frontier();
  for (const { path, sha256 } of files) {
    tree.append(leafHash(`${path}\0${sha256}`));
    if (tree.size % SLICE === 0) yield;
  }
  return Buffer.from(hashToBytes(tree.root())).toString("hex");
}

/** `stateRoot` in one go. */
export function stateRootOf(files: readonly Pick<FileRow, "path" | "sha256">[]): string {
  const steps = stateRoot(files);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Whether two rows may have one content. `false` is certain: their first 32 bits differ. A table of numbers is looked
 * through many times faster than a set of hashes.
 */
export function mayRepeat(files: readonly Pick<FileRow, "sha256">[]): boolean {
  const slots = 2 ** Math.ceil(Math.log2(files.length * 2 + 2));
  const taken = new Int32Array(slots);
  for (const { sha256 } of files) {
    const bits = leadingBits(sha256) || 1; // 0 is an empty slot
    let slot = bits & (slots - 1);
    for (let steps = 0; taken[slot] !== 0; steps++) {
      if (taken[slot] === bits || steps === MAX_STEPS) return true;
      slot = (slot + 1) & (slots - 1);
    }
    taken[slot] = bits;
  }
  return false;
}

/** The first eight hex digits of a hash as one number. */
function leadingBits(sha256: string): number {
  let bits = 0;
  for (let at = 0; at < 8; at++) {
    const unit = sha256.charCodeAt(at);
    bits = (bits << 4) | ((unit & 0xf) + (unit > 0x40 ? 9 : 0));
  }
  return bits;
}

/** The rows whose bytes the archive carries, in order: each content once, at its first path; nothing that is omitted. */
export function carriedFiles({ files, omitted }: Pick<Manifest, "files" | "omitted">): readonly FileRow[] {
  if (omitted.length === 0 && !mayRepeat(files)) return files;
  const done = new Set(omitted);
  return files.filter(({ sha256 }) => !done.has(sha256) && done.add(sha256));
}

/** Bytes of `SHA256SUMS`: the carried files as `sha256sum` prints them. */
export function sumsOf(carried: readonly Pick<FileRow, "path" | "sha256">[]): Uint8Array {
  return Buffer.from(carried.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join(""), "latin1");
}

function subject(name: string, sha256: string): JsonObject {
  return { digest: { sha256 }, name };
}

/** Text of the in-toto statement (RFC 8785) that stands for a kit. `kit` is the kit id, `sums` the bytes of SHA256SUMS. */
export function kitStatement(
  manifest: Manifest,
  { kit, sums }: { readonly kit: string; readonly sums: Uint8Array },
): string {
  const { stream, sequence, kinds, files } = manifest;
  const signed = [subject("offline-kit.json", kit), subject("SHA256SUMS", sha256Hex(sums))];
  const all = signed.length + files.length <= MAX_SUBJECTS;
  return canonicalJson({
    _type: STATEMENT_TYPE,
    predicateType: KIT_PREDICATE,
    predicate: { manifest: kit, stream, sequence, kinds, files: files.length },
    subject: all ? [...signed, ...files.map(({ path, sha256 }) => subject(path, sha256))] : signed,
  });
}

/** Text of the in-toto statement (RFC 8785) by which roots sign a trust policy; `sha256` of the policy's bytes, hex. */
export function policyStatement(version: number, sha256: string, name = `policy.${version}.json`): string {
  return canonicalJson({
    _type: STATEMENT_TYPE,
    predicateType: POLICY_PREDICATE,
    predicate: { version },
    subject: [subject(name, sha256)],
  });
}

/** File name of a kit: `hq.rules-0.12.kit.tar`. */
export function kitFileName({ stream, epoch, sequence }: Pick<Manifest, "stream" | "epoch" | "sequence">): string {
  return `${stream.replaceAll("/", ".")}-${epoch}.${sequence}.kit.tar`;
}
