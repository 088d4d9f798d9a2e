/**
 * Kits of tests, made by the commands of the tool.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "vitest";
import { z } from "zod";
import { openKit } from "../../src/signing/kit-open.ts";
import { cli, type Done } from "./cli.ts";
import { temporaryFolder } from "./folder.ts";
import { KIT_VECTORS } from "./kit-forge.ts";

const SPEC = {
  schema: "offline-kit/v1",
  kinds: ["rules"],
  epoch: 0,
  sequence: 1,
  tenants: ["*"],
  expiresAt: null,
  minApp: "0.1.0",
  acks: {},
  provenance: { builder: "test", source: [{ uri: "urn:test" }] },
};
export const RULE = {
  schema: "rule/v1",
  id: "mine",
  match: { types: ["a.*"] },
  actions: [{ id: "m", channel: "ops-mail" }],
};
export const AT = "2026-11-01T08:00:00Z";
export const ALICE = path.join(KIT_VECTORS, "keys/test-only-alice-3lBtrtKJ.pem");
export const BOB = path.join(KIT_VECTORS, "keys/test-only-bob-fXQ1DhBY.pem");

export const Built = z.object({
  file: z.string(),
  stream: z.string(),
  epoch: z.number(),
  sequence: z.number(),
  prev: z.string().nullable(),
  manifest: z.string(),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
  heads: z.record(z.string(), z.object({ epoch: z.number(), sequence: z.number(), manifest: z.string() })),
  files: z.number(),
  signers: z.array(z.string()),
  recorded: z.boolean(),
});
export type Built = z.infer<typeof Built>;

export function source(spec: object = {}, rule: object = RULE): string {
  const dir = temporaryFolder();
  fs.mkdirSync(path.join(dir, "content", "rules", "default"), { recursive: true });
  fs.writeFileSync(path.join(dir, "offline-kit.json"), JSON.stringify({ ...SPEC, ...spec }));
  fs.writeFileSync(path.join(dir, "content", "rules", "default", "mine.json"), JSON.stringify(rule));
  return dir;
}

/** The vectors' keys as a checkout leaves them are open to others. */
export function keyFile(file: string): string {
  const copy = path.join(temporaryFolder(), path.basename(file));
  fs.copyFileSync(file, copy);
  fs.chmodSync(copy, 0o600);
  return copy;
}

export function build(from: string, ...words: readonly string[]): Promise<Done> {
  return cli(["kit", "build", from, "--stream", "hq/rules", "--created-at", AT, ...words]);
}

export async function built(from: string, ...words: readonly string[]): Promise<Built> {
  const done = await build(from, ...words, "--json");
  expect(done, done.err).toMatchObject({ code: 0, err: "" });
  return Built.parse(JSON.parse(done.out));
}

/** An unsigned kit `hq/rules` 0.1. */
export async function unsigned(): Promise<Built> {
  return await built(source(), "--out", temporaryFolder());
}

export async function head(
  file: string,
): Promise<Pick<Awaited<ReturnType<typeof openKit>>, "kit" | "statement" | "bundles">> {
  const open = await openKit(file, undefined, { unsigned: true });
  await open.close();
  return open;
}

export function fileOf(name: string, bytes: string | Uint8Array): string {
  const file = path.join(temporaryFolder(), name);
  fs.writeFileSync(file, bytes);
  return file;
}
