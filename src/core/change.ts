/**
 * What is remembered of each switch of a tenant's configuration: who, when, why, and what it changed.
 * @module
 */
import type { ObjectChange } from "./config-plan.ts";

/** By which way a switch came in. */
export type ChangeVia = "api" | "bind" | "config" | "kit" | "revert";

/** The kit that brought a switch. */
export interface ChangeKit {
  readonly stream: string;
  readonly epoch: number;
  readonly sequence: number;
}

/** Who asked for a switch, and why. */
export interface ChangeOrigin {
  readonly actor: string;
  readonly why?: string;
  readonly via?: ChangeVia;
  readonly kit?: ChangeKit;
}

/** One switch of a tenant's generation. */
export interface ChangeRecord extends ChangeOrigin {
  /** Counts switches, from 1. */
  readonly n: number;
  /** The generations that it led from and to. */
  readonly base: string;
  readonly id: string;
  /** The question's instant, epoch ms. */
  readonly at: number;
  /** Objects that it changed. */
  readonly count: number;
  /** All of them, where they are few; of many the two generations tell. */
  readonly changes?: readonly ObjectChange[];
}

/** Changes that a record names one by one. */
const MAX_NAMED = 32;
const DIGITS = 12;
/** Records whose keys begin alike: what is read at once. */
export const CHANGE_BLOCK = 100;
const BLOCK_DIGITS = 2;

/** The key of the record of switch `n`: in the order of the switches. */
export function changeKey(n: number): string {
  return String(n).padStart(DIGITS, "0");
}

/** With what the keys begin of the records that stand in the same hundred as that of switch `n`. */
export function changeBlock(n: number): string {
  return changeKey(n).slice(0, DIGITS - BLOCK_DIGITS);
}

/** The changes as a record keeps them. */
export function namedChanges(changes: readonly ObjectChange[]): Pick<ChangeRecord, "count" | "changes"> {
  return { count: changes.length, ...(changes.length > MAX_NAMED ? {} : { changes }) };
}
