// argv -> exit code: the only file that ends the process, and the only one that holds its signals and streams.
// No top-level await: the main script of a single executable is CommonJS.
import { run } from "./cli/run.ts";

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort()); // a second one ends at once

/** What was asked for could not be written, for example to a full disk; a reader that left (`| head -1`) is no failure. */
let isOutputLost = false;
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") isOutputLost = true;
  });

/** Ends the process once what was written has left it: process.exit alone drops what a slow pipe has not taken yet. */
function end(code: number): void {
  process.stdout.write("", () => process.stderr.write("", () => process.exit(code === 0 && isOutputLost ? 1 : code)));
}

void run(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  stdin: () => process.stdin,
  env: process.env,
  stop: stop.signal,
  isTTY: process.stdout.isTTY,
  isErrorTTY: process.stderr.isTTY,
}).then(end);
