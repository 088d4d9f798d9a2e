import { describe, expect, it } from "vitest";
import { judgeByKeys } from "../../src/core/note-verify.ts";
import { parseVerifierKey } from "../../src/core/note.ts";
import { formatTlogProof, parseTlogProof, verifyTlogProof } from "../../src/core/tlog-proof.ts";
import { verifyEd25519 } from "../../src/signing/checkpoint.ts";
import { KEYS, LEAVES, vector } from "../support/ledger-vectors.ts";
import { treeOfOne } from "../support/tiny-log.ts";

const RECEIPT = vector("receipt-169.tlog-proof");
const judge = judgeByKeys({ log: parseVerifierKey(KEYS.log.vkey) }, verifyEd25519);

/** The receipt with one of its parts replaced. */
function altered(change: Partial<ReturnType<typeof parseTlogProof>>): string {
  return formatTlogProof({ ...parseTlogProof(RECEIPT), ...change });
}

function broken(): never {
  throw new TypeError("a fault of ours");
}

describe("a receipt", () => {
  it("of the vectors is read and written as it is", () => {
    const receipt = parseTlogProof(RECEIPT);
    expect(formatTlogProof(receipt)).toBe(RECEIPT);
    expect([receipt.line, receipt.index, receipt.checkpoint]).toEqual([LEAVES[169], 169, vector("checkpoint")]);
  });

  it("proves its leaf", () => {
    const verdict = verifyTlogProof(RECEIPT, judge);
    expect(verdict).toMatchObject({ ok: true, leaf: { seq: 169, status: "sent" }, checkpoint: { size: 300 } });
  });

  it("with any one byte before the cosignature changed is refused", () => {
    const bytes = Buffer.from(RECEIPT);
    const seal = Buffer.from(RECEIPT.slice(0, RECEIPT.indexOf("\u2014", RECEIPT.indexOf("\u2014") + 1))).length;
    for (let at = 0; at < seal; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (bytes[at] ?? 0) ^ 0x01;
      expect(verifyTlogProof(changed.toString("utf8"), judge).ok, `byte ${at}`).toBe(false);
    }
  });

  it.each([
    ["another leaf", altered({ line: LEAVES[170] ?? "" }), "the leaf is not in the tree of the checkpoint"],
    ["another place", altered({ index: 170 }), "the leaf is not in the tree of the checkpoint"],
    [
      "a hash too few",
      altered({ proof: parseTlogProof(RECEIPT).proof.slice(1) }),
      "the leaf is not in the tree of the checkpoint",
    ],
    ["another log's checkpoint", altered({ checkpoint: vector("site-checkpoint") }), /^the checkpoint is of/],
    ["no checkpoint", altered({ checkpoint: "" }), "no text, empty line and signatures"],
    ["no extra data", RECEIPT.replace(/extra .*\n/, ""), /^not a tlog-proof/],
    ["another header", RECEIPT.replace("@v1", "@v2"), /^not a tlog-proof/],
    ["an index with a zero in front", RECEIPT.replace("index ", "index 0"), /^not a tlog-proof/],
    ["loose base64", RECEIPT.replace(/(extra .*)\n/, "$1=\n"), /^not a tlog-proof/],
    ["a leaf that is no UTF-8", RECEIPT.replace(/extra .*\n/, "extra /w==\n"), /^not a tlog-proof/],
    ["a proof of no hash", RECEIPT.replace("zPebT", "zPeb"), "a line of the proof is no hash"],
    ["nothing", "", /^not a tlog-proof/],
  ])("with %s is refused", (_, text, why) => {
    expect(verifyTlogProof(text, judge)).toEqual({ ok: false, why: expect.stringMatching(why) });
  });

  it("of a leaf that names another log or place is refused, even where the tree holds it", () => {
    const foreign = treeOfOne((leaf) => ({ ...leaf, log: "sealpost-x-00000000-y" }));
    const moved = treeOfOne((leaf) => ({ ...leaf, seq: 1 }));
    const bad = treeOfOne((leaf) => ({ ...leaf, colour: 1 }));
    expect(verifyTlogProof(foreign, () => undefined)).toEqual({ ok: false, why: "the leaf is of another log" });
    expect(verifyTlogProof(moved, () => undefined)).toEqual({ ok: false, why: "the leaf is of another place" });
    expect(verifyTlogProof(bad, () => undefined)).toEqual({ ok: false, why: expect.stringContaining("colour") });
    expect(
      verifyTlogProof(
        treeOfOne((leaf) => leaf),
        () => undefined,
      ).ok,
    ).toBe(true);
  });

  it("does not hide a fault of the judge", () => {
    expect(() => verifyTlogProof(RECEIPT, broken)).toThrow(TypeError);
  });
});
