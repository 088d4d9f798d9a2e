/**
 * What a template may be: its syntax tree is walked, and bounded, before anything of it is compiled.
 * @module
 */
import Handlebars from "handlebars";
import { z } from "zod";
import { checkMessages, type MessageCall } from "./message-check.ts";
import { COMPILE_OPTIONS, HELPER_SHAPES } from "./render-helpers.ts";
import { faultAt, MAX_FAULTS, type TemplateFault, type TextPlace } from "./template-fault.ts";
import type { Template } from "./template.ts";

const PARTS = ["subject", "text", "html"] as const;
type TemplatePart = (typeof PARTS)[number];

const MAX_NODES = 4000;
/** Blocks, calls and programs inside each other. */
const MAX_DEPTH = 40;
/** `{{else if}}` in all of a part: each is a block in the one before. */
const MAX_CHAINED = 200;
const MAX_UP = 6;
const MAX_PATH = 12;
const DATA_NAMES: ReadonlySet<string> = new Set(["root", "index", "key", "first", "last"]);
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["PartialStatement", "partials are not supported"],
  ["PartialBlockStatement", "partials are not supported"],
  ["Decorator", "decorators are not supported"],
  ["DecoratorBlock", "inline partials and decorators are not supported"],
]);

interface Walk {
  readonly part: TemplatePart;
  readonly faults: TemplateFault[];
  readonly calls: MessageCall[];
  nodes: number;
}
/** A node as the parser makes it; its members are read by name. */
type Node = Readonly<Record<string, unknown>> & { readonly type: string };

/** Everything that is wrong with a template; empty when it can be compiled. */
export function checkTemplate(template: Template): TemplateFault[] {
  const calls: MessageCall[] = [];
  const faults = PARTS.flatMap((part) => {
    const source = template[part];
    return source === undefined ? [] : checkPart(part, source, calls);
  });
  return [...faults, ...checkMessages(template, calls)];
}

/** What is wrong with a part; its calls of messages are added to `calls`. */
function checkPart(part: TemplatePart, source: string, calls: MessageCall[]): TemplateFault[] {
  const walk: Walk = { part, faults: [], calls, nodes: 0 };
  if (isTooDeep(source)) return [faultAt(`/${part}`, `is nested deeper than ${MAX_DEPTH}`)];
  try {
    visit(Handlebars.parseWithoutProcessing(source), 0, walk);
    if (walk.faults.length === 0) Handlebars.precompile(source, COMPILE_OPTIONS);
  } catch (error) {
    return [syntaxFault(part, error)];
  }
  return walk.faults.slice(0, MAX_FAULTS);
}

/**
 * Whether blocks, calls or chains of `else` are nested beyond the bound, from the text alone: the parser's time grows with
 * the square of the depth, so it must not see such a text (64 kB of it took half a minute).
 */
function isTooDeep(source: string): boolean {
  let depth = 0;
  let chained = 0;
  for (const mustache of source.split("{{").slice(1)) {
    const [, sign = "", word = ""] = /^[~{]*\s*([#^/]?)[\s~*>]*([^\s~}]*)/.exec(mustache) ?? [];
    if (sign === "/") depth--;
    else if (sign !== "" && word !== "") depth++;
    else if (/^[~\s]*else[\s~]+[^\s~}]/.test(mustache)) chained++;
    if (depth > MAX_DEPTH || chained > MAX_CHAINED || deepestCall(mustache) > MAX_DEPTH) return true;
  }
  return false;
}

function deepestCall(mustache: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [sign] of (mustache.split("}}", 1)[0] ?? "").matchAll(/[()]/g)) {
    depth += sign === "(" ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** Visits every node under a value of the tree; stops at the bounds, so that no tree is too deep for the stack. */
function visit(value: unknown, depth: number, walk: Walk): void {
  if (walk.faults.length >= MAX_FAULTS || walk.nodes > MAX_NODES) return;
  if (Array.isArray(value)) {
    for (const item of value) visit(item, depth, walk);
    return;
  }
  if (!isNode(value)) return;
  walk.nodes++;
  if (walk.nodes > MAX_NODES) return refuse(value, `has more than ${MAX_NODES} parts`, walk);
  if (depth > MAX_DEPTH) return refuse(value, `is nested deeper than ${MAX_DEPTH}`, walk);
  judge(value, walk);
  for (const [name, member] of Object.entries(value)) if (name !== "loc") visit(member, depth + 1, walk);
}

function judge(node: Node, walk: Walk): void {
  const refused = REFUSED.get(node.type);
  if (refused !== undefined) return refuse(node, refused, walk);
  switch (node.type) {
    case "MustacheStatement":
      if (node["escaped"] === false && walk.part === "html")
        refuse(node, "unescaped output is not supported in html", walk);
      return judgeCall(node, "inline", walk);
    case "SubExpression":
      return judgeCall(node, "inline", walk);
    case "BlockStatement":
      return judgeCall(node, "block", walk);
    case "PathExpression":
      return judgePath(node, walk);
    case "HashPair":
      if (FORBIDDEN_NAMES.has(String(node["key"]))) refuse(node, `"${String(node["key"])}" cannot be named`, walk);
      return;
    default: // text, comments, literals, programs
  }
}

/** A mustache with arguments, a sub-expression and a block call a helper; a bare mustache may be a value. */
function judgeCall(node: Node, kind: "inline" | "block", walk: Walk): void {
  const { path, params } = node;
  const count = Array.isArray(params) ? params.length : 0;
  if (!isNode(path) || path.type !== "PathExpression") return refuse(node, "only a name can stand here", walk);
  const name = String(path["original"]);
  const shape = HELPER_SHAPES.get(name);
  const pairs = pairsOf(node);
  if (pairs[0] !== undefined && shape?.isNamed !== true)
    return refuse(pairs[0], "named arguments are not supported", walk);
  if (shape === undefined) {
    if (kind === "block" || count > 0 || node.type === "SubExpression")
      refuse(node, `there is no helper "${name}"`, walk);
    return;
  }
  if (shape.kind !== kind)
    return refuse(node, `"${name}" is ${shape.kind === "block" ? "a block: {{#" : "no block: {{"}${name} ...}}`, walk);
  if (count >= shape.min && count <= shape.max) {
    if (name === "t") walk.calls.push(callOf(node, walk.part));
    return;
  }
  const due = shape.min === shape.max ? String(shape.min) : `${shape.min} to ${shape.max}`;
  refuse(node, `"${name}" takes ${due} arguments, not ${count}`, walk);
}

function pairsOf({ hash }: Node): Node[] {
  const pairs = isNode(hash) ? hash["pairs"] : undefined;
  return Array.isArray(pairs) ? pairs.filter(isNode) : [];
}

function callOf(node: Node, part: TemplatePart): MessageCall {
  const key: unknown = Array.isArray(node["params"]) ? node["params"][0] : undefined;
  return {
    pointer: `/${part}`,
    place: startOf(node),
    key: isNode(key) && key.type === "StringLiteral" ? String(key["value"]) : undefined,
    names: new Set(pairsOf(node).map((pair) => String(pair["key"]))),
  };
}

function judgePath(path: Node, walk: Walk): void {
  const parts = Array.isArray(path["parts"]) ? path["parts"].map(String) : [];
  const forbidden = parts.find((part) => FORBIDDEN_NAMES.has(part));
  if (forbidden !== undefined) return refuse(path, `"${forbidden}" cannot be named`, walk);
  if (Number(path["depth"]) > MAX_UP) return refuse(path, `goes up more than ${MAX_UP} levels`, walk);
  if (parts.length > MAX_PATH) return refuse(path, `has more than ${MAX_PATH} names`, walk);
  if (path["data"] === true && !DATA_NAMES.has(parts[0] ?? "")) refuse(path, `there is no @${parts[0] ?? ""}`, walk);
}

function refuse(node: Node, words: string, walk: Walk): void {
  walk.faults.push(faultAt(`/${walk.part}`, words, startOf(node)));
}

/** The parser tells its own faults in words, with the line in them; Handlebars' own exceptions carry a place. */
const Told = z.object({ message: z.string(), lineNumber: z.number().optional(), column: z.number().optional() });

function syntaxFault(part: TemplatePart, error: unknown): TemplateFault {
  const { message, lineNumber, column } = Told.parse(error);
  const inWords = /on line (\d+)/.exec(message)?.[1];
  const line = lineNumber ?? (inWords === undefined ? undefined : Number(inWords));
  const words = message.slice(message.lastIndexOf("\n") + 1).replace(/ - \d+:\d+$/, "");
  return faultAt(`/${part}`, words, { line, column: column === undefined ? undefined : column + 1 });
}

const Place = z.object({ start: z.object({ line: z.number(), column: z.number() }) });

function startOf(node: Node): TextPlace {
  const { start } = Place.parse(node["loc"]);
  return { line: start.line, column: start.column + 1 };
}

function isNode(value: unknown): value is Node {
  return isRecord(value) && typeof value["type"] === "string";
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
