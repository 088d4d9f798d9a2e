import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LeafInput } from "../../src/core/leaf.ts";
import { LedgerVerification, type LedgerVerdict } from "../../src/core/ledger-verify.ts";
import { hashToBase64, leafHash, rootOf } from "../../src/core/merkle.ts";
import { logVerifierKey, signCheckpoint, verifyEd25519 } from "../../src/signing/checkpoint.ts";
import { KEYS, LEAVES, ROOTS, SITE_LEAVES, vector } from "../support/ledger-vectors.ts";
import {
  genesis,
  linesOf,
  LOG_KEY,
  NOTHING,
  noteOver,
  seal,
  sealLeaf,
  TINY_ORIGIN,
  TINY_SITE_ORIGIN,
} from "../support/tiny-log.ts";

const TINY_KEY = logVerifierKey(TINY_ORIGIN, LOG_KEY.publicKey);

function judge(lines: readonly string[], note: string, logKey: string): LedgerVerdict {
  const verification = new LedgerVerification({ note, logKey, verify: verifyEd25519 });
  for (const line of lines) verification.add(line);
  return verification.finish();
}

function judgeTiny(leaves: readonly LeafInput[], sealedBy = 0, upTo = leaves.length): LedgerVerdict {
  const lines = linesOf(leaves);
  return judge(lines, noteOver(lines.slice(0, upTo), sealedBy), TINY_KEY);
}

function renumbered(line: string, seq: number): string {
  return line.replace(/"seq":\d+/, `"seq":${seq}`);
}

const SOME_HASH = ROOTS.leafHashes[0] ?? "";

function prune(from: number, to: number, hashes: number): LeafInput {
  const body = { from, hashes: Array.from({ length: hashes }, () => SOME_HASH), to };
  return { type: "ledger.prune", actor: "job:purge", body };
}

function head(origin: string): LeafInput {
  return { type: "ledger.tenant", actor: "job:checkpoint", body: { origin, root: SOME_HASH, size: 1 } };
}

function judgeSite(origin: string): LedgerVerdict {
  const lines = linesOf([genesis(TINY_SITE_ORIGIN), head(origin)], TINY_SITE_ORIGIN);
  return judge(lines, noteOver(lines, 0, TINY_SITE_ORIGIN), logVerifierKey(TINY_SITE_ORIGIN, LOG_KEY.publicKey));
}

function broken(): never {
  throw new TypeError("a fault of ours");
}

function epoch(before: readonly LeafInput[]): LeafInput {
  const root = hashToBase64(rootOf(linesOf(before).map(leafHash)));
  return { type: "ledger.epoch", actor: "job:checkpoint", body: { root, size: before.length } };
}

describe("a sound log", () => {
  it.each([
    ["checkpoint", LEAVES, 300],
    ["checkpoint-epoch", LEAVES.slice(0, 264), 264],
    ["checkpoint-epoch", LEAVES, 264],
  ])("of the vectors is verified by its %s", (note, lines, size) => {
    const verdict = judge(lines, vector(note), KEYS.log.vkey);
    expect(verdict).toMatchObject({ ok: true, size: lines.length, checkpoint: { size } });
    expect(verdict.ok && hashToBase64(verdict.root)).toBe(
      ROOTS.roots[String(lines.length)] ?? hashToBase64(rootOf(lines.map(leafHash))),
    );
    expect(verdict.ok && [...verdict.types.values()].reduce((sum, count) => sum + count, 0)).toBe(lines.length);
  });

  it("of the site is verified too", () => {
    expect(judge(SITE_LEAVES, vector("site-checkpoint"), KEYS.siteLog.vkey)).toMatchObject({ ok: true, size: 12 });
  });

  it("may be its genesis alone", () => {
    expect(judgeTiny([genesis()])).toMatchObject({ ok: true, size: 1 });
  });

  it("is sealed by the key announced two leaves before its end, or earlier", () => {
    const start = [genesis(), NOTHING];
    const rotated = [...start, sealLeaf(1)];
    const whole = [...rotated, epoch(rotated), NOTHING];
    expect(judgeTiny(whole, 0, 3)).toMatchObject({ ok: true });
    expect(judgeTiny(whole, 1, 4)).toMatchObject({ ok: true });
    expect(judgeTiny(whole, 1, 5)).toMatchObject({ ok: true });
    expect(judgeTiny(whole, 1, 3)).toMatchObject({
      ok: false,
      code: "signature",
      why: expect.stringContaining("leaf 0 announced"),
    });
    expect(judgeTiny(whole, 0, 4)).toMatchObject({
      ok: false,
      code: "signature",
      why: expect.stringContaining("leaf 2 announced"),
    });
  });

  it("may have started several times", () => {
    const lines = [0, 5, 5].map(
      (mono, seq) => linesOf([genesis(), NOTHING, NOTHING])[seq]?.replace(/"mono":\d+/, `"mono":${mono}`) ?? "",
    );
    const restarted = lines.with(
      2,
      lines[2]?.replace('"boot":"b"', '"boot":"c"').replace('"mono":5', '"mono":0') ?? "",
    );
    for (const log of [lines, restarted]) expect(judge(log, noteOver(log, 0), TINY_KEY)).toMatchObject({ ok: true });
  });
});

describe("a log that was altered is refused", () => {
  it("after a change of any one byte of any leaf", () => {
    const place = fc
      .nat(LEAVES.length - 1)
      .chain((seq) => fc.tuple(fc.constant(seq), fc.nat((LEAVES[seq]?.length ?? 1) - 1)));
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 127 }), ([seq, at], flip) => {
        const line = LEAVES[seq] ?? "";
        const changed = line.slice(0, at) + String.fromCharCode(line.charCodeAt(at) ^ flip) + line.slice(at + 1);
        expect(judge(LEAVES.with(seq, changed), vector("checkpoint"), KEYS.log.vkey).ok).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  const swapped = LEAVES.with(5, LEAVES[6] ?? "").with(6, LEAVES[5] ?? "");
  it.each<[string, readonly string[], object]>([
    ["with leaves swapped", swapped, { code: "place", seq: 5, why: "leaf 6 stands in the place of leaf 5" }],
    ["with a leaf deleted", LEAVES.toSpliced(7, 1), { code: "place", seq: 7 }],
    ["with a leaf deleted and the rest renumbered", LEAVES.toSpliced(17, 1).map(renumbered), { code: "chain" }],
    ["with a leaf repeated", LEAVES.toSpliced(7, 0, LEAVES[6] ?? ""), { code: "place", seq: 7 }],
    ["with a leaf of another log", LEAVES.with(3, SITE_LEAVES[3] ?? ""), { code: "place", seq: 3 }],
    [
      "without its tail",
      LEAVES.slice(0, 299),
      { code: "short", why: "the checkpoint names 300 leaves, the log has 299" },
    ],
    ["with nothing left", [], { code: "short" }],
    [
      "with a time moved back",
      LEAVES.with(290, LEAVES[290]?.replace(/"t":\d+/, '"t":1774736100001') ?? ""),
      { code: "root" },
    ],
    [
      "with a time moved back before an epoch",
      LEAVES.with(9, LEAVES[9]?.replace(/"t":\d+/, '"t":1') ?? ""),
      { code: "chain" },
    ],
    [
      "with a monotonic clock that falls",
      LEAVES.with(9, LEAVES[9]?.replace(/"mono":\d+/, '"mono":1') ?? ""),
      { code: "clock", seq: 9 },
    ],
    ["with a key twice", LEAVES.with(9, LEAVES[9]?.replace("{", '{"v":1,') ?? ""), { code: "leaf", seq: 9 }],
    [
      "with a type that nobody knows",
      LEAVES.with(9, LEAVES[9]?.replace("event.decision", "event.forged") ?? ""),
      { code: "leaf", seq: 9 },
    ],
    ["that does not begin with its genesis", LEAVES.slice(1).map(renumbered), { code: "chain", seq: 0 }],
  ])("%s", (_, lines, verdict) => {
    expect(judge(lines, vector("checkpoint"), KEYS.log.vkey)).toMatchObject({ ok: false, ...verdict });
  });

  it("by someone with the log key and without the seal's", () => {
    const lines = linesOf([genesis(), NOTHING]);
    const forged = noteOver(lines, 2);
    expect(judge(lines, forged, TINY_KEY)).toMatchObject({ ok: false, code: "signature" });
  });

  it("by someone with a log key of his own", () => {
    const lines = linesOf([genesis(), NOTHING]);
    const root = rootOf(lines.map(leafHash));
    const forged = signCheckpoint({ origin: TINY_ORIGIN, size: 2, root }, { log: seal(1), seal: seal(0) });
    const otherKey = logVerifierKey(TINY_ORIGIN, seal(1).publicKey);
    expect(judge(lines, forged, TINY_KEY)).toMatchObject({ ok: false, code: "signature" });
    expect(judge(lines, forged, otherKey)).toMatchObject({ ok: false, why: "the origin does not name the log key" });
  });
});

describe("leaves that speak of the ledger are checked", () => {
  const seals = genesis().body?.["seal"] ?? "";
  const rotated = [genesis(), sealLeaf(1)];
  const other = logVerifierKey(TINY_ORIGIN, seal(1).publicKey);

  it.each<[string, readonly LeafInput[], object]>([
    ["a second genesis", [genesis(), genesis()], { code: "chain", seq: 1, why: "a second genesis" }],
    ["a genesis of another key", [{ ...genesis(), body: { key: other, seal: seals } }], { code: "chain", seq: 0 }],
    ["a genesis of no key", [{ ...genesis(), body: { key: "x", seal: seals } }], { code: "leaf", seq: 0 }],
    [
      "a seal key of another name",
      [genesis(), { ...sealLeaf(1), body: { seal: TINY_KEY } }],
      { code: "chain", seq: 1 },
    ],
    ["a seal that is no key", [genesis(), { ...sealLeaf(1), body: { seal: "x" } }], { code: "leaf", seq: 1 }],
    ["an epoch without its seal", [genesis(), epoch([genesis()])], { code: "chain", seq: 1 }],
    ["an epoch of another size", [...rotated, epoch([genesis()])], { code: "chain", seq: 2 }],
    ["an epoch of another root", [...rotated, epoch([genesis(), NOTHING])], { code: "chain", seq: 2 }],
    ["a head of another log", [genesis(), head("o")], { code: "chain", seq: 1 }],
    ["a prune of what is not there yet", [genesis(), prune(0, 2, 1)], { code: "chain", seq: 1 }],
    ["a prune of nothing", [genesis(), prune(1, 1, 1)], { code: "chain", seq: 1 }],
    ["a prune with a hash too many", [genesis(), prune(0, 1, 2)], { code: "chain", seq: 1 }],
  ])("%s", (_, leaves, verdict) => {
    expect(judgeTiny(leaves)).toMatchObject({ ok: false, ...verdict });
  });

  it("heads of tenants are of this site's logs", () => {
    expect(judgeSite(TINY_ORIGIN).ok).toBe(true);
    expect(judgeSite("sealpost-other-00000000-acme")).toMatchObject({ ok: false, code: "chain", seq: 1 });
    expect(judgeSite(TINY_SITE_ORIGIN)).toMatchObject({ ok: false, code: "chain", seq: 1 });
  });
});

describe("a verification", () => {
  it.each([
    ["no key", "x", vector("checkpoint"), "key"],
    ["no note", KEYS.log.vkey, "x", "note"],
    ["a note that is no checkpoint", KEYS.log.vkey, vector("checkpoint").replace("\n300\n", "\n0300\n"), "note"],
    ["a note with a wrong signature", KEYS.log.vkey, vector("checkpoint").replace("\n300\n", "\n301\n"), "signature"],
  ])("with %s is refused before any leaf", (_, logKey, note, code) => {
    const verification = new LedgerVerification({ note, logKey, verify: verifyEd25519 });
    expect(verification.add(LEAVES[0] ?? "")).toMatchObject({ ok: false, code });
    expect(verification.finish()).toMatchObject({ ok: false, code });
  });

  it("keeps to the first fault", () => {
    const verification = new LedgerVerification({
      note: vector("checkpoint"),
      logKey: KEYS.log.vkey,
      verify: verifyEd25519,
    });
    expect(verification.add(LEAVES[0] ?? "")).toBeUndefined();
    expect(verification.add("x")).toMatchObject({ code: "leaf", seq: 1 });
    expect(verification.add(LEAVES[1] ?? "")).toMatchObject({ code: "leaf", seq: 1 });
    expect(verification.finish()).toMatchObject({ code: "leaf", seq: 1 });
  });

  it("does not take a fault of its caller for one of the log", () => {
    expect(() => new LedgerVerification({ note: vector("checkpoint"), logKey: KEYS.log.vkey, verify: broken })).toThrow(
      TypeError,
    );
  });
});
