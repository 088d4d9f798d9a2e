import type { Command } from "./command.ts";
import { CliError } from "./error.ts";
import { perform, type SiteOptions, withExample, withSite } from "./perform.ts";
import { ConfigPlanAnswer, read } from "./wire.ts";

/** `sealpost channels bind`: the values that a site fills into a channel itself. */
export const channels: Command = {
  register: (program, context) => {
    const noun = program.command("channels").description("channels: where messages go");
    withExample(
      withSite(
        noun
          .command("bind")
          .argument("<id>", "the channel")
          .argument("<name=value...>", "values that the channel leaves to the site"),
      ),
      "sealpost channels bind ops-mail host=mail.lan port=25 from=alerts@plant.example to=ops@plant.example --data ./data",
    )
      .description("fill in values that a channel leaves to the site")
      .action((id: string, pairs: readonly string[], options: SiteOptions) =>
        perform(context, options, async ({ client, out }) => {
          const values = valuesOf(pairs);
          const path = `/channels/${encodeURIComponent(id)}/bind`;
          const answer = await (await client()).request("POST", path, { json: { values } });
          const { value, document } = read(ConfigPlanAnswer, answer);
          const names = Object.keys(values).join(", ");
          out.result(document, (print) =>
            print.line(value.changes.length === 0 ? `${id}: nothing to change` : `${id}: bound ${names}`),
          );
        }),
      );
  },
};

function valuesOf(pairs: readonly string[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 1) throw new CliError("usage", `"${pair}" is not name=value`);
    if (values.has(pair.slice(0, at))) throw new CliError("usage", `${pair.slice(0, at)} is given twice`);
    values.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return Object.fromEntries(values);
}
