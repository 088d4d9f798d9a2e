/**
 * `sealpost events post`: one event, an array of them, one a line, or one made of flags.
 * @module
 */
import * as fs from "node:fs";
import type { Command as Program } from "commander";
import { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { decodeUtf8, parseStrictJson } from "../core/strict-json.ts";
import { systemRandom } from "../system/random.ts";
import { type Answer, type Client, demand } from "./client.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { batchesOf, type LineBatch } from "./event-lines.ts";
import { flagJson, flagLabels, repeated } from "./flag-values.ts";
import type { Io } from "./io.ts";
import type { Output, Print } from "./output.ts";
import { patiently } from "./patience.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { createProgress, type Progress } from "./progress.ts";
import { Accepted, read } from "./wire.ts";

const MAX_DEPTH = 64;
const ID_BYTES = 16;
const ONE = "application/cloudevents+json; charset=utf-8";
const BATCH = "application/cloudevents-batch+json; charset=utf-8";

interface PostOptions extends SiteOptions {
  readonly type?: string;
  readonly source: string;
  readonly severity?: string;
  readonly subject?: string;
  readonly eventData?: string;
  readonly label: readonly string[];
}

/** Adds the verb `post`. */
export function addPost(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("post").argument("[file]", "events in JSON; - is standard input")),
    "sealpost events post --type com.example.disk.full --severity high --label host=db-01 --data ./data",
    "sealpost events post event.json --data ./data",
    "cat events.ndjson | sealpost events post - --data ./data --json",
  )
    .description("post a CloudEvent, an array of them as one batch, or one a line (sent in batches of 1,000)")
    .option("--type <type>", "post one event of this type, without a file")
    .option("--source <source>", "its source", "urn:sealpost:cli")
    .option("--severity <severity>", "its severity")
    .option("--subject <subject>", "its subject")
    .option("--event-data <json>", "its data")
    .option("--label <name=value>", "a label of it; may be given more than once", repeated, [])
    .action((file: string | undefined, options: PostOptions) =>
      perform(context, options, async ({ client, io, out }) => {
        const sent = await postGiven(file, options, { client, io, out });
        out.result(sent.document, (print) => showReceipt(sent.value, print));
      }),
    );
}

interface Sending {
  readonly client: () => Promise<Client>;
  readonly io: Io;
  readonly out: Output;
}
interface Sent {
  readonly value: Accepted;
  readonly document: Json;
}

async function postGiven(file: string | undefined, options: PostOptions, at: Sending): Promise<Sent> {
  if (options.type !== undefined) {
    if (file !== undefined) throw new CliError("usage", "give a file or --type, not both");
    return await post(at, new TextEncoder().encode(JSON.stringify(eventOf(options, options.type))), ONE);
  }
  if (file === undefined) throw new CliError("usage", "give a file (- is standard input), or --type for one event");
  const { chunks, size } = open(file, at.io);
  const progress = createProgress(at.io, { isShown: !at.out.isJson, size });
  try {
    return await postFile({ file, chunks, progress }, at);
  } finally {
    progress.stop();
  }
}

function open(file: string, io: Io): { chunks: AsyncIterable<Uint8Array>; size: number | undefined } {
  if (file === "-") return { chunks: io.stdin(), size: undefined };
  return { size: fs.statSync(file).size, chunks: fs.createReadStream(file) };
}

/** The event that flags make. Throws CliError `usage`. */
function eventOf({ source, severity, subject, eventData, label }: PostOptions, type: string): JsonObject {
  const data = eventData === undefined ? undefined : flagJson("--event-data", eventData);
  if (label.length > 0 && data !== undefined && !isJsonObject(data))
    throw new CliError("usage", "--label: labels stand in data that is a JSON object");
  const labels = flagLabels(label);
  const whole = label.length === 0 ? data : { ...(isJsonObject(data) ? data : {}), labels };
  return {
    specversion: "1.0",
    id: Buffer.from(systemRandom.bytes(ID_BYTES)).toString("hex"),
    source,
    type,
    ...(severity === undefined ? {} : { severitytext: severity }),
    ...(subject === undefined ? {} : { subject }),
    ...(whole === undefined ? {} : { data: whole }),
  };
}

interface Source {
  readonly file: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly progress: Progress;
}

/** A document whole, or lines in batches. */
async function postFile({ file, chunks, progress }: Source, at: Sending): Promise<Sent> {
  const sums: Sums = { accepted: 0, duplicates: 0, events: [], lines: 0 };
  for await (const part of batchesOf(file, chunks)) {
    if (part.kind === "document") return await post(at, part.bytes, typeOf(file, part.bytes));
    if (part.isOnly) return await post(at, part.events[0] ?? new Uint8Array(), ONE);
    await postLines(part, sums, at);
    progress.at(part.read, sums.events.length);
  }
  return { value: Accepted.parse(sumsOf(sums)), document: sumsOf(sums) };
}

/** What all batches together were answered. */
interface Sums {
  accepted: number;
  duplicates: number;
  readonly events: Json[];
  /** The last line that was taken. */
  lines: number;
}

const Receipt = z.object({ accepted: z.number(), duplicates: z.number(), events: z.array(z.json()) });

function sumsOf({ accepted, duplicates, events }: Sums): JsonObject {
  return { accepted, duplicates, events };
}

async function postLines(batch: LineBatch, sums: Sums, at: Sending): Promise<void> {
  if (batch.events.length > 0) {
    const bytes = Buffer.concat([OPEN, ...batch.events.flatMap((one, n) => (n === 0 ? [one] : [COMMA, one])), CLOSE]);
    const answer = await ask(at, bytes, BATCH);
    if (answer.status >= 300) throw refused(answer, batch, sums);
    const { accepted, duplicates, events } = Receipt.parse(read(Accepted, answer).document);
    sums.accepted += accepted;
    sums.duplicates += duplicates;
    sums.events.push(...events);
    sums.lines = batch.lines.at(-1) ?? sums.lines;
  }
  if (batch.fault !== undefined) throw new CliError("failed", `${batch.fault}; ${soFar(sums)}`);
}

const OPEN = Buffer.from("[");
const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("]");

function soFar({ accepted, duplicates, lines }: Sums): string {
  if (lines === 0) return "nothing was sent before it";
  return `up to line ${lines} all was sent: ${accepted} accepted, ${duplicates} known already`;
}

const Problem = z.looseObject({
  detail: z.string().optional(),
  errors: z.array(z.looseObject({ pointer: z.string() })).optional(),
});

/** The server's refusal with lines in the place of indices, and how far it got. */
function refused(answer: Answer, { lines }: LineBatch, sums: Sums): CliError {
  const document = parseStrictJson(answer.text(), { depth: MAX_DEPTH });
  const problem = Problem.safeParse(document.ok ? document.value : undefined).data;
  if (problem === undefined)
    return new CliError("problem", `the server answered ${answer.status}`, { status: answer.status });
  const { detail = "", errors = [] } = problem;
  const placed = errors.map((fault) => ({ ...fault, pointer: atLine(fault.pointer, lines) }));
  const words = `${detail === "" ? "" : `${detail}; `}${soFar(sums)}`;
  const told = z.json().parse({ ...problem, detail: words, ...(errors.length === 0 ? {} : { errors: placed }) });
  return new CliError("problem", words, { status: answer.status, problem: told });
}

/** `/3/type` of a batch is `line 17 /type` of its file. */
function atLine(pointer: string, lines: readonly number[]): string {
  const [, index, rest = ""] = /^\/(\d+)(.*)$/s.exec(pointer) ?? [];
  const line = index === undefined ? undefined : lines[Number(index)];
  return line === undefined ? pointer : `line ${line} ${rest}`.trim();
}

async function post(at: Sending, bytes: Uint8Array, type: string): Promise<Sent> {
  return read(Accepted, demand(await ask(at, bytes, type)));
}

async function ask({ client, io }: Sending, bytes: Uint8Array, type: string): Promise<Answer> {
  const reached = await client();
  return await patiently(io, () => reached.request("POST", "/events", { bytes, headers: { "content-type": type } }));
}

/** One event or a batch: the server judges the rest. Throws CliError `failed` for what is no JSON. */
function typeOf(file: string, bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new CliError("failed", `${file} is not UTF-8`);
  const parsed = parseStrictJson(text, { depth: MAX_DEPTH });
  if (parsed.ok) return Array.isArray(parsed.value) ? BATCH : ONE;
  const { pointer, detail } = parsed.fault;
  throw new CliError("failed", `${file}: ${pointer === "" ? "" : `${pointer}: `}${detail}`);
}

/** Events of which each is told; more are counted. */
const MAX_SHOWN = 100;

function showReceipt({ accepted, duplicates, events: receipts }: Accepted, print: Print): void {
  print.line(`${accepted} accepted, ${duplicates} known already`);
  if (receipts.length > MAX_SHOWN) return print.line(tally(receipts));
  const rows = receipts.flatMap(({ id, duplicate, deliveries }) => {
    const event = `${id}${duplicate ? " (known)" : ""}`;
    if (deliveries.length === 0) return [[event, "", "told to nobody; sealpost explain says why"]];
    return deliveries.map((delivery) => [
      event,
      delivery.id,
      [delivery.status, delivery.reason?.code ?? ""].join(" ").trim(),
    ]);
  });
  print.table(["event", "delivery", "status"], rows);
}

/** `deliveries: 12 pending, 3 silenced`. */
function tally(receipts: Accepted["events"]): string {
  const counts = Map.groupBy(
    receipts.flatMap(({ deliveries }) => deliveries),
    ({ status }) => status,
  );
  const told = [...counts].map(([status, all]) => `${all.length} ${status}`);
  return `deliveries: ${told.length === 0 ? "none" : told.join(", ")}`;
}
