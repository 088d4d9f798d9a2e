/**
 * What a repeat is recognised by: keys of claims and of what is debounced. Each is worked out once for an event.
 * @module
 */
import type { CompiledAction } from "./action.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { EventInput } from "./event.ts";
import { sha256Hex } from "./hash.ts";

/**
 * RFC 8785 texts of type and scope, or of what stands in for them; and the keys that were made of them, by the compiled
 * action: an edited one is another.
 */
interface Known {
  readonly scope: string;
  readonly type: string;
  readonly claims: Map<CompiledAction, ClaimKey & { readonly start: number }>;
  readonly flaps: Map<CompiledAction, string>;
}

/** Key of a claim's cell, and the end (epoch ms) of the window that it is cut from. */
export interface ClaimKey {
  readonly key: string;
  readonly end: number;
}

const known = new WeakMap<EventInput, Known>();

/** Lets an accepted event go on with the keys of what it was made from. */
export function shareKeys(event: EventInput, input: EventInput): void {
  const keys = known.get(input);
  if (keys !== undefined) known.set(event, keys);
}

/** Key of what an action announced of an event, in the window of `span` ms around `now` (epoch ms). */
export function claimKey(
  event: EventInput,
  action: CompiledAction,
  at: { tenant: string; now: number; span: number },
): ClaimKey {
  const { scope, type, claims } = keysOf(event);
  const start = Math.floor(at.now / at.span) * at.span;
  const end = start + at.span;
  const found = claims.get(action);
  if (found !== undefined && found.start === start && found.end === end) return found;
  const text = `{"action":"${action.id}","rule":"${action.rule}","scope":${scope},"tenant":"${at.tenant}","type":${type},"windowEnd":${end},"windowStart":${start}}`;
  const made = { key: `${end}:${sha256Hex(text)}`, start, end };
  claims.set(action, made);
  return made;
}

/** Key of what is debounced: the group that it is cleared away with, and a SHA-256. */
export function flapKey(event: EventInput, action: CompiledAction): string {
  const { scope, type, flaps } = keysOf(event);
  const found = flaps.get(action);
  if (found !== undefined) return found;
  const hash = sha256Hex(`{"action":"${action.id}","rule":"${action.rule}","scope":${scope},"type":${type}}`);
  const made = `${hash.slice(0, 1)}:${hash}`;
  flaps.set(action, made);
  return made;
}

function keysOf(event: EventInput): Known {
  const found = known.get(event);
  if (found !== undefined) return found;
  const made: Known = { ...partsOf(event), claims: new Map(), flaps: new Map() };
  known.set(event, made);
  return made;
}

/**
 * An alert's correlation key stands for its type and scope (two alerts of one host are two stories); without scope the
 * subject and the labels (SHA-256 of the sorted ones) stand in for it.
 */
function partsOf(event: EventInput): Pick<Known, "scope" | "type"> {
  const { alertState, correlationId, scope, subject, labels, type } = event;
  if (alertState !== undefined) return { scope: JSON.stringify(correlationId), type: '""' };
  const typeText = JSON.stringify(type);
  if (Object.keys(scope).length > 0) return { scope: canonicalJson({ ...scope }), type: typeText };
  const standIn = { labels: sha256Hex(canonicalJson({ ...labels })), ...(subject === undefined ? {} : { subject }) };
  return { scope: canonicalJson(standIn), type: typeText };
}
