// The one door of a fresh clone: installs what is locked, then runs the command. Plain JavaScript, no packages, any Node >= 20.19.
//   npm start [-- options of serve]   builds if an input changed, serves the demo site on ./data
//   npm test                          everything that CI runs, and a closing line `N passed, N failed`
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { clearReports, readReport } from "./report.mjs";

const steps = ["check", "unit", "build", "check:repro", "check:binary"];

process.chdir(path.dirname(import.meta.dirname));
const [command, ...rest] = process.argv.slice(2);

if (command === "start") {
  install();
  execFileSync("node_modules/.bin/node", ["scripts/build.mjs", "--if-stale"], { stdio: "inherit" });
  serve();
} else if (command === "test") {
  install();
  spawnSync("bash", ["scripts/setup"], { stdio: "inherit" }); // it says itself what it could not do
  test();
} else {
  console.error(`unknown command ${command}; known: start, test`);
  process.exitCode = 2;
}

/** Installs what package-lock.json says, unless node_modules was made from the same lock: by content, since times lie after a copy. */
function install() {
  const lock = createHash("sha256").update(fs.readFileSync("package-lock.json")).digest("hex");
  const stamp = "node_modules/.installed-lock";
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== lock) {
    console.log("installing the locked packages ...");
    const options = ["--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", ["ci", ...options], { stdio: "inherit" });
    fs.writeFileSync(stamp, lock);
  }
  const pinned = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  if (!fs.existsSync(`node_modules/${pinned}`))
    throw new Error(`no pinned Node for ${process.platform}-${process.arch}`);
  // npm 10 takes the link away again, with those of the other platforms' packages
  if (!fs.existsSync("node_modules/.bin/node"))
    execFileSync("npm", ["rebuild", pinned, "--loglevel=error"], { stdio: "inherit" });
}

/** Serves until it is told to stop, and ends with the server's exit code. */
function serve() {
  const args = ["serve", "--demo", "--data", "./data", ...rest];
  // In a group of its own: the terminal sends Ctrl-C to every process of a group, and npm passes it on once more, so it would come
  // three times, and a second one means "at once". Here it comes once.
  const child = spawn("bundle/sealpost", args, { stdio: "inherit", detached: true });
  let told = Number.NEGATIVE_INFINITY;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - told > 1000) child.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
      told = now;
    });
  }
  child.on("error", (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.on("exit", (code) => {
    process.exitCode = code ?? 1;
  });
}

/** Runs each step by an `npm run` of its own: one shell would remember the `node` that it found before the installation. */
function test() {
  clearReports();
  const total = { passed: 0, failed: 0 };
  for (const step of steps) {
    const { status } = spawnSync("npm", ["run", "--silent", step], { stdio: "inherit" });
    const count = readReport(step.replace("check:", "")) ?? { passed: 0, failed: 0 };
    total.passed += count.passed;
    total.failed += count.failed;
    if (status === 0 && count.failed === 0) continue;
    if (count.failed === 0) total.failed += 1; // the step failed as a whole: a checker, a coverage mark, a build
    console.error(`step ${step} failed`);
    process.exitCode = 1;
    break;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
}
