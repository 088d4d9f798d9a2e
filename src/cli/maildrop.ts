import type { z } from "zod";
import type { Command } from "./command.ts";
import type { Client } from "./client.ts";
import { CliError } from "./error.ts";
import { addList, type Listed, listPath } from "./list.ts";
import type { Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { Mail, MailRow, pageOf, read } from "./wire.ts";

const LISTED: Listed<z.infer<typeof MailRow>> = {
  noun: "maildrop",
  items: "mails",
  row: MailRow,
  columns: ["id", "received", "from", "to", "subject"],
  cells: ({ id, at, from, to, subject }) => [id, at, from, to.join(", "), subject],
  isDefault: true,
};

/** `sealpost maildrop list|show`: what the built-in mail sink took in. */
export const maildrop: Command = {
  register: (program, context) => {
    const noun = program
      .command("maildrop")
      .description("mails that the built-in sink took in; of others than our own: --tenant _site");
    addList(noun, context, LISTED);
    withExample(
      withSite(noun.command("show").argument("[id]", "the mail; the newest if not given")),
      "sealpost maildrop show --data ./data",
    )
      .description("show a mail as text")
      .action((given: string | undefined, options: SiteOptions) =>
        perform(context, options, async ({ client, out }) => {
          const site = await client();
          const id = given ?? (await newest(site));
          const { value, document } = read(Mail, await site.request("GET", `/maildrop/${encodeURIComponent(id)}`));
          out.result(document, (print) => showMail(value, print));
        }),
      );
  },
};

async function newest(site: Client): Promise<string> {
  const { value } = read(pageOf(MailRow), await site.request("GET", listPath("/maildrop", { limit: 1 })));
  const [mail] = value.items;
  if (mail === undefined) throw new CliError("missing", "the sink has taken in no mail yet");
  return mail.id;
}

function showMail({ headers, text, html }: z.infer<typeof Mail>, print: Print): void {
  for (const { name, value } of headers) print.line(`${name}: ${value}`);
  print.line("");
  print.line((text ?? html ?? "").replaceAll("\r\n", "\n").trimEnd());
}
