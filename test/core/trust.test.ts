import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import type { JsonObject } from "../../src/core/json.ts";
import type { KitKind } from "../../src/core/kit.ts";
import { KitError } from "../../src/core/kit-code.ts";
import { policyStatement } from "../../src/core/kit-derive.ts";
import { sha256Hex } from "../../src/core/hash.ts";
import { isValidAt, judgeQuorum, type Quorum } from "../../src/core/quorum.ts";
import { shortfallOf } from "../../src/core/quorum-words.ts";
import { followChain, type CheckBundles } from "../../src/core/trust-chain.ts";
import { judgeOf, localPolicy, parsePolicy, policyBytes, type Role, type TrustPolicy } from "../../src/core/trust.ts";
import { testKey, testPolicy, type TestSigner } from "../support/kit-forge.ts";

const id = (name: TestSigner): string => testKey(name).keyId;

function codeAndDetail(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof KitError) return `${error.code} ${error.detail}`;
    throw error;
  }
  return "accepted";
}

const json = (change: JsonObject): Uint8Array => Buffer.from(canonicalJson({ ...testPolicy(), ...change }));

describe("a policy", () => {
  const role = (change: JsonObject): JsonObject => ({
    roles: {
      ...testPolicy().roles,
      root: { keys: [id("root1"), id("root2")], threshold: 2, distinctOwners: true, ...change },
    },
  });

  test.each<[name: string, change: JsonObject, says: string]>([
    ["itself", {}, "accepted"],
    ["threshold 0", role({ threshold: 0 }), "TRUST_POLICY"],
    ["threshold -1", role({ threshold: -1 }), "TRUST_POLICY"],
    ["threshold 1.5", role({ threshold: 1.5 }), "TRUST_POLICY"],
    ["no keys", role({ keys: [], threshold: 1 }), 'TRUST_POLICY role "root" can never reach its threshold of 1'],
    [
      "two keys of one owner",
      role({ keys: [id("bob"), id("bob2")] }),
      'TRUST_POLICY role "root" can never reach its threshold of 2',
    ],
    ["two keys, counted as such", role({ keys: [id("bob"), id("bob2")], distinctOwners: false }), "accepted"],
    ["version 0", { version: 0 }, "TRUST_POLICY"],
    [
      "revoked: a key that it does not know any more",
      { revoked: { x: { at: "2026-01-01T00:00:00Z", reason: "", keepBefore: false } } },
      "accepted",
    ],
    ["revoked: without keepBefore", { revoked: { x: { at: "2026-01-01T00:00:00Z", reason: "" } } }, "TRUST_POLICY"],
    ["no instant of expiry", { expiresAt: "2026-01-01" }, "TRUST_POLICY"],
    ["a floor of no stream", { floors: { hq: { epoch: 0, sequence: 1 } } }, "TRUST_POLICY"],
    [
      "a prefix of four segments",
      { delegations: [{ stream: "a/b/c/d/*", kinds: [], tenants: [], role: "root" }] },
      "TRUST_POLICY",
    ],
    ["a star inside", { delegations: [{ stream: "a/*/c", kinds: [], tenants: [], role: "root" }] }, "TRUST_POLICY"],
    ["another word for expiry", { onExpired: "ignore" }, "TRUST_POLICY"],
  ])("with %s", (_name, change, says) => {
    expect(codeAndDetail(() => parsePolicy(json(change)))).toContain(says);
  });

  test.each([
    ["a line feed", (text: string) => `${text}\n`],
    ["spaces", (text: string) => text.replaceAll(",", ", ")],
  ])("to which %s has come is fetched again", (_name, change) => {
    const bytes = Buffer.from(change(Buffer.from(policyBytes(testPolicy())).toString()));
    expect(codeAndDetail(() => parsePolicy(bytes))).toBe(
      "TRUST_POLICY not in canonical form: bytes were added or changed on the way (editor, mail); fetch the file again",
    );
  });

  test("is the same bytes after it was read", () => {
    const bytes = policyBytes(testPolicy());
    expect(Buffer.from(policyBytes(parsePolicy(bytes)))).toEqual(Buffer.from(bytes));
  });
});

describe("a key counts for what was made", () => {
  const key = testPolicy().keys[id("alice")];
  const policy = (change: Partial<TrustPolicy>): TrustPolicy =>
    testPolicy(({ keys }) => ({
      keys:
        key === undefined
          ? {}
          : { ...keys, [id("alice")]: { ...key, notBefore: "2026-02-01T00:00:00Z", notAfter: "2026-03-01T00:00:00Z" } },
      ...change,
    }));
  const revoked = (at: string, keepBefore: boolean): Partial<TrustPolicy> => ({
    revoked: { [id("alice")]: { at, reason: "", keepBefore } },
  });

  test.each<[at: string, change: Partial<TrustPolicy>, counts: boolean]>([
    ["2026-01-31T23:59:59Z", {}, false],
    ["2026-02-01T00:00:00Z", {}, true],
    ["2026-03-01T00:00:00Z", {}, true],
    ["2026-03-01T00:00:01Z", {}, false],
    ["2026-02-09T23:59:59Z", revoked("2026-02-10T00:00:00Z", true), true],
    ["2026-02-10T00:00:00Z", revoked("2026-02-10T00:00:00Z", true), false],
    ["2026-02-09T23:59:59Z", revoked("2026-02-10T00:00:00Z", false), false],
    ["2026-03-02T00:00:00Z", revoked("2026-04-01T00:00:00Z", true), false],
    ["no instant", {}, false],
  ])("at %s, with %j: %s", (at, change, counts) => {
    expect(isValidAt(policy(change), id("alice"), at)).toBe(counts);
  });

  test("only where the policy knows it, whatever objects inherit", () => {
    expect(isValidAt(policy({}), "constructor", "2026-02-02T00:00:00Z")).toBe(false);
  });
});

const rows = (...list: readonly [stream: string, kinds: KitKind[], tenants: string[], role: string][]): TrustPolicy =>
  testPolicy(() => ({
    delegations: list.map(([stream, kinds, tenants, role]) => ({ stream, kinds, tenants, role })),
  }));

describe("who judges a kit", () => {
  const local = localPolicy({ site: "ship-07", spki: testKey("alice").spki, createdAt: "2026-10-01T00:00:00Z" });
  const judge = (
    upstream: TrustPolicy | undefined,
    stream: string,
    more: { kinds?: KitKind[]; tenants?: string[] } = {},
  ): string =>
    codeAndDetail(() => {
      const policies = { local, ...(upstream === undefined ? {} : { upstream }) };
      const { policy, role } = judgeOf(
        { stream, kinds: ["rules"], tenants: ["acme"], ...more },
        { site: "ship-07", policies },
      );
      throw new KitError(
        "TRUST_POLICY",
        `${policy === local ? "local" : "upstream"} ${role.keys.length}/${role.threshold}`,
      );
    });
  const wide = rows(["hq/rules", ["rules"], ["acme"], "rules"], ["hq/*", ["rules", "templates"], ["*"], "base"]);

  test.each<[stream: string, more: { kinds?: KitKind[]; tenants?: string[] }, says: string]>([
    ["hq/rules", {}, "upstream 1/1"],
    ["hq/base", {}, "upstream 3/2"],
    ["hq/base/deep/er", {}, "upstream 3/2"],
    ["hq/rules/deep", {}, "upstream 3/2"],
    ["hq/rules", { kinds: ["templates"] }, "KIT_NOT_DELEGATED hq/rules may not carry templates"],
    ["hq/rules", { kinds: ["rules", "witness"] }, "KIT_NOT_DELEGATED hq/rules may not carry witness"],
    ["hq/rules", { tenants: ["acme", "beta"] }, "KIT_NOT_DELEGATED hq/rules may not carry tenant beta"],
    ["hq/rules", { tenants: ["*"] }, "KIT_NOT_DELEGATED hq/rules may not carry tenant *"],
    ["hq/base", { tenants: ["*"] }, "upstream 3/2"],
    ["hq2/rules", {}, "KIT_NOT_DELEGATED no row for hq2/rules"],
    ["plant/hq/rules", {}, "KIT_NOT_DELEGATED no row for plant/hq/rules"],
    ["other/trust", { kinds: ["trust"] }, "upstream 2/2"],
    ["ship-07/starter", {}, "local 1/1"],
    ["ship-07/trust", { kinds: ["trust"] }, "KIT_NOT_DELEGATED the local policy never travels"],
    ["ship-07/starter", { kinds: ["app"] }, "KIT_NOT_DELEGATED ship-07/* may not carry app"],
  ])("of %s with %j: %s", (stream, more, says) => {
    expect(judge(wide, stream, more)).toContain(says);
  });

  test("the first row that fits decides alone", () => {
    const hidden = rows(["hq/*", ["templates"], ["*"], "base"], ["hq/rules", ["rules"], ["*"], "rules"]);
    expect(judge(hidden, "hq/rules")).toBe("KIT_NOT_DELEGATED hq/* may not carry rules");
  });

  test("nobody does without a policy, a rotation included", () => {
    const says = "KIT_NOT_DELEGATED this site trusts no hub yet: sealpost trust add POLICY --fingerprint SHA256:...";
    expect(judge(undefined, "hq/rules")).toBe(says);
    expect(judge(undefined, "hq/trust", { kinds: ["trust"] })).toBe(says);
    const own = { stream: "ship-07/starter", kinds: [], tenants: [] };
    expect(codeAndDetail(() => judgeOf(own, { site: "ship-07", policies: {} }))).toBe(
      "KIT_NOT_DELEGATED this site has no local policy",
    );
  });
});

describe("a quorum", () => {
  const statement = policyStatement(2, "a".repeat(64));
  const by = (names: readonly TestSigner[], distinctOwners: boolean): string => {
    const role = { keys: [id("alice"), id("bob"), id("bob2")], threshold: 2, distinctOwners };
    const bundles = names.map((name, at) => ({
      ok: true as const,
      name: `${at}`,
      keyId: id(name),
      payload: Buffer.from(statement),
    }));
    const signed = { of: "policy", version: 2, sha256: "a".repeat(64) } as const;
    const { met, have, verdicts } = judgeQuorum(bundles, {
      policy: testPolicy(),
      role,
      createdAt: "2026-11-01T00:00:00Z",
      signed,
    });
    return `${met} ${have} ${verdicts.map(({ code }) => code ?? "counts").join(" ")}`;
  };

  test.each<[names: TestSigner[], distinctOwners: boolean, says: string]>([
    [["alice", "bob"], true, "true 2 counts counts"],
    [["bob", "bob2"], true, "false 1 counts counts"],
    [["bob", "bob2"], false, "true 2 counts counts"],
    [["alice", "alice"], false, "false 1 counts SIG_DUPLICATE"],
    [["alice", "carol", "root3"], true, "false 1 counts SIG_NOT_IN_ROLE SIG_UNKNOWN_KEY"],
    [[], true, "false 0 "],
  ])("of %j, distinct owners %s: %s", (names, distinctOwners, says) => {
    expect(by(names, distinctOwners)).toBe(says);
  });
});

describe("what is told of signatures", () => {
  const statement = policyStatement(2, "a".repeat(64));
  const everyone: Role = {
    keys: [id("alice"), id("bob"), id("bob2"), id("carol")],
    threshold: 2,
    distinctOwners: true,
  };
  const judged = (names: readonly TestSigner[], role: Role, change: Partial<TrustPolicy> = {}): Quorum =>
    judgeQuorum(
      names.map((name) => ({ ok: true as const, name, keyId: id(name), payload: Buffer.from(statement) })),
      {
        policy: testPolicy(() => change),
        role,
        createdAt: "2026-11-01T00:00:00Z",
        signed: { of: "policy", version: 2, sha256: "a".repeat(64) },
      },
    );
  const short = (names: readonly TestSigner[], role: Partial<Role> = {}, change: Partial<TrustPolicy> = {}): string => {
    const whole = { ...everyone, ...role };
    return shortfallOf(judged(names, whole, change), whole);
  };
  const { keys } = testPolicy();
  const gone = (...names: TestSigner[]): Partial<TrustPolicy> => ({
    revoked: Object.fromEntries(
      names.map((name) => [id(name), { at: "2026-10-01T00:00:00Z", reason: "", keepBefore: true }]),
    ),
  });
  const called = (owner: string): Partial<TrustPolicy> => ({
    keys: Object.fromEntries(
      Object.entries(keys).map(([key, one]) => [key, { ...one, owner: `${owner} ${one.owner}` }]),
    ),
  });

  test.each<[names: TestSigner[], role: Partial<Role>, change: Partial<TrustPolicy>, says: string]>([
    [["alice"], {}, {}, "1 of 2 owners: alice has signed; one more of bob, carol is missing"],
    [["bob"], {}, {}, "1 of 2 owners: bob has signed; one more of alice, carol is missing"],
    [["bob", "bob2"], {}, {}, "1 of 2 owners: bob has signed; one more of alice, carol is missing"],
    [["alice", "bob"], { threshold: 3 }, {}, "2 of 3 owners: alice, bob have signed; carol is missing"],
    [["alice"], { threshold: 3 }, {}, "1 of 3 owners: alice has signed; bob, carol are missing"],
    [[], {}, {}, "0 of 2 owners: nobody has signed; 2 of alice, bob, carol are missing"],
    [[], { threshold: 1 }, {}, "0 of 1 owners: nobody has signed; one of alice, bob, carol is missing"],
    [
      ["bob"],
      { distinctOwners: false },
      {},
      "1 of 2 keys: bob (fXQ1DhBY) has signed; one more of alice (3lBtrtKJ), bob (e3zGpzd0), carol (Qv8SleUp) is missing",
    ],
    [["alice"], {}, gone("bob", "bob2"), "1 of 2 owners: alice has signed; carol is missing"],
    [["alice"], {}, gone("bob", "bob2", "carol"), "1 of 2 owners: alice has signed; nobody else could sign this"],
    [
      ["alice"],
      { threshold: 3 },
      gone("bob", "bob2"),
      "1 of 3 owners: alice has signed; only carol could still sign this",
    ],
    [
      ["alice"],
      {},
      called("\u202eeve, "),
      '1 of 2 owners: "?eve,  alice" has signed; one more of "?eve,  bob", "?eve,  carol" is missing',
    ],
  ])("%j", (names, role, change, says) => {
    expect(short(names, role, change)).toBe(says);
  });

  test("names a few of many, and those for whom it counts", () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, `owner${at}`]));
    const quorum = {
      ...judged([], everyone),
      missing: Object.entries(many).map(([keyId, owner]) => ({ keyId, owner })),
    };
    expect(shortfallOf(quorum, everyone, "roots")).toBe(
      "0 of 2 roots: nobody has signed; 2 of owner0, owner1, owner2, owner3, owner4, owner5, owner6, owner7 and 12 others are missing",
    );
  });

  const alice = id("alice");
  const dated = (notBefore: string, notAfter: string | null): Partial<TrustPolicy> => {
    const key = keys[alice];
    return key === undefined ? {} : { keys: { ...keys, [alice]: { ...key, notBefore, notAfter } } };
  };
  const lost = (at: string, keepBefore: boolean): Partial<TrustPolicy> => ({
    revoked: { [alice]: { at, reason: "laptop\nstolen", keepBefore } },
  });
  test.each<[name: string, change: Partial<TrustPolicy>, says: string]>([
    [
      "too early",
      dated("2026-11-21T00:00:00Z", null),
      "made 2026-11-01T00:00:00Z, key valid from 2026-11-21T00:00:00Z",
    ],
    [
      "too late",
      dated("2026-01-01T00:00:00Z", "2026-10-31T23:59:59Z"),
      "made 2026-11-01T00:00:00Z, key valid until 2026-10-31T23:59:59Z",
    ],
    [
      "revoked",
      lost("2026-12-01T00:00:00Z", false),
      'revoked at 2026-12-01T00:00:00Z, "laptop\\nstolen": nothing that it signed counts',
    ],
    [
      "revoked before",
      lost("2026-10-01T00:00:00Z", true),
      'made 2026-11-01T00:00:00Z, revoked at 2026-10-01T00:00:00Z, "laptop\\nstolen": only what was made before counts',
    ],
    [
      "too early and revoked",
      { ...dated("2026-11-21T00:00:00Z", null), ...lost("2026-10-01T00:00:00Z", false) },
      "revoked at 2026-10-01T00:00:00Z",
    ],
  ])("says why a key was not valid: %s", (_name, change, says) => {
    const [verdict] = judged(["alice"], everyone, change).verdicts;
    expect(verdict).toMatchObject({ counts: false, code: "SIG_KEY_NOT_VALID" });
    expect(verdict?.detail).toContain(`(key ${alice} of alice: ${says}`);
  });
});

const link = (policy: TrustPolicy): { path: string; bytes: Uint8Array }[] => {
  const bytes = policyBytes(policy);
  const signed = Buffer.from(policyStatement(policy.version, sha256Hex(bytes)));
  const folder = `content/trust/policy.${policy.version}`;
  return [
    { path: `${folder}.json`, bytes },
    ...["1", "2"].map((n) => ({ path: `${folder}.sig/${n}.sigstore.json`, bytes: signed })),
  ];
};

describe("a chain", () => {
  const held = testPolicy();
  const at = Date.UTC(2026, 10, 20);
  const good: CheckBundles = (files) =>
    files.map(({ path, bytes }) => ({
      ok: true,
      name: path,
      keyId: path.slice(path.lastIndexOf("/") + 1).split(".")[0] === "1" ? id("root1") : id("root2"),
      payload: bytes,
    }));
  const follow = (policies: readonly TrustPolicy[], instant = at): string =>
    codeAndDetail(() => {
      const { version } = followChain(held, policies.flatMap(link), { check: good, instant });
      throw new KitError("TRUST_POLICY", `version ${version}`);
    });
  const next = (version: number, change: Partial<TrustPolicy> = {}): TrustPolicy => ({ ...held, version, ...change });

  test.each<[name: string, policies: TrustPolicy[], says: string]>([
    ["one more", [next(2)], "version 2"],
    ["in any order", [next(3), next(2)], "version 3"],
    ["over a floor missing on the way", [next(2, { floors: {} }), next(3)], "TRUST_FLOOR of hq/rules"],
    [
      "over a new floor that falls again",
      [next(2, { floors: { "hq/rules": { epoch: 1, sequence: 0 } } }), next(3)],
      "TRUST_FLOOR of hq/rules",
    ],
    [
      "over a floor of a higher epoch and lower sequence",
      [next(2, { floors: { "hq/rules": { epoch: 1, sequence: 0 } } })],
      "version 2",
    ],
    ["past one that has expired on the way", [next(2, { expiresAt: "2026-11-01T00:00:00Z" }), next(3)], "version 3"],
    ["to the last second of its life", [next(2, { expiresAt: "2026-11-20T00:00:00Z" })], "version 2"],
    [
      "to one that has expired",
      [next(2, { expiresAt: "2026-11-19T23:59:59Z" })],
      "TRUST_EXPIRED version 2 at 2026-11-19T23:59:59Z",
    ],
    ["over a gap", [next(3)], "TRUST_VERSION version 3 after 1"],
    [
      "through roots that the policy itself revokes",
      [next(2, { revoked: { [id("root2")]: { at: held.createdAt, reason: "", keepBefore: false } } })],
      "SIG_THRESHOLD policy 2 has 1 of 2 roots of policy 2: root-one has signed; nobody else could sign this",
    ],
    ["of none", [], "version 1"],
  ])("%s", (_name, policies, says) => {
    expect(follow(policies)).toContain(says);
  });

  test("whose file denies its place is refused", () => {
    const files = link(next(2)).map((file) => ({ ...file, path: file.path.replace("policy.2", "policy.3") }));
    expect(codeAndDetail(() => followChain(held, files, { check: good, instant: at }))).toBe(
      "TRUST_VERSION version 2 in the place of 3",
    );
  });
});
