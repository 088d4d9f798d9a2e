import type { Context } from "./context.ts";
import type { HttpContext } from "./context.ts";
import { codeOf, type Problem, problemAnswer, problemOf } from "./problem.ts";
import { requestId } from "./request-id.ts";
import { problemPage } from "./status-view.ts";

/** A request that was refused: what it meant, and its answer. */
export interface Refusal {
  readonly problem: Problem;
  readonly response: Response;
}

/** The answer to what was thrown. What is a fault of ours tells the client nothing but where in the log to look. */
export function refusalOf({ log, random }: Pick<HttpContext, "log" | "random">, error: unknown, c: Context): Refusal {
  const problem = problemOf(error);
  if (problem.status !== 500) return { problem, response: problemPage(c, problem) ?? problemAnswer(problem) };
  const id = requestId(random, c);
  const known = error instanceof Error ? error : new Error("not an error");
  log.error("a request failed", {
    id,
    method: c.req.method,
    error: known.name,
    code: codeOf(known) ?? "",
    at: framesOf(known),
  });
  const told = { ...problem, detail: `the log has more under ${id}` };
  return { problem, response: problemPage(c, told) ?? problemAnswer(told, `urn:sealpost:error:${id}`) };
}

/** Where an error was thrown, without its message, which may quote what was sent. */
function framesOf({ stack = "" }: Error): string[] {
  return stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^at .*:\d+:\d+\)?$/.test(line))
    .slice(0, 8);
}
