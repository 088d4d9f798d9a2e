import { z } from "zod";
import type { Json } from "../core/json.ts";
import type { Command } from "./command.ts";
import { CliError } from "./error.ts";
import { flagJson, flagLabels, repeated } from "./flag-values.ts";
import type { Print } from "./output.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { read } from "./wire.ts";

interface SendOptions extends SiteOptions {
  readonly ruleId?: string;
  readonly channel: readonly string[];
  readonly to: readonly string[];
  readonly severity: string;
  readonly message: string;
  readonly subject?: string;
  readonly scope?: string;
  readonly label: readonly string[];
  readonly evidence?: string;
  readonly dryRun: boolean;
}

const Reason = z.looseObject({ code: z.string(), text: z.string().optional(), by: z.string().optional() });
const Rehearsed = z.looseObject({
  rule: z.string(),
  action: z.string(),
  channel: z.string(),
  recipients: z.array(z.string()).optional(),
  subject: z.string().optional(),
  text: z.string().optional(),
  problem: Reason.optional(),
  verdict: z.looseObject({ status: z.string(), stage: z.string().optional(), reason: Reason.optional() }),
});
const Sent = z.looseObject({
  dryRun: z.literal(false),
  id: z.string(),
  duplicate: z.boolean(),
  deliveries: z.array(z.looseObject({ id: z.string(), status: z.string(), reason: Reason.optional() })),
});
const Answer = z.discriminatedUnion("dryRun", [
  z.looseObject({ dryRun: z.literal(true), deliveries: z.array(Rehearsed) }),
  Sent,
]);

const DRY = "DRY RUN: nothing was sent and nothing is kept. Send it with --no-dry-run.";

/** `sealpost send`: a message by hand; shown, and only with `--no-dry-run` sent. */
export const send: Command = {
  register: (program, context) => {
    withExample(
      withSite(program.command("send")),
      'sealpost send --channel ops-mail --message "Generator test at 14:00" --data ./data',
      'sealpost send --rule-id everything-high --message "Pump 2 leaks" --scope \'{"resource":"pump-2"}\' --no-dry-run --data ./data',
    )
      .description(
        "send a message by hand: by a rule's actions or by channels (a dry run unless --no-dry-run is given)",
      )
      .option("--rule-id <id>", "by the actions of this rule, whatever it matches")
      .option("--channel <id>", "by this channel; may be given more than once", repeated, [])
      .option("--to <address>", "to this address instead of the channel's; may be given more than once", repeated, [])
      .option("--severity <severity>", "info, low, medium, high or critical", "high")
      .requiredOption("--message <text>", "what to say")
      .option("--subject <text>", "in one line; without it the message itself")
      .option("--scope <json>", "what it is about: namespace, repo, digest, resource")
      .option("--label <name=value>", "a label; may be given more than once", repeated, [])
      .option("--evidence <json>", "anything that belongs to it")
      .option("--no-dry-run", "send it")
      .action((options: SendOptions) =>
        perform(context, options, async ({ client, out }) => {
          const json = bodyOf(options);
          const { value, document } = read(Answer, await (await client()).request("POST", "/notify/send", { json }));
          out.result(document, (print) => (value.dryRun ? showTrial(value.deliveries, print) : showSent(value, print)));
        }),
      );
  },
};

/** Throws CliError `usage` for what can mean nothing; the server judges the rest. */
function bodyOf(options: SendOptions): Json {
  const { ruleId, channel, to, severity, message, subject, scope, label, evidence, dryRun } = options;
  if (ruleId !== undefined && channel.length > 0)
    throw new CliError("usage", "give --rule-id or --channel, not both: a rule names its own channels");
  if (ruleId === undefined && channel.length === 0)
    throw new CliError("usage", "name who is told: --rule-id ID, or --channel ID (several times for several)");
  return {
    ...(ruleId === undefined ? { channels: channel } : { rule: ruleId }),
    ...(to.length === 0 ? {} : { to }),
    severity,
    message,
    ...(subject === undefined ? {} : { subject }),
    ...(scope === undefined ? {} : { scope: flagJson("--scope", scope) }),
    ...(label.length === 0 ? {} : { labels: flagLabels(label) }),
    ...(evidence === undefined ? {} : { evidence: flagJson("--evidence", evidence) }),
    dryRun,
  };
}

function whoOf(recipients: readonly string[] | undefined): string {
  if (recipients === undefined) return "addressees that this token may not see";
  return recipients.length === 0 ? "nobody" : recipients.join(", ");
}

function showTrial(deliveries: readonly z.infer<typeof Rehearsed>[], print: Print): void {
  print.line(DRY);
  for (const { channel, action, recipients, subject, text, problem, verdict } of deliveries) {
    const who = whoOf(recipients);
    const why = verdict.reason === undefined ? "" : ` (${reasonWords(verdict.reason)})`;
    print.line("");
    print.line(
      `channel ${channel}, action ${action}, to ${who}: ${verdict.status === "pending" ? "would be sent" : verdict.status}${why}`,
    );
    if (problem !== undefined) print.line(`no message: ${reasonWords(problem)}`);
    if (subject !== undefined) print.line(`Subject: ${subject}`);
    if (text !== undefined) print.line(text.trimEnd());
  }
  print.line("");
  print.line(DRY);
}

function showSent({ id, duplicate, deliveries }: z.infer<typeof Sent>, print: Print): void {
  print.line(duplicate ? `${id} was sent before; nothing was sent now` : `${id} accepted`);
  const rows = deliveries.map((one) => [one.id, one.status, one.reason === undefined ? "" : reasonWords(one.reason)]);
  print.table(["delivery", "status", "reason"], rows);
}

function reasonWords({ code, text, by }: z.infer<typeof Reason>): string {
  return [code, ...(by === undefined ? [] : [`by ${by}`])].join(" ") + (text === undefined ? "" : `: ${text}`);
}
