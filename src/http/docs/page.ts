/**
 * The API as a page: the document, as people read it. Nothing is loaded and nothing runs.
 * @module
 */
import { z } from "zod";
import { html, type Html, type HtmlValue } from "../status-html.ts";
import { PROBLEMS } from "../problem.ts";
import { section, table } from "../status-layout.ts";
import { ALWAYS } from "./problems-of.ts";

const Ref = z.strictObject({ $ref: z.string() });
const Parameter = z.looseObject({
  name: z.string(),
  in: z.string(),
  description: z.string(),
  required: z.boolean().default(false),
  example: z.union([z.string(), z.number()]).optional(),
});
const Media = z.looseObject({
  schema: z.looseObject({}).optional(),
  examples: z.record(z.string(), z.looseObject({ summary: z.string(), value: z.unknown() })).default({}),
});
const Answer = z.looseObject({ description: z.string(), content: z.record(z.string(), Media).default({}) });
const Operation = z.looseObject({
  operationId: z.string(),
  summary: z.string(),
  description: z.string().optional(),
  tags: z.array(z.string()),
  "x-permission": z.string().optional(),
  "x-permission-also": z.string().optional(),
  parameters: z.array(z.union([Ref, Parameter])).default([]),
  requestBody: z.looseObject({ description: z.string().optional(), content: z.record(z.string(), Media) }).optional(),
  responses: z.record(z.string(), z.union([Ref, Answer])),
});
type Operation = z.infer<typeof Operation>;
const Document = z.looseObject({
  info: z.looseObject({ title: z.string(), summary: z.string(), description: z.string() }),
  tags: z.array(z.looseObject({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.unknown()),
    parameters: z.record(z.string(), Parameter),
    responses: z.record(z.string(), Answer),
  }),
});
type Document = z.infer<typeof Document>;

/** The content of the page. */
export function apiPage(given: object): Html {
  const document = Document.parse(given);
  const { info, tags, components } = document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return html`<h1>The API of ${info.title}</h1>
<p>${info.summary}. The same as a document for programs: <a href="/api/v1/openapi.json">openapi.json</a>.</p>
${paragraphs(info.description)}
<nav aria-label="Groups"><ul>
${tags.map(({ name }) => html`<li><a href="#${anchorOf(name)}">${name}</a></li>\n`)}<li><a href="#problems">Problems</a></li>
<li><a href="#schemas">Schemas of answers</a></li>
</ul></nav>
${tags.map(({ name, description }) =>
  section(anchorOf(name), name, [
    html`<p>${description}.</p>\n`,
    ...operations
      .filter(({ operation }) => operation.tags.includes(name))
      .map((one) => operationSection(document, one)),
  ]),
)}
${section("problems", "Problems", [
  html`<p>${ALWAYS.join(", ")} may be answered to any request.</p>\n`,
  table(
    "Problems by their codes",
    [
      { head: "Code", cell: ([code]) => html`<code>${code}</code>` },
      { head: "Status", cell: ([, { status }]) => status, isNumber: true },
      { head: "Meaning", cell: ([, { title }]) => title },
    ],
    Object.entries(PROBLEMS),
  ),
])}
${section("schemas", "Schemas of answers", Object.entries(components.schemas).map(schemaDetails))}`;
}

interface Placed {
  readonly path: string;
  readonly method: string;
  readonly operation: Operation;
}

function operationSection(document: Document, { path, method, operation }: Placed): Html {
  const { operationId, summary, description, requestBody } = operation;
  const parameters = operation.parameters.map((one) => resolved(one, document.components.parameters, Parameter));
  return html`<article aria-labelledby="${operationId}">
<h3 id="${operationId}"><a href="#${operationId}">${summary}</a></h3>
<p><code>${method} ${path}</code></p>
${description === undefined ? undefined : paragraphs(description)}
<p class="quiet">${permissionWords(operation)}</p>
${
  parameters.length > 0 &&
  table(
    `Parameters of ${operationId}`,
    [
      { head: "Name", cell: ({ name }) => html`<code>${name}</code>` },
      { head: "In", cell: (one) => `${one.in}${one.required ? ", required" : ""}` },
      { head: "Meaning", cell: (one) => inline(one.description) },
    ],
    parameters,
  )
}
${requestBody?.description !== undefined && html`<p>Body: ${inline(requestBody.description)}.</p>`}
<pre tabindex="0"><code>${curlLine({ path, method, operation }, parameters)}</code></pre>
${answersOf(document, operation)}
</article>
`;
}

function permissionWords(operation: Operation): HtmlValue {
  const { "x-permission": permission, "x-permission-also": also } = operation;
  if (permission === undefined) return "Open to everybody.";
  return html`Needs the permission <code>${permission}</code>${also !== undefined && html` and <code>${also}</code>`}.`;
}

function answersOf({ components }: Document, { responses }: Operation): Html {
  const rows = Object.entries(responses).map(([status, one]) => ({
    status: Number(status),
    answer: resolved(one, components.responses, Answer),
  }));
  const good = rows.filter(({ status }) => status < 400);
  const bad = rows.flatMap(({ status, answer }) => {
    const codes = ownCodes(answer.description);
    return codes.length === 0 ? [] : [`${status} ${codes.join(", ")}`];
  });
  return html`<ul>
${good.map(
  ({ status, answer }) =>
    html`<li><strong>${status}</strong> ${inline(answer.description)}${mediaWords(answer)}</li>\n`,
)}</ul>
${bad.length > 0 && html`<p class="quiet">Problems: ${bad.join("; ")}.</p>`}`;
}

/** Problems of an answer, but for those that every operation has. */
function ownCodes(description: string): string[] {
  return description
    .split("\n")
    .map((line) => line.slice("- ".length))
    .map((line) => /^`([^`]+)`/.exec(line)?.[1] ?? "a code of the refused kit")
    .filter((code) => !ALWAYS.some((one) => one === code));
}

function mediaWords({ content }: z.infer<typeof Answer>): HtmlValue {
  return Object.entries(content).map(([type, { schema }]) => {
    const names = [...JSON.stringify(schema ?? {}).matchAll(/#\/components\/schemas\/(\w+)/g)].map(
      ([, name = ""]) => name,
    );
    const links = [...new Set(names)].map((name) => html` <a href="#schema-${name}">${name}</a>`);
    return html`, <code>${type}</code>${links}`;
  });
}

/** One line for a shell: the address and the token of the reader stand in its environment. */
function curlLine({ path, method, operation }: Placed, parameters: readonly z.infer<typeof Parameter>[]): string {
  const given = new Map(parameters.map(({ name, example }) => [name, String(example ?? `<${name}>`)]));
  const target = path.replaceAll(/\{([a-z]+)\}/g, (_whole, name: string) => given.get(name) ?? "");
  const isSite = parameters.some(({ name, required }) => name === "Sealpost-Tenant" && required);
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const [example] = Object.values(media?.examples ?? {});
  return [
    `curl ${method === "GET" ? "" : `-X ${method} `}"$SEALPOST_URL${target}"`,
    ...(operation["x-permission"] === undefined ? [] : ['-H "Authorization: Bearer $SEALPOST_TOKEN"']),
    ...(isSite ? ["-H 'Sealpost-Tenant: _site'"] : []),
    ...(parameters.some(({ name }) => name === "If-Match") ? ["-H 'If-Match: *'"] : []),
    ...(type === undefined || type === "*/*" ? [] : [`-H 'Content-Type: ${type}'`]),
    ...dataWords(type, example?.value),
  ].join(" ");
}

function dataWords(type: string | undefined, value: unknown): string[] {
  if (type === undefined) return [];
  if (value === undefined) return ["--data-binary @FILE"];
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return [`-d '${text.replaceAll("'", "'\\''")}'`];
}

function schemaDetails([name, schema]: readonly [string, unknown]): Html {
  return html`<details id="schema-${name}">
<summary><code>${name}</code></summary>
<pre tabindex="0"><code>${JSON.stringify(schema, null, 2)}</code></pre>
</details>
`;
}

function resolved<T>(one: unknown, all: Readonly<Record<string, T>>, as: z.ZodType<T>): T {
  const ref = Ref.safeParse(one);
  return as.parse(ref.success ? all[ref.data.$ref.slice(ref.data.$ref.lastIndexOf("/") + 1)] : one);
}

function anchorOf(tag: string): string {
  return `group-${tag.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;
}

function paragraphs(text: string): Html[] {
  return text.split("\n\n").map((one) => html`<p>${inline(one)}</p>\n`);
}

/** The little of Markdown that descriptions use: `code` and **strong**. */
function inline(text: string): HtmlValue {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part): HtmlValue => {
    if (part.startsWith("`")) return html`<code>${part.slice(1, -1)}</code>`;
    return part.startsWith("**") ? html`<strong>${part.slice(2, -2)}</strong>` : part;
  });
}
