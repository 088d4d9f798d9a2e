import { execFile, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { verifyTlogProof } from "../../src/core/tlog-proof.ts";
import { openApiDocument } from "../../src/http/docs/document.ts";
import { served } from "../support/demo-site.ts";
import { temporaryFolder } from "../support/site.ts";

const HERE = path.join(import.meta.dirname, "openapi-client");
const TOOLS = path.join(HERE, "node_modules/.bin");
const STORY = fs.readFileSync(path.join(HERE, "story.ts.txt"), "utf8");
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: "es2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    allowImportingTsExtensions: true,
    erasableSyntaxOnly: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    types: ["node"],
  },
  include: ["*.ts"],
};

interface Done {
  readonly code: number | null;
  readonly out: string;
}

function run(file: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Done {
  const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...words], {
    cwd: folder.dir,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { code: status, out: `${stdout}${stderr}` };
}

/** The story in a process of its own, while the server answers in this one. */
function runStory(env: Readonly<Record<string, string>>): Promise<Done> {
  const { promise, resolve } = Promise.withResolvers<Done>();
  const options = { cwd: folder.dir, env: { ...process.env, ...env }, timeout: 30_000 };
  execFile(process.execPath, ["story.ts"], options, (error, stdout, stderr) =>
    resolve({ code: error === null ? 0 : 1, out: `${stdout}${stderr}` }),
  );
  return promise;
}

let folder: ReturnType<typeof temporaryFolder>;
const typeCheck = (): Done => run(path.join(TOOLS, "tsc"), ["-p", folder.dir]);
const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder.dir, name), text);

beforeAll(() => {
  folder = temporaryFolder();
  fs.symlinkSync(path.join(import.meta.dirname, "../../node_modules"), path.join(folder.dir, "node_modules"));
  write("package.json", '{"type":"module"}');
  write("tsconfig.json", JSON.stringify(TSCONFIG));
  write("openapi.json", JSON.stringify(openApiDocument()));
  const made = run(path.join(TOOLS, "openapi-typescript"), ["openapi.json", "-o", "api.ts"]);
  expect(made, made.out).toMatchObject({ code: 0 });
});
afterAll(() => folder.remove());

const Told = z.object({
  delivery: z.looseObject({ id: z.string(), status: z.string(), channel: z.string(), leaves: z.array(z.int()) }),
  receipt: z.string(),
  missing: z.string(),
});

test("a story against the generated client is sound, runs, and ends with the receipt of its delivery", async () => {
  write("story.ts", STORY);
  expect(typeCheck()).toEqual({ code: 0, out: "" });
  const { code, out } = await served(path.join(folder.dir, "site"), async ({ url, token = "", maildrop }) => {
    const env = { SEALPOST_URL: url, SEALPOST_TOKEN: token, RELAY_PORT: String(maildrop?.port ?? 0) };
    return await runStory(env);
  });
  expect(code, out).toBe(0);
  const { delivery, receipt, missing } = Told.parse(JSON.parse(out));
  expect(delivery).toMatchObject({ status: "sent", channel: "client-mail", recipient: "night@plant-7.example" });
  const verdict = verifyTlogProof(receipt, () => undefined);
  expect(verdict).toMatchObject({ ok: true, leaf: { delivery: delivery.id, status: "sent" } });
  expect(verdict.ok && delivery.leaves.includes(verdict.leaf.seq)).toBe(true);
  expect(missing).toBe("not-found");
});

test.each([
  ["a status that there is not", 'data.status === "sent"', 'data.status === "delivered"'],
  ["a field of another type", "priority: 1,", 'priority: "first",'],
  ["a field that there is not", "to: [", "addressees: ["],
  ["a path that there is not", '"/api/v1/channels"', '"/api/v1/chanels"'],
])("the compiler finds %s", (_what, right, wrong) => {
  expect(STORY).toContain(right);
  write("story.ts", STORY.replace(right, wrong));
  const { code, out } = typeCheck();
  expect(code).toBe(2);
  expect(out).toMatch(/^story\.ts\(\d+,\d+\): error TS/);
});
