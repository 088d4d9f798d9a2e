import { describe, expect, test } from "vitest";
import { shortKeyId } from "../../src/core/key-id.ts";
import { KitError } from "../../src/core/kit-code.ts";
import { parsePolicy, policyBytes, type TrustPolicy } from "../../src/core/trust.ts";
import { describeChange, describePolicy, needText } from "../../src/core/trust-describe.ts";
import {
  draftPolicy,
  type NewKey,
  type PolicyDraft,
  type PolicyEdit,
  proposePolicy,
} from "../../src/core/trust-edit.ts";
import { testKey, testPolicy, type TestSigner } from "../support/kit-forge.ts";

const MADE = "2026-11-01T00:00:00Z";
const LATER = "2026-12-01T00:00:00Z";
const ALL_RULES = { stream: "hq/*", role: "rules", kinds: ["rules"], tenants: ["*"] } as const;

const id = (name: TestSigner): string => testKey(name).keyId;
const short = (name: TestSigner): string => shortKeyId(id(name));
const key = (name: TestSigner, more: Partial<NewKey> = {}): NewKey => ({
  spki: testKey(name).spki,
  owner: name === "bob2" ? "bob" : name,
  ...more,
});
const row = (more: Partial<PolicyDraft["delegations"][number]> = {}): PolicyDraft["delegations"][number] => ({
  ...ALL_RULES,
  kinds: ["rules"],
  tenants: ["*"],
  ...more,
});

function draft(change: Partial<PolicyDraft> = {}): TrustPolicy {
  return draftPolicy({
    createdAt: MADE,
    expiresAt: "2028-01-01T00:00:00Z",
    keys: [key("root1"), key("root2"), key("root3"), key("alice"), key("bob"), key("bob2")],
    roles: { root: { who: ["root1", "root2", "root3"] }, rules: { who: ["alice", short("bob")] } },
    delegations: [row()],
    ...change,
  });
}

const propose = (edit: Partial<PolicyEdit>, held = draft()): TrustPolicy =>
  proposePolicy(held, { createdAt: LATER, ...edit });

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof KitError && error.code === "TRUST_POLICY") return error.detail;
    throw error;
  }
  return "accepted";
}

describe("a first policy", () => {
  test("holds what was asked for, and is what a site reads", () => {
    const policy = draft({
      floors: { "hq/rules": { epoch: 0, sequence: 3 } },
      maxSequenceJump: 10,
      onExpired: "needs-override",
    });
    expect(parsePolicy(policyBytes(policy))).toEqual(policy);
    expect(policy).toMatchObject({
      version: 1,
      createdAt: MADE,
      expiresAt: "2028-01-01T00:00:00Z",
      roles: {
        root: { keys: [id("root1"), id("root2"), id("root3")].toSorted(), threshold: 2, distinctOwners: true },
        rules: { keys: [id("alice"), id("bob")].toSorted(), threshold: 2, distinctOwners: true },
      },
      revoked: {},
      floors: { "hq/rules": { epoch: 0, sequence: 3 } },
      maxSequenceJump: 10,
      maxClockSkewSeconds: 86_400,
      onExpired: "needs-override",
    });
    expect(policy.keys[id("carol")]).toBeUndefined();
    expect(policy.keys[id("root2")]).toMatchObject({
      alg: "ecdsa-p256",
      owner: "root2",
      notBefore: MADE,
      notAfter: null,
    });
  });

  test.each<[name: string, who: string[], more: object, threshold: number]>([
    ["one owner", ["alice"], {}, 1],
    ["one owner with two keys", [short("bob"), short("bob2")], {}, 1],
    ["two keys that are counted as such", [short("bob"), short("bob2")], { distinctOwners: false }, 2],
    ["three owners", ["root1", "root2", "root3"], {}, 2],
    ["a threshold of its own", ["root1", "root2", "root3"], { threshold: 3 }, 3],
    ["a key by its whole id", [id("bob2"), "alice"], {}, 2],
    ["a key that is named twice", ["alice", id("alice")], {}, 1],
  ])("asks for so many signers of %s", (_name, who, more, threshold) => {
    expect(draft({ roles: { root: { who: ["root1"] }, rules: { who, ...more } } }).roles["rules"]?.threshold).toBe(
      threshold,
    );
  });

  test.each<[change: Partial<PolicyDraft>, says: string]>([
    [{ createdAt: "2026-02-30T00:00:00Z" }, 'createdAt: "2026-02-30T00:00:00Z" is no instant'],
    [{ expiresAt: MADE }, "expiresAt: 2026-11-01T00:00:00Z is not after 2026-11-01T00:00:00Z"],
    [{ expiresAt: "never" }, 'expiresAt: "never" is no instant'],
    [{ keys: [] }, 'roles/root: "root1" is neither an owner nor a key here; there are none'],
    [{ keys: [key("root1"), key("root1")] }, `keys: ${short("root1")} of root1 is known already`],
    [
      { keys: [key("root1", { owner: "root,1" })] },
      'keys: an owner is 1 to 63 of A-Z a-z 0-9 . _ @ + - and spaces, "root,1" is not',
    ],
    [{ keys: [key("root1", { owner: " root" })] }, "keys: an owner is"],
    [{ keys: [key("root1"), key("root2", { owner: "Root1" })] }, 'keys: "Root1" and "root1" would be two owners'],
    [{ keys: [key("root1", { spki: Buffer.from("no key") })] }, 'keys: the key of "root1" is neither Ed25519'],
    [{ keys: [key("root1", { notAfter: MADE })] }, `keys/${short("root1")}/notAfter: ${MADE} is not after ${MADE}`],
    [{ keys: [key("root1", { notBefore: "x" })] }, `keys/${short("root1")}/notBefore: "x" is no instant`],
    [{ roles: { rules: { who: ["alice"] } } }, "it has no role root"],
    [{ roles: { root: { who: [] } } }, "roles/root: name at least one owner or key"],
    [{ roles: { Root: { who: ["root1"] } } }, 'roles: a role is called by 1 to 63 of a-z 0-9 -, "Root" is not'],
    [{ roles: { root: { who: ["nobody"] } } }, 'roles/root: "nobody" is neither an owner nor a key here; there are '],
    [
      { roles: { root: { who: ["bob"] } } },
      `roles/root: "bob" may mean ${short("bob")} of bob and ${short("bob2")} of bob`,
    ],
    [{ roles: { root: { who: ["root1"], threshold: 0 } } }, "roles/root: its threshold is a whole number from 1 on"],
    [{ roles: { root: { who: ["root1"], threshold: 1.5 } } }, "roles/root: its threshold is a whole number from 1 on"],
    [
      { roles: { root: { who: ["root1", "root2"], threshold: 3 } } },
      "roles/root: it asks for 3 distinct owners, and only 2 can sign",
    ],
    [
      { roles: { root: { who: [short("bob"), short("bob2")], threshold: 2 } } },
      "roles/root: it asks for 2 distinct owners, and only 1 can sign",
    ],
    [
      { roles: { root: { who: ["root1"], threshold: 2, distinctOwners: false } } },
      "roles/root: it asks for 2 keys, and only 1 can sign",
    ],
    [
      {
        keys: [key("root1", { notBefore: LATER })],
        roles: { root: { who: ["root1"], threshold: 1 } },
        delegations: [],
      },
      "roles/root: it asks for 1 distinct owners, and only 0 can sign",
    ],
    [{ delegations: [row({ role: "others" })] }, 'hq/* is delegated to the unknown role "others"'],
    [{ delegations: [row({ stream: "*" })] }, "delegations/*: a stream is written like hq/rules"],
    [{ delegations: [row({ stream: "hq" })] }, "delegations/hq: a stream is written like hq/rules"],
    [{ delegations: [row({ kinds: [] })] }, "delegations/hq/*: it names no kind"],
    [{ delegations: [row({ tenants: [] })] }, "delegations/hq/*: it names no tenant"],
    [{ delegations: [row({ tenants: ["*", "acme"] })] }, "delegations/hq/*: * is for all tenants, and stands alone"],
    [{ delegations: [row({ tenants: ["Acme"] })] }, 'delegations/hq/*: "Acme" is no tenant'],
    [
      { delegations: [row(), row({ stream: "hq/rules" })] },
      "delegations/hq/rules: the row hq/* stands before it and decides alone; put hq/rules before hq/*",
    ],
    [
      { delegations: [row(), row()] },
      "delegations/hq/*: the row hq/* stands before it and decides alone; replace that one",
    ],
    [{ floors: { hq: { epoch: 0, sequence: 1 } } }, 'floors: "hq" is no stream'],
    [{ floors: { "hq/rules": { epoch: -1, sequence: 1 } } }, "floors/hq/rules/epoch"],
    [{ maxSequenceJump: 0 }, "maxSequenceJump"],
    [{ maxClockSkewSeconds: -1 }, "maxClockSkewSeconds"],
  ])("that could never work is refused: %j", (change, says) => {
    expect(refusal(() => draft(change))).toContain(says);
  });

  test("has rows whose kinds and tenants are in order, each once", () => {
    const [only] = draft({
      delegations: [row({ kinds: ["templates", "rules", "rules"], tenants: ["b", "a", "b"] })],
    }).delegations;
    expect(only).toMatchObject({ kinds: ["rules", "templates"], tenants: ["a", "b"] });
  });
});

describe("the next policy", () => {
  test("is one version on, and the rest as it was", () => {
    const held = draft();
    expect(propose({ expiresAt: null }, held)).toEqual({ ...held, version: 2, createdAt: LATER, expiresAt: null });
  });

  test("may be made in the very second of the one before", () => {
    expect(propose({ createdAt: MADE, expiresAt: null }).createdAt).toBe(MADE);
  });

  test("knows a new key, and lets a role have it", () => {
    const next = propose({
      addKeys: [key("carol", { notAfter: "2027-01-01T00:00:00Z" })],
      roles: { rules: { who: ["alice", "carol"] } },
    });
    expect(next.keys[id("carol")]).toMatchObject({
      owner: "carol",
      notBefore: LATER,
      notAfter: "2027-01-01T00:00:00Z",
    });
    expect(next.roles["rules"]?.keys).toEqual([id("alice"), id("carol")].toSorted());
  });

  test("takes a removed key out of its roles too", () => {
    const next = propose({ removeKeys: ["root3"] });
    expect(next.keys[id("root3")]).toBeUndefined();
    expect(next.roles["root"]?.keys).toEqual([id("root1"), id("root2")].toSorted());
  });

  test("keeps a revoked key known, and in its roles, so that refusals can tell why", () => {
    const revoke = [{ key: short("root3"), at: "2026-11-20T00:00:00Z", reason: "lost", keepBefore: false }];
    const next = propose({ revoke });
    expect(next.revoked).toEqual({ [id("root3")]: { at: "2026-11-20T00:00:00Z", reason: "lost", keepBefore: false } });
    expect(next.roles["root"]?.keys).toContain(id("root3"));
  });

  test("means by an owner the one key of theirs that is not revoked", () => {
    const revoke = [{ key: short("bob"), at: LATER, reason: "lost", keepBefore: false }];
    const next = propose({ revoke, roles: { rules: { who: ["alice", "bob"] } } });
    expect(next.roles["rules"]?.keys).toEqual([id("alice"), id("bob2")].toSorted());
  });

  test("revokes the key held, and not the one that comes in its place", () => {
    const revoke = [{ key: "alice", at: LATER, reason: "lost", keepBefore: false }];
    const addKeys = [key("carol", { owner: "alice" })];
    const next = propose({ revoke, addKeys, roles: { rules: { who: ["alice", short("bob")] } } });
    expect(Object.keys(next.revoked)).toEqual([id("alice")]);
    expect(next.roles["rules"]?.keys).toEqual([id("bob"), id("carol")].toSorted());
  });

  test("gives a key another end", () => {
    const next = propose({ validity: [{ key: "alice", notAfter: "2027-06-01T00:00:00Z" }] });
    expect(next.keys[id("alice")]?.notAfter).toBe("2027-06-01T00:00:00Z");
  });

  test("drops a role that no row names", () => {
    const held = draft({ roles: { root: { who: ["root1"] }, rules: { who: ["alice"] }, spare: { who: ["alice"] } } });
    expect(Object.keys(propose({ roles: { spare: null } }, held).roles)).toEqual(["root", "rules"]);
  });

  test.each<[name: string, edits: NonNullable<PolicyEdit["delegations"]>, streams: string[]]>([
    ["append", [{ op: "append", row: row({ stream: "plant/*" }) }], ["hq/rules", "hq/*", "plant/*"]],
    ["before", [{ op: "before", stream: "hq/*", row: row({ stream: "hq/app" }) }], ["hq/rules", "hq/app", "hq/*"]],
    ["replace", [{ op: "replace", row: row({ stream: "hq/rules", tenants: ["acme"] }) }], ["hq/rules", "hq/*"]],
    ["remove", [{ op: "remove", stream: "hq/rules" }], ["hq/*"]],
    [
      "in turn",
      [
        { op: "remove", stream: "hq/*" },
        { op: "append", row: row({ stream: "hq/base" }) },
      ],
      ["hq/rules", "hq/base"],
    ],
  ])("has its rows changed: %s", (_name, delegations, streams) => {
    const held = draft({ delegations: [row({ stream: "hq/rules" }), row()] });
    expect(propose({ delegations }, held).delegations.map(({ stream }) => stream)).toEqual(streams);
  });

  test("raises floors and limits", () => {
    const held = draft({ floors: { "hq/rules": { epoch: 0, sequence: 9 } } });
    const floors = { "hq/rules": { epoch: 1, sequence: 0 }, "hq/base": { epoch: 0, sequence: 2 } };
    const limits = { maxSequenceJump: 5, maxClockSkewSeconds: 0, onExpired: "needs-override" } as const;
    expect(propose({ floors, ...limits }, held)).toMatchObject({ floors, ...limits });
  });

  const revoked = draft({ roles: { root: { who: ["root1", "root2"] }, rules: { who: ["alice", short("bob")] } } });
  const gone = { at: LATER, reason: "lost", keepBefore: false };
  const lost = proposePolicy(revoked, { createdAt: MADE, revoke: [{ key: "root3", ...gone }] });
  test.each<[edit: Partial<PolicyEdit>, says: string]>([
    [{}, "policy: nothing would change"],
    [
      { createdAt: "2026-10-31T23:59:59Z" },
      "createdAt: 2026-10-31T23:59:59Z is before version 2 was made, 2026-11-01T00:00:00Z",
    ],
    [
      { createdAt: "2028-06-01T00:00:00Z", maxSequenceJump: 2 },
      "expiresAt: 2028-01-01T00:00:00Z is not after 2028-06-01T00:00:00Z",
    ],
    [{ removeKeys: ["carol"] }, 'removeKeys: "carol" is neither an owner nor a key here'],
    [{ removeKeys: ["root1"] }, "roles/root: it asks for 2 distinct owners, and only 1 can sign"],
    [{ removeKeys: ["alice"] }, "roles/rules: it asks for 2 distinct owners, and only 1 can sign"],
    [{ revoke: [{ key: "root1", ...gone }] }, "roles/root: it asks for 2 distinct owners, and only 1 can sign"],
    [{ revoke: [{ key: "alice", ...gone, at: "x" }] }, `revoked/${short("alice")}/at: "x" is no instant`],
    [{ revoke: [{ key: "alice", ...gone, reason: " " }] }, `revoked/${short("alice")}/reason: say why`],
    [{ revoke: [{ key: short("root3"), ...gone }] }, `revoked/${short("root3")}: it has been revoked already`],
    [
      { removeKeys: [short("root3")], addKeys: [key("root3")] },
      `keys: ${short("root3")} has been revoked, and stays so`,
    ],
    [{ validity: [{ key: "alice", notAfter: MADE }] }, `keys/${short("alice")}/notAfter: ${MADE} is not after ${MADE}`],
    [
      { validity: [{ key: "alice", notAfter: "2026-11-15T00:00:00Z" }] },
      "roles/rules: it asks for 2 distinct owners, and only 1",
    ],
    [{ roles: { root: null } }, "roles/root: every policy has roots"],
    [{ roles: { base: null } }, "roles/base: there is no such role"],
    [{ roles: { rules: null } }, 'hq/* is delegated to the unknown role "rules"'],
    [{ delegations: [{ op: "remove", stream: "hq/x" }] }, "delegations: there is no row hq/x; there are hq/*"],
    [{ delegations: [{ op: "append", row: row({ stream: "hq/x" }) }] }, "put hq/x before hq/*"],
  ])("that could never work is refused: %j", (edit, says) => {
    expect(refusal(() => propose(edit, lost))).toContain(says);
  });

  test.each([
    { epoch: 0, sequence: 9 },
    { epoch: 0, sequence: 8 },
  ])("lowers no floor, and keeps none as if it were news: %j", (floor) => {
    const held = draft({ floors: { "hq/rules": { epoch: 0, sequence: 9 } } });
    expect(refusal(() => propose({ floors: { "hq/rules": floor } }, held))).toBe(
      "floors/hq/rules: it is 0.9 already; a floor only rises",
    );
  });

  test("does not let a root sign back-dated policies after it is revoked", () => {
    const revoke = [{ key: "root3", at: LATER, reason: "lost", keepBefore: true }];
    expect(refusal(() => propose({ revoke }))).toContain(
      `revoked/${short("root3")}: nothing that a root signed can stay good`,
    );
    const twice = draft({
      roles: { root: { who: ["root1", "root2", "root3"] }, rules: { who: ["alice", "root3"], threshold: 1 } },
    });
    expect(refusal(() => propose({ revoke }, twice))).toContain("take it out of the role root");
    const roles = { root: { who: ["root1", "root2"] }, rules: { who: ["alice", short("bob2"), "root3"] } };
    expect(refusal(() => propose({ revoke, roles }, twice))).toBe("accepted");
  });

  test("keeps what a key signed only in a role that the key stays in", () => {
    const revoke = [{ key: "alice", at: LATER, reason: "left", keepBefore: true }];
    const addKeys = [key("carol")];
    expect(refusal(() => propose({ revoke, addKeys, roles: { rules: { who: ["carol", short("bob")] } } }))).toBe(
      `revoked/${short("alice")}: what ${short("alice")} of alice signed before can stay good only while the key is in the role rules; name ${short("alice")} in it too, or revoke without keep-before`,
    );
    const stays = propose({ revoke, addKeys, roles: { rules: { who: ["carol", short("bob"), "alice"] } } });
    expect(stays.roles["rules"]?.keys).toContain(id("alice"));
    const root = [{ key: "root3", at: LATER, reason: "left", keepBefore: true }];
    expect(refusal(() => propose({ revoke: root, roles: { root: { who: ["root1", "root2"] } } }))).toBe(
      `revoked/${short("root3")}: nothing that a root signed can stay good, for who has the key could date a policy back; revoke it without keep-before`,
    );
    expect(refusal(() => propose({ revoke: root }))).toContain("revoke it without keep-before");
  });

  test("means by an owner the revoked key where there is no other", () => {
    const revoke = [{ key: "alice", at: LATER, reason: "lost", keepBefore: false }];
    const edit = { revoke, addKeys: [key("carol")], roles: { rules: { who: ["alice", "carol", short("bob")] } } };
    const next = propose(edit);
    expect(next.roles["rules"]?.keys).toEqual([id("alice"), id("bob"), id("carol")].toSorted());
    expect(Object.keys(propose({ removeKeys: ["alice"] }, next).keys)).not.toContain(id("alice"));
    expect(refusal(() => propose({ revoke }, next))).toContain("it has been revoked already");
  });

  test("may leave alone what was broken before, but for the roots", () => {
    const held = draft({
      keys: [key("root1"), key("alice", { notAfter: "2026-11-15T00:00:00Z" })],
      roles: { root: { who: ["root1"] }, rules: { who: ["alice"] } },
    });
    expect(refusal(() => propose({ maxSequenceJump: 7 }, held))).toBe("accepted");
    const hidden = { ...held, delegations: [row(), row({ stream: "hq/rules" })] };
    expect(refusal(() => propose({ maxSequenceJump: 7 }, hidden))).toBe("accepted");
    const late = {
      ...held,
      roles: { root: { keys: [id("alice")], threshold: 1, distinctOwners: true } },
      delegations: [],
    };
    expect(refusal(() => propose({ maxSequenceJump: 7 }, late))).toContain(
      "roles/root: it asks for 1 distinct owners, and only 0",
    );
  });
});

describe("a policy in words", () => {
  const policy = propose({
    revoke: [{ key: short("bob2"), at: LATER, reason: "sold\u001b[2J", keepBefore: true }],
    floors: { "hq/rules": { epoch: 0, sequence: 12 } },
  });

  test("tells every fact", () => {
    const facts = new Map(describePolicy(policy).map(({ what, text }) => [what, text]));
    expect(facts.get("expires")).toBe("2028-01-01T00:00:00Z");
    expect(facts.get("once expired")).toBe("kits are refused");
    expect(facts.get(`key ${id("root2")}`)).toBe(`root2, ecdsa-p256, valid from ${MADE} without end`);
    expect(facts.get("role root")).toMatch(
      /^2 of 3 owners: root[123] \(.{8}\), root[123] \(.{8}\), root[123] \(.{8}\)$/,
    );
    expect(facts.get("stream hq/*")).toBe("signed by rules (2 of 2 owners); kinds rules; all tenants");
    expect(facts.get(`revoked ${id("bob2")}`)).toBe(`at ${LATER}, "sold\\u001b[2J": what it signed before stays good`);
    expect(facts.get("floor hq/rules")).toBe("0.12 and later");
    expect(facts.get("largest step")).toBe("a sequence rises by at most 1000 at once");
    expect(facts.get("clocks")).toBe("a kit may be 86400 s ahead of a site's clock");
    expect(describePolicy({ ...policy, onExpired: "needs-override", expiresAt: null }).slice(0, 2)).toEqual([
      { what: "expires", text: "never" },
      { what: "once expired", text: "kits need an override with a reason" },
    ]);
  });

  test("marks a revoked key where it tells of the key", () => {
    const facts = new Map(describePolicy(policy).map(({ what, text }) => [what, text]));
    expect(facts.get(`key ${id("bob2")}`)).toBe(
      `bob, ed25519, revoked at ${LATER}; had been valid from ${MADE} without end`,
    );
    expect(facts.get(`key ${id("bob")}`)).toBe(`bob, ed25519, valid from ${MADE} without end`);
  });

  test.each<[stream: Partial<PolicyDraft["delegations"][number]>, says: string]>([
    [{ kinds: ["app"], tenants: ["acme", "beta"] }, "kinds app; tenants acme, beta"],
    [
      { kinds: ["approvals", "calendars", "channels", "connectors", "policies", "rules", "schedules", "templates"] },
      "all content kinds; all tenants",
    ],
  ])("tells what a row allows: %j", (change, says) => {
    expect(describePolicy(draft({ delegations: [row(change)] })).at(-3)?.text).toContain(says);
  });

  test("says how many of whom a role asks for", () => {
    expect(needText(policy, { keys: [id("alice")], threshold: 1, distinctOwners: true })).toBe("1 of 1 owner");
    expect(needText(policy, { keys: [id("bob"), id("bob2")], threshold: 1, distinctOwners: false })).toBe(
      "1 of 2 keys",
    );
  });

  test("quotes what could deceive, and marks what never counts", () => {
    const foreign = testPolicy(({ keys, delegations, roles }) => ({
      keys: Object.fromEntries(
        Object.entries(keys).map(([name, one]) => [name, { ...one, owner: `${one.owner}, eve` }]),
      ),
      delegations: [...delegations, ...delegations],
      revoked: { "odd id": { at: MADE, reason: "", keepBefore: false } },
      roles: { ...roles, "a role": { keys: [id("alice"), "SHA256:none"], threshold: 1, distinctOwners: false } },
    }));
    const text = describePolicy(foreign)
      .map((one) => `${one.what}: ${one.text}`)
      .join("\n");
    expect(text).toContain('"alice, eve", ed25519');
    expect(text).toContain("stream hq/base (row 4, never reached)");
    expect(text).toContain('revoked odd id: at 2026-11-01T00:00:00Z, "": nothing that it signed counts');
    expect(text).toContain("nobody known (none)");
  });
});

describe("the difference of two policies", () => {
  const before = draft({ floors: { "hq/rules": { epoch: 0, sequence: 1 } } });
  const { [id("alice")]: alice, ...others } = before.keys;
  const owned = (owner: string): TrustPolicy =>
    alice === undefined ? before : { ...before, keys: { ...others, [id("alice")]: { ...alice, owner } } };

  test("is empty for one policy, whatever its version", () => {
    expect(describeChange(before, { ...before, version: 7, createdAt: LATER })).toEqual([]);
  });

  test.each<[name: string, edit: Partial<PolicyEdit>, what: readonly string[]]>([
    ["expiry", { expiresAt: null }, ["expires"]],
    ["what expiry means", { onExpired: "needs-override" }, ["once expired"]],
    ["a new key", { addKeys: [key("carol")] }, [`key ${id("carol")}`]],
    ["a key that goes", { removeKeys: ["root3"] }, ["role root", `key ${id("root3")}`]],
    [
      "a revocation",
      { revoke: [{ key: "root3", at: LATER, reason: "x", keepBefore: false }] },
      [`revoked ${id("root3")}`],
    ],
    ["a role", { roles: { rules: { who: ["alice"] } } }, ["role rules"]],
    [
      "rows",
      { delegations: [{ op: "before", stream: "hq/*", row: row({ stream: "hq/a" }) }] },
      ["stream hq/a", "order of streams"],
    ],
    ["a row", { delegations: [{ op: "replace", row: row({ tenants: ["acme"] }) }] }, ["stream hq/*"]],
    ["a floor", { floors: { "hq/rules": { epoch: 0, sequence: 2 } } }, ["floor hq/rules"]],
    ["limits", { maxSequenceJump: 5, maxClockSkewSeconds: 5 }, ["largest step", "clocks"]],
  ])("names what is another: %s", (_name, edit, what) => {
    const changes = describeChange(before, propose(edit, before));
    expect(changes.map((one) => one.what)).toEqual(what);
  });

  test("has both sides of what is another, one side of what is new or gone", () => {
    const next = propose({ removeKeys: ["root3"], addKeys: [key("carol")], expiresAt: null }, before);
    const changes = new Map(describeChange(before, next).map(({ what, ...sides }) => [what, sides]));
    expect(changes.get("expires")).toEqual({ before: "2028-01-01T00:00:00Z", after: "never" });
    expect(changes.get(`key ${id("carol")}`)).toEqual({
      after: `carol, ed25519, valid from ${LATER} without end`.replace("ed25519", "ecdsa-p256"),
    });
    expect(changes.get(`key ${id("root3")}`)).toEqual({ before: `root3, ed25519, valid from ${MADE} without end` });
  });

  test("shows the order of rows that only changed places", () => {
    const held = draft({ delegations: [row({ stream: "hq/a" }), row({ stream: "hq/b" })] });
    const next = { ...held, delegations: held.delegations.toReversed() };
    expect(describeChange(held, next)).toEqual([
      { what: "order of streams", before: "hq/a, hq/b", after: "hq/b, hq/a" },
    ]);
  });

  test("hides nothing that reads alike", () => {
    const long = "x".repeat(150);
    const [change, ...more] = describeChange(owned(`${long}1`), owned(`${long}2`));
    expect(more).toEqual([]);
    expect(change?.before).toContain(`${long}1`);
    expect(change?.after).toContain(`${long}2`);
  });
});
