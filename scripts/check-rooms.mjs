// The room rules of .dependency-cruiser.mjs and source-rules.mjs, plus what the cruiser does not tell: that it read every source
// and saw every import. (Without a parser that reads this TypeScript it cruises 0 modules, finds no violation and reports success.)
import * as fs from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { cruise } from "dependency-cruiser";
import { faultsIn } from "./source-rules.mjs";

const { default: config } = await import(pathToFileURL(path.resolve(".dependency-cruiser.mjs")).href);
const { output } = await cruise(["src"], {
  ...config.options,
  validate: true,
  ruleSet: { forbidden: config.forbidden },
});
const seen = new Map(output.modules.map((module) => [module.source, module.dependencies]));
const sources = fs
  .readdirSync("src", { recursive: true })
  .map((file) => `src/${file.split(path.sep).join("/")}`)
  .filter((file) => file.endsWith(".ts"));

const faults = output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);
if (sources.length === 0) faults.push("no sources under src");
for (const file of sources) {
  const text = fs.readFileSync(file, "utf8");
  const room = /^src\/([^/.]+)/.exec(file)?.[1] ?? "";
  if (!config.rooms.includes(room)) faults.push(`no-such-room: ${file}: ${room} is not in .dependency-cruiser.mjs`);
  faults.push(...importFaults(file, text, seen.get(file)));
  faults.push(...faultsIn(file, text).map(({ name, found }) => `${name}: ${file}: ${found}`));
}
for (const fault of faults) console.error(fault);
const { totalDependenciesCruised: imports } = output.summary;
if (faults.length === 0) console.log(`rooms: ${sources.length} sources, ${imports} imports, no fault`);
process.exitCode = faults.length === 0 ? 0 : 1;

function bare(name) {
  return name.replace(/^node:/, "");
}

/** What the cruiser did not see or resolve, judged by a second and cruder reading of the imports. */
function importFaults(file, text, dependencies) {
  if (!dependencies) return [`${file}: the cruiser did not see this module`];
  const names = dependencies.map(({ module }) => bare(module));
  const importOf =
    /^(?:import|export|\})[^"'`;]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']|^import\s*["']([^"']+)["']/gm;
  const written = [...text.matchAll(importOf)].map(([, from, lazily, alone]) => from ?? lazily ?? alone);
  return [
    ...dependencies.filter((one) => one.couldNotResolve).map((one) => `${file}: ${one.module} does not resolve`),
    ...written
      .filter((name) => !names.includes(bare(name)))
      .map((name) => `${file}: the cruiser did not see its import of ${name}`),
  ];
}
