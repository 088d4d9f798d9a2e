/**
 * `sealpost rules|channels|templates|calendars|policies list|show|create|edit|delete|history|revert`: one code for five nouns.
 * @module
 */
import { InvalidArgumentError, type Command as Program } from "commander";
import { stringify } from "yaml";
import { z } from "zod";
import type { Json, JsonObject } from "../core/json.ts";
import { SITE_TENANT } from "../ports.ts";
import { type Client, demand } from "./client.ts";
import type { Command, Context } from "./command.ts";
import { listPath, withPage } from "./list.ts";
import { addWriting } from "./object-write.ts";
import { exampleLine, type ObjectNoun, type ObjectVerb, PLAIN_NOUNS } from "./object-nouns.ts";
import type { Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { ObjectAnswer, objectPath, type ObjectOptions, whyQuery, withWhy } from "./object-wire.ts";
import { registerPreview } from "./template-preview.ts";
import { pageOf, read } from "./wire.ts";

/** The commands on objects that have no verbs of their own. */
export const objectCommands: readonly Command[] = PLAIN_NOUNS.map((noun) => ({
  register: (program, context) => {
    const command = program.command(noun.kind).description(noun.description);
    addObjectVerbs(command, context, noun);
    if (noun.kind === "templates") registerPreview(command, context);
  },
}));

/** Adds the seven verbs to a noun. */
export function addObjectVerbs(program: Program, context: Context, noun: ObjectNoun): void {
  addList(
    verb(program, noun, "list", `list ${noun.kind} in order of their ids, the site's for all tenants too`),
    context,
    noun,
  );
  addShow(verb(program, noun, "show", `show one ${noun.one} as YAML, fit for editing`), context, noun);
  addWriting(
    {
      create: verb(program, noun, "create", `create a ${noun.one} from a file in YAML or JSON`),
      edit: verb(program, noun, "edit", `change a ${noun.one}: put a file in its place, or set single fields`),
      remove: verb(program, noun, "delete", `delete a ${noun.one} that nothing names any more`),
    },
    context,
    noun,
  );
  addHistory(
    verb(
      program,
      noun,
      "history",
      `who changed a ${noun.one}, when, why and what, newest first${noun.notes?.history ?? ""}`,
    ),
    context,
    noun,
  );
  addRevert(
    verb(program, noun, "revert", `bring a former version of a ${noun.one} back${noun.notes?.revert ?? ""}`),
    context,
    noun,
  );
}

function verb(program: Program, noun: ObjectNoun, name: ObjectVerb, description: string): Program {
  const command = withSite(program.command(name)).description(description);
  return withExample(command, ...noun.examples[name].map((example) => exampleLine(noun, example)));
}

type ListOptions = SiteOptions & {
  readonly limit: number;
  readonly cursor?: string;
  readonly enabled?: string;
} & Readonly<Record<string, unknown>>;

function addList(program: Program, context: Context, { kind, filters, columns, cells }: ObjectNoun): void {
  withPage(program)
    .option("--name <text>", "with this in name or id")
    .option("--stream <stream>", "brought by this stream")
    .option("--scope <scope>", "own or global");
  for (const [name, meaning] of Object.entries(filters)) program.option(`--${name} <${name}>`, meaning);
  program.action((options: ListOptions) =>
    perform(context, options, async ({ client, out }) => {
      const names = ["name", "stream", "scope", ...Object.keys(filters).filter((name) => name !== "enabled")];
      const given = [...names.map((name) => [name, options[name]] as const), ["isEnabled", options.enabled] as const];
      const answer = await (await client()).request("GET", listPath(`/${kind}`, options, given));
      const { value, document } = read(pageOf(ObjectAnswer), answer);
      out.result(document, (print) => {
        print.table(
          ["id", ...columns, "from"],
          value.items.map((item) => [item.id, ...cells(fieldsOf(item)), originOf(item)]),
        );
        if (value.cursor !== undefined) print.line(`more: --cursor ${value.cursor}`);
      });
    }),
  );
}

function fieldsOf(item: ObjectAnswer): JsonObject {
  return z.record(z.string(), z.json()).parse(item);
}

/** Whose it is, in a word. */
function originOf({ meta: { isGlobal, stream } }: ObjectAnswer): string {
  return isGlobal ? SITE_TENANT : (stream ?? "own");
}

function addShow(program: Program, context: Context, { kind, presetId }: ObjectNoun): void {
  withId(program, presetId).action((id: string, options: SiteOptions) =>
    perform(context, options, async ({ client, out, tenant }) => {
      const answer = await (await client()).request("GET", objectPath(kind, id));
      const { value, document } = read(ObjectAnswer, answer);
      out.result(document, (print) => showObject(value, { kind, tenant }, print));
    }),
  );
}

function showObject(
  value: ObjectAnswer,
  { kind, tenant }: { readonly kind: string; readonly tenant: string },
  print: Print,
): void {
  const { meta, ...fields } = value; // meta stays below them: edit takes from it which version is meant
  print.line(`# ${kind}/${value.id}: ${originOf(value)}, version ${meta.hash.slice(0, 12)}`);
  if (meta.isGlobal && tenant !== SITE_TENANT)
    print.line(
      `# it serves all tenants and is changed with --tenant ${SITE_TENANT}; create puts an own one in its place`,
    );
  if (fields["schema"] === undefined) print.line("# what it holds is shown to the site's principals only");
  print.line(stringify({ ...fields, meta }).trimEnd());
}

/** Adds the argument `<id>`, which some nouns may leave out. */
function withId(program: Program, presetId: string | undefined): Program {
  return presetId === undefined ? program.argument("<id>", "its id") : program.argument("[id]", "its id", presetId);
}

const Row = z.looseObject({
  n: z.number(),
  at: z.string(),
  actor: z.string(),
  why: z.string().optional(),
  via: z.string().optional(),
  kit: z.looseObject({ stream: z.string(), epoch: z.number(), sequence: z.number() }).optional(),
  change: z.string(),
  hash: z.string().optional(),
  diff: z.array(z.looseObject({ pointer: z.string(), before: z.json().optional(), after: z.json().optional() })),
});
type Row = z.infer<typeof Row>;

function addHistory(program: Program, context: Context, { kind, presetId }: ObjectNoun): void {
  withPage(withId(program, presetId)).action(
    (id: string, options: SiteOptions & { readonly limit: number; readonly cursor?: string }) =>
      perform(context, options, async ({ client, out }) => {
        const site = await client();
        const path = listPath(`${objectPath(kind, id)}/history`, options);
        const { value, document } = read(pageOf(Row), await site.request("GET", path));
        const isWhole = options.cursor === undefined && value.cursor === undefined;
        const words =
          value.items.length === 0 && isWhole ? await emptyWords(site, objectPath(kind, id)) : "no change here";
        out.result(document, (print) => {
          if (value.items.length === 0) print.line(words);
          else print.table(["n", "at", "who", "what", "fields", "why"], value.items.map(historyCells));
          if (value.cursor !== undefined) print.line(`more: --cursor ${value.cursor}`);
        });
      }),
  );
}

/** Why an object has no history. */
async function emptyWords(site: Client, path: string): Promise<string> {
  const { meta } = read(ObjectAnswer, await site.request("GET", path)).value;
  return meta.isGlobal
    ? "no change of it here: it is the site's, for all tenants"
    : "no change of it is recorded: it is older than the records, and was not changed since";
}

/** Fields that a row of the table names. */
const SHOWN_FIELDS = 4;

function historyCells({ n, at, actor, change, kit, via, diff, why = "" }: Row): string[] {
  const by = kit === undefined ? actor : `${kit.stream} ${kit.epoch}.${kit.sequence}`;
  const fields = diff.map(({ pointer }) => pointer).filter((pointer) => pointer !== "");
  const more = fields.length > SHOWN_FIELDS ? [`and ${fields.length - SHOWN_FIELDS} more`] : [];
  return [
    String(n),
    at,
    by,
    via === "revert" ? `${change} (revert)` : change,
    [...fields.slice(0, SHOWN_FIELDS), ...more].join(", "),
    why,
  ];
}

function addRevert(program: Program, context: Context, { kind, presetId }: ObjectNoun): void {
  withWhy(withId(program, presetId))
    .requiredOption(
      "--to <n>",
      "the number of a change in its history, or the hash of a version: as it was after it",
      readTo,
    )
    .action((id: string, options: ObjectOptions & { readonly to: number | string }) =>
      perform(context, options, async ({ client, out, tenant }) => {
        const site = await client();
        const path = objectPath(kind, id);
        const held = await site.request("GET", path);
        const isOwn = held.status === 200 && read(ObjectAnswer, held).value.meta.ownerId === tenant;
        const tag = isOwn ? held.headers.get("etag") : null;
        const json: Json = { to: options.to };
        const headers = tag === null ? {} : { "if-match": tag };
        const answer = demand(await site.request("POST", `${path}/revert${whyQuery(options)}`, { json, headers }));
        const { value, document } = read(ObjectAnswer, answer);
        const isSame = answer.headers.get("etag") === tag;
        out.result(document, (print) =>
          print.line(
            isSame
              ? `${kind}/${id} is that version already: nothing to change`
              : `${kind}/${id} is back at version ${value.meta.hash.slice(0, 12)}`,
          ),
        );
      }),
    );
}

function readTo(text: string): number | string {
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(
    "It must be the N of a line of its history, or the hash of a version (64 hex digits).",
  );
}
