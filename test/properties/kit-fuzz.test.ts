import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { parsePolicy } from "../../src/core/trust.ts";
import { siteAfter } from "../../src/signing/site-after.ts";
import { codeOf, KIT_VECTORS, listOf, objectOf, testSite, verdictOn } from "../support/kit-forge.ts";
import { fuzzKits, judgedSite } from "../support/kit-fuzz.ts";
import {
  type Archive,
  bundlesOf,
  filesOf,
  jsonIn,
  joinArchive,
  partOf,
  pathOf,
  setContent,
  sorted,
  splitArchive,
} from "../support/kit-fuzz/archive.ts";
import { type FuzzBase, fuzzBases } from "../support/kit-fuzz/bases.ts";
import { kinshipOf } from "../support/kit-fuzz/kinship.ts";
import { ecdsaEncodings, ed25519Encodings, twinSignature } from "../support/kit-fuzz/signature-forms.ts";
import { judgeKit } from "../support/kit-judge.ts";

const REACHED = [
  "OK KIT_TAR_TYPE KIT_TAR_HEADER KIT_TAR_SIZE KIT_TAR_CHECKSUM KIT_TAR_PADDING KIT_TAR_END KIT_TRUNCATED KIT_LAYOUT",
  "KIT_MISSING_FILE KIT_TRAILING_DATA KIT_WRAPPER KIT_FILE_SIZE KIT_FILE_HASH KIT_SUMS KIT_MANIFEST",
  "KIT_JSON_SYNTAX KIT_JSON_NOT_CANONICAL KIT_STATE_ROOT SIG_NONE SIG_THRESHOLD TRUST_POLICY",
].flatMap((line) => line.split(" "));

test("of many mutated kits none crashes, hangs or leaks, none is accepted that nobody signed, and a second judge agrees", async () => {
  const report = await fuzzKits({ seed: 5, count: 1000 });
  expect(report.faults).toEqual([]);
  expect(REACHED.filter((code) => !report.codes.has(code))).toEqual([]);
  expect([...report.accepted.keys()].toSorted()).toEqual([
    "dressed",
    "identical",
    "more bundles",
    "other form",
    "signed anew",
  ]);
});

const Cases = z.array(
  z.object({ name: z.string(), file: z.string(), clock: z.string(), after: z.array(z.string()), expect: z.string() }),
);
const cases = Cases.parse(JSON.parse(readFileSync(join(KIT_VECTORS, "cases.json"), "utf8")));

test.each(cases)("the second judge gives the published verdict: $name", async (given) => {
  const upstream = parsePolicy(readFileSync(join(KIT_VECTORS, "policies/upstream.1.json")));
  const empty = testSite({ groups: [], now: Date.parse(given.clock), policies: { upstream } });
  const site = await siteAfter(
    empty,
    given.after.map((file) => join(KIT_VECTORS, file)),
  );
  expect(judgeKit(readFileSync(join(KIT_VECTORS, given.file)), judgedSite(site))).toBe(given.expect);
});

let bases: readonly FuzzBase[] = [];
beforeAll(async () => {
  bases = await fuzzBases();
});

function changed(name: string, change: (archive: Archive) => void): { base: FuzzBase; bytes: Buffer } {
  const base = bases.find((one) => one.name === name);
  if (base === undefined) throw new Error(`no base ${name}`);
  const archive = splitArchive(base.bytes);
  change(archive);
  return { base, bytes: joinArchive(archive) };
}

/** Changes the JSON or the text of every bundle. */
const eachBundle =
  (change: (text: string) => string) =>
  (archive: Archive): void => {
    for (const part of bundlesOf(archive))
      setContent(archive, pathOf(part), Buffer.from(change(part.content.toString())));
  };

function withSignatures(text: string, change: (sig: string) => string): string {
  return text.replace(/"sig":"([^"]*)"/, (_, sig: string) => `"sig":"${change(sig)}"`);
}

describe("a bundle may have another form, and nothing else of a kit", () => {
  test.each<readonly [name: string, kinship: string, change: (archive: Archive) => void]>([
    ["as it is", "identical", () => undefined],
    ["many lines", "other form", eachBundle((text) => JSON.stringify(JSON.parse(text), undefined, 2))],
    ["an escape in a text", "other form", eachBundle((text) => text.replace("mediaType", "media\\u0054ype"))],
    [
      "no timestampVerificationData",
      "other form",
      eachBundle((text) => text.replace(/,"timestampVerificationData":\{\}/, "")),
    ],
    [
      "an empty list of log entries",
      "other form",
      eachBundle((text) => text.replace('"publicKey"', '"tlogEntries":[],"publicKey"')),
    ],
    ["the twin of an ECDSA signature", "other form", eachBundle((text) => withSignatures(text, twinSignature))],
    [
      "another name",
      "other form",
      (archive) => {
        for (const [at, part] of bundlesOf(archive).entries())
          Object.assign(part, partOf(`attestations/${at}.sigstore.json`, part.content));
      },
    ],
    [
      "one more, which does not count",
      "more bundles",
      (archive) => {
        archive.parts.splice(1, 0, partOf("attestations/0.sigstore.json", Buffer.from("{}")));
      },
    ],
  ])("%s: accepted, %s", async (_, kinship, change) => {
    const { base, bytes } = changed("two owners", change);
    expect(kinshipOf(bytes, base.bytes)).toBe(kinship);
    expect(codeOf(await verdictOn(bytes, base.site))).toBe("OK");
    expect(judgeKit(bytes, judgedSite(base.site))).toBe("OK");
  });

  test.each<readonly [name: string, code: string, change: (archive: Archive) => void]>([
    ["a byte of a file", "KIT_FILE_HASH", ({ parts }) => void parts.at(-1)?.content.writeUInt8(0x21)],
    ["a byte of a header", "KIT_TAR_CHECKSUM", ({ parts }) => void parts.at(-1)?.header.writeUInt8(1, 511)],
    [
      "a byte behind the end",
      "KIT_TRAILING_DATA",
      (archive) => {
        archive.tail = Buffer.concat([archive.tail, Buffer.alloc(1)]);
      },
    ],
    ["padding of a bundle", "KIT_TAR_PADDING", (archive) => void bundlesOf(archive)[0]?.padding.writeUInt8(1)],
    [
      "a file less",
      "KIT_LAYOUT",
      (archive) => {
        const [first] = filesOf(archive);
        archive.parts = archive.parts.filter((part) => part !== first);
      },
    ],
    [
      "a bundle less",
      "SIG_THRESHOLD",
      (archive) => {
        const [first] = bundlesOf(archive);
        archive.parts = archive.parts.filter((part) => part !== first);
      },
    ],
  ])("%s: %s, and foreign", async (_, code, change) => {
    const { base, bytes } = changed("two owners", change);
    expect(kinshipOf(bytes, base.bytes)).toBe("foreign");
    expect(codeOf(await verdictOn(bytes, base.site))).toBe(code);
    expect(judgeKit(bytes, judgedSite(base.site))).toBe(code);
  });
});

describe("no other encoding of a signature is accepted", () => {
  const encodings = [
    ...Object.entries(ed25519Encodings).map(([name, encode]) => ({ base: "one signer", name, encode })),
    ...Object.entries(ecdsaEncodings).map(([name, encode]) => ({ base: "P-256 alone", name, encode })),
  ];
  test.each(encodings)("$base: $name", async ({ base: name, encode }) => {
    const { base, bytes } = changed(
      name,
      eachBundle((text) => withSignatures(text, encode)),
    );
    const verdict = await verdictOn(bytes, base.site);
    expect(codeOf(verdict)).toBe("SIG_THRESHOLD");
    expect(verdict.bundles.map(({ code }) => code)).toEqual(["SIG_INVALID"]);
    expect(kinshipOf(bytes, base.bytes)).toBe("foreign");
  });
});

test.each(["[],", '{"a":1},', '"x",', "["])("a bundle of very many members (%s) is not even parsed", async (unit) => {
  const long = (text: string): string => `${text.slice(0, -1)},"extra":[${unit.repeat(20_000)}`;
  const { base, bytes } = changed("one signer", eachBundle(long));
  const { bundles } = await verdictOn(bytes, base.site);
  expect(bundles.map(({ code, detail }) => [code, detail])).toEqual([
    ["SIG_BUNDLE_SHAPE", expect.stringContaining("far too many members")],
  ]);
});

function withManySignatures(text: string): string {
  const bundle = objectOf(jsonIn(Buffer.from(text)));
  const envelope = objectOf(bundle["dsseEnvelope"]);
  const [signature] = listOf(envelope["signatures"]);
  const signatures = Array.from({ length: 1000 }, () => signature ?? null);
  return sorted({ ...bundle, dsseEnvelope: { ...envelope, signatures } });
}

test("a bundle with its signature a thousand times is told by its count", async () => {
  const { base, bytes } = changed("one signer", eachBundle(withManySignatures));
  expect((await verdictOn(bytes, base.site)).bundles.map(({ code }) => code)).toEqual(["SIG_COUNT"]);
});
