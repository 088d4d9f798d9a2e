/**
 * The environment that expressions run in: CEL without clock, zone and bytes, and a meter that ends what takes too long.
 * @module
 */
import { Environment } from "@marcbachmann/cel-js";
import type { EVENT_FIELDS } from "../event-fields.ts";
import { CoreError } from "../error.ts";
import { severityOf, severityRank } from "../event.ts";
import { compileRegex, type Regex } from "../regex.ts";

/** Steps that one evaluation may take; one is 20 to 40 ns. */
const BUDGET = 1_000_000;

/** Steps that the expressions of all rules together may take of one event. */
export interface Allowance {
  left: number;
}

/** What an event brings with it. */
export function allowance(): Allowance {
  return { left: 4 * BUDGET };
}

/** Characters of text that cost a step when they are looked at, and pairs of them when one text is sought in another. */
const CHARACTERS = 16;
const PAIRS = 128;
/** Steps that an item of a list or map costs which is compared. */
const ITEM_STEPS = 4;
/** Steps that an error costs which the expression swallows. */
const ERROR_STEPS = 500;
/** Steps that compiling a pattern costs, and each character of it: one may stand for a class of Unicode. And its longest text, where it is no literal. */
const COMPILE_STEPS = 20_000;
const COMPILE_CHARACTER_STEPS = 1000;
const MAX_LATE_PATTERN = 256;

/** What one evaluation has left; evaluations are synchronous and never within each other. */
const meter: { left: number; patterns: ReadonlyMap<string, Regex> } = { left: 0, patterns: new Map() };

/** Runs an evaluation under a full meter, or what its event has left; one that used more throws, whatever it yields. */
export function runMetered(patterns: ReadonlyMap<string, Regex>, event: Allowance, evaluate: () => unknown): unknown {
  const given = Math.min(BUDGET, event.left);
  meter.left = given;
  meter.patterns = patterns;
  try {
    const value = evaluate();
    charge(0);
    return value;
  } finally {
    event.left -= given - Math.max(0, meter.left);
  }
}

function charge(steps: number): void {
  meter.left -= steps;
  if (meter.left < 0) throw new CoreError("expression-stopped", "takes more work than one event may cost");
}

/** What CEL hands to a macro of ours; the nodes are its own. */
interface Macro {
  readonly args: readonly unknown[];
}
interface Checker {
  check(node: unknown, context: unknown): unknown;
}
interface Runner {
  run(node: unknown, context: unknown): unknown;
}

/** A macro that stands around an operand, has its type and charges for it. */
function around(evaluate: (run: () => unknown, weight: number) => unknown): (macro: Macro) => object {
  return ({ args }) => {
    const [node, weightNode] = args;
    const weight = literalOf(weightNode);
    return {
      async: false,
      typeCheck: (checker: Checker, _: unknown, context: unknown) => checker.check(node, context),
      evaluate: (runner: Runner, _: unknown, context: unknown) => evaluate(() => runner.run(node, context), weight),
    };
  };
}

function literalOf(node: unknown): number {
  return typeof node === "object" && node !== null && "args" in node ? Number(node.args) : 0;
}

/** One turn of a macro whose errors are kept until its end: an exhausted meter ends it at once by `end`. */
function turn(end: boolean): (run: () => unknown, weight: number) => unknown {
  return (run, weight) => {
    meter.left -= weight;
    return meter.left < 0 ? end : charged(run);
  };
}

/** What an error costs is charged as it passes. */
function charged(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    meter.left -= ERROR_STEPS;
    throw error;
  }
}

/** Steps that comparing a value takes; a list or map is walked no further than the meter reaches. */
function weightOf(value: unknown): number {
  if (typeof value === "string") return ITEM_STEPS + Math.floor(value.length / CHARACTERS);
  if (typeof value !== "object" || value === null) return ITEM_STEPS;
  const items: Iterable<unknown> = Array.isArray(value) ? value : Object.values(value);
  let sum = ITEM_STEPS;
  for (const item of items) {
    sum += weightOf(item);
    if (sum > meter.left) break;
  }
  return sum;
}

/** Steps that counting a value's members takes, without what is in them. */
function reachOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return 1;
  return 2 * ITEM_STEPS * Object.keys(value).length;
}

function sought(text: string, part: string): boolean {
  charge(Math.ceil((text.length * part.length) / PAIRS));
  return text.includes(part);
}

function find(text: string, pattern: string): boolean {
  const regex = meter.patterns.get(pattern) ?? compileLate(pattern);
  charge(Math.ceil((text.length * regex.cost) / 4));
  return regex.find(text);
}

function compileLate(pattern: string): Regex {
  charge(COMPILE_STEPS + COMPILE_CHARACTER_STEPS * pattern.length);
  const compiled = pattern.length > MAX_LATE_PATTERN ? undefined : compileRegex(pattern);
  if (compiled?.ok !== true) throw new CoreError("expression-stopped", "re() was handed a pattern that is none");
  return compiled.regex;
}

function rank(word: string): bigint {
  const severity = severityOf(word);
  if (severity === undefined) throw new CoreError("expression-stopped", "rank() was handed a word that is no severity");
  return BigInt(severityRank(severity));
}

/** Types of the event's fields; one that the event lacks is missing. */
const FIELDS = {
  source: "string",
  sourceId: "string",
  type: "string",
  kind: "string",
  subject: "string",
  time: "string",
  severity: "string",
  alertState: "string",
  labels: "map<string, string>",
  scope: "map<string, string>",
  vuln: "map<string, dyn>",
  correlationId: "string",
  data: "dyn",
} as const satisfies Readonly<Record<(typeof EVENT_FIELDS)[number], string>>;

const options = { async: false };

/** What people may write, with narrow limits. */
export const plain: Environment = new Environment({
  homogeneousAggregateLiterals: false,
  limits: { maxAstNodes: 300, maxDepth: 32, maxListElements: 200, maxMapEntries: 10, maxCallArguments: 4 },
})
  .registerType("Event", { fields: FIELDS })
  .registerVariable("event", "Event")
  .registerFunction("re(string, string): bool", find, options)
  .registerFunction("rank(string): int", rank, options);

/** The same and the meters; what it reads was written by the walk over the tree. */
export const metered: Environment = plain
  .clone({ limits: { maxAstNodes: 5000, maxDepth: 250 } })
  .registerFunction("weigh(ast): dyn", around(weighing(weightOf)), options)
  .registerFunction("reach(ast): dyn", around(weighing(reachOf)), options)
  .registerFunction("string.sought(string): bool", sought, options)
  .registerFunction("tried(ast): dyn", around(charged), options)
  .registerFunction("step(ast, ast): dyn", around(stepping), options)
  .registerFunction("stepAll(ast, ast): bool", around(turn(false)), options)
  .registerFunction("stepAny(ast, ast): bool", around(turn(true)), options);

function weighing(weight: (value: unknown) => number): (run: () => unknown) => unknown {
  return (run) => {
    const value = run();
    charge(weight(value));
    return value;
  };
}

function stepping(run: () => unknown, weight: number): unknown {
  charge(weight);
  return run();
}
