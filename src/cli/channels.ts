import type { Command } from "./command.ts";
import { CliError } from "./error.ts";
import { CHANNELS } from "./object-nouns.ts";
import { addObjectVerbs } from "./objects.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { ConfigPlanAnswer, read } from "./wire.ts";

/** `sealpost channels`: the verbs of all objects, and `bind` for the values that a site fills into a channel itself. */
export const channels: Command = {
  register: (program, context) => {
    const noun = program.command(CHANNELS.kind).description(CHANNELS.description);
    addObjectVerbs(noun, context, CHANNELS);
    withExample(
      withSite(
        noun
          .command("bind")
          .argument("<id>", "the channel")
          .argument("<name=value...>", "values that the channel leaves to the site; name= takes one away"),
      ),
      "sealpost channels bind ops-mail host=mail.lan port=25 from=alerts@plant.example to=ops@plant.example --data ./data",
    )
      .description("fill in values that a channel leaves to the site, or take them away")
      .action((id: string, pairs: readonly string[], options: SiteOptions) =>
        perform(context, options, async ({ client, out }) => {
          const values = valuesOf(pairs);
          const path = `/channels/${encodeURIComponent(id)}/bind`;
          const answer = await (await client()).request("POST", path, { json: { values } });
          const { value, document } = read(ConfigPlanAnswer, answer);
          out.result(document, (print) =>
            print.line(`${id}: ${value.changes.length === 0 ? "nothing to change" : boundWords(values)}`),
          );
        }),
      );
  },
};

function boundWords(values: Readonly<Record<string, string | null>>): string {
  const gone = Object.keys(values).filter((name) => values[name] === null);
  const put = Object.keys(values).filter((name) => values[name] !== null);
  return [
    ...(put.length > 0 ? [`bound ${put.join(", ")}`] : []),
    ...(gone.length > 0 ? [`took ${gone.join(", ")} away`] : []),
  ].join("; ");
}

/** Values by their names; null takes one away. */
function valuesOf(pairs: readonly string[]): Record<string, string | null> {
  const values = new Map<string, string | null>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) throw new CliError("usage", `"${pair}" is not name=value`);
    if (values.has(pair.slice(0, at))) throw new CliError("usage", `${pair.slice(0, at)} is given twice`);
    values.set(pair.slice(0, at), pair.slice(at + 1) || null);
  }
  return Object.fromEntries(values);
}
