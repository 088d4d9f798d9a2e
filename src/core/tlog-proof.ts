import { CoreError } from "./error.ts";
import { type Leaf, parseLeaf } from "./leaf-parse.ts";
import { verifyInclusion } from "./merkle-proof.ts";
import { hashFromBase64, hashToBase64, leafHash, type TreeHash } from "./merkle.ts";
import { type Checkpoint, parseCheckpoint, parseNote, type Note } from "./note.ts";
import { decodeUtf8 } from "./strict-json.ts";

const HEADER = "c2sp.org/tlog-proof@v1";

/** A receipt: one leaf, its place in the tree, and the signed checkpoint verbatim. */
export interface TlogProof {
  /** The leaf's line. */
  readonly line: string;
  readonly index: number;
  /** Sibling of the leaf first. */
  readonly proof: readonly TreeHash[];
  /** The signed note. */
  readonly checkpoint: string;
}

/** Checks the signatures of a note; undefined is yes, a sentence is why not. */
export type NoteJudge = (note: Note, checkpoint: Checkpoint) => string | undefined;

export type ReceiptVerdict =
  | { readonly ok: true; readonly leaf: Leaf; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly why: string };

/** The text of a `.tlog-proof` file. */
export function formatTlogProof({ line, index, proof, checkpoint }: TlogProof): string {
  const hashes = proof.map((hash) => `${hashToBase64(hash)}\n`).join("");
  return `${HEADER}\nextra ${Buffer.from(line).toString("base64")}\nindex ${index}\n${hashes}\n${checkpoint}`;
}

/** Reads a `.tlog-proof` file strictly; nothing of it is verified yet. Throws CoreError `bad-proof`. */
export function parseTlogProof(text: string): TlogProof {
  const split = text.indexOf("\n\n");
  const [header, extra = "", place = "", ...hashes] = text.slice(0, Math.max(0, split)).split("\n");
  const bytes = Buffer.from(extra.slice("extra ".length), "base64");
  const line = decodeUtf8(bytes);
  const isExtra = extra === `extra ${bytes.toString("base64")}`;
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(place)?.[1];
  if (header !== HEADER || !isExtra || line === undefined || index === undefined) {
    throw new CoreError("bad-proof", "not a tlog-proof with extra data and an index");
  }
  return { line, index: Number(index), proof: hashes.map(parseHash), checkpoint: text.slice(split + 2) };
}

function parseHash(text: string): TreeHash {
  const hash = hashFromBase64(text);
  if (hash === undefined) throw new CoreError("bad-proof", "a line of the proof is no hash");
  return hash;
}

/**
 * Judges a receipt: the leaf stands in the log of the checkpoint, at its own `seq`, and the checkpoint's signatures
 * satisfy `judge`. Never throws for what the receipt says.
 */
export function verifyTlogProof(text: string, judge: NoteJudge): ReceiptVerdict {
  try {
    return verify(parseTlogProof(text), judge);
  } catch (error) {
    if (error instanceof CoreError) return { ok: false, why: error.message };
    throw error;
  }
}

function verify({ line, index, proof, checkpoint: signed }: TlogProof, judge: NoteJudge): ReceiptVerdict {
  const note = parseNote(signed);
  const checkpoint = parseCheckpoint(note.text);
  const refusal = judge(note, checkpoint);
  if (refusal !== undefined) return { ok: false, why: refusal };
  const { size, root, origin } = checkpoint;
  if (!verifyInclusion({ leaf: leafHash(line), index, size, root, proof })) {
    return { ok: false, why: "the leaf is not in the tree of the checkpoint" };
  }
  const leaf = parseLeaf(line);
  if (leaf.log !== origin) return { ok: false, why: "the leaf is of another log" };
  if (leaf.seq !== index) return { ok: false, why: "the leaf is of another place" };
  return { ok: true, leaf, checkpoint };
}
