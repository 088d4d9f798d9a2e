/**
 * The expression of a rule (`when`): CEL over the event, checked when it is saved and bounded when it runs.
 * @module
 */
import { EvaluationError, ParseError, type ParseResult, TypeError as TypeFault } from "@marcbachmann/cel-js";
import type { z } from "zod";
import { CoreError } from "./error.ts";
import type { EventInput } from "./event.ts";
import { type Allowance, allowance, metered, plain, runMetered } from "./expression/meter.ts";
import { type ExpressionFault, meterExpression } from "./expression/syntax.ts";
import { Text } from "./object.ts";
import { placeOf } from "./place.ts";
import type { Regex } from "./regex.ts";

const MAX_TEXT = 2000;

/** What an expression says of an event; where it cannot be evaluated, why, in words that quote nothing of the event. */
export type Evaluation =
  | { readonly ok: true; readonly value: boolean }
  | { readonly ok: false; readonly detail: string };

/** An expression ready to be evaluated. */
export interface Expression {
  readonly text: string;
  /** `left`: what the expressions of other rules left of the event's work; a full one where it is not given. */
  readonly evaluate: (event: EventInput, left?: Allowance) => Evaluation;
}

/** The text of an expression; refused with the place (characters from 1) and the reason. */
export const ExpressionText: z.ZodType<string> = Text(MAX_TEXT).superRefine((text, context) => {
  const compiled = compile(text);
  if (!("detail" in compiled)) return;
  const place = placeOf(text, compiled.at);
  context.addIssue({ code: "custom", message: `not an expression, at character ${place}: ${compiled.detail}` });
});

/** The expression of a text that its schema accepted; another one throws `bad-expression`. */
export function parseExpression(text: string): Expression {
  const compiled = compile(text);
  if ("detail" in compiled) throw new CoreError("bad-expression", `not an expression: ${compiled.detail}`);
  const { program, patterns } = compiled;
  return { text, evaluate: (event, left = allowance()) => evaluate({ program, patterns }, event, left) };
}

interface Compiled {
  readonly program: ParseResult;
  readonly patterns: ReadonlyMap<string, Regex>;
}

function compile(text: string): Compiled | ExpressionFault {
  const parsed = parse(plain, text);
  if ("detail" in parsed) return parsed;
  const written = meterExpression(parsed.ast, text);
  if ("detail" in written) return written;
  const { type, error } = parsed.check();
  if (error !== undefined) return faultOf(error);
  if (type !== "bool" && type !== "dyn") return { at: 0, detail: `yields ${type ?? "nothing"}, not true or false` };
  const program = parse(metered, written.text);
  if ("detail" in program) return { at: 0, detail: program.detail };
  const again = program.check();
  return again.error === undefined ? { program, patterns: written.patterns } : faultOf(again.error, 0);
}

function parse(environment: typeof plain, text: string): ParseResult | ExpressionFault {
  try {
    return environment.parse(text);
  } catch (error) {
    if (error instanceof ParseError || error instanceof TypeFault) return faultOf(error);
    throw error;
  }
}

function faultOf(error: ParseError | TypeFault, at: number = error.range?.start ?? 0): ExpressionFault {
  return { at, detail: error.summary };
}

function evaluate({ program, patterns }: Compiled, event: EventInput, left: Allowance): Evaluation {
  try {
    const value = runMetered(patterns, left, (): unknown => program({ event }));
    return typeof value === "boolean" ? { ok: true, value } : { ok: false, detail: "yields neither true nor false" };
  } catch (error) {
    return { ok: false, detail: detailOf(error) };
  }
}

/** Words for a failed evaluation: always the same for the same expression and kind of failure. */
function detailOf(error: unknown): string {
  if (error instanceof CoreError) return error.message;
  if (!(error instanceof EvaluationError)) return "could not be evaluated";
  const { node } = error;
  const name: unknown = node?.op === "." && Array.isArray(node.args) ? node.args[1] : undefined;
  if (error.code === "no_such_key")
    return typeof name === "string" ? `the event has no field ${name} there` : "the event has no such field or item";
  return WORDS.get(error.code) ?? "could not be evaluated";
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["division_by_zero", "divides by zero"],
  ["modulo_by_zero", "divides by zero"],
  ["field_type_mismatch", "a field has another type than the expression needs"],
  ["index_out_of_bounds", "a list has no item at that place"],
  ["invalid_comprehension_range", "a macro was handed neither a list nor a map"],
  ["invalid_condition_type", "what should be true or false is neither"],
  ["invalid_logical_operand", "what should be true or false is neither"],
  ["no_matching_overload", "a function was handed a value of a type that it does not take"],
  ["no_such_overload", "an operator stands between types that do not go together (numbers of an event are doubles)"],
  ["numeric_overflow", "a number is too large"],
]);
