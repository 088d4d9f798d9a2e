// A folder of its own with a copy of the executable and nothing else: no file of this project, and no environment but what a check gives.
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/** Makes the box; `close` removes it. */
export function openBox(executable) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-box-"));
  const exe = path.join(dir, "sealpost");
  fs.copyFileSync(executable, exe);
  return {
    dir,
    exe,
    /** A path in the box. */
    at: (...names) => path.join(dir, ...names),
    /** A new empty folder in the box. */
    folder: (name) => fs.mkdtempSync(path.join(dir, `${name}-`)),
    /** Runs a command line to its end: `{status, signal, out, err}`. */
    runs: (args, { env = {}, cwd = dir, input = "" } = {}) => {
      const options = { cwd, env, input, encoding: "utf8", timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
      const { status, signal, stdout, stderr } = spawnSync(exe, args, options);
      return { status, signal, out: stdout, err: stderr };
    },
    /** Starts a command line and leaves it running; the check ends it. */
    starts: (args, { env = {}, cwd = dir } = {}) => spawn(exe, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] }),
    close: () => fs.rmSync(dir, { recursive: true, force: true }),
  };
}
