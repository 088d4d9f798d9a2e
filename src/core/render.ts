/**
 * Rendering: a template is compiled once and gives the same bytes for the same context, always.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import { CoreError } from "./error.ts";
import { sha256Hex } from "./hash.ts";
import { checkTemplate } from "./render-check.ts";
import { oneLine, type RenderContext } from "./render-context.ts";
import { type Budget, COMPILE_OPTIONS, createEngine, cut, textOf } from "./render-helpers.ts";
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
}
type Part = (context: RenderContext) => string;

const MAX_SUBJECT = 200;
const MAX_BODY = 100_000;
const MAX_HTML = 200_000;
const MAX_ROUNDS = 5000;
const MAX_MADE = 1_000_000;

/** Rendering is synchronous, so one budget serves all: it is filled up before each part. */
const budget: Budget = { rounds: 0, characters: 0 };
const engine = createEngine(budget);

/** Compiles a template. Throws CoreError `bad-template` for one that `checkTemplate` finds fault with. */
export function compileTemplate(template: Template): CompiledTemplate {
  const [fault] = checkTemplate(template);
  if (fault !== undefined) throw new CoreError("bad-template", `${template.id}${fault.pointer}: ${fault.detail}`);
  return {
    id: template.id,
    subject: compilePart(template.subject, "plain"),
    text: compilePart(template.text, "plain"),
    ...(template.html === undefined ? {} : { html: compilePart(template.html, "html") }),
  };
}

/** Renders each part, escaped for what it is and bounded: what is cut off says so. Throws CoreError `render-failed`. */
export function render(compiled: CompiledTemplate, context: RenderContext): Rendered {
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

function compilePart(source: string, escaping: "plain" | "html"): Part {
  const template = engine.compile<RenderContext>(source, {
    ...COMPILE_OPTIONS,
    noEscape: escaping === "plain",
  });
  const plainly = { allowProtoMethodsByDefault: false, allowProtoPropertiesByDefault: false };
  return (context) => textOf(template(context, plainly)); // a bare {{x}} yields what x is
}

/** What a part made; `isSpent` when a list was longer than the budget. */
interface Run {
  readonly made: string;
  readonly isSpent: boolean;
}

function run(part: Part, context: RenderContext): Run {
  budget.rounds = MAX_ROUNDS;
  budget.characters = MAX_MADE;
  try {
    const made = part(context).toWellFormed();
    return { made, isSpent: budget.rounds <= 0 || budget.characters <= 0 };
  } catch (error) {
    throw new CoreError("render-failed", "a part of the template could not be rendered", { cause: error });
  }
}

function boundedText({ made, isSpent }: Run): string {
  if (made.length > MAX_BODY) return `${cut(made, MAX_BODY)}\n\n[cut here: ${made.length - MAX_BODY} more characters]`;
  return isSpent ? `${made.trimEnd()}\n\n[cut here: a list is longer than ${MAX_ROUNDS} rounds]` : made.trimEnd();
}

/** HTML cannot be cut anywhere, so one that is too long gives way to the text. */
function boundedHtml({ made, isSpent }: Run, text: string): string {
  return made.length > MAX_HTML || isSpent ? `<pre>${engine.escapeExpression(text)}</pre>\n` : made;
}
