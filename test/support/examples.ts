import { cli } from "./cli.ts";

const WORD = /"([^"]*)"|'([^']*)'|(\S+)/g;

/** The words of each example in the help of a command, without the program's own name. */
export async function examplesIn(...command: readonly string[]): Promise<string[][]> {
  const { out } = await cli([...command, "--help"]);
  const lines = out.split("\n").flatMap((line) => /^ +\$ sealpost (.*)$/.exec(line)?.[1] ?? []);
  return lines.map((line) =>
    [...line.matchAll(WORD)].map(([, double, single, bare]) => double ?? single ?? bare ?? ""),
  );
}
