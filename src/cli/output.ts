/**
 * What commands print: tables and lines for people, or exactly one JSON document; and the one place that turns errors into
 * exit codes.
 * @module
 */
import { z } from "zod";
import { ConfigError } from "../config.ts";
import type { Json } from "../core/json.ts";
import { errnoOf, SystemError } from "../system/error.ts";
import { redactText } from "../system/log.ts";
import type { ExitCode } from "./command.ts";
import { CliError } from "./error.ts";
import type { Io } from "./io.ts";
import { nextStep } from "./next-step.ts";

/** Prints the outcome of one command. */
export interface Output {
  readonly isJson: boolean;
  /** The document of `--json`, or else what `people` prints. Called once. */
  readonly result: (document: Json, people: (print: Print) => void) => void;
  /** A line for people while work goes on: nothing with `--json`. */
  readonly progress: (text: string) => void;
}
export interface Print {
  readonly line: (text: string) => void;
  readonly table: (columns: readonly string[], rows: readonly (readonly string[])[]) => void;
}

/** Output to the streams of `io`. */
export function createOutput(io: Io, isJson: boolean): Output {
  return {
    isJson,
    result: (document, people) => {
      if (isJson) return io.stdout(`${JSON.stringify(document)}\n`);
      const lines: string[] = [];
      people({
        line: (text) => void lines.push(text),
        table: (columns, rows) => void lines.push(...tableLines(columns, rows)),
      });
      io.stdout(lines.map((text) => `${printable(text)}\n`).join("")); // at once: what reads it sees all or nothing
    },
    progress: (text) => {
      if (!isJson) io.stdout(`${printable(text)}\n`);
    },
  };
}

const SEGMENTS = new Intl.Segmenter("en");

/** Lines of a table: a head in capitals, columns as wide as their widest cell. */
export function tableLines(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [columns.map((column) => column.toUpperCase()), ...rows.map((row) => row.map(oneLine))];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => widthOf(row[at] ?? ""))));
  return all.map((row) =>
    row
      .map((cell, at) => cell + " ".repeat((widths[at] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** Characters as people count them. */
function widthOf(text: string): number {
  return Array.from(SEGMENTS.segment(text)).length;
}

/** An instant (epoch ms) as people read it, in UTC; empty where there is none. */
export function instant(ms: number | undefined): string {
  return ms === undefined ? "" : new Date(ms).toISOString();
}

/** What came from elsewhere must not steer a terminal: control characters but line feed and tab are shown as `\x1b`. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => {
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

function oneLine(text: string): string {
  return text.replaceAll("\n", String.raw`\n`).replaceAll("\t", " ");
}

const Problem = z.looseObject({
  code: z.string().optional(),
  title: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.looseObject({ pointer: z.string().optional(), detail: z.string().optional() })).optional(),
});
type Problem = z.infer<typeof Problem>;

/** Says on stderr what went wrong, as text or as one JSON document, and answers the exit code for it. */
export function reportError(io: Io, isJson: boolean, error: unknown): ExitCode {
  const code = exitCodeOf(error);
  if (isJson) io.stderr(`${redactText(JSON.stringify(documentOf(error, code)))}\n`);
  else for (const line of linesOf(error)) io.stderr(`${redactText(printable(line))}\n`);
  return code;
}

/** Codes of other rooms for what is not there, there already, or somebody else's now. */
const CONFLICTS: readonly string[] = ["locked", "exists", "missing", "conflict"];

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof ConfigError) return 2;
  if (error instanceof SystemError) return error.code === "no-site" || error.code === "site-exists" ? 4 : 1;
  if (!(error instanceof CliError)) return CONFLICTS.includes(codeOf(error) ?? "") ? 4 : 1;
  switch (error.code) {
    case "usage":
      return 2;
    case "refused":
      return 3;
    case "missing":
    case "conflict":
      return 4;
    case "unreachable":
      return 5;
    case "problem":
      return exitOfProblem(error.status ?? 0, problemOf(error)?.code);
    case "failed":
    case "unexpected-answer":
      return 1;
  }
}

/** Codes of refused kits, trust and content: what was handed in did not hold. */
const REFUSED = /^(KIT|SIG|TRUST|SEAL|PART|CONTENT)_/;

function exitOfProblem(status: number, code: string | undefined): ExitCode {
  if (code !== undefined && REFUSED.test(code)) return 3;
  if ([404, 409, 410, 412].includes(status)) return 4;
  return 1;
}

function problemOf(error: unknown): Problem | undefined {
  if (!(error instanceof CliError) || error.problem === undefined) return undefined;
  return Problem.safeParse(error.problem).data;
}

function documentOf(error: unknown, exit: ExitCode): Json {
  if (error instanceof CliError && error.problem !== undefined) return { exit, problem: error.problem };
  return { exit, problem: { code: codeOf(error) ?? "failed", detail: messageOf(error) } };
}

function linesOf(error: unknown): string[] {
  const problem = problemOf(error);
  if (problem === undefined) return [`sealpost: ${messageOf(error)}`, ...next(codeOf(error))];
  const { title, detail, code, errors = [] } = problem;
  const head = [title, detail].filter((part) => part !== undefined && part !== "").join(": ");
  return [
    `sealpost: ${head === "" ? messageOf(error) : head}${code === undefined ? "" : ` (${code})`}`,
    ...errors.map(
      (one) => `  ${[one.pointer, one.detail].filter((part) => part !== undefined && part !== "").join(": ")}`,
    ),
    ...next(code),
  ];
}

function next(code: string | undefined): string[] {
  const step = nextStep(code);
  return step === undefined ? [] : [step];
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return errnoOf(error) === "ENOENT" && "path" in error ? `there is no ${String(error.path)}` : error.message;
}
