/**
 * Whether what the leaves of a log committed to is still there, and is what they committed to.
 * @module
 */
import { commitment } from "../core/leaf.ts";
import { parseLeaf } from "../core/leaf-parse.ts";

/** What a server tells to open one commitment; without `value` it opens nothing. */
export interface ToldOpening {
  readonly seq: number;
  readonly draft?: number | undefined;
  readonly field: "event" | "recipient";
  /** Base64. */
  readonly salt: string;
  readonly value?: string | undefined;
}

/** What is wrong, at which leaf. */
export interface OpeningFault {
  readonly seq: number;
  readonly why: string;
}

/** Follows a log from its first leaf on: every commitment must be opened, but where the log tells of an erasure. */
export class OpeningCheck {
  private count = 0;
  private missing: OpeningFault | undefined;
  private hasErasure = false;

  /** Commitments that were opened so far. */
  get opened(): number {
    return this.count;
  }

  /** Takes the leaves from `from` on with all openings of them; undefined: those may not be seen. Answers an opening that does not fit. */
  add(lines: readonly string[], from: number, openings: readonly ToldOpening[] | undefined): OpeningFault | undefined {
    const due = new Map(lines.flatMap((line, at) => this.commitmentsOf(line, from + at)));
    if (openings === undefined) return undefined;
    for (const { seq, draft, field, salt, value } of openings) {
      if (seq < from || seq >= from + lines.length) return { seq, why: "an opening of a leaf that was not asked for" };
      if (value === undefined) continue;
      const key = keyOf(seq, draft, field);
      if (due.get(key) !== commitment(field, Buffer.from(salt, "base64"), value))
        return { seq, why: `the ${nameOf(draft, field)} is not what the leaf committed to` };
      due.delete(key);
      this.count++;
    }
    for (const key of due.keys()) this.missing ??= missingAt(key);
    return undefined;
  }

  /** After the last leaf: the first commitment that nothing opens and no erasure explains. */
  finish(): OpeningFault | undefined {
    return this.hasErasure ? undefined : this.missing;
  }

  private commitmentsOf(line: string, seq: number): (readonly [key: string, committed: string])[] {
    const { type, sd = {}, drafts = [] } = parseLeaf(line);
    this.hasErasure ||= type === "privacy.erasure";
    const own = Object.entries(sd).map(([field, hash]) => [keyOf(seq, undefined, field), hash] as const);
    const addressees = drafts.flatMap((draft, at) =>
      Object.entries(draft.sd ?? {}).map(([field, hash]) => [keyOf(seq, at, field), hash] as const),
    );
    return [...own, ...addressees];
  }
}

function keyOf(seq: number, draft: number | undefined, field: string): string {
  return `${seq}/${draft ?? ""}/${field}`;
}

function missingAt(key: string): OpeningFault {
  const [seq = "", draft = "", field = ""] = key.split("/");
  return { seq: Number(seq), why: `the ${nameOf(draft, field)} is missing, and no erasure tells why` };
}

function nameOf(draft: number | string | undefined, field: string): string {
  return draft === undefined || draft === "" ? field : `${field} of draft ${draft}`;
}
