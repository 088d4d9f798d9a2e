// Builds again from a copy of the inputs in another folder: the executable must have the same bytes.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { inputs, sha256 } from "./inputs.mjs";
import { writeReport } from "./report.mjs";

process.chdir(path.dirname(import.meta.dirname));
const copy = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-again-"));
try {
  for (const name of inputs) fs.cpSync(name, path.join(copy, name), { recursive: true });
  fs.symlinkSync(path.resolve("node_modules"), path.join(copy, "node_modules"));
  const options = { cwd: copy, stdio: ["ignore", "ignore", "inherit"] };
  execFileSync(process.execPath, [path.join(copy, "scripts/build.mjs")], options);
  const [first, second] = [".", copy].map((dir) => sha256(fs.readFileSync(path.join(dir, "bundle/sealpost"))));
  const isSame = first === second;
  writeReport("repro", { passed: isSame ? 1 : 0, failed: isSame ? 0 : 1 });
  console.log(
    isSame ? `repro: two builds in two folders, both ${first}` : `repro: two builds differ: ${first} ${second}`,
  );
  process.exitCode = isSame ? 0 : 1;
} finally {
  fs.rmSync(copy, { recursive: true });
}
