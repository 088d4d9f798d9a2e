// node scripts/storm.ts [--seed N] [--engine memory|libsql]: what the shipped policy makes of an alert storm, by class of problem.
import { parseArgs } from "node:util";
import { ENGINES } from "./scenario/site.ts";
import { createStorm } from "./storm/events.ts";
import { measureStorm, reportText } from "./storm/measure.ts";
import { playStorm } from "./storm/play.ts";

/** 2026-06-01 06:00 UTC. */
const START = 1_780_293_600_000;
const { values: option } = parseArgs({
  options: { seed: { type: "string", default: "1" }, engine: { type: "string", default: "memory" } },
});
const engine = ENGINES.find((name) => name === option.engine);
if (engine === undefined) throw new Error(`no engine ${option.engine}`);
const storm = createStorm(Number(option.seed), START);
const report = measureStorm(storm, await playStorm(storm, { engine, looks: "lazy" }));
console.log(reportText(report));
if (report.faults.length > 0) process.exitCode = 1;
