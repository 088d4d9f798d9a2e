import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { Json } from "../../src/core/json.ts";
import {
  type FileRow,
  KIT_LIMITS,
  kitId,
  type Manifest,
  manifestBytes,
  manifestSteps,
  parseManifest,
} from "../../src/core/kit.ts";
import { checkPlace } from "../../src/core/kit-check.ts";
import { kitStatement, policyStatement, stateRootOf, sumsOf } from "../../src/core/kit-derive.ts";
import { judgeQuorum, reasonsOf } from "../../src/core/quorum.ts";
import { newestPolicy } from "../../src/core/trust-chain.ts";
import { testKey, testPolicy, testSite } from "../support/kit-forge.ts";

function manifestOf(files: FileRow[], change: Partial<Manifest> = {}): Manifest {
  return {
    schema: "offline-kit/v1",
    stream: "hq/rules",
    kinds: ["rules"],
    epoch: 0,
    sequence: 1,
    prev: null,
    audience: ["*"],
    tenants: ["*"],
    createdAt: "2026-11-01T08:00:00Z",
    expiresAt: null,
    minApp: "0.0.0",
    files,
    omitted: [],
    state: { root: stateRootOf(files), count: files.length },
    heads: {},
    acks: {},
    provenance: { builder: "test", source: [{ uri: "urn:x", sha256: "a".repeat(64), gitCommit: "b".repeat(40) }] },
    ...change,
  };
}

const many = (count: number): FileRow[] =>
  Array.from({ length: count }, (_, at) => ({
    path: `content/rules/acme/rule-${String(at).padStart(5, "0")}.json`,
    sha256: at.toString(16).padStart(64, "0"),
    size: at,
    role: "object",
  }));

describe("a large manifest", () => {
  const manifest = manifestOf(many(6000));

  test("is the same in slices and in one go", () => {
    const bytes = manifestBytes(manifest);
    const steps = manifestSteps(bytes, KIT_LIMITS);
    let count = 0;
    while (steps.next().done !== true) count++;
    expect(count).toBeGreaterThan(12);
    expect(parseManifest(bytes)).toEqual(manifest);
  });

  test("has its fault found in the last row", () => {
    const rows = many(6000);
    const [last] = rows.slice(-1);
    const broken = (row: Json): Uint8Array =>
      Buffer.from(canonicalJson({ ...manifest, files: [...rows.slice(0, -1), row] }));
    expect(() => parseManifest(broken({ ...last, role: "virus" }))).toThrow('"/files/5999/role"');
    expect(() => parseManifest(broken(7))).toThrow("/files/5999/");
    expect(() => parseManifest(broken({ ...last, path: "content/a" }))).toThrow(
      expect.objectContaining({ code: "KIT_MANIFEST_ORDER" }),
    );
  });
});

describe("an expired policy", () => {
  const policy = testPolicy(() => ({ expiresAt: "2026-11-10T00:00:00Z", onExpired: "needs-override" }));
  const manifest = manifestOf([]);
  const placing = { manifest, kit: kitId(manifestBytes(manifest)), policy, site: testSite() };

  test("that may be overridden counts where a person has said so", () => {
    expect(() => checkPlace(placing)).toThrow("it may be overridden with a reason");
    expect(() => checkPlace({ ...placing, overrideExpired: true })).not.toThrow();
  });

  test("that refuses is not overridden", () => {
    const refusing = { ...placing, overrideExpired: true, policy: { ...policy, onExpired: "refuse" as const } };
    expect(() => checkPlace(refusing)).toThrow(expect.objectContaining({ code: "TRUST_EXPIRED" }));
  });

  test("still judges a trust kit", () => {
    expect(() => checkPlace({ ...placing, manifest: { ...manifest, kinds: ["trust"] } })).not.toThrow();
  });
});

describe("a quorum", () => {
  const policy = testPolicy();
  const role = { keys: [testKey("alice").keyId], threshold: 1, distinctOwners: false };
  const createdAt = "2026-11-01T08:00:00Z";
  const sha256 = "a".repeat(64);
  const manifest = manifestOf([]);
  const kit = kitId(manifestBytes(manifest));
  const statement = kitStatement(manifest, { kit, sums: sumsOf([]) });
  const codeFor = (text: string, signed: Parameters<typeof judgeQuorum>[1]["signed"]): string | undefined => {
    const bundle = { ok: true as const, name: "a", keyId: testKey("alice").keyId, payload: Buffer.from(text) };
    return judgeQuorum([bundle], { policy, role, createdAt, signed }).verdicts[0]?.code;
  };

  test.each<[name: string, text: string, code: string | undefined]>([
    ["itself", statement, undefined],
    ["nothing", "", "SIG_STATEMENT"],
    ["a number", "7", "SIG_STATEMENT"],
    [
      "a predicate that is a text",
      canonicalJson({ _type: "https://in-toto.io/Statement/v1", predicateType: "urn:sealpost:kit:v1", predicate: "x" }),
      "SIG_STATEMENT",
    ],
    ["a manifest that is no hash", statement.replaceAll(kit, "x"), "SIG_STATEMENT"],
    ["another kit", statement.replaceAll(kit, sha256), "SIG_OTHER_KIT"],
    ["a policy", policyStatement(1, sha256), "SIG_STATEMENT"],
  ])("over a kit: %s", (_name, text, code) => {
    expect(codeFor(text, { of: "kit", kit, statement })).toBe(code);
  });

  test.each<[name: string, text: string, code: string | undefined]>([
    ["itself", policyStatement(1, sha256), undefined],
    ["itself by another name", policyStatement(1, sha256, "x"), undefined],
    ["another one", policyStatement(1, "b".repeat(64)), "SIG_OTHER_KIT"],
    ["another version", policyStatement(2, sha256), "SIG_STATEMENT"],
    ["a kit", statement, "SIG_STATEMENT"],
    ["no subject", canonicalJson({ _type: "https://in-toto.io/Statement/v1", subject: [] }), "SIG_STATEMENT"],
    [
      "a subject without a name",
      canonicalJson({ _type: "https://in-toto.io/Statement/v1", subject: [{}] }),
      "SIG_STATEMENT",
    ],
    ["a text", '"x"', "SIG_STATEMENT"],
  ])("over a policy: %s", (_name, text, code) => {
    expect(codeFor(text, { of: "policy", version: 1, sha256 })).toBe(code);
  });

  test("counts no key that the policy does not know, whoever has checked it", () => {
    const bundle = { ok: true as const, name: "a", keyId: "SHA256:x", payload: Buffer.from(statement) };
    const { met, verdicts } = judgeQuorum([bundle], { policy, role, createdAt, signed: { of: "kit", kit, statement } });
    expect(met).toBe(false);
    expect(reasonsOf(verdicts)).toEqual([
      { at: "a", code: "SIG_UNKNOWN_KEY", detail: expect.stringContaining("nobody known") },
    ]);
  });
});

describe("the newest of some policies", () => {
  test("is the highest version, or none", () => {
    expect(newestPolicy([])).toBeUndefined();
    expect(newestPolicy([{ path: "content/trust/notes", bytes: Buffer.from("x") }])).toBeUndefined();
  });
});
