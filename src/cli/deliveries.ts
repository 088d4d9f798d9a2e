import type { Command as Program } from "commander";
import type { z } from "zod";
import { writeDurably } from "../system/files.ts";
import { demand } from "./client.ts";
import type { Command, Context } from "./command.ts";
import { addList, addShow, type Listed } from "./list.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { AttemptRow, DeliveryRow, pageOf, read } from "./wire.ts";

/** `sealpost deliveries list|show|attempts|receipt`. */
export const deliveries: Command = {
  register: (program, context) => {
    const noun = program.command("deliveries").description("deliveries: what became of each message");
    addList(noun, context, LISTED);
    addShow(noun, context, { noun: "deliveries", one: "delivery", id: "dl_01...", row: DeliveryRow });
    attempts(noun, context);
    receipt(noun, context);
  },
};

const LISTED: Listed<z.infer<typeof DeliveryRow>> = {
  noun: "deliveries",
  items: "deliveries",
  row: DeliveryRow,
  filters: { status: "in this status", channel: "of this channel", event: "of this event" },
  columns: ["id", "created", "severity", "channel", "status", "attempts", "reason"],
  cells: ({ id, createdAt, severity, channel, status, attempts: count, reason }) => [
    id,
    createdAt,
    severity,
    channel,
    status,
    String(count),
    reason?.code ?? "",
  ],
  example: "--status dead",
};

function attempts(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("attempts").argument("<id>")),
    "sealpost deliveries attempts dl_01... --data ./data",
  )
    .description("what each try of a delivery came to")
    .action((id: string, options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const answer = await (await client()).request("GET", `/deliveries/${encodeURIComponent(id)}/attempts`);
        const { value, document } = read(pageOf(AttemptRow), answer);
        out.result(document, (print) => {
          const rows = value.items.map((one) => [
            String(one.n),
            one.at,
            one.status,
            one.out?.code ?? "",
            one.out?.st ?? one.reason?.code ?? "",
            one.out?.ms === undefined ? "" : String(one.out.ms),
          ]);
          print.table(["n", "time", "status", "code", "answer", "ms"], rows);
        });
      }),
    );
}

function receipt(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("receipt").argument("<id>")).option("--out <file>", "write it to a file"),
    "sealpost deliveries receipt dl_01... --out receipt.tlog-proof --data ./data",
  )
    .description("the ledger's proof of a delivery (.tlog-proof)")
    .action((id: string, options: SiteOptions & { readonly out?: string }) =>
      perform(context, options, async ({ client, out }) => {
        const answer = await (await client()).request(
          "GET",
          `/deliveries/${encodeURIComponent(id)}/receipt?format=tlog-proof`,
        );
        const { bytes, text } = demand(answer);
        if (options.out === undefined) return out.result({ receipt: text() }, (print) => print.line(text().trimEnd()));
        writeDurably(options.out, bytes, 0o644);
        return out.result({ file: options.out }, (print) => print.line(`written to ${options.out}`));
      }),
    );
}
