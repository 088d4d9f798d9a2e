/**
 * The OpenAPI 3.1 document: the table of routes, what is said of each, and every problem.
 * @module
 */
import { z } from "zod";
import type { Json, JsonObject } from "../../core/json.ts";
import { aliasesOf } from "../alias.ts";
import { isKeyed, ROUTES, type RouteName, type RouteRule } from "../permissions.ts";
import type { AnswerDoc, BodyDoc, ParamDoc, RouteDoc } from "./doc.ts";
import { answerHeaders, HEADERS, REQUEST_HEADERS } from "./headers.ts";
import { DOCS } from "./index.ts";
import { INFO, TAGS } from "./info.ts";
import { OPERATION_IDS } from "./operation-ids.ts";
import { ProblemBook } from "./problem-book.ts";
import { type DescribedRoute, problemsOf } from "./problems-of.ts";
import { SchemaBook } from "./schemas-of.ts";

interface Books {
  readonly schemas: SchemaBook;
  readonly problems: ProblemBook;
}

/** The document; the same in every process of a version. */
export function openApiDocument(): JsonObject {
  const schemas = new SchemaBook();
  const books = { schemas, problems: new ProblemBook(schemas) };
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of describedRoutes()) {
    const [method = "", path = ""] = route.name.split(" ");
    (paths[templateOf(path)] ??= {})[method.toLowerCase()] = operation(books, route);
  }
  const responses = books.problems.responses();
  const text = JSON.stringify([paths, responses]);
  const used = (kind: string, all: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(all).filter(([name]) => text.includes(`"#/components/${kind}/${name}"`)));
  return {
    openapi: "3.1.1",
    info: INFO,
    servers: [{ url: "/", description: "The site that serves this document" }],
    security: [{ bearer: [] }],
    tags: tagsOf(),
    paths: schemas.finish(paths),
    components: {
      schemas: schemas.components(),
      responses: schemas.finish(responses),
      parameters: used("parameters", REQUEST_HEADERS),
      headers: used("headers", HEADERS),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "spk_<id>_<secret>", description: "A token" },
      },
    },
  };
}

function describedRoutes(): DescribedRoute[] {
  const rules: Readonly<Record<RouteName, RouteRule>> = ROUTES;
  return RouteNames.options.map((name) => ({ name, rule: rules[name], doc: DOCS[name] }));
}
const RouteNames = z.keyof(z.strictObject(ROUTES));

/** A path of the table as OpenAPI writes it. */
function templateOf(path: string): string {
  return path.replaceAll(/:([a-z]+)(\{[^}]+\})?/g, "{$1}");
}

function tagsOf(): Json {
  const used = new Set(describedRoutes().map(({ doc }) => tagOf(doc)));
  const known = Object.entries(TAGS).filter(([name]) => used.has(name));
  return known.map(([name, description]) => ({ name, description }));
}

/** A tag begins with a capital. */
function tagOf({ tag }: RouteDoc): string {
  return tag.charAt(0).toUpperCase() + tag.slice(1);
}

function operation(books: Books, route: DescribedRoute): JsonObject {
  const { name, rule, doc } = route;
  const parameters = [
    ...Object.entries(doc.path ?? {}).map(([id, one]) => parameter(books, "path", { id, one })),
    ...Object.entries(doc.query ?? {}).map(([id, one]) => parameter(books, "query", { id, one })),
    ...requestHeaders(route),
  ];
  return {
    operationId: OPERATION_IDS[name],
    summary: doc.summary,
    ...descriptionOf(route),
    tags: [tagOf(doc)],
    ...(rule.permission === undefined ? { security: [] } : { "x-permission": rule.permission }),
    ...(rule.also === undefined ? {} : { "x-permission-also": rule.also }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(doc.body === undefined ? {} : { requestBody: requestBody(books, doc.body) }),
    responses: responsesOf(books, route),
  };
}

function descriptionOf({ name, doc }: DescribedRoute): { description?: string } {
  const aliases = aliasesOf(templateOf(name.slice(name.indexOf(" ") + 1)));
  const also = aliases.length === 0 ? [] : [`Also answers at ${aliases.map((path) => `\`${path}\``).join(", ")}.`];
  const parts = [...(doc.description === undefined ? [] : [doc.description]), ...also];
  return parts.length === 0 ? {} : { description: parts.join("\n\n") };
}

function parameter(
  { schemas }: Books,
  place: "path" | "query",
  { id, one }: { readonly id: string; readonly one: ParamDoc },
): Json {
  return {
    name: id,
    in: place,
    description: one.description,
    ...(place === "path" ? { required: true } : {}),
    schema: schemas.draw(one.schema, "input"),
    ...(one.example === undefined ? {} : { example: one.example }),
  };
}

function requestHeaders({ name, rule, doc }: DescribedRoute): Json[] {
  const names = new Set<string>(doc.headers ?? []);
  if (rule.permission !== undefined && isKeyed(name)) names.add("Idempotency-Key");
  if (rule.permission !== undefined) names.add(tenantHeader(rule));
  return [...names].map((one) => ({ $ref: `#/components/parameters/${one}` }));
}

function tenantHeader({ isSite, isWhole }: RouteRule): string {
  if (isSite !== true) return "Sealpost-Tenant";
  return isWhole === true ? "Sealpost-Tenant-Optional-Site" : "Sealpost-Tenant-Site";
}

function requestBody({ schemas }: Books, body: Readonly<Record<string, BodyDoc>>): Json {
  const isOptional = Object.hasOwn(body, "*/*");
  return {
    required: !isOptional,
    content: Object.fromEntries(
      Object.entries(body).map(([type, { schema, examples }]) => [
        type,
        {
          ...(schema === undefined ? {} : { schema: schemas.draw(schema, "input") }),
          ...(examples === undefined ? {} : { examples: plain(examples) }),
        },
      ]),
    ),
    ...bodyWords(Object.values(body)),
  };
}

function bodyWords(bodies: readonly BodyDoc[]): { description?: string } {
  const words = [...new Set(bodies.flatMap(({ description }) => (description === undefined ? [] : [description])))];
  return words.length === 0 ? {} : { description: words.join("\n\n") };
}

function responsesOf(books: Books, route: DescribedRoute): Json {
  const good = Object.entries(route.doc.answers).map(
    ([status, answer]) => [status, response(books, answer, route)] as const,
  );
  const hasPages = route.doc.hasProblemPages === true;
  const bad = [...problemsOf(route)].map(
    ([status, codes]) => [String(status), books.problems.refer(status, codes, { hasPages })] as const,
  );
  return Object.fromEntries([...good, ...bad]);
}

function response({ schemas }: Books, answer: AnswerDoc, route: DescribedRoute): Json {
  const { description, type = "application/json", schema, also = {} } = answer;
  const content: Record<string, Json> = {};
  if (type !== "none") content[type] = schema === undefined ? {} : { schema: schemas.draw(schema, "output") };
  for (const [other, one] of Object.entries(also)) content[other] = { schema: schemas.draw(one, "output") };
  return {
    description,
    headers: answerHeaders(route, answer),
    ...(Object.keys(content).length === 0 ? {} : { content }),
  };
}

/** Examples come from code: they are JSON once they are written. */
function plain(value: unknown): Json {
  return z.json().parse(JSON.parse(JSON.stringify(value)));
}
