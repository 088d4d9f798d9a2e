import { type Command as Program, Option } from "commander";
import { z } from "zod";
import type { Json } from "../core/json.ts";
import type { Answer, Client } from "./client.ts";
import type { Command, Context } from "./command.ts";
import { CliError } from "./error.ts";
import { listPath, wholeNumber } from "./list.ts";
import {
  MUTE_COLUMNS,
  MUTE_STATES,
  muteCells,
  MuteRow,
  tellMute,
  timeFields,
  type TimeOptions,
  withMatchers,
  withTimes,
} from "./mutes.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { pageOf, read } from "./wire.ts";

/** `sealpost silence RULE --minutes N` and `silence add|list|show|expire|preview`. */
export const silence: Command = {
  register: (program, context) => {
    const noun = program.command("silence").description("mute a rule for a while, or what labels say");
    ofRule(noun, context);
    add(noun, context);
    list(noun, context);
    one(noun, context, { verb: "show", method: "GET", description: "show one silence, or suppression of a rule" });
    one(noun, context, {
      verb: "expire",
      method: "DELETE",
      description: "end a silence, or the suppression of a rule, now",
    });
    preview(noun, context);
  },
};

function ofRule(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("rule", { isDefault: true }).argument("<rule>", "id of the rule")),
    'sealpost silence backups --minutes 30 --comment "tape robot is being changed" --data ./data',
  )
    .description("suppress one rule for some minutes (the verb can be left out)")
    .requiredOption("--minutes <n>", "how long", wholeNumber)
    .option("--comment <text>", "why")
    .action((rule: string, options: SiteOptions & { readonly minutes: number; readonly comment?: string }) =>
      perform(context, options, async ({ client, out }) => {
        const { minutes, comment } = options;
        const json = { rule, duration: `${minutes}m`, ...(comment === undefined ? {} : { comment }) };
        const { value, document } = read(MuteRow, await (await client()).request("POST", "/suppressions", { json }));
        out.result(document, (print) => tellMute(print, value));
      }),
    );
}

type AddOptions = SiteOptions & TimeOptions & { readonly matcher: readonly string[]; readonly force?: boolean };

function add(noun: Program, context: Context): void {
  withExample(
    withTimes(withMatchers(withSite(noun.command("add")), "a label that it must have; all of them must agree")),
    `sealpost silence add --matcher 'service="db"' --matcher 'env=~"prod.*"' --for 2h --comment "failover test" --data ./data`,
    `sealpost silence add --matcher host=db-1 --starts 2030-06-01T22:00:00Z --until 2030-06-02T02:00:00Z --comment patching --data ./data`,
  )
    .description("silence what has these labels")
    .option("--force", "even if it mutes more than the policy allows (admins)")
    .action((options: AddOptions) =>
      perform(context, options, async ({ client, out }) => {
        const { matcher, comment, force = false } = options;
        if (matcher.length === 0) throw new CliError("usage", "--matcher: name a label, as in service=db");
        if (comment === undefined) throw new CliError("usage", "--comment: say why");
        const json = { matchers: matcher, ...timeFields(options), ...(force ? { force } : {}) };
        const { value, document } = read(MuteRow, await (await client()).request("POST", "/silences", { json }));
        out.result(document, (print) => tellMute(print, value));
      }),
    );
}

type ListOptions = SiteOptions & { readonly limit: number; readonly state?: string; readonly matcher?: string };

function list(noun: Program, context: Context): void {
  withExample(
    withSite(noun.command("list")),
    "sealpost silence list --data ./data",
    "sealpost silence list --state expired --data ./data",
  )
    .description("list silences and suppressions of rules (those that have not ended), newest first")
    .option("--limit <n>", "at most so many of each", wholeNumber, 50)
    .addOption(new Option("--state <state>", "in this state only").choices(MUTE_STATES))
    .option("--matcher <matcher>", "silences that ask for such a value of its label")
    .action((options: ListOptions) =>
      perform(context, options, async ({ client, out }) => {
        const site = await client();
        const { state, matcher } = options;
        const filters = [["state", state] as const];
        const silences = await page(site, listPath("/silences", options, [...filters, ["matcher", matcher]]));
        const rules = matcher === undefined ? await page(site, listPath("/suppressions", options, filters)) : NONE;
        const document = { silences: silences.document, suppressions: rules.document };
        out.result(document, (print) => {
          print.table(MUTE_COLUMNS, [...silences.value.items, ...rules.value.items].map(muteCells));
          if ((silences.value.cursor ?? rules.value.cursor) !== undefined) print.line("there are more: --limit");
        });
      }),
    );
}

interface Rows {
  readonly value: { readonly items: readonly MuteRow[]; readonly cursor?: string | undefined };
  readonly document: Json;
}
const NONE: Rows = { value: { items: [] }, document: { items: [] } };

async function page(site: Client, path: string): Promise<Rows> {
  return read(pageOf(MuteRow), await site.request("GET", path));
}

/** People need not know which of the two an id is of. */
async function either(site: Client, method: string, id: string): Promise<Answer> {
  const answer = await site.request(method, `/silences/${encodeURIComponent(id)}`);
  if (answer.status !== 404) return answer;
  const other = await site.request(method, `/suppressions/${encodeURIComponent(id)}`);
  return other.status === 404 ? answer : other;
}

function one(
  noun: Program,
  context: Context,
  { verb, method, description }: { readonly verb: string; readonly method: string; readonly description: string },
): void {
  withExample(withSite(noun.command(verb).argument("<id>")), `sealpost silence ${verb} sil-01... --data ./data`)
    .description(description)
    .action((id: string, options: SiteOptions) =>
      perform(context, options, async ({ client, out }) => {
        const { value, document } = read(MuteRow, await either(await client(), method, id));
        out.result(document, (print) =>
          method === "GET" ? print.line(JSON.stringify(document, undefined, 2)) : tellMute(print, value),
        );
      }),
    );
}

const Seen = z.looseObject({ looked: z.number(), muted: z.number() });
const PreviewAnswer = z.looseObject({
  events: Seen.extend({
    items: z.array(
      z.looseObject({
        id: z.string(),
        receivedAt: z.string(),
        severity: z.string(),
        type: z.string(),
        source: z.string(),
        subject: z.string().optional(),
      }),
    ),
  }),
  windows: Seen,
});

function preview(noun: Program, context: Context): void {
  withExample(
    withMatchers(withSite(noun.command("preview")), "a label that it must have; all of them must agree"),
    `sealpost silence preview --matcher 'service="db"' --data ./data`,
  )
    .description("show what a silence would mute: of the last events and of the open windows")
    .action((options: SiteOptions & { readonly matcher: readonly string[] }) =>
      perform(context, options, async ({ client, out }) => {
        if (options.matcher.length === 0) throw new CliError("usage", "--matcher: name a label, as in service=db");
        const json = { matchers: options.matcher };
        const answer = await (await client()).request("POST", "/silences/preview", { json });
        const { value, document } = read(PreviewAnswer, answer);
        const { events, windows } = value;
        out.result(document, (print) => {
          print.line(
            `${events.muted} of the last ${events.looked} events, ${windows.muted} of ${windows.looked} open windows`,
          );
          if (events.items.length === 0) return;
          const rows = events.items.map((row) => [
            row.id,
            row.receivedAt,
            row.severity,
            row.type,
            row.source,
            row.subject ?? "",
          ]);
          print.table(["id", "received", "severity", "type", "source", "subject"], rows);
        });
      }),
    );
}
