import { readFileSync } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { newSite } from "../../src/core/kit-site.ts";
import { parseSpec } from "../../src/core/kit-spec.ts";
import { parsePolicy } from "../../src/core/trust.ts";
import { type BuildFile, buildKit } from "../../src/signing/kit-build.ts";
import { openKit } from "../../src/signing/kit-open.ts";
import { verifyKit } from "../../src/signing/kit-verify.ts";
import { siteAfter } from "../../src/signing/site-after.ts";
import { signerOf } from "../../src/signing/keys.ts";
import { KIT_VECTORS, testKey, type TestSigner } from "../support/kit-forge.ts";

const Case = z.object({
  name: z.string(),
  file: z.string(),
  policy: z.string(),
  localPolicy: z.string().nullable(),
  site: z.string(),
  groups: z.array(z.string()),
  clock: z.iso.datetime(),
  after: z.array(z.string()),
  expect: z.string(),
  says: z
    .object({
      manifest: z.string(),
      stream: z.string(),
      sequence: z.number(),
      files: z.number(),
      stateRoot: z.string(),
    })
    .optional(),
});
const cases = z.array(Case).parse(JSON.parse(readFileSync(join(KIT_VECTORS, "cases.json"), "utf8")));
const at = (file: string): string => join(KIT_VECTORS, file);

const folder = mkdtempSync(join(tmpdir(), "kit-vectors-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("the published example kits", () => {
  test.each(cases)("$name: $expect", async (given) => {
    const policies = { upstream: parsePolicy(readFileSync(at(given.policy))) };
    const now = Date.parse(given.clock);
    const empty = newSite({ site: given.site, groups: given.groups, appVersion: "0.1.0", now, policies });
    const site = await siteAfter(empty, given.after.map(at));
    const verdict = await verifyKit({ file: at(given.file), site });
    expect(verdict.ok ? "OK" : verdict.code).toBe(given.expect);
    if (!verdict.ok || given.says === undefined) return;
    const { stream, sequence, files, state } = verdict.manifest;
    expect({ manifest: verdict.kit, stream, sequence, files: files.length, stateRoot: state.root }).toEqual(given.says);
  });

  test.each<{ file: string; signers: TestSigner[]; same: boolean }>([
    { file: "kits/good-1-hq.rules-0.1.kit.tar", signers: ["alice"], same: true },
    { file: "kits/good-2-hq.base-0.1.kit.tar", signers: ["carol", "bob"], same: false },
    { file: "kits/before-hq.rules-0.5.kit.tar", signers: ["alice"], same: true },
  ])("$file is rebuilt from its content: same id, same bytes but for P-256", async ({ file, signers, same }) => {
    const vector = await openKit(at(file));
    const files: BuildFile[] = [];
    const bytesOf = new Map<string, Buffer>();
    await vector.contents(({ sha256 }) => {
      const parts: Buffer[] = [];
      return {
        write: (chunk) => void parts.push(Buffer.from(chunk)),
        end: () => void bytesOf.set(sha256, Buffer.concat(parts)),
      };
    });
    await vector.close();
    const { manifest } = vector;
    for (const { path, role, sha256 } of manifest.files)
      files.push({ path, role, bytes: bytesOf.get(sha256) ?? Buffer.alloc(0) });
    const { schema, kinds, epoch, sequence, tenants, expiresAt, minApp, acks, provenance } = manifest;
    const spec = parseSpec(
      Buffer.from(JSON.stringify({ schema, kinds, epoch, sequence, tenants, expiresAt, minApp, acks, provenance })),
    );
    const out = join(folder, basename(file));
    const { stream, audience, createdAt, prev, heads } = manifest;
    const built = await buildKit(
      {
        spec,
        files: files.toReversed(),
        stream,
        audience,
        createdAt,
        prev,
        heads,
        signers: signers.map((name) => signerOf(testKey(name))),
      },
      out,
    );
    expect(built.kit).toBe(vector.kit);
    expect(built.statement).toBe(vector.statement);
    expect(readFileSync(out).equals(readFileSync(at(file)))).toBe(same);
    expect((await openKit(out).then(async (kit) => (await kit.close(), kit.bundles))).map(({ name }) => name)).toEqual(
      vector.bundles.map(({ name }) => name),
    );
  });
});
