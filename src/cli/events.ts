import * as fs from "node:fs";
import type { Command as Program } from "commander";
import type { z } from "zod";
import { decodeUtf8, parseStrictJson } from "../core/strict-json.ts";
import type { Command, Context } from "./command.ts";
import { CliError } from "./error.ts";
import type { Io } from "./io.ts";
import { addList, addShow, type Listed } from "./list.ts";
import type { Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { Accepted, EventRow, read } from "./wire.ts";

const MAX_DEPTH = 64;

/** `sealpost events post|list|show`. */
export const events: Command = {
  register: (program, context) => {
    const noun = program.command("events").description("events: post them, look at what was accepted");
    post(noun, context);
    addList(noun, context, LISTED);
    addShow(noun, context, { noun: "events", one: "event", id: "ev_01...", row: EventRow });
  },
};

function post(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("post").argument("<file>", "a CloudEvent in JSON, or an array of them; - is standard input")),
    "sealpost events post event.json --data ./data",
    "cat events.json | sealpost events post - --data ./data --json",
  )
    .description("post a CloudEvent, or several as one batch")
    .action((file: string, options: SiteOptions) =>
      perform(context, options, async ({ client, io, out }) => {
        const { bytes, isBatch } = await readEvents(file, io);
        const headers = { "content-type": `application/cloudevents${isBatch ? "-batch" : ""}+json; charset=utf-8` };
        const { value, document } = read(
          Accepted,
          await (await client()).request("POST", "/events", { bytes, headers }),
        );
        out.result(document, (print) => showReceipt(value, print));
      }),
    );
}

const LISTED: Listed<z.infer<typeof EventRow>> = {
  noun: "events",
  items: "events",
  row: EventRow,
  filters: { type: "of this type", source: "of this source", severity: "of this severity" },
  columns: ["id", "received", "severity", "type", "source", "subject"],
  cells: ({ id, receivedAt, severity, type, source, subject = "" }) => [
    id,
    receivedAt,
    severity,
    type,
    source,
    subject,
  ],
  example: "--severity critical",
};

/** The bytes as they are: the server judges them; here only whether they are one event or a batch. */
async function readEvents(file: string, io: Io): Promise<{ bytes: Uint8Array; isBatch: boolean }> {
  const bytes = file === "-" ? await collect(io.stdin()) : fs.readFileSync(file);
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new CliError("failed", `${file} is not UTF-8`);
  const parsed = parseStrictJson(text, { depth: MAX_DEPTH });
  if (parsed.ok) return { bytes, isBatch: Array.isArray(parsed.value) };
  const { pointer, detail } = parsed.fault;
  throw new CliError("failed", `${file}: ${pointer === "" ? "" : `${pointer}: `}${detail}`);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

function showReceipt({ accepted, duplicates, events: receipts }: Accepted, print: Print): void {
  print.line(`${accepted} accepted, ${duplicates} known already`);
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
