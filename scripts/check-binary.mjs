// The executable as a black box: every check of black-box/, in a folder with a copy of it and an empty environment (no PATH, so no Node).
//   node scripts/check-binary.mjs [EXECUTABLE]
import * as path from "node:path";
import { addon } from "./black-box/addon.mjs";
import { openBox } from "./black-box/box.mjs";
import { launch } from "./black-box/launch.mjs";
import { site } from "./black-box/site.mjs";
import { writeReport } from "./report.mjs";

const checks = [...launch, ...addon, ...site];

process.chdir(path.dirname(import.meta.dirname));
const box = openBox(process.argv[2] ?? "bundle/sealpost");
const failures = [];
try {
  for (const { name, run } of checks) {
    const started = performance.now();
    try {
      await run(box);
      console.log(`binary: ok    ${name} (${Math.round(performance.now() - started)} ms)`);
    } catch (error) {
      failures.push(name);
      console.log(`binary: FAIL  ${name}\n${error.stack}`);
    }
  }
} finally {
  box.close();
}
writeReport("binary", { passed: checks.length - failures.length, failed: failures.length });
process.exitCode = failures.length === 0 ? 0 : 1;
