import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { bundlePath, signStatement } from "../../src/signing/dsse.ts";
import type { BuildFile } from "../../src/signing/kit-build.ts";
import { signerOf } from "../../src/signing/keys.ts";
import { testKey } from "../support/kit-forge.ts";
import { buildOutsiderKit, describeCheck, unpack, type Unpacked } from "../support/outsider-kit.ts";
import { cosign, offline, type Said } from "../support/outsiders.ts";

/** The line that outsiders are told; its key and bundle are filled in, nothing else. */
const LINE =
  "for f in offline-kit.json SHA256SUMS; do cosign verify-blob-attestation --key alice.pub --insecure-ignore-tlog --bundle attestations/<id>.sigstore.json --type urn:sealpost:kit:v1 $f || exit 1; done; sha256sum -c SHA256SUMS";
const TRUSTED_ROOT = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}';
const OFFLINE = "--new-bundle-format --trusted-root .trusted-root.json";

const SAYS = {
  good: /^(?:WARNING: Skipping tlog[^\n]*\n|content\/[^\n]*: OK\n|Verified OK\n)+$/,
  signature:
    /^Error: failed to verify signature: could not verify envelope: accepted signatures do not match threshold/m,
  subject:
    /^Error: failed to verify signature: provided artifact digests? do(?:es)? not match any digests? in statement/m,
  sums: /^content\/NOTES\.txt: FAILED$/m,
};
// Neither looks at a subject's name: the scripts of the other tests do.
const RELEASES = [
  // 2.5 does not look at --type where it reads the new bundles.
  { major: 2, version: /^2\.5\./, options: OFFLINE, says: SAYS },
  {
    major: 3,
    version: /^3\.[1-9]/,
    options: "",
    says: {
      ...SAYS,
      subject: /^Error: failed to verify signature: provided artifact digests do not match digests in statement/m,
      type: /^Error: invalid predicate type, expected urn:sealpost:kit:v1 got urn:sealpost:trust-policy:v1/m,
    },
  },
] as const;

function check({ folder, key, bundle }: Unpacked, major: 2 | 3, options: string): Said {
  writeFileSync(join(folder, ".trusted-root.json"), TRUSTED_ROOT);
  const line = LINE.replace("alice.pub", key)
    .replace("attestations/<id>.sigstore.json", bundle)
    .replace("verify-blob-attestation", `verify-blob-attestation ${options}`.trimEnd());
  return offline(["sh", "-c", line], { cwd: folder, path: cosign(major).path });
}

describe.each(RELEASES)("cosign $major", ({ major, version, options, says }) => {
  test("is Debian's package of the release that kits are documented for", () => {
    expect(cosign(major).version).toMatch(version);
  });

  describeCheck("by the documented line", (kit) => check(kit, major, options), says);
});

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "outsider-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const ALICE = { key: "alice.pub", bundle: bundlePath(testKey("alice").keyId) };

function files(count: number): BuildFile[] {
  return Array.from({ length: count }, (_, at) => ({
    path: `content/n${at}.txt`,
    role: "doc" as const,
    bytes: Buffer.from(`${at}`),
  }));
}

test("cosign 2.5 without its two options asks the network for its own trust root, and accepts nothing without", async () => {
  await buildOutsiderKit(join(folder, "kit.tar"), { signers: ["alice"] });
  const kit = { ...ALICE, folder: unpack(join(folder, "kit.tar"), join(folder, "kit")) };
  expect(check(kit, 2, "")).toEqual({ status: 1, text: expect.stringContaining("tuf refresh failed") });
});

describe.each(RELEASES)("cosign $major", ({ major, options }) => {
  test.each([
    [1022, 1024],
    [1023, 2],
  ])("accepts a kit of %i files, whose statement has %i subjects", async (count, subjects) => {
    const name = `many-${major}-${count}`;
    const { statement } = await buildOutsiderKit(join(folder, `${name}.tar`), {
      signers: ["alice"],
      files: files(count),
    });
    expect(z.object({ subject: z.array(z.json()) }).parse(JSON.parse(statement)).subject).toHaveLength(subjects);
    const kit = { ...ALICE, folder: unpack(join(folder, `${name}.tar`), join(folder, name)) };
    expect(check(kit, major, options).status).toBe(0);
  });

  test("refuses a statement of 1,025 subjects, so no kit has one", async () => {
    const home = join(folder, `subjects-${major}`);
    mkdirSync(home);
    const { statement } = await buildOutsiderKit(join(home, "kit.tar"), { signers: ["alice"], files: files(1022) });
    const kit = { ...ALICE, folder: unpack(join(home, "kit.tar"), join(home, "kit")) };
    const stated = z.looseObject({ subject: z.array(z.json()) }).parse(JSON.parse(statement));
    const more = canonicalJson({ ...stated, subject: [...stated.subject, ...stated.subject.slice(-1)] });
    writeFileSync(join(kit.folder, kit.bundle), await signStatement(more, signerOf(testKey("alice"))));
    expect(check(kit, major, options)).toEqual({
      status: 1,
      text: expect.stringContaining("too many subjects: 1025 > 1024"),
    });
  });
});
