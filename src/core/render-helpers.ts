/**
 * The closed set of helpers that a template may call, and the budget that each rendering has.
 * @module
 */
import Handlebars from "handlebars";
import { kitInstant } from "./kit-time.ts";
import type { CompiledMessage, MessageValues } from "./message-format.ts";

/** How a helper is called: with how many arguments, inline (`{{upper x}}`) or around a block (`{{#each x}}`). */
export interface HelperShape {
  readonly kind: "inline" | "block";
  readonly min: number;
  readonly max: number;
  /** Whether it takes named arguments too. */
  readonly isNamed?: true;
}

/** Every helper that there is. Nothing else can be called. */
export const HELPER_SHAPES: ReadonlyMap<string, HelperShape> = new Map([
  ["if", { kind: "block", min: 1, max: 1 }],
  ["unless", { kind: "block", min: 1, max: 1 }],
  ["each", { kind: "block", min: 1, max: 1 }],
  ["with", { kind: "block", min: 1, max: 1 }],
  ["lookup", { kind: "inline", min: 2, max: 2 }],
  ["eq", { kind: "inline", min: 2, max: 2 }],
  ["ne", { kind: "inline", min: 2, max: 2 }],
  ["and", { kind: "inline", min: 2, max: 8 }],
  ["or", { kind: "inline", min: 2, max: 8 }],
  ["not", { kind: "inline", min: 1, max: 1 }],
  ["default", { kind: "inline", min: 2, max: 2 }],
  ["upper", { kind: "inline", min: 1, max: 1 }],
  ["lower", { kind: "inline", min: 1, max: 1 }],
  ["truncate", { kind: "inline", min: 2, max: 2 }],
  ["time", { kind: "inline", min: 1, max: 1 }],
  ["json", { kind: "inline", min: 1, max: 1 }],
  ["t", { kind: "inline", min: 1, max: 1, isNamed: true }],
]);

/** How every part is compiled: what is not in the set cannot be called. */
export const COMPILE_OPTIONS = {
  knownHelpers: Object.fromEntries([...HELPER_SHAPES.keys()].map((name) => [name, true])),
  knownHelpersOnly: true,
  data: true,
} as const;

/** What is left for one rendering: rounds of `each`, characters that they make, pieces of messages. Filled up before each. */
export interface Budget {
  rounds: number;
  characters: number;
  pieces: number;
}

/** Where `t` finds the messages of what is rendered. */
export interface Speaker {
  find: (key: unknown) => CompiledMessage | undefined;
}

const MAX_KEY = 200;

type Inline = (...values: readonly unknown[]) => unknown;

const INLINE: Readonly<Record<string, Inline>> = {
  eq: (left, right) => left === right,
  ne: (left, right) => left !== right,
  and: (...values) => values.every(isFilled),
  or: (...values) => values.find(isFilled) ?? "",
  not: (value) => !isFilled(value),
  default: (value, otherwise) => (isFilled(value) || value === 0 || value === false ? value : otherwise),
  upper: (value) => textOf(value).toUpperCase(),
  lower: (value) => textOf(value).toLowerCase(),
  truncate: (value, length) => cut(textOf(value), typeof length === "number" && length >= 0 ? length : 0),
  time: (value) => (isInstant(value) ? kitInstant(value).replace("T", " ").replace("Z", " UTC") : textOf(value)),
  json: (value) => (value === undefined ? "" : JSON.stringify(value, undefined, 2)),
};

/**
 * A Handlebars of its own with the closed set of helpers, `t` only where there is a speaker: each helper is copied at each
 * rendering. `each` and `t` draw on the budget and stop when it is spent.
 */
export function createEngine(budget: Budget, speaker?: Speaker): typeof Handlebars {
  const engine = Handlebars.create();
  const { each } = engine.helpers;
  for (const name of Object.keys(engine.helpers)) if (!HELPER_SHAPES.has(name)) engine.unregisterHelper(name);
  for (const [name, inline] of Object.entries(INLINE)) {
    engine.registerHelper(name, (...values: readonly unknown[]): unknown => inline(...values.slice(0, -1))); // the last one is Handlebars' own
  }
  if (speaker !== undefined) engine.registerHelper("t", saying(speaker, budget));
  engine.registerHelper("each", function (this: unknown, list: unknown, options: Handlebars.HelperOptions): unknown {
    return each?.call(this, list, { ...options, fn: limited(options.fn, budget) });
  });
  return engine;
}

/** Says the message of a key; a key that there is no message of is shown. */
function saying(speaker: Speaker, budget: Budget): Handlebars.HelperDelegate {
  return (key: unknown, { hash }: { readonly hash: MessageValues }): string => {
    const message = speaker.find(key);
    if (message === undefined) return `[${cut(textOf(key), MAX_KEY)}]`;
    budget.pieces -= message.pieces;
    return budget.pieces < 0 ? "" : message.format(hash);
  };
}

function limited(block: Handlebars.TemplateDelegate, budget: Budget): Handlebars.TemplateDelegate {
  return (context: unknown, options) => {
    if (budget.rounds <= 0 || budget.characters <= 0) return "";
    budget.rounds--;
    const made = block(context, options);
    budget.characters -= made.length;
    return made;
  };
}

/** The first `length` characters (code points), with an ellipsis where something was cut off. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const points = Array.from(text.slice(0, 2 * length + 2));
  return points.length <= length ? text : `${points.slice(0, Math.max(0, length - 1)).join("")}…`;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** Epoch ms of the years 1970 to 9999. */
export function isInstant(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 253_402_300_799_999;
}

/** A value as a template prints it: nothing for what is missing, JSON for an object. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
