// What each step of `npm test` counted, kept for its closing line. Plain JavaScript, no packages: the door reads it on any Node.
import * as fs from "node:fs";

const folder = "dist/reports";

/** Forgets the counts of an earlier run. */
export function clearReports() {
  fs.rmSync(folder, { recursive: true, force: true });
}

/** Keeps how many checks of a step passed and failed. */
export function writeReport(step, { passed, failed }) {
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(`${folder}/${step}.json`, JSON.stringify({ passed, failed }));
}

/** The counts of a step: its own, or vitest's for `unit`; undefined for a step that left none. */
export function readReport(step) {
  const file = `${folder}/${step}.json`;
  if (!fs.existsSync(file)) return undefined;
  const report = JSON.parse(fs.readFileSync(file, "utf8"));
  if (step !== "unit") return report;
  const brokenFiles = report.testResults.filter(
    (suite) => suite.status === "failed" && suite.assertionResults.length === 0,
  );
  return { passed: report.numPassedTests, failed: report.numFailedTests + brokenFiles.length };
}
