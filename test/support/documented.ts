/**
 * Whether the API's document allows an answer: path, method, status, headers, media type, schema and the problem's code. It reads the
 * document alone, with a validator that the product does not use.
 * @module
 */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { z } from "zod";
import { aliased } from "../../src/http/alias.ts";
import { SECURE_HEADERS } from "../../src/http/answer.ts";
import { openApiDocument } from "../../src/http/docs/document.ts";

/** A request and what was answered. */
export interface Exchange {
  readonly method: string;
  /** With or without a query. */
  readonly path: string;
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const Media = z.looseObject({ schema: z.unknown().optional() });
const Answer = z.looseObject({
  headers: z.record(z.string(), z.unknown()).default({}),
  content: z.record(z.string(), Media).default({}),
});
type Answer = z.infer<typeof Answer>;
const Ref = z.strictObject({ $ref: z.string() });
const Parameter = z.looseObject({
  name: z.string().optional(),
  in: z.string().optional(),
  schema: z.looseObject({ pattern: z.string().optional() }).optional(),
});
const Operation = z.looseObject({
  parameters: z.array(Parameter).default([]),
  responses: z.record(z.string(), z.union([Ref, Answer])),
});
type Operation = z.infer<typeof Operation>;
const Document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ responses: z.record(z.string(), Answer) }),
});
const Told = z.looseObject({ type: z.string(), status: z.int(), code: z.string() });

/** Headers that belong to HTTP itself. */
const PLAIN = [
  "content-type",
  "content-length",
  "date",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "vary",
  "x-frame-options",
];

interface KnownPath {
  readonly template: string;
  /** By its slashes, and by the patterns of its parameters. */
  readonly pattern: RegExp;
  readonly strict: RegExp;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** Reads a document; the checker that it answers tells what an exchange has that the document does not (nothing: allowed). */
export function documentChecker(document: object = openApiDocument()): (exchange: Exchange) => string[] {
  const known = Document.parse(document);
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({ $id: "openapi.json", ...document });
  const schemas = new Map<string, ValidateFunction>();
  const paths = pathsOf(known.paths);
  const validator = (pointer: string): ValidateFunction => {
    const held = schemas.get(pointer) ?? ajv.compile({ $ref: `openapi.json#${pointer}` });
    schemas.set(pointer, held);
    return held;
  };
  return (exchange) => {
    const { method, path } = exchange;
    const [bare = ""] = path.split("?");
    const verb = method === "HEAD" ? "get" : method.toLowerCase();
    const at = placeOf(paths, aliased(bare), verb);
    if (at === undefined) return elsewhere(exchange, ["not-found"]);
    const operation = at.operations[verb];
    if (operation === undefined)
      return elsewhere(
        exchange,
        at.template.includes("{") ? ["method-not-allowed", "not-found"] : ["method-not-allowed"],
      );
    const given = operation.responses[String(exchange.status)];
    if (given === undefined) return [`status ${exchange.status} is not documented for ${method} ${at.template}`];
    const isRef = "$ref" in given && typeof given.$ref === "string";
    const pointer = isRef
      ? String(given.$ref).slice(1)
      : `/paths/${escaped(at.template)}/${verb}/responses/${exchange.status}`;
    const answer = Answer.parse(
      isRef ? known.components.responses[pointer.slice("/components/responses/".length)] : given,
    );
    return [...headerFaults(exchange, answer), ...bodyFaults(exchange, answer, { pointer, validator })];
  };
}

/** The path that answers: by all that its parameters must be, else the one without any, else by its slashes alone. */
function placeOf(paths: readonly KnownPath[], path: string, verb: string): KnownPath | undefined {
  const has = ({ operations }: KnownPath): boolean => Object.hasOwn(operations, verb);
  const matching = paths.filter(({ pattern }) => pattern.test(path));
  return (
    matching.find((one) => has(one) && one.strict.test(path)) ??
    matching.find(({ template }) => template === path) ??
    matching.find(has) ??
    matching[0]
  );
}

function pathsOf(paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>): KnownPath[] {
  const found = Object.entries(paths).map(([template, operations]) => {
    const escapedPath = template.replaceAll(/[.+]/g, "\\$&");
    const source = escapedPath.replace(/\{path\}$/, ".+").replaceAll(/\{[a-z]+\}/g, "[^/]+");
    const strict = escapedPath.replaceAll(/\{([a-z]+)\}/g, (_whole, name: string) => patternOf(name, operations));
    return { template, operations, pattern: new RegExp(`^${source}$`), strict: new RegExp(`^${strict}$`) };
  });
  return found.toSorted((left, right) => left.template.split("{").length - right.template.split("{").length);
}

/** What a parameter of the path must be, as far as its schema says. */
function patternOf(name: string, operations: Readonly<Record<string, Operation>>): string {
  const all = Object.values(operations).flatMap(({ parameters }) => parameters);
  const said = all.find((one) => one.in === "path" && one.name === name)?.schema?.pattern;
  return said?.replaceAll(/^\^|\$$/g, "") ?? (name === "path" ? ".+" : "[^/]+");
}

function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));
}

/** An answer where the document has no operation: only the problems that `info` tells of. */
function elsewhere({ status, headers, body, method, path }: Exchange, codes: readonly string[]): string[] {
  if (headers["content-type"] !== "application/problem+json") return [`${method} ${path} is not documented`];
  if (method === "HEAD") return status === 404 || status === 405 ? [] : [`status ${status}`];
  const told = Told.parse(JSON.parse(textOf(body)));
  if (told.code === "method-not-allowed" && headers["allow"] === undefined) return ["405 without Allow"];
  return codes.includes(told.code) || told.code === "bad-request" ? [] : [`problem ${told.code} for ${method} ${path}`];
}

function headerFaults({ headers }: Exchange, answer: Answer): string[] {
  const known = new Set([
    ...PLAIN,
    ...Object.keys(SECURE_HEADERS),
    ...Object.keys(answer.headers).map((name) => name.toLowerCase()),
  ]);
  return Object.keys(headers)
    .filter((name) => !known.has(name))
    .map((name) => `the header ${name} is not documented`);
}

function bodyFaults(
  { method, headers, body, status }: Exchange,
  answer: Answer,
  { pointer, validator }: { readonly pointer: string; readonly validator: (pointer: string) => ValidateFunction },
): string[] {
  const types = Object.keys(answer.content);
  const type = headers["content-type"];
  if (method === "HEAD" || types.length === 0) return body.length === 0 ? [] : ["a body where none is documented"];
  if (type === undefined || !types.includes(type))
    return [`media type ${type ?? "none"}, documented: ${types.join(", ")}`];
  if (answer.content[type]?.schema === undefined) return [];
  const validate = validator(`${pointer}/content/${escaped(type)}/schema`);
  const value: unknown = type.endsWith("json") ? JSON.parse(textOf(body)) : textOf(body);
  if (!validate(value))
    return (validate.errors ?? []).map(
      ({ instancePath, message = "", params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  return type === "application/problem+json" ? problemFaults(value, status) : [];
}

function problemFaults(value: unknown, status: number): string[] {
  const told = Told.parse(value);
  const isOne = told.status === status && told.type === `urn:sealpost:problem:${told.code}`;
  return isOne ? [] : ["status or type of the problem is not the answer's"];
}

function textOf(body: string | Uint8Array): string {
  return typeof body === "string" ? body : Buffer.from(body).toString("utf8");
}

/** An exchange of a fetched answer. */
export async function exchangeOf(method: string, path: string, response: Response): Promise<Exchange> {
  const headers = Object.fromEntries(response.headers);
  return { method, path, status: response.status, headers, body: new Uint8Array(await response.arrayBuffer()) };
}
