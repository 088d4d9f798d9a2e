import { describe, expect, it } from "vitest";
import { DecisionRoot, decisionText } from "../../src/core/decision-root.ts";
import { parseLeaf } from "../../src/core/leaf-parse.ts";
import { type LeafInput, leafLine } from "../../src/core/leaf.ts";
import { hashToBytes, leafHash, rootOf } from "../../src/core/merkle.ts";
import { LEAVES } from "../support/ledger-vectors.ts";

const HASH = "cd".repeat(32);
const DECISION: LeafInput = {
  type: "event.decision",
  actor: "source:a",
  id: "ev_1",
  cfg: "0123456789abcdef",
  drafts: [{ delivery: "dl_1", channel: "c", status: "pending", rule: "r@1", action: "a", sd: { recipient: HASH } }],
  sd: { event: HASH },
};
const FLUSH: LeafInput = {
  type: "digest.flush",
  actor: "timer:digest-flush",
  id: "w",
  body: { at: 500, items: 2 },
  drafts: [],
};
const ESCALATE: LeafInput = {
  type: "incident.escalate",
  actor: "timer:escalate",
  id: "in_1",
  body: { at: 7 },
  drafts: [],
};
const PLACE = { log: "l", seq: 1, t: 900, boot: "b", mono: 5 };

function rootOfLines(tenants: Readonly<Record<string, readonly string[]>>): DecisionRoot {
  const root = new DecisionRoot();
  for (const [tenant, lines] of Object.entries(tenants)) for (const line of lines) root.add(tenant, line);
  return root;
}

describe("what of a leaf is decided", () => {
  it("is all but where it stands and what it hides", () => {
    expect(decisionText(parseLeaf(leafLine(DECISION, PLACE)))).toBe(
      '{"actor":"source:a","cfg":"0123456789abcdef","drafts":[{"action":"a","channel":"c","delivery":"dl_1","rule":"r@1","status":"pending"}],"id":"ev_1","t":900,"type":"event.decision","v":1}',
    );
  });

  it("has the due instant of a timer as its time", () => {
    expect(decisionText(parseLeaf(leafLine(FLUSH, PLACE)))).toContain('"t":500,');
    expect(decisionText(parseLeaf(leafLine({ ...FLUSH, actor: "u-1" }, PLACE)))).toContain('"t":900,');
    expect(decisionText(parseLeaf(leafLine({ ...FLUSH, body: { at: "soon" } }, PLACE)))).toContain('"t":900,');
    expect(decisionText(parseLeaf(leafLine({ type: "digest.open", actor: "timer:x", id: "w" }, PLACE)))).toContain(
      '"t":900,',
    );
  });

  it("counts decisions, windows and incidents that announce", () => {
    expect(decisionText(parseLeaf(leafLine(ESCALATE, PLACE)))).toContain('"t":7,');
    for (const type of ["incident.ack", "delivery.change", "config.change"] as const) {
      const leaf = leafLine({ type, actor: "u", id: "x", delivery: "d", status: "dead" }, PLACE);
      expect(decisionText(parseLeaf(leaf))).toBeUndefined();
    }
    const counted = LEAVES.map((line) => parseLeaf(line)).filter((leaf) => decisionText(leaf) !== undefined);
    expect(new Set(counted.map(({ type }) => type))).toEqual(
      new Set(["event.decision", "digest.open", "digest.flush", "digest.drop", "digest.reopen", "incident.escalate"]),
    );
  });
});

describe("the decision root", () => {
  const decided = [DECISION, FLUSH, ESCALATE];
  const lines = (change: Partial<typeof PLACE>): string[] =>
    decided.map((leaf) => leafLine(leaf, { ...PLACE, ...change }));

  it("is the same wherever and whenever the leaves were written", () => {
    const other = {
      ...DECISION,
      drafts: DECISION.drafts?.map((draft) => ({ ...draft, sd: { recipient: "ef".repeat(32) } })) ?? [],
    };
    const again = [other, FLUSH, ESCALATE].map((leaf, at) =>
      leafLine(leaf, { log: "m", seq: 70 + at, t: 900, boot: "c", mono: at }),
    );
    const noise = leafLine({ type: "site.start", actor: "job:start" }, PLACE);
    expect(rootOfLines({ acme: [noise, ...again] }).root()).toBe(rootOfLines({ acme: lines({}) }).root());
  });

  it("of timers does not hang on when they ran", () => {
    const late = [
      leafLine(DECISION, PLACE),
      leafLine(FLUSH, { ...PLACE, t: 99_999 }),
      leafLine(ESCALATE, { ...PLACE, t: 99_999 }),
    ];
    expect(rootOfLines({ acme: late }).root()).toBe(rootOfLines({ acme: lines({}) }).root());
    expect(rootOfLines({ acme: lines({ t: 901 }) }).root()).not.toBe(rootOfLines({ acme: lines({}) }).root());
  });

  it("is over the tenants in order, each with the root of its own", () => {
    const [one, two] = [
      rootOfLines({ b: lines({}), a: lines({}).slice(1) }),
      rootOfLines({ a: lines({}).slice(1), b: lines({}) }),
    ];
    expect(one.root()).toBe(two.root());
    expect(one.tenants().map(({ tenant, count }) => [tenant, count])).toEqual([
      ["a", 2],
      ["b", 3],
    ]);
    const leaves = one.tenants().map(({ tenant, root }) => leafHash(`${tenant}\0${root}`));
    expect(one.root()).toBe(Buffer.from(hashToBytes(rootOf(leaves))).toString("hex"));
  });

  it("changes with the order, a draft's status and the tenant", () => {
    const base = rootOfLines({ acme: lines({}) }).root();
    const held = {
      ...DECISION,
      drafts: DECISION.drafts?.map((draft) => ({ ...draft, status: "held" as const })) ?? [],
    };
    const others = [
      rootOfLines({ acme: lines({}).toReversed() }),
      rootOfLines({ other: lines({}) }),
      rootOfLines({ acme: [leafLine(held, PLACE), ...lines({}).slice(1)] }),
      rootOfLines({}),
    ];
    expect(new Set([base, ...others.map((other) => other.root())]).size).toBe(5);
  });

  it("is not taken over what is no leaf", () => {
    expect(() => new DecisionRoot().add("a", "{}")).toThrow(expect.objectContaining({ code: "bad-leaf" }));
  });
});
