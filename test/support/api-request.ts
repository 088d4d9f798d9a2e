/**
 * Requests drawn from the API's document: what it allows, what it nearly allows, and what it does not know.
 * @module
 */
import fc from "fast-check";
import { z } from "zod";
import { type Lexicon, nearValuesOf, valuesOf } from "./schema-arbitrary.ts";

const Parameter = z.looseObject({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  schema: z.unknown(),
  example: z.union([z.string(), z.number()]).optional(),
});
type Parameter = z.infer<typeof Parameter>;
const Operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(z.union([z.strictObject({ $ref: z.string() }), Parameter])).default([]),
  requestBody: z
    .looseObject({
      content: z.record(
        z.string(),
        z.looseObject({
          schema: z.unknown().optional(),
          examples: z.record(z.string(), z.looseObject({ value: z.unknown() })).optional(),
        }),
      ),
    })
    .optional(),
});
type Operation = z.infer<typeof Operation>;
const Document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({
    parameters: z.record(z.string(), Parameter),
    schemas: z.record(z.string(), z.unknown()),
  }),
});

/** A request before it is sent: `@` words in it stand for what the site knows by then. */
export interface DrawnRequest {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Index of the principal that asks. */
  readonly who: number;
}

/** Texts that mean something on a demo site. */
const WORDS = [
  "@event",
  "@delivery",
  "@origin",
  "@mail",
  "@made",
  "default",
  "_site",
  "ops-mail",
  "critical",
  "everything-high",
  "tmpl-event",
  "low-mail",
  "backups",
  "host=db-01",
  'team=~"plat.*"',
  "scanner.report.ready",
  "rule-v1",
  "1h",
  "30d",
  "5m",
  "Europe/Berlin",
  "2026-12-24",
  "2027-01-01T00:00:00Z",
  "notify.viewer",
  "events:write",
  "noc",
  "a@b.example",
  "relay.example",
  "en",
  "json",
  "text",
] as const;
const BAD_SEGMENTS = ["%00", "%ff", "..%2f", "a%20b", "~", ".", "%F0%9F%98%80", "x".repeat(600), "%", "a;b"] as const;
const GARBAGE = [
  "",
  "{",
  "[]",
  "null",
  "0",
  '"text"',
  '{"a":1,"a":2}',
  '{"__proto__":{}}',
  `${"[".repeat(100)}${"]".repeat(100)}`,
  '"\\ud800"',
  "{}{}",
  "\ufeff{}",
  '{"id":1e400}',
] as const;
const TYPES = [
  "application/json",
  "text/plain",
  "application/json; charset=latin1",
  "application/xml",
  "",
  "x",
] as const;
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] as const;
const TENANTS = ["_site", "other", "nobody!", "a, b"] as const;

/** Requests over all operations of a document, by one of the principals: each as often as it is named. */
export function requestsOf(document: object, principals: readonly number[]): fc.Arbitrary<DrawnRequest> {
  const { paths, components } = Document.parse(document);
  const lexicon: Lexicon = { words: WORDS, resolve: (ref) => components.schemas[ref.split("/").at(-1) ?? ""] };
  const operations = Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      template,
      method: method.toUpperCase(),
      operation,
      parameters: operation.parameters.map((one) => resolved(one, components.parameters)),
      lexicon,
    })),
  );
  return fc.oneof(...operations.map((one) => requestOf(one, principals)));
}

function resolved(one: Operation["parameters"][number], shared: Readonly<Record<string, Parameter>>): Parameter {
  if (!("$ref" in one) || typeof one.$ref !== "string") return Parameter.parse(one);
  return Parameter.parse(shared[one.$ref.split("/").at(-1) ?? ""]);
}

interface Described {
  readonly template: string;
  readonly method: string;
  readonly operation: Operation;
  readonly parameters: readonly Parameter[];
  readonly lexicon: Lexicon;
}

function requestOf(described: Described, principals: readonly number[]): fc.Arbitrary<DrawnRequest> {
  const { method, operation } = described;
  return fc
    .record({
      who: fc.constantFrom(...principals),
      method: mostly(fc.constant(method), fc.constantFrom(...METHODS)),
      path: pathOf(described),
      search: searchOf(described),
      headers: headersOf(described),
      sent: bodyOf(described),
    })
    .map((drawn) => {
      const isBodyless = drawn.method === "GET" || drawn.method === "HEAD";
      const { type, body } = isBodyless ? { type: "", body: undefined } : drawn.sent;
      return {
        operation: operation.operationId,
        who: drawn.who,
        method: drawn.method,
        path: `${drawn.path}${drawn.search}`,
        headers: { ...drawn.headers, ...(type === "" ? {} : { "content-type": type }) },
        ...(body === undefined ? {} : { body }),
      };
    });
}

/** Nineteen of twenty are the first. */
function mostly<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 19, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

function pathOf({ template, parameters, lexicon }: Described): fc.Arbitrary<string> {
  const inPath = parameters.filter((one) => one.in === "path");
  const values = fc.tuple(
    ...inPath.map(({ schema, example, name }) =>
      fc.oneof(
        ...(example === undefined ? [] : [{ weight: 4, arbitrary: fc.constant(String(example)) }]),
        { weight: 3, arbitrary: fc.constantFrom("@made", "@event", "@delivery", "@origin", "@mail", "ops-mail") },
        { weight: 2, arbitrary: valuesOf(schema, lexicon).map((value) => segmentOf(String(value), name)) },
        { weight: 1, arbitrary: fc.constantFrom(...BAD_SEGMENTS) },
      ),
    ),
  );
  return values.map((list) =>
    inPath.reduce((path, { name }, at) => path.replace(`{${name}}`, () => list[at] ?? ""), template),
  );
}

/** What stands between two slashes; of the one parameter that holds slashes they stay. */
function segmentOf(value: string, name: string): string {
  const encoded = encodeURIComponent(value.toWellFormed());
  return encoded === "" ? "x" : name === "path" ? encoded.replaceAll("%2F", "/") : encoded;
}

function searchOf({ parameters, lexicon }: Described): fc.Arbitrary<string> {
  const pairs = parameters
    .filter((one) => one.in === "query")
    .map(({ name, schema, example }) =>
      fc.oneof(
        { weight: 4, arbitrary: fc.constant<string[]>([]) },
        {
          weight: 2,
          arbitrary: (example === undefined ? valuesOf(schema, lexicon) : fc.constant(example)).map((value) => [
            pairOf(name, value),
          ]),
        },
        { weight: 1, arbitrary: valuesOf(schema, lexicon).map((value) => [pairOf(name, value)]) },
        { weight: 1, arbitrary: fc.string({ maxLength: 20 }).map((value) => [pairOf(name, value)]) },
      ),
    );
  const stray = mostly(
    fc.constant<string[]>([]),
    fc.constantFrom(["unknown=1"], ["limit=1&limit=2"], ["limit=0"], ["%"]),
  );
  return fc.tuple(stray, ...pairs).map((lists) => {
    const all = lists.flat();
    return all.length === 0 ? "" : `?${all.join("&")}`;
  });
}

function pairOf(name: string, value: unknown): string {
  return `${name}=${encodeURIComponent(String(value).toWellFormed())}`;
}

/** The header, or nothing. */
function given(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<Record<string, string>> {
  return fc.option(value, { nil: "" }).map((text): Record<string, string> => (text === "" ? {} : { [name]: text }));
}

function headersOf({ parameters }: Described): fc.Arbitrary<Record<string, string>> {
  const has = (name: string): boolean => parameters.some((one) => one.in === "header" && one.name === name);
  const isSite = parameters.some(
    ({ name, schema }) => name === "Sealpost-Tenant" && JSON.stringify(schema).includes("_site"),
  );
  return fc
    .tuple(
      given("sealpost-tenant", mostly(fc.constant(isSite ? "_site" : "default"), fc.constantFrom(...TENANTS))),
      has("If-Match")
        ? given("if-match", fc.constantFrom("*", "*", "*", "@etag", '"none"', 'W/"x"', "broken"))
        : fc.constant({}),
      has("If-None-Match")
        ? mostly(fc.constant({}), given("if-none-match", fc.constantFrom("*", "@etag", '"none"')))
        : fc.constant({}),
      has("Idempotency-Key")
        ? mostly(
            fc.constant({}),
            given("idempotency-key", fc.constantFrom("one", "two", "three", "a b", "k".repeat(300))),
          )
        : fc.constant({}),
      mostly(fc.constant({}), given("x-request-id", fc.constantFrom("r-1", "a b"))),
      has("WebHook-Request-Origin")
        ? given("webhook-request-origin", fc.constantFrom("a.example", "*", "x y"))
        : fc.constant({}),
      has("Sec-Fetch-Site")
        ? given("sec-fetch-site", fc.constantFrom("same-origin", "same-origin", "cross-site"))
        : fc.constant({}),
      mostly(fc.constant({}), given("accept", fc.constantFrom("text/html", "application/json"))),
      mostly(fc.constant({}), given("content-encoding", fc.constantFrom("gzip", "identity"))),
    )
    .map((all: readonly Readonly<Record<string, string>>[]) =>
      Object.fromEntries(all.flatMap((one) => Object.entries(one))),
    );
}

interface Sent {
  readonly type: string;
  readonly body: string | Uint8Array | undefined;
}

function bodyOf({ operation, lexicon }: Described): fc.Arbitrary<Sent> {
  const content = Object.entries(operation.requestBody?.content ?? {});
  if (content.length === 0) return mostly(fc.constant({ type: "", body: undefined }), garbage("application/json"));
  return fc.oneof(
    ...content.map(([type, { schema, examples = {} }]) => {
      const real = type === "*/*" ? "application/json" : type;
      const shown = Object.values(examples).map(({ value }) => textOf(value));
      if (schema === undefined) return bytes(real);
      return fc.oneof(
        ...(shown.length === 0
          ? []
          : [{ weight: 3, arbitrary: fc.constantFrom(...shown).map((body) => ({ type: real, body })) }]),
        { weight: 4, arbitrary: valuesOf(schema, lexicon).map((value) => ({ type: real, body: textOf(value) })) },
        { weight: 4, arbitrary: nearValuesOf(schema, lexicon).map((value) => ({ type: real, body: textOf(value) })) },
        { weight: 1, arbitrary: garbage(real) },
      );
    }),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "null");
}

function garbage(type: string): fc.Arbitrary<Sent> {
  return fc.record({
    type: fc.oneof(fc.constant(type), fc.constantFrom(...TYPES)),
    body: fc.oneof(fc.constantFrom<string>(...GARBAGE), fc.uint8Array({ maxLength: 40 })),
  });
}

function bytes(type: string): fc.Arbitrary<Sent> {
  return fc.uint8Array({ maxLength: 2000 }).map((body) => ({ type, body }));
}
