// From the start of the process to the first answer: the executable against plain Node on the same bundle.
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Case } from "./measure.ts";

const Ready = z.object({ url: z.string() });

async function firstAnswer(command: string, args: readonly string[], data: string): Promise<number> {
  const child = spawn(command, [...args, "serve", "--data", data, "--listen", "127.0.0.1:0", "--json"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = z.tuple([z.string()]).parse(await once(createInterface(child.stdout), "line"));
  const response = await fetch(`${Ready.parse(JSON.parse(line)).url}/healthz`);
  if (response.status !== 200) throw new Error(`answered ${response.status}`);
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  void exited; // its stop is not what is measured
  return 1;
}

/** The last one ends meanwhile. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1000));
}

export async function startCases(): Promise<{ cases: Case[]; close: () => Promise<void> }> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-bench-start-"));
  const binary = path.resolve("bundle/sealpost");
  const bundle = path.resolve(`dist/bundle/main.cjs`);
  const data = (name: string): string => path.join(home, name);
  for (const name of ["binary", "node"])
    await once(spawn(binary, ["init", "--data", data(name), "--site", "bench"], { stdio: "ignore" }), "exit");
  const side = (name: string, command: string, args: readonly string[]) => ({
    name,
    run: async () => await firstAnswer(command, args, data(name)),
  });
  return {
    cases: [
      {
        name: "start to first answer: the executable against node on the same bundle",
        unit: "start",
        by: "time",
        mark: { kind: "at-most", ratio: 1.3 },
        candidate: side("binary", binary, []),
        floor: side("node", process.execPath, [bundle]),
        settle,
      },
    ],
    close: async () => {
      await settle();
      fs.rmSync(home, { recursive: true });
    },
  };
}
