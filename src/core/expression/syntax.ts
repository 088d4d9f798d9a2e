/**
 * What an expression may say. Its syntax tree is walked once: everything that is not listed here is refused with its
 * place, and the same expression is written anew with meters around what costs more than a step.
 * @module
 */
import type { ASTNode } from "@marcbachmann/cel-js";
import { CoreError } from "../error.ts";
import { pathFault } from "../event-fields.ts";
import { severityOf } from "../event.ts";
import { placeOf } from "../place.ts";
import { compileRegex, type Regex } from "../regex.ts";

/** Functions `f(x)`, without `has`, `re` and `rank`, that check their arguments. */
const FUNCTIONS = ["bool", "double", "dyn", "int", "size", "string", "type"];
/** Methods `x.f(y)`. */
const METHODS = ["contains", "endsWith", "size", "startsWith", "trim"];
/** Macros over lists and maps, and the meter of their steps. */
const MACROS: ReadonlyMap<string, string> = new Map([
  ["all", "stepAll"],
  ["exists", "stepAny"],
  ["exists_one", "step"],
  ["filter", "step"],
  ["map", "step"],
]);
const TYPE_NAMES = ["bool", "double", "int", "list", "map", "null_type", "string", "type", "uint"];
const MAX_NESTING = 2;

/** Why an expression is refused; `at` is an offset in it. */
export interface ExpressionFault {
  readonly at: number;
  readonly detail: string;
}

/** What the walk yields: the metered text, and the patterns that stand in it as literals. */
export interface Metered {
  readonly text: string;
  readonly patterns: ReadonlyMap<string, Regex>;
}

interface Walk {
  readonly source: string;
  readonly patterns: Map<string, Regex>;
  /** Names that the macros around bind. */
  readonly names: readonly string[];
  readonly isIn: "expression" | "macro";
}

/** A refusal on its way out of the walk. */
class Refusal extends CoreError {
  readonly fault: ExpressionFault;

  constructor(node: ASTNode, detail: string) {
    super("bad-expression", detail);
    this.fault = { at: node.pos, detail };
  }
}

/** Walks the tree of `source`; a fault where it says something that it may not. */
export function meterExpression(ast: ASTNode, source: string): Metered | ExpressionFault {
  const patterns = new Map<string, Regex>();
  try {
    return { text: write(ast, { source, patterns, names: [], isIn: "expression" }), patterns };
  } catch (error) {
    if (error instanceof Refusal) return error.fault;
    throw error;
  }
}

function write(node: ASTNode, walk: Walk): string {
  switch (node.op) {
    case "value":
      if (node.args instanceof Uint8Array) throw new Refusal(node, "bytes are of no use here");
      return walk.source.slice(node.start, node.end);
    case "id":
      return nameOf(node, node.args, walk);
    case ".":
      return writeField(node, node.args, walk);
    case "[]":
      return `${write(node.args[0], walk)}[${write(node.args[1], walk)}]`;
    case "call":
      return writeCall(node, node.args, walk);
    case "rcall":
      return writeMethod(node, node.args, walk);
    case "list":
      return `[${node.args.map((item) => write(item, walk)).join(", ")}]`;
    case "?:": {
      const [condition, yes, no] = node.args;
      return `(${write(condition, walk)} ? ${write(yes, walk)} : ${write(no, walk)})`;
    }
    case "||":
    case "&&":
      return `(${tried(node.args[0], walk)} ${node.op} ${tried(node.args[1], walk)})`;
    case "!_":
    case "-_":
      return `(${node.op.charAt(0)}${write(node.args, walk)})`;
    case "map":
    case ".?":
    case "[?]":
      throw new Refusal(node, "a map literal or an optional access is not offered");
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
    case "in":
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return writeBinary(node.op, node.args, walk);
  }
}

function nameOf(node: ASTNode, name: string, { names }: Walk): string {
  if (names.includes(name) || TYPE_NAMES.includes(name)) return name;
  if (name === "event") throw new Refusal(node, "event is read by its fields: event.labels, event.data, ...");
  throw new Refusal(node, `unknown name ${name}: an expression knows event and the names that its macros bind`);
}

function writeField(node: ASTNode, [left, name]: readonly [ASTNode, string], walk: Walk): string {
  const path = pathOf(node);
  const fault = path === undefined ? undefined : pathFault(path);
  if (fault !== undefined) throw new Refusal(node, fault);
  return path?.length === 1 ? `event.${name}` : `${write(left, walk)}.${name}`;
}

/** The names after `event.`; undefined where the tree reads something else than the event's own fields. */
function pathOf(node: ASTNode): readonly string[] | undefined {
  if (node.op === "id") return node.args === "event" ? [] : undefined;
  const before = node.op === "." ? pathOf(node.args[0]) : undefined;
  return node.op === "." && before !== undefined ? [...before, node.args[1]] : undefined;
}

function writeCall(node: ASTNode, [name, args]: readonly [string, readonly ASTNode[]], walk: Walk): string {
  if (name === "has") return `has(${args.map((arg) => write(arg, walk)).join(", ")})`;
  if (name === "re") checkPattern(args[1], walk);
  else if (name === "rank") checkWord(args[0]);
  else if (!FUNCTIONS.includes(name)) throw unknownFunction(node, name);
  const meter = name === "size" ? "reach" : "weigh";
  return `${name}(${args.map((arg) => weighed(arg, walk, meter)).join(", ")})`;
}

function unknownFunction(node: ASTNode, name: string): Refusal {
  if (name === "matches") return new Refusal(node, "matches is not offered: use re(text, pattern)");
  const known = ["has", "re", "rank", ...FUNCTIONS, ...METHODS, ...MACROS.keys()];
  return new Refusal(node, `unknown function ${name}; there are ${[...new Set(known)].toSorted().join(", ")}`);
}

/** A pattern that is a literal is compiled now. */
function checkPattern(node: ASTNode | undefined, { patterns }: Walk): void {
  if (node?.op !== "value" || typeof node.args !== "string") return;
  const compiled = compileRegex(node.args);
  if (!compiled.ok) {
    const { at, detail } = compiled.fault;
    throw new Refusal(node, `character ${placeOf(node.args, at)} of the pattern: ${detail}`);
  }
  patterns.set(node.args, compiled.regex);
}

/** A severity that is a literal must be one. */
function checkWord(node: ASTNode | undefined): void {
  if (node?.op !== "value" || typeof node.args !== "string" || severityOf(node.args) !== undefined) return;
  throw new Refusal(node, "rank() knows info, low, medium, high, critical");
}

function writeMethod(
  node: ASTNode,
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  walk: Walk,
): string {
  const meter = MACROS.get(name);
  if (meter !== undefined) return writeMacro(node, { name, meter, receiver, args }, walk);
  if (!METHODS.includes(name)) throw unknownFunction(node, name);
  const by = name === "size" ? "reach" : "weigh";
  const written = name === "contains" ? "sought" : name;
  return `${weighed(receiver, walk, by)}.${written}(${args.map((arg) => weighed(arg, walk, by)).join(", ")})`;
}

interface MacroCall {
  readonly name: string;
  readonly meter: string;
  readonly receiver: ASTNode;
  readonly args: readonly ASTNode[];
}

function writeMacro(node: ASTNode, { name, meter, receiver, args }: MacroCall, walk: Walk): string {
  const [variable, ...bodies] = args;
  if (walk.names.length >= MAX_NESTING)
    throw new Refusal(node, `macros stand at most ${MAX_NESTING} deep in each other`);
  if (variable?.op !== "id") throw new Refusal(node, `${name}() names a variable first`);
  if (variable.args === "event" || TYPE_NAMES.includes(variable.args) || walk.names.includes(variable.args))
    throw new Refusal(variable, `the name ${variable.args} is taken`);
  const inner: Walk = { ...walk, names: [...walk.names, variable.args], isIn: "macro" };
  const steps = bodies.map((body, at) => {
    const text = write(body, inner);
    return at === 0 ? `${meter}(${text}, ${weightOf(body)})` : text;
  });
  return `${weighed(receiver, walk, "reach")}.${name}(${[variable.args, ...steps].join(", ")})`;
}

/** Steps that one turn of a macro takes: by the length of its body, in which a step is about two characters. */
function weightOf(body: ASTNode): number {
  return 8 + Math.ceil((body.end - body.start) / 2);
}

function writeBinary(op: string, [left, right]: readonly [ASTNode, ASTNode], walk: Walk): string {
  const isPlain = op === "-" || op === "*" || op === "/" || op === "%";
  const isShort = op !== "in" && op !== "+" && (left.op === "value" || right.op === "value");
  if (isPlain || isShort) return `(${write(left, walk)} ${op} ${write(right, walk)})`;
  return `(${weighed(left, walk, "weigh")} ${op} ${weighed(right, walk, "weigh")})`;
}

/** An operand whose size is work: it is charged, unless it is as small as its text. */
function weighed(node: ASTNode, walk: Walk, meter: "weigh" | "reach"): string {
  const text = write(node, walk);
  return isSmall(node) ? text : `${meter}(${text})`;
}

function isSmall(node: ASTNode): boolean {
  return node.op === "value" || (node.op === "list" && node.args.every(isSmall));
}

/** An operand whose error may be swallowed: within a macro that can happen at every turn, so it is charged. */
function tried(node: ASTNode, walk: Walk): string {
  const text = write(node, walk);
  return walk.isIn === "macro" ? `tried(${text})` : text;
}
