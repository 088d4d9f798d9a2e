import * as fs from "node:fs";
import type { Command as Program } from "commander";
import { z } from "zod";
import type { Json } from "../core/json.ts";
import type { Context } from "./command.ts";
import { CliError } from "./error.ts";
import { repeated } from "./flag-values.ts";
import type { Io } from "./io.ts";
import { readGiven } from "./object-file.ts";
import type { Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { read } from "./wire.ts";

interface PreviewOptions extends SiteOptions {
  readonly event?: string;
  readonly sample?: string;
  readonly locale: readonly string[];
  readonly zone?: string;
  readonly html?: boolean;
}

const Preview = z.looseObject({
  items: z.array(
    z.looseObject({
      locale: z.string(),
      used: z.string().optional(),
      subject: z.string(),
      text: z.string(),
      html: z.string().optional(),
      problems: z.array(z.looseObject({ pointer: z.string().optional(), detail: z.string() })),
    }),
  ),
});
type Item = z.infer<typeof Preview>["items"][number];

/** Adds the verb `preview` to `templates`. */
export function registerPreview(noun: Program, context: Context): void {
  withExample(
    withSite(
      noun.command("preview").argument("<template>", "id of a saved template, or a file of one; - is standard input"),
    ),
    "sealpost templates preview tmpl-event --sample scanner.report.ready --data ./data",
    "sealpost templates preview tmpl-event --sample scanner.report.ready --locale bg --html --data ./data",
  )
    .description("show what a template makes of an event, in each of its languages; nothing is sent or kept")
    .option("--event <id>", "an accepted event")
    .option("--sample <type>", "the sample of a platform type (GET /api/v1/schemas lists them)")
    .option("--locale <tag>", "in this language; may be given more than once", repeated, [])
    .option("--zone <zone>", "times by the clock of this zone")
    .option("--html", "the HTML part instead of the text")
    .action((template: string, options: PreviewOptions) =>
      perform(context, options, async ({ client, io, out }) => {
        const json = await bodyOf(template, options, io);
        const answer = await (await client()).request("POST", "/templates/preview", { json });
        const { value, document } = read(Preview, answer);
        out.result(document, (print) => {
          for (const item of value.items) show(item, options.html === true, print);
        });
      }),
    );
}

async function bodyOf(template: string, { event, sample, locale, zone }: PreviewOptions, io: Io): Promise<Json> {
  if ((event === undefined) === (sample === undefined))
    throw new CliError("usage", "say of what: --event ID of an accepted one, or --sample TYPE");
  const isFile = template === "-" || fs.existsSync(template);
  return {
    template: isFile ? (await readGiven(template, io)).value : template,
    event: event === undefined ? { sample: sample ?? "" } : { id: event },
    ...(locale.length === 0 ? {} : { locales: locale }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function show({ locale, used, subject, text, html, problems }: Item, isHtml: boolean, print: Print): void {
  print.line(`--- ${locale}${used === undefined || used === locale ? "" : ` (told in ${used})`}`);
  for (const { pointer, detail } of problems) print.line(`! ${pointer === undefined ? "" : `${pointer}: `}${detail}`);
  print.line(`Subject: ${subject}`);
  print.line("");
  print.line(isHtml ? (html ?? "(it has no HTML part)") : text.trimEnd());
  print.line("");
}
