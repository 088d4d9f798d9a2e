// Judges mutated kits: node scripts/fuzz-kits.ts [--count 100000] [--seed 1] [--only INDEX]
// Exit 0 only if none crashed, hung or leaked, none was accepted that nobody signed, and a second judge said the same of each.
import { parseArgs } from "node:util";
import * as v8 from "node:v8";
import * as vm from "node:vm";
import { Worker } from "node:worker_threads";
import { fuzzKits } from "../test/support/kit-fuzz.ts";

const { values: option } = parseArgs({
  options: {
    count: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
  },
});
const seed = Number(option.seed);
const from = option.only === undefined ? 0 : Number(option.only);
const count = option.only === undefined ? Number(option.count) : 1;
/** What may be held at the end beyond what was held after the first tenth, and what the process may take at all, MiB. */
const HELD = 32;
const RESIDENT = 1024;

v8.setFlagsFromString("--expose-gc");
/** MiB that are held when all is collected that can be. */
function held(): number {
  for (const _ of [1, 2]) vm.runInNewContext("gc()");
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1_048_576;
}

/** Ends the process where one case takes a minute: what never returns cannot be timed from inside. */
const beat = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
const watch = new Worker(
  `const { workerData: beat } = require("node:worker_threads");
   for (;;) {
     const at = Atomics.load(beat, 0);
     if (Atomics.wait(beat, 0, at, 60000) !== "timed-out") continue;
     require("node:fs").writeSync(2, "case " + at + " hangs\\n");
     process.kill(process.pid, "SIGKILL");
   }`,
  { eval: true, workerData: beat },
);
watch.unref();

const start = performance.now();
let early = 0;
const report = await fuzzKits({
  seed,
  from,
  count,
  onCase: (index) => {
    Atomics.store(beat, 0, index);
    Atomics.notify(beat, 0);
    if (index - from === Math.floor(count / 10)) early = held();
  },
});
const seconds = (performance.now() - start) / 1000;
const more = Math.max(held() - early, 0);
const resident = process.resourceUsage().maxRSS / 1024;

const table = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted((left, right) => right[1] - left[1])
    .map(([name, times]) => `  ${String(times).padStart(7)}  ${name}`)
    .join("\n");
console.log(`${count} kits of seed ${seed} in ${seconds.toFixed(1)} s (${Math.round(count / seconds)}/s)`);
console.log(`verdicts:\n${table(report.codes)}`);
console.log(`mutations:\n${table(report.mutations)}`);
console.log(`accepted:\n${table(report.accepted)}`);
console.log(`slowest: ${report.slowest.ms.toFixed(0)} ms of work, case ${report.slowest.index}`);
console.log(`second judge: ${report.judged} kits`);
console.log(`memory: ${more.toFixed(1)} MiB more held than after the first tenth, ${resident.toFixed(0)} MiB at most`);
for (const { index, what } of report.faults.slice(0, 50)) console.error(`case ${index}: ${what}`);
if (report.faults.length > 0) console.error(`${report.faults.length} faults`);
if (more > HELD) console.error(`more than ${HELD} MiB are held`);
if (resident > RESIDENT) console.error(`more than ${RESIDENT} MiB were resident`);
if (report.faults.length > 0 || more > HELD || resident > RESIDENT) process.exitCode = 1;
