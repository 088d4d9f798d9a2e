/**
 * `create`, `edit` and `delete` of configuration objects: what is sent is what was read, with the version that was looked at.
 * @module
 */
import type { Command as Program } from "commander";
import { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { type Answer, type Client, demand } from "./client.ts";
import type { Context, ExitCode } from "./command.ts";
import { changeLines, fieldDiff } from "./config-diff.ts";
import { CliError } from "./error.ts";
import {
  edited,
  type FieldEdit,
  type GivenObject,
  placedFaults,
  readGiven,
  readSet,
  readUnset,
} from "./object-file.ts";
import { type ObjectNoun, offWords } from "./object-nouns.ts";
import { ObjectAnswer, objectPath, type ObjectOptions, whyQuery, withWhy } from "./object-wire.ts";
import type { Print } from "./output.ts";
import { perform, type Work } from "./perform.ts";
import { ConfigPlanAnswer, read } from "./wire.ts";

type WriteOptions = ObjectOptions & { readonly dryRun?: boolean };
type EditOptions = WriteOptions & {
  readonly force?: boolean;
  readonly set: readonly FieldEdit[];
  readonly unset: readonly FieldEdit[];
};

/** Adds the verbs that change objects. */
export function addWriting(
  { create, edit, remove }: { readonly create: Program; readonly edit: Program; readonly remove: Program },
  context: Context,
  noun: ObjectNoun,
): void {
  addCreate(create, context, noun);
  addEdit(edit, context, noun);
  addDelete(remove, context, noun);
}

function addCreate(program: Program, context: Context, { kind }: ObjectNoun): void {
  withDryRun(withWhy(program.argument("<file>", "YAML or JSON; - is standard input"))).action(
    (file: string, options: WriteOptions) =>
      perform(context, options, async (work) => {
        const given = await readGiven(file, work.io);
        const id = given.value["id"];
        if (typeof id !== "string") throw new CliError("failed", `${given.file}: /id: is needed: what it is called`);
        const site = await work.client();
        const put: Put = { kind, id, value: given.value, given, options };
        if (options.dryRun === true) return await planPut(work, site, put);
        const answer = await site.request("POST", `/${kind}${whyQuery(options)}`, { json: given.value });
        if (answer.status === 409 && !work.out.isJson) throw existsAlready(put);
        return told(work, answer, put, (print) => print.line(`${kind}/${id} created`));
      }),
  );
}

function addEdit(program: Program, context: Context, { kind, presetId }: ObjectNoun): void {
  const named =
    presetId === undefined ? program.argument("<id>", "its id") : program.argument("[id]", "its id", presetId);
  withDryRun(withWhy(named.argument("[file]", "what it shall be, in YAML or JSON; - is standard input")))
    .option("--set <path=value>", "put a field, such as actions.0.channel=ops-mail; more than one", all(readSet), [])
    .option("--unset <path>", "take a field away; more than one", all(readUnset), [])
    .option("--force", "put the file in place of whichever version is there, not only of the one that it was made from")
    .action((id: string, file: string | undefined, options: EditOptions) =>
      perform(context, options, async (work) => {
        const edits = [...options.set, ...options.unset];
        if (file === undefined && edits.length === 0)
          throw new CliError("usage", "nothing to change: give a file, or --set path=value");
        const site = await work.client();
        const held = demand(await site.request("GET", objectPath(kind, id)));
        const before = fieldsOf(held);
        const given = file === undefined ? undefined : await readGiven(file, work.io);
        const value = edited(given === undefined ? before : fieldsOnly(given.value), edits);
        const put: Put = { kind, id, value, options, before, ...(given === undefined ? {} : { given }) };
        const present = held.headers.get("etag") ?? "*";
        const tag = options.force === true ? "*" : (versionOf(given) ?? present);
        if (options.dryRun === true && tag !== "*" && tag !== present) throw isOther(put);
        if (options.dryRun === true) return await planPut(work, site, put);
        const path = `${objectPath(kind, id)}${whyQuery(options)}`;
        const answer = await site.request("PUT", path, { json: value, headers: { "if-match": tag } });
        if (answer.status === 412 && !work.out.isJson) throw isOther(put);
        return told(work, answer, put, (print) => tellChange(put, print, "changed"));
      }),
    );
}

function addDelete(program: Program, context: Context, noun: ObjectNoun): void {
  const { presetId } = noun;
  const named =
    presetId === undefined ? program.argument("<id>", "its id") : program.argument("[id]", "its id", presetId);
  withDryRun(withWhy(named)).action((id: string, options: WriteOptions) =>
    perform(context, options, (work) => deleteOne(work, noun, { id, options })),
  );
}

const Removal = z.object({ changes: ConfigPlanAnswer.shape.changes });

async function deleteOne(
  { client, io, out }: Work,
  noun: ObjectNoun,
  { id, options }: { readonly id: string; readonly options: WriteOptions },
): Promise<ExitCode> {
  const { kind } = noun;
  const isDry = options.dryRun === true;
  const site = await client();
  const held = demand(await site.request("GET", objectPath(kind, id)));
  const { stream } = read(ObjectAnswer, held).value.meta;
  const headers = { "if-match": held.headers.get("etag") ?? "*" };
  const answer = await site.request("DELETE", `${objectPath(kind, id)}${isDry ? "?dryRun=true" : whyQuery(options)}`, {
    headers,
  });
  const needing = answer.status === 422 && !out.isJson ? placesOf(answer) : [];
  if (needing.length > 0) return refuse(io, [`${kind}/${id} is named here; change or delete these first:`, ...needing]);
  if (!isDry) demand(answer);
  const changes = isDry ? read(Removal, answer).value.changes : [];
  const document = isDry ? { kind, id, dryRun: true, changes } : { kind, id, deleted: true };
  out.result(z.json().parse(document), (print) => {
    print.line(`${kind}/${id} ${isDry ? "would be deleted" : "deleted"}`);
    for (const one of changes.filter((change) => change.kind !== kind))
      print.line(`${one.kind}/${one.id} would be ${one.change}`);
    if (stream?.endsWith("/starter") === true)
      print.line(`it ${isDry ? "is" : "was"} of the starter kit, and the next one brings it back: ${offWords(noun)}`);
  });
  return 0;
}

/** What names an object that cannot go: `rules/disk-full at /actions/0/channel`. */
function placesOf(answer: Answer): string[] {
  const Needed = z.looseObject({ errors: z.array(z.looseObject({ detail: z.string() })) });
  const details = Needed.safeParse(answer.json()).data?.errors.map(({ detail }) => detail) ?? [];
  return details.flatMap((detail) => /^\w+\/\S+ at \/\S*(?=: there is no )/.exec(detail) ?? []);
}

function withDryRun(program: Program): Program {
  return program.option("--dry-run", "say what would change, and change nothing");
}

function all<T>(readOne: (text: string) => T): (text: string, before: readonly T[]) => readonly T[] {
  return (text, before) => [...before, readOne(text)];
}

/** A version that is to be saved. */
interface Put {
  readonly kind: string;
  readonly id: string;
  readonly value: JsonObject;
  readonly options: ObjectOptions;
  readonly before?: JsonObject;
  /** The file that it comes from. */
  readonly given?: GivenObject;
}

/** Fields of an answer without what the site says about the object. Throws CliError `refused` where they are hidden. */
function fieldsOf(answer: Answer): JsonObject {
  const fields = fieldsOnly(z.record(z.string(), z.json()).parse(answer.json()));
  if (fields["schema"] !== undefined) return fields;
  throw new CliError("refused", "what it holds is shown to the site's principals only: create an own one in its place");
}

function fieldsOnly(value: JsonObject): JsonObject {
  const { meta: _, ...fields } = value;
  return fields;
}

function told({ out, io }: Work, answer: Answer, put: Put, tell: (print: Print) => void): ExitCode {
  if (answer.status === 422 && put.given !== undefined && !out.isJson) {
    const lines = placedFaults(answer.json(), put.given);
    if (lines !== undefined) return refuse(io, lines);
  }
  const { document } = read(ObjectAnswer, answer);
  out.result(document, tell);
  return 0;
}

function refuse(io: Work["io"], lines: readonly string[]): ExitCode {
  io.stderr(`sealpost: nothing was changed\n${lines.map((line) => `  ${line}\n`).join("")}`);
  return 1;
}

function tellChange({ kind, id, value, before = {} }: Put, print: Print, word: string): void {
  const fields = fieldDiff(before, value);
  print.line(fields.length === 0 ? `${kind}/${id}: nothing to change` : `${kind}/${id} ${word}`);
  for (const field of fields) for (const line of changeLines(field)) print.line(`    ${line}`);
}

/** Asks the site what would come of it; nothing is changed. */
async function planPut(work: Work, site: Client, put: Put): Promise<ExitCode> {
  const { kind, id, value } = put;
  const key = `${kind}/${id}`;
  const whole: JsonObject = { schema: `${kind.replace(/ies$/, "y").replace(/s$/, "")}/v1`, id, ...fieldsOnly(value) };
  const json: Json = { objects: { [key]: whole }, prune: false };
  const { value: plan } = read(ConfigPlanAnswer, await site.request("POST", "/config/plan", { json }));
  const faults = plan.errors.map(({ pointer, detail }) => ({ pointer: inside(pointer, key), detail }));
  if (faults.length > 0) {
    const problem = { code: "invalid", detail: "nothing was changed", errors: faults };
    const lines = put.given === undefined ? undefined : placedFaults(problem, put.given);
    if (lines !== undefined && !work.out.isJson) return refuse(work.io, lines);
    throw new CliError("problem", "it has faults", { status: 422, problem });
  }
  const [change] = plan.changes;
  if (put.before === undefined && change?.change === "changed") throw existsAlready(put);
  work.out.result({ kind, id, dryRun: true, changes: plan.changes.map((one) => ({ ...one, id: one.id })) }, (print) =>
    put.before === undefined ? print.line(`${key} would be created`) : tellChange(put, print, "would be changed"),
  );
  return 0;
}

/** The version that a file was made from, as If-Match names it: `show` writes it below the fields. */
function versionOf(given: GivenObject | undefined): string | undefined {
  const meta = given?.value["meta"];
  const hash = isJsonObject(meta) ? meta["hash"] : undefined;
  return typeof hash === "string" ? `"${hash}"` : undefined;
}

function isOther({ kind, id }: Put): CliError {
  return new CliError(
    "conflict",
    `${kind}/${id} is another version than the one that was changed: read it again (sealpost ${kind} show ${id}), then change that; --force puts yours in its place all the same`,
  );
}

function existsAlready({ kind, id }: Put): CliError {
  return new CliError("conflict", `${kind}/${id} exists already: edit changes it (sealpost ${kind} edit ${id} FILE)`);
}

/** A pointer into the plan's body as one into the object. */
function inside(pointer: string, key: string): string {
  const prefix = `/objects/${key.replace("/", "~1")}`;
  return pointer.startsWith(prefix) ? pointer.slice(prefix.length) : pointer;
}
