import { describe, expect, test } from "vitest";
import { shortKeyId } from "../../src/core/key-id.ts";
import { policyDoubts } from "../../src/core/trust-doubts.ts";
import { draftPolicy, type PolicyDraft, type PolicyEdit, proposePolicy } from "../../src/core/trust-edit.ts";
import type { TrustPolicy } from "../../src/core/trust.ts";
import { testKey, type TestSigner } from "../support/kit-forge.ts";

const LEFT = "2026-11-20T00:00:00Z";
const short = (name: TestSigner): string => shortKeyId(testKey(name).keyId);
const row = (stream: string, role: string): PolicyDraft["delegations"][number] => ({
  stream,
  role,
  kinds: ["rules"],
  tenants: ["*"],
});

function draft(change: Partial<PolicyDraft> = {}): TrustPolicy {
  const names: readonly TestSigner[] = ["root1", "root2", "alice", "bob", "carol"];
  return draftPolicy({
    createdAt: "2026-11-01T00:00:00Z",
    expiresAt: null,
    keys: names.map((name) => ({ spki: testKey(name).spki, owner: name })),
    roles: { root: { who: ["root1", "root2"] }, rules: { who: ["alice", "bob", "carol"] } },
    delegations: [row("hq/*", "rules")],
    ...change,
  });
}
const propose = (edit: Partial<PolicyEdit>, held = draft()): TrustPolicy =>
  proposePolicy(held, { createdAt: "2026-12-01T00:00:00Z", ...edit });
const kept = (key: TestSigner): NonNullable<PolicyEdit["revoke"]> => [
  { key, at: LEFT, reason: "left", keepBefore: true },
];
const twoRoles = draft({
  roles: {
    root: { who: ["root1", "root2"] },
    rules: { who: ["alice", "bob"], threshold: 1 },
    base: { who: ["alice", "bob"], threshold: 1 },
  },
  delegations: [row("hq/rules", "rules"), row("hq/base", "base")],
  keys: (["root1", "root2", "alice", "bob", "carol"] as const).map((name) => ({
    spki: testKey(name).spki,
    owner: name,
  })),
});

const NO_ROWS =
  "no row says who signs a stream, so sites would refuse all kits but trust kits; delegate a stream to a role (--delegate STREAM=ROLE)";
const backDated = (name: TestSigner): string =>
  `what ${short(name)} of ${name} dates before ${LEFT} goes on counting, and the date of a kit is its signer's own word: that is for people who left in peace; revoke a stolen or lost key without keep-before`;
const left = (name: TestSigner, role: string): string =>
  `${short(name)} of ${name} is no longer in the role ${role}, so what it signed for that role before ${LEFT} counts no more; name ${short(name)} in the role too if it shall`;

describe("what people are told to think about", () => {
  test.each<[name: string, doubts: () => string[], says: string[]]>([
    ["a sound first policy", () => policyDoubts(draft()), []],
    [
      "a first policy without rows",
      () =>
        policyDoubts(draft({ delegations: [], roles: { root: { who: ["root1"] }, rules: { who: ["alice"] } } })).slice(
          0,
          1,
        ),
      [NO_ROWS],
    ],
    [
      "a role that no row names",
      () =>
        policyDoubts(
          draft({
            roles: { root: { who: ["root1", "root2"] }, rules: { who: ["alice", "bob"] }, rule: { who: ["carol"] } },
          }),
        ),
      ["no row names the role rule, so it signs nothing; rows name rules"],
    ],
    [
      "keys in no role",
      () => policyDoubts(draft({ roles: { root: { who: ["root1", "root2"] }, rules: { who: ["alice"] } } })),
      [
        `no role names the key ${short("carol")} of carol, so it signs nothing`,
        `no role names the key ${short("bob")} of bob, so it signs nothing`,
      ],
    ],
    ["a change of limits", () => policyDoubts(propose({ maxSequenceJump: 5 }), draft()), []],
    [
      "a change without rows, as before",
      () => {
        const held = draft({ delegations: [] });
        return policyDoubts(propose({ maxSequenceJump: 5 }, held), held);
      },
      [NO_ROWS],
    ],
    [
      "a key that was in no role before",
      () => {
        const held = draft({ roles: { root: { who: ["root1", "root2"] }, rules: { who: ["alice"] } } });
        return policyDoubts(propose({ maxSequenceJump: 5 }, held), held);
      },
      [],
    ],
    [
      "a key that is revoked outright",
      () =>
        policyDoubts(
          propose({
            revoke: [{ key: "bob", at: LEFT, reason: "lost", keepBefore: false }],
            roles: { rules: { who: ["alice", "carol"] } },
          }),
          draft(),
        ),
      [],
    ],
    [
      "a key that is revoked and kept",
      () => policyDoubts(propose({ revoke: kept("bob") }), draft()),
      [backDated("bob")],
    ],
    [
      "a key that is kept, and leaves one role of two",
      () =>
        policyDoubts(propose({ revoke: kept("bob"), roles: { base: { who: ["alice"] } } }, twoRoles), twoRoles).filter(
          (one) => one.includes("bob"),
        ),
      [backDated("bob"), left("bob", "base")],
    ],
    [
      "a key that was kept, and leaves its role later",
      () => {
        const held = propose({ revoke: kept("bob") });
        return policyDoubts(propose({ roles: { rules: { who: ["alice", "carol"] } } }, held), held);
      },
      [left("bob", "rules")],
    ],
    [
      "a key that was kept, and is removed",
      () => {
        const held = propose({ revoke: kept("bob") });
        return policyDoubts(propose({ removeKeys: ["bob"] }, held), held);
      },
      [],
    ],
  ])("%s", (_name, doubts, says) => {
    expect(doubts()).toEqual(says);
  });
});
