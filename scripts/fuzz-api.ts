// Asks a real site over all routes of its API: node scripts/fuzz-api.ts [--count 20000] [--seed 1]
// Exit 0 only if every answer was one that the document knows, and none was a fault of the server.
import { parseArgs } from "node:util";
import { fuzzApi } from "../test/support/api-fuzz.ts";

const { values: option } = parseArgs({
  options: { count: { type: "string", default: "20000" }, seed: { type: "string", default: "1" } },
});
const count = Number(option.count);
const start = performance.now();
const report = await fuzzApi({ count, seed: Number(option.seed) });
const seconds = (performance.now() - start) / 1000;

const table = (counts: ReadonlyMap<string | number, number>): string =>
  [...counts]
    .toSorted((left, right) => right[1] - left[1])
    .map(([name, times]) => `  ${String(times).padStart(7)}  ${name}`)
    .join("\n");
console.log(`${report.requests} requests of seed ${option.seed} in ${seconds.toFixed(1)} s`);
console.log(`operations: ${report.asked.size} asked, ${report.good.size} of them answered well`);
console.log(`never answered well: ${[...report.asked].filter((one) => !report.good.has(one)).join(", ") || "none"}`);
console.log(`statuses:\n${table(report.statuses)}`);
console.log(`problems:\n${table(report.codes)}`);
for (const { what, times, request } of report.findings) console.error(`${times}x ${what}\n    ${request}`);
if (report.findings.length > 0) {
  console.error(`${report.findings.length} findings`);
  process.exitCode = 1;
}
