/**
 * The examples of the API's document as requests: what a reader would send, in the order in which it would work.
 * @module
 */
import { z } from "zod";
import { EXAMPLE_DELIVERY, EXAMPLE_EVENT, EXAMPLE_MAIL, EXAMPLE_ORIGIN } from "../../src/http/docs/common.ts";
import type { DemoIds } from "./demo-site.ts";
import type { RunningSite } from "./site.ts";

const Parameter = z.looseObject({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  example: z.union([z.string(), z.number()]).optional(),
});
const Media = z.looseObject({
  examples: z.record(z.string(), z.looseObject({ summary: z.string(), value: z.unknown() })).optional(),
});
const Operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(z.union([z.strictObject({ $ref: z.string() }), Parameter])).default([]),
  requestBody: z.looseObject({ content: z.record(z.string(), Media) }).optional(),
  responses: z.record(z.string(), z.unknown()),
});
type Operation = z.infer<typeof Operation>;
const Document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({ parameters: z.record(z.string(), Parameter) }),
});

/** One request that the document shows. */
export interface ApiExample {
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly type?: string;
  readonly value?: unknown;
  /** Statuses of good answers. */
  readonly good: readonly number[];
  /** What must have been done before: the first example that makes what the path names. */
  readonly before: readonly ApiExample[];
}

/** All examples of a document. */
export function examplesOf(document: object): ApiExample[] {
  const { paths, components } = Document.parse(document);
  const find = (template: string, method: string): ApiExample[] => {
    const operation = paths[template]?.[method];
    return operation === undefined ? [] : drawn({ template, method, operation, parameters: components.parameters });
  };
  return Object.entries(paths).flatMap(([template, operations]) =>
    Object.keys(operations).flatMap((method) => {
      const before = makersOf(template, method).flatMap(([path, verb]) => find(path, verb).slice(0, 1));
      return find(template, method).map((example) => ({ ...example, before }));
    }),
  );
}

/** Operations that no example shows. */
export function unreplayed(document: object): string[] {
  const { paths, components } = Document.parse(document);
  return Object.entries(paths)
    .flatMap(([template, operations]) =>
      Object.entries(operations).flatMap(([method, operation]) =>
        drawn({ template, method, operation, parameters: components.parameters }).length === 0
          ? [operation.operationId]
          : [],
      ),
    )
    .toSorted();
}

/** What makes the thing that a path names, and, for what needs a past, what edits it. */
function makersOf(template: string, method: string): [path: string, method: string][] {
  const [collection, rest] = template.split("/{id}");
  if (collection === undefined || rest === undefined) return [];
  const one = `${collection}/{id}`;
  const isPast = rest === "/revert" || rest === "/history";
  return [[collection, "post"], ...(isPast && method !== "put" ? [[one, "put"] as [string, string]] : [])];
}

interface Drawing {
  readonly template: string;
  readonly method: string;
  readonly operation: Operation;
  readonly parameters: Readonly<Record<string, z.infer<typeof Parameter>>>;
}

function drawn({ template, method, operation, parameters: shared }: Drawing): ApiExample[] {
  const parameters = operation.parameters.flatMap((one) => {
    const found =
      "$ref" in one && typeof one.$ref === "string" ? shared[one.$ref.split("/").at(-1) ?? ""] : Parameter.parse(one);
    return found === undefined ? [] : [found];
  });
  const given = (place: string): [string, string][] =>
    parameters.flatMap((one) =>
      one.in === place && one.example !== undefined ? [[one.name, String(one.example)]] : [],
    );
  const names = parameters.filter((one) => one.in === "path").map(({ name }) => name);
  const inPath = new Map(given("path"));
  if (names.some((name) => !inPath.has(name))) return [];
  const head = {
    method: method.toUpperCase(),
    path: template.replaceAll(/\{([a-z]+)\}/g, (_whole, name: string) => inPath.get(name) ?? ""),
    query: {},
    headers: headersOf(parameters),
    good: Object.keys(operation.responses)
      .map(Number)
      .filter((status) => status < 400),
    before: [],
  };
  const title = operation.operationId;
  const query = Object.fromEntries(given("query"));
  if (operation.requestBody === undefined) {
    const plain = { ...head, title };
    return Object.keys(query).length === 0 ? [plain] : [plain, { ...plain, title: `${title} with a query`, query }];
  }
  return Object.entries(operation.requestBody.content).flatMap(([type, { examples = {} }]) =>
    Object.entries(examples).map(([name, { value }]) => ({ ...head, title: `${title}: ${name}`, type, value })),
  );
}

/** Those without which an example would not work. */
const SHOWN_HEADERS = ["If-Match", "Sec-Fetch-Site"];

function headersOf(parameters: readonly z.infer<typeof Parameter>[]): Record<string, string> {
  const isSite = parameters.some(({ name, schema }) => name === "Sealpost-Tenant" && isConstant(schema));
  const shown = parameters.flatMap(({ name, example }) =>
    SHOWN_HEADERS.includes(name) && example !== undefined ? [[name, String(example)] as const] : [],
  );
  return { "sealpost-tenant": isSite ? "_site" : "default", ...Object.fromEntries(shown) };
}

function isConstant(schema: unknown): boolean {
  return typeof schema === "object" && schema !== null && "const" in schema;
}

const Made = z.looseObject({ id: z.string().optional() });

/** Sends an example to a site, ids that it could not know put in their place; what must stand before is made first. */
export async function replay(
  site: RunningSite,
  example: ApiExample,
  ids: DemoIds,
): Promise<{ readonly method: string; readonly path: string; readonly response: Response }> {
  const known = new Map([
    [EXAMPLE_EVENT, ids.event],
    [EXAMPLE_DELIVERY, ids.delivery],
    [EXAMPLE_ORIGIN, ids.origin],
    [EXAMPLE_MAIL, ids.mail],
  ]);
  const [, , , , named = ""] = example.path.split("/");
  if (example.path.startsWith("/api/v1/digests")) await postGathered(site);
  for (const before of example.before) {
    const response = await send(site, before, known);
    const { id } = Made.parse(await response.json());
    if (response.ok && id !== undefined) known.set(named, id);
  }
  const { method } = example;
  return { method, path: pathOf(example, known), response: await send(site, example, known) };
}

/** An event that a starter rule puts into a digest: there is an open window. */
export async function postGathered(site: RunningSite): Promise<void> {
  const event = { specversion: "1.0", id: "gathered", source: "/hall-2", type: "shift.note", severitytext: "low" };
  const type = "application/cloudevents+json";
  await site.request("POST", "/api/v1/events", { body: JSON.stringify(event), type });
}

function pathOf({ path, query }: ApiExample, known: ReadonlyMap<string, string>): string {
  const search = new URLSearchParams(query).toString();
  return replaced(search === "" ? path : `${path}?${search}`, known);
}

function replaced(text: string, known: ReadonlyMap<string, string>): string {
  return [...known].reduce((done, [from, to]) => (from === "" ? done : done.replaceAll(from, to)), text);
}

async function send(site: RunningSite, example: ApiExample, known: ReadonlyMap<string, string>): Promise<Response> {
  const { headers, type, value, method } = example;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return await site.fetch(
    new Request(`http://local${pathOf(example, known)}`, {
      method,
      headers: { ...headers, ...(type === undefined ? {} : { "content-type": type }) },
      ...(value === undefined ? {} : { body: replaced(text, known) }),
    }),
  );
}
