// npm run bench [-- --only store,http,start] [--rounds 5] [--json FILE]: ratios against floors in one run, medians of rounds in turn.
import * as fs from "node:fs";
import { parseArgs } from "node:util";
import { gatesCases } from "./bench/gates.ts";
import { httpCases } from "./bench/http.ts";
import { kitLoadCases } from "./bench/kit-load.ts";
import { kitsCases } from "./bench/kits.ts";
import { type Case, machine, measure, type Result } from "./bench/measure.ts";
import { rulesCases } from "./bench/rules.ts";
import { startCases } from "./bench/start.ts";
import { storeCases } from "./bench/store.ts";

const GROUPS: Readonly<Record<string, () => Promise<{ cases: Case[]; close: () => Promise<void> }>>> = {
  store: storeCases,
  http: httpCases,
  start: startCases,
  rules: rulesCases,
  gates: gatesCases,
  kits: kitsCases,
  "kit-load": kitLoadCases,
};
const { values: option } = parseArgs({
  options: {
    only: { type: "string", default: "store,http,start,rules,gates,kits,kit-load" },
    rounds: { type: "string", default: "5" },
    json: { type: "string" },
  },
});

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

function line({ name, unit, candidate, floor, ratio, cpu, mark, isMet }: Result): string {
  const wanted =
    mark === undefined
      ? ""
      : `, mark ${mark.kind === "at-least" ? ">=" : "<="} ${mark.ratio}x: ${isMet === true ? "met" : "MISSED"}`;
  const cpuText = cpu === undefined ? "" : `, CPU ${digits(cpu.median)}x`;
  return `${name}\n  ${digits(ratio.median)}x (${digits(ratio.min)}-${digits(ratio.max)})${cpuText}${wanted}\n  ${digits(candidate.median)} against ${digits(floor.median)} ${unit}`;
}

const results: Result[] = [];
console.log(
  Object.entries(machine())
    .map(([name, value]) => `${name} ${value}`)
    .join(", "),
);
for (const name of option.only.split(",")) {
  const group = GROUPS[name];
  if (group === undefined) throw new Error(`unknown group ${name}; known: ${Object.keys(GROUPS).join(", ")}`);
  const { cases, close } = await group();
  for (const one of cases) {
    const result = await measure(one, Number(option.rounds));
    results.push(result);
    console.log(line(result));
  }
  await close();
}
if (option.json !== undefined)
  fs.writeFileSync(option.json, `${JSON.stringify({ machine: machine(), results }, null, 2)}\n`);
