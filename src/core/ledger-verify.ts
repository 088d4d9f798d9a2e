import { CoreError } from "./error.ts";
import { type Leaf, type LedgerFact, ledgerFact, parseLeaf } from "./leaf-parse.ts";
import type { LeafType } from "./leaf-type.ts";
import { cover } from "./merkle-proof.ts";
import { Frontier, hashToBase64, leafHash, type TreeHash } from "./merkle.ts";
import { foreignOrigin, foreignSeal, unsignedBy, type VerifySignature } from "./note-verify.ts";
import { type Checkpoint, parseCheckpoint, parseNote, parseVerifierKey, type Note, type VerifierKey } from "./note.ts";

const SITE_LOG = "-_site";

/** What is wrong with a log. `key`, `note` and `signature` are about the checkpoint, the others about the leaf `seq`. */
export interface LedgerRefusal {
  readonly ok: false;
  readonly code: "key" | "note" | "signature" | "leaf" | "place" | "clock" | "chain" | "short" | "root";
  readonly why: string;
  readonly seq?: number;
}

export interface LedgerSound {
  readonly ok: true;
  readonly checkpoint: Checkpoint;
  /** Leaves that were read, and their root: more than the checkpoint's where the log grew since it was signed. */
  readonly size: number;
  readonly root: TreeHash;
  /** How many leaves of each type. */
  readonly types: ReadonlyMap<LeafType, number>;
}

export type LedgerVerdict = LedgerSound | LedgerRefusal;

export interface LedgerClaim {
  /** The signed checkpoint. */
  readonly note: string;
  /** The verifier key of the log, known from elsewhere than the log. */
  readonly logKey: string;
  readonly verify: VerifySignature;
}

/** Carries a refusal to the next public method; never leaves this file. */
class Refused extends Error {
  readonly refusal: LedgerRefusal;

  constructor(code: LedgerRefusal["code"], why: string, seq?: number) {
    super(why);
    this.refusal = { ok: false, code, why, ...(seq !== undefined && { seq }) };
  }
}

/**
 * Verifies one log against a signed checkpoint, line by line in bounded memory: `add` every line in order, then
 * `finish`. The first fault stands; what is added after it changes nothing.
 */
export class LedgerVerification {
  readonly #verify: VerifySignature;
  readonly #frontier = new Frontier();
  readonly #monos = new Map<string, number>();
  readonly #types = new Map<LeafType, number>();
  #claim: { readonly note: Note; readonly checkpoint: Checkpoint; readonly key: VerifierKey } | undefined;
  #seal: { readonly key: VerifierKey; readonly seq: number } | undefined;
  #signedRoot: TreeHash | undefined;
  #before: LeafType | undefined;
  #refusal: LedgerRefusal | undefined;

  constructor({ note, logKey, verify }: LedgerClaim) {
    this.#verify = verify;
    this.#guard(() => {
      const key = inWords("key", () => parseVerifierKey(logKey));
      const parsed = inWords("note", () => parseNote(note));
      const checkpoint = inWords("note", () => parseCheckpoint(parsed.text));
      const why = foreignOrigin(checkpoint, key) ?? unsignedBy(parsed, key, verify);
      if (why !== undefined) throw new Refused("signature", why);
      this.#claim = { note: parsed, checkpoint, key };
    });
  }

  /** Reads the next line; answers the refusal as soon as there is one, so that a caller can stop reading. */
  add(line: string): LedgerRefusal | undefined {
    if (this.#refusal === undefined) this.#guard(() => this.#add(line));
    return this.#refusal;
  }

  /** The verdict over all lines. */
  finish(): LedgerVerdict {
    const claim = this.#claim;
    if (this.#refusal === undefined && claim !== undefined)
      this.#guard(() => this.#finish(claim.checkpoint, claim.note));
    if (this.#refusal !== undefined || claim === undefined) return this.#refusal ?? noClaim();
    const { size } = this.#frontier;
    return { ok: true, checkpoint: claim.checkpoint, size, root: this.#frontier.root(), types: this.#types };
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#refusal = error.refusal;
    }
  }

  #add(line: string): void {
    const seq = this.#frontier.size;
    const leaf = inWords("leaf", () => parseLeaf(line), seq);
    const fact = inWords("leaf", () => ledgerFact(leaf), seq);
    this.#place(leaf, seq);
    this.#time(leaf, seq);
    this.#chain(fact, leaf, seq);
    this.#frontier.append(leafHash(line));
    this.#types.set(leaf.type, (this.#types.get(leaf.type) ?? 0) + 1);
    this.#before = leaf.type;
    if (this.#frontier.size === this.#claim?.checkpoint.size) this.#signedRoot = this.#frontier.root();
  }

  #place(leaf: Leaf, seq: number): void {
    const origin = this.#claim?.checkpoint.origin;
    if (leaf.log !== origin) throw new Refused("place", `the leaf is of the log ${leaf.log}`, seq);
    if (leaf.seq !== seq) throw new Refused("place", `leaf ${leaf.seq} stands in the place of leaf ${seq}`, seq);
  }

  #time({ boot, mono }: Leaf, seq: number): void {
    const last = this.#monos.get(boot) ?? 0;
    if (mono < last) throw new Refused("clock", `mono falls from ${last} to ${mono} within one start`, seq);
    this.#monos.set(boot, mono);
  }

  #chain(fact: LedgerFact, leaf: Leaf, seq: number): void {
    if ((fact.kind === "genesis") !== (seq === 0)) {
      throw new Refused("chain", seq === 0 ? "the log does not begin with its genesis" : "a second genesis", seq);
    }
    switch (fact.kind) {
      case "genesis":
        this.#genesis(fact.key, seq);
        return this.#announce(fact.seal, seq);
      case "seal":
        return this.#announce(fact.seal, seq);
      case "epoch":
        return this.#epoch(fact.size, fact.root, seq);
      case "tenant":
        return checkTenant(leaf.log, fact.origin, seq);
      case "prune":
        return checkPrune(fact, seq);
      case "plain":
        return;
    }
  }

  #genesis(vkey: string, seq: number): void {
    const announced = inWords("leaf", () => parseVerifierKey(vkey), seq);
    const key = this.#claim?.key;
    if (announced.name === key?.name && announced.hash === key.hash && sameBytes(announced.publicKey, key.publicKey))
      return;
    throw new Refused("chain", "the genesis leaf names another log key", seq);
  }

  /** A seal key counts for checkpoints of at least two leaves more: the one right after it is still sealed by the old. */
  #announce(vkey: string, seq: number): void {
    const key = inWords("leaf", () => parseVerifierKey(vkey), seq);
    const checkpoint = this.#claim?.checkpoint;
    if (checkpoint === undefined) return;
    const why = foreignSeal(checkpoint, key);
    if (why !== undefined) throw new Refused("chain", why, seq);
    if (seq === 0 || seq <= checkpoint.size - 2) this.#seal = { key, seq };
  }

  #epoch(size: number, root: string, seq: number): void {
    if (this.#before !== "ledger.seal") throw new Refused("chain", "an epoch that is not right after its seal", seq);
    if (size === seq && root === hashToBase64(this.#frontier.root())) return;
    throw new Refused("chain", "the epoch names another tree than the one before it", seq);
  }

  #finish({ size, root }: Checkpoint, note: Note): void {
    if (this.#signedRoot === undefined) {
      throw new Refused("short", `the checkpoint names ${size} leaves, the log has ${this.#frontier.size}`);
    }
    if (this.#signedRoot !== root) throw new Refused("root", "the leaves are not those of the checkpoint's tree");
    if (this.#seal === undefined) throw new Refused("chain", "no leaf announces a seal key");
    const why = unsignedBy(note, this.#seal.key, this.#verify);
    if (why !== undefined) throw new Refused("signature", `${why}, whose key leaf ${this.#seal.seq} announced`);
  }
}

/** Turns the errors of reading into a refusal. */
function inWords<T>(code: LedgerRefusal["code"], work: () => T, seq?: number): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof CoreError) throw new Refused(code, error.message, seq);
    throw error;
  }
}

function checkTenant(log: string, origin: string, seq: number): void {
  if (!log.endsWith(SITE_LOG)) throw new Refused("chain", "a head of another log outside the site's log", seq);
  const site = log.slice(0, 1 - SITE_LOG.length);
  if (!origin.startsWith(site) || origin === log) throw new Refused("chain", `${origin} is no log of this site`, seq);
}

function checkPrune(
  fact: { readonly from: number; readonly to: number; readonly hashes: readonly string[] },
  seq: number,
): void {
  const isRange = fact.from < fact.to && fact.to <= seq;
  if (isRange && cover({ from: 0, to: fact.to }).length === fact.hashes.length) return;
  throw new Refused("chain", "a prune leaf whose hashes do not cover what it removes", seq);
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}

function noClaim(): LedgerRefusal {
  return { ok: false, code: "note", why: "no checkpoint" };
}
