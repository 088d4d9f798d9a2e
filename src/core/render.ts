/**
 * Rendering: a template is compiled once and gives the same bytes for the same context, always.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import { CoreError } from "./error.ts";
import { sha256Hex } from "./hash.ts";
import { checkTemplate } from "./render-check.ts";
import { oneLine, type RenderContext } from "./render-context.ts";
import { type Budget, COMPILE_OPTIONS, createEngine, cut, type Speaker, textOf } from "./render-helpers.ts";
import { compileMessages, type FindMessage, type Speech } from "./render-messages.ts";
import type { Template } from "./template.ts";

/** The parts of a message; `subject` is one line. */
export interface Rendered {
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
}

/** A template ready to be rendered. */
export interface CompiledTemplate {
  readonly id: string;
  readonly subject: Part;
  readonly text: Part;
  readonly html?: Part;
  /** Only where it has messages. */
  readonly messages?: (speech: Speech) => FindMessage;
}
type Part = (context: RenderContext) => string;

const MAX_SUBJECT = 200;
const MAX_BODY = 100_000;
const MAX_HTML = 200_000;
const MAX_ROUNDS = 5000;
const MAX_MADE = 1_000_000;
const MAX_PIECES = 100_000;

/** Rendering is synchronous, so one budget and one speaker serve all: they are set before each part and template. */
const budget: Budget = { rounds: 0, characters: 0, pieces: 0 };
const speaker: Speaker = { find: () => undefined };
const engine = createEngine(budget);
/** For templates with messages. */
const speakingEngine = createEngine(budget, speaker);

/** English and UTC. */
const PLAINLY: Speech = { locale: "en", fallback: "en", zone: "UTC" };

/** Compiles a template. Throws CoreError `bad-template` for one that `checkTemplate` finds fault with. */
export function compileTemplate(template: Template): CompiledTemplate {
  const [fault] = checkTemplate(template);
  if (fault !== undefined) throw new CoreError("bad-template", `${template.id}${fault.pointer}: ${fault.detail}`);
  const { id, subject, text, html, messages } = template;
  const by = messages === undefined ? engine : speakingEngine;
  return {
    id,
    subject: compilePart(by, subject, "plain"),
    text: compilePart(by, text, "plain"),
    ...(html === undefined ? {} : { html: compilePart(by, html, "html") }),
    ...(messages === undefined ? {} : { messages: compileMessages(template) }),
  };
}

/**
 * Renders each part, escaped for what it is and bounded: what is cut off says so. Its messages are those of `speech`.
 * Throws CoreError `render-failed`.
 */
export function render(compiled: CompiledTemplate, context: RenderContext, speech: Speech = PLAINLY): Rendered {
  if (compiled.messages !== undefined) speaker.find = compiled.messages(speech);
  const subject = cut(oneLine(run(compiled.subject, context).made), MAX_SUBJECT);
  const text = boundedText(run(compiled.text, context));
  const html = compiled.html === undefined ? undefined : boundedHtml(run(compiled.html, context), text);
  return { subject, text: `${text}\n`, ...(html === undefined ? {} : { html }) };
}

/** SHA-256 (hex) over RFC 8785 of the rendered parts: `payload` in leaves. */
export function payloadHash(rendered: Rendered): string {
  const { subject, text, html } = rendered;
  return sha256Hex(canonicalJson(html === undefined ? { subject, text } : { html, subject, text }));
}

function compilePart(by: typeof engine, source: string, escaping: "plain" | "html"): Part {
  const template = by.compile<RenderContext>(source, {
    ...COMPILE_OPTIONS,
    noEscape: escaping === "plain",
  });
  const plainly = { allowProtoMethodsByDefault: false, allowProtoPropertiesByDefault: false };
  return (context) => textOf(template(context, plainly)); // a bare {{x}} yields what x is
}

/** What a part made; `spent` tells what there was more of than the budget allows. */
interface Run {
  readonly made: string;
  readonly spent: string | undefined;
}

function run(part: Part, context: RenderContext): Run {
  budget.rounds = MAX_ROUNDS;
  budget.characters = MAX_MADE;
  budget.pieces = MAX_PIECES;
  try {
    const made = part(context).toWellFormed();
    return { made, spent: spentWords() };
  } catch (error) {
    throw new CoreError("render-failed", "a part of the template could not be rendered", { cause: error });
  }
}

function spentWords(): string | undefined {
  if (budget.pieces < 0) return `messages have more than ${MAX_PIECES} parts`;
  return budget.rounds <= 0 || budget.characters <= 0 ? `a list is longer than ${MAX_ROUNDS} rounds` : undefined;
}

function boundedText({ made, spent }: Run): string {
  if (made.length > MAX_BODY) return `${cut(made, MAX_BODY)}\n\n[cut here: ${made.length - MAX_BODY} more characters]`;
  return spent === undefined ? made.trimEnd() : `${made.trimEnd()}\n\n[cut here: ${spent}]`;
}

/** HTML cannot be cut anywhere, so one that is too long gives way to the text. */
function boundedHtml({ made, spent }: Run, text: string): string {
  return made.length > MAX_HTML || spent !== undefined ? `<pre>${engine.escapeExpression(text)}</pre>\n` : made;
}
