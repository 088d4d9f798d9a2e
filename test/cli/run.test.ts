import * as fs from "node:fs";
import { expect, test } from "vitest";
import { run } from "../../src/cli/run.ts";

const { version }: { version: string } = JSON.parse(fs.readFileSync("package.json", "utf8"));

/** Runs a command line in this process, where coverage sees it. */
async function cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const seen = { out: "", err: "" };
  const code = await run(argv, {
    stdout: (text) => void (seen.out += text),
    stderr: (text) => void (seen.err += text),
    stdin: () => new ReadableStream<Uint8Array>(),
    env: {},
    stop: new AbortController().signal,
    isTTY: false,
  });
  return { code, ...seen };
}

test.each(["--version", "-V"])("%s prints the version and nothing else", async (option) => {
  expect(await cli(option)).toEqual({ code: 0, out: `${version}\n`, err: "" });
});

test("help that was asked for goes to stdout", async () => {
  const done = await cli("--help");
  expect(done).toMatchObject({ code: 0, err: "" });
  expect(done.out).toContain("Usage: sealpost");
});

test.each([["nonsense"], ["toString"], ["--nonsense"]])(
  "%s is a usage error, told on stderr alone",
  async (...argv) => {
    const done = await cli(...argv);
    expect(done).toMatchObject({ code: 2, out: "" });
    expect(done.err).toContain(argv[0]);
    expect(done.err).toContain("sealpost --help");
  },
);
