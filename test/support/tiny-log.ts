import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { type LeafInput, leafLine } from "../../src/core/leaf.ts";
import { LedgerVerification } from "../../src/core/ledger-verify.ts";
import { leafHash, rootOf } from "../../src/core/merkle.ts";
import { checkpointText, formatNote, signatureLine } from "../../src/core/note.ts";
import { keyFingerprint8, logOrigin } from "../../src/core/origin.ts";
import { formatTlogProof } from "../../src/core/tlog-proof.ts";
import {
  logVerifierKey,
  type NoteKey,
  sealVerifierKey,
  signCheckpoint,
  verifyEd25519,
} from "../../src/signing/checkpoint.ts";
import { keyFromSeed } from "./ledger-vectors.ts";

/** A log of a few leaves with fixed keys, to be written and spoilt by tests. */
export const LOG_KEY: NoteKey = keyFromSeed("11".repeat(32));
export const SEALS: readonly NoteKey[] = ["21", "22", "23"].map((byte) => keyFromSeed(byte.repeat(32)));
const fp8 = keyFingerprint8(LOG_KEY.publicKey);
export const TINY_ORIGIN: string = logOrigin({ site: "tiny", fp8, tenant: "acme" });
export const TINY_SITE_ORIGIN: string = logOrigin({ site: "tiny", fp8, tenant: "_site" });

export function seal(number: number): NoteKey {
  return SEALS[number] ?? LOG_KEY;
}

export function genesis(origin: string = TINY_ORIGIN): LeafInput {
  const body = { key: logVerifierKey(origin, LOG_KEY.publicKey), seal: sealVerifierKey(origin, seal(0).publicKey) };
  return { type: "ledger.genesis", actor: "job:init", body };
}

export function sealLeaf(number: number, origin: string = TINY_ORIGIN): LeafInput {
  return {
    type: "ledger.seal",
    actor: "job:checkpoint",
    body: { seal: sealVerifierKey(origin, seal(number).publicKey) },
  };
}

export const NOTHING: LeafInput = { type: "access.read", actor: "u" };

/** The lines of a log; `mono` counts up from 0 within one start. */
export function linesOf(leaves: readonly LeafInput[], origin: string = TINY_ORIGIN): string[] {
  return leaves.map((leaf, seq) => leafLine(leaf, { log: origin, seq, t: 1000 + seq, boot: "b", mono: seq }));
}

/** The note over the first `size` lines, sealed by that seal key. */
export function noteOver(lines: readonly string[], sealedBy: number, origin: string = TINY_ORIGIN): string {
  const root = rootOf(lines.map(leafHash));
  return signCheckpoint({ origin, size: lines.length, root }, { log: LOG_KEY, seal: seal(sealedBy) });
}

/** What verifying the lines of the tiny log says, under a checkpoint over all of them: `ok`, or a code and why. */
export function verdictOn(lines: readonly string[]): string {
  const verification = new LedgerVerification({
    note: noteOver(lines, 0),
    logKey: logVerifierKey(TINY_ORIGIN, LOG_KEY.publicKey),
    verify: verifyEd25519,
  });
  for (const line of lines) verification.add(line);
  const verdict = verification.finish();
  return verdict.ok ? "ok" : `${verdict.code}: ${verdict.why}`;
}

/** A receipt of the only leaf of a tree, under a note that nobody signed. */
export function treeOfOne(change: (leaf: JsonObject) => JsonObject): string {
  const leaf = { actor: "a", boot: "b", log: "origin", mono: 0, seq: 0, t: 0, type: "site.start", v: 1 };
  const line = canonicalJson(change(leaf));
  const text = checkpointText({ origin: "origin", size: 1, root: leafHash(line) });
  const checkpoint = formatNote(text, [signatureLine("origin", "00000000", new Uint8Array(64))]);
  return formatTlogProof({ line, index: 0, proof: [], checkpoint });
}
