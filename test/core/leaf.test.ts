import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/core/canonical-json.ts";
import { STATUSES } from "../../src/core/delivery.ts";
import type { Json } from "../../src/core/json.ts";
import { ledgerFact, parseLeaf } from "../../src/core/leaf-parse.ts";
import { LEAF_TYPES, type LeafType, missingField } from "../../src/core/leaf-type.ts";
import { commitment, type LeafInput, leafLine, MAX_LEAF_BYTES, MAX_LEAF_TIME } from "../../src/core/leaf.ts";
import { REASONS, isReasonCode, reasonText, type ReasonCode } from "../../src/core/reason.ts";
import { parseStrictJson } from "../../src/core/strict-json.ts";
import { LEAVES, OPENING, SITE_LEAVES } from "../support/ledger-vectors.ts";

const PLACE = { log: "sealpost-a-01234567-t", seq: 3, t: 1_774_736_100_000, boot: "b1", mono: 12 };
const HASH = "ab".repeat(32);

function sized(text: string): LeafInput {
  return { type: "config.change", actor: "u", body: { text } };
}

function jsonOf(line: string): Json {
  const read = parseStrictJson(line, { depth: 32 });
  if (!read.ok) throw new Error(read.fault.detail);
  return read.value;
}

const word = fc.string({ unit: "grapheme", maxLength: 6 });
const hex = fc.constantFrom(HASH, "0".repeat(64));
const count = fc.nat();
const status = fc.constantFrom(...STATUSES);
const reason = fc.record(
  { code: fc.constantFrom<ReasonCode>("connect", "timeout", "refused"), by: word },
  { requiredKeys: ["code"] },
);
const entry = fc.record(
  { delivery: word, channel: word, status, rule: word, action: word, reason, sd: fc.record({ recipient: hex }) },
  { requiredKeys: ["delivery", "channel", "status", "rule", "action"] },
);
const integers = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.maxSafeInteger(),
    word,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.oneof(word, fc.constantFrom("1", "10", "9", "__proto__x")), tie("value"), { maxKeys: 4 }),
  ),
})).value;
const input: fc.Arbitrary<LeafInput> = fc.record(
  {
    type: fc.constantFrom(...LEAF_TYPES),
    t: count,
    actor: word,
    id: word,
    ref: fc.record(
      {
        event: word,
        rule: word,
        template: word,
        incident: word,
        digest: word,
        approval: word,
        kit: word,
        object: word,
      },
      { requiredKeys: [] },
    ),
    cfg: fc.constantFrom("0123456789abcdef"),
    drafts: fc.array(entry, { maxLength: 3 }),
    delivery: word,
    n: count,
    status,
    due: count,
    out: fc.record({ code: word, st: word, ms: count }),
    reason,
    payload: hex,
    sd: fc.record({ event: hex, recipient: hex }, { requiredKeys: [] }),
    body: fc.dictionary(word, integers, { maxKeys: 4 }),
  },
  { requiredKeys: ["type", "actor"] },
);

describe("a leaf's line", () => {
  it("is RFC 8785, has all that was said and where it stands, and verifiers can read it", () => {
    fc.assert(
      fc.property(input, (said) => {
        fc.pre(missingField(said) === undefined);
        const line = leafLine(said, PLACE);
        const { log, seq, boot, mono, t } = PLACE;
        expect(canonicalJson(jsonOf(line))).toBe(line);
        expect(parseLeaf(line)).toEqual({ t, ...said, v: 1, log, seq, boot, mono });
      }),
      { numRuns: 1000 },
    );
  });

  it("is that of the vectors for what they say", () => {
    for (const line of [...LEAVES, ...SITE_LEAVES].filter((one) => !one.includes('"payload":'))) {
      const { v: _, log, seq, boot, mono, ...said } = parseLeaf(line);
      const place = { log, seq, boot, mono };
      expect(leafLine(inputOf(said), place)).toBe(line);
    }
  });

  it("takes the time of its place where it names none", () => {
    const { t: _, ...timeless } = PLACE;
    expect(parseLeaf(leafLine({ type: "site.start", actor: "job:start" }, PLACE)).t).toBe(PLACE.t);
    expect(parseLeaf(leafLine({ type: "site.start", actor: "job:start", t: 5 }, PLACE)).t).toBe(5);
    expect(() => leafLine({ type: "site.start", actor: "job:start" }, timeless)).toThrow(
      expect.objectContaining({ code: "bad-leaf" }),
    );
  });

  it("may be 48,000 bytes long and no longer", () => {
    const room = MAX_LEAF_BYTES - Buffer.byteLength(leafLine(sized(""), PLACE));
    expect(Buffer.byteLength(leafLine(sized("x".repeat(room)), PLACE))).toBe(MAX_LEAF_BYTES);
    expect(() => leafLine(sized("x".repeat(room + 1)), PLACE)).toThrow(
      expect.objectContaining({ code: "leaf-too-large" }),
    );
    expect(() => leafLine(sized("é".repeat(room / 2 + 1)), PLACE)).toThrow(
      expect.objectContaining({ code: "leaf-too-large" }),
    );
  });

  const decision: LeafInput = { type: "event.decision", actor: "source:a", id: "e", cfg: "0".repeat(16), drafts: [] };
  const attempt: LeafInput = { type: "delivery.attempt", actor: "job:deliver", delivery: "d", n: 1, status: "sent" };
  it.each<[string, LeafInput]>([
    ["a decision without drafts", { type: "event.decision", actor: "a", id: "e", cfg: "0".repeat(16) }],
    ["a draft without its rule", { ...decision, drafts: [{ delivery: "d", channel: "c", status: "pending" }] }],
    [
      "101 drafts",
      {
        ...decision,
        drafts: Array.from(
          { length: 101 },
          () => ({ delivery: "d", channel: "c", status: "pending", rule: "r", action: "a" }) as const,
        ),
      },
    ],
    ["an attempt without its number", { type: "delivery.attempt", actor: "a", delivery: "d", status: "sent" }],
    ["a retry without its instant", { ...attempt, status: "retrying" }],
    ["a seal without its body", { type: "ledger.seal", actor: "a" }],
    ["a fraction", { ...attempt, n: 1.5 }],
    ["a negative number", { ...attempt, out: { code: "250", st: "ok", ms: -1 } }],
    ["the year 10000", { ...attempt, due: MAX_LEAF_TIME + 1 }],
    ["a fraction in the body", { type: "config.change", actor: "a", body: { deep: [{ n: 0.5 }] } }],
    ["2^53 in the body", { type: "config.change", actor: "a", body: { n: 2 ** 53 } }],
  ])("is not written for %s", (_, said) => {
    expect(() => leafLine(said, PLACE)).toThrow(expect.objectContaining({ name: "CoreError", code: "bad-leaf" }));
  });

  it.each([{ seq: -1 }, { mono: 0.5 }, { seq: 2 ** 53 }])("is not written at %j", (wrong) => {
    expect(() => leafLine(attempt, { ...PLACE, ...wrong })).toThrow(expect.objectContaining({ code: "bad-leaf" }));
  });

  it("holds no lone surrogate, but may hold what looks like the escape of one", () => {
    for (const text of ["\ud800", "a\udfff", "\\\ud800"]) {
      expect(() => leafLine({ ...attempt, id: text }, PLACE)).toThrow(
        expect.objectContaining({ code: "lone-surrogate" }),
      );
      expect(() => leafLine({ ...attempt, body: { text } }, PLACE)).toThrow(
        expect.objectContaining({ code: "lone-surrogate" }),
      );
    }
    const said = { ...attempt, id: "\\ud800 \\\\udfff 😀" };
    expect(parseLeaf(leafLine(said, PLACE)).id).toBe(said.id);
  });
});

describe("a verifier", () => {
  it("reads every leaf of the vectors", () => {
    expect(LEAVES.map((line) => parseLeaf(line).seq)).toEqual(LEAVES.map((_, seq) => seq));
    expect(SITE_LEAVES.map((line) => parseLeaf(line).seq)).toEqual(SITE_LEAVES.map((_, seq) => seq));
    const types = new Set<LeafType>([...LEAVES, ...SITE_LEAVES].map((line) => parseLeaf(line).type));
    expect(types).toEqual(new Set(LEAF_TYPES));
  });

  const sound = '"actor":"a","boot":"b","log":"l","mono":1,"seq":2,"t":3,"type":"site.start","v":1';
  it.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["nothing", ""],
    ["a key that occurs twice", `{${sound},"v":1}`],
    ["a key that occurs twice in the body", `{${sound},"body":{"a":1,"\\u0061":2}}`],
    ["an unknown type", `{${sound.replace("site.start", "site.pause")}}`],
    ["an unknown field", `{${sound},"colour":"red"}`],
    ["an unknown field of a draft", `{${sound},"drafts":[{"channel":"c","delivery":"d","status":"sent","colour":1}]}`],
    ["another version", `{${sound.replace('"v":1', '"v":2')}}`],
    ...["actor", "boot", "log", "mono", "seq", "t", "type", "v"].map((field): [string, string] => [
      `a leaf without ${field}`,
      `{${sound
        .split(",")
        .filter((member) => !member.startsWith(`"${field}"`))
        .join(",")}}`,
    ]),
    ["a fraction", `{${sound.replace('"mono":1', '"mono":1.5')}}`],
    ["a negative number", `{${sound.replace('"seq":2', '"seq":-2')}}`],
    ["the year 10000", `{${sound.replace('"t":3', `"t":${MAX_LEAF_TIME + 1}`)}}`],
    ["a fraction in the body", `{${sound},"body":{"a":[0.5]}}`],
    ["2^53 in the body", `{${sound},"body":{"a":-9007199254740992}}`],
    ["a commitment that is none", `{${sound},"sd":{"event":"${HASH.toUpperCase()}"}}`],
    ["a payload that is no hash", `{${sound},"payload":"ab"}`],
    ["a generation that is none", `{${sound},"cfg":"0123"}`],
    [
      "a decision without its id",
      `{${sound.replace("site.start", "event.decision")},"cfg":"${"0".repeat(16)}","drafts":[]}`,
    ],
    ["a decision without its configuration", `{${sound.replace("site.start", "event.decision")},"id":"e","drafts":[]}`],
    ["a change without its status", `{${sound.replace("site.start", "delivery.change")},"delivery":"d"}`],
    [
      "a retry without its instant",
      `{${sound.replace("site.start", "delivery.change")},"delivery":"d","status":"retrying"}`,
    ],
    ["a replay without its delivery", `{${sound.replace("site.start", "delivery.replay")}}`],
    ["a leaf that is too long", `{${sound},"id":"${"x".repeat(MAX_LEAF_BYTES)}"}`],
  ])("refuses %s", (_, line) => {
    expect(() => parseLeaf(line)).toThrow(expect.objectContaining({ name: "CoreError", code: "bad-leaf" }));
  });

  it("does not ask for an order of keys", () => {
    expect(parseLeaf(`{"v":1,${sound.replace(',"v":1', "")}}`).type).toBe("site.start");
  });

  it.each([
    ["ledger.genesis", '{"key":"k"}'],
    ["ledger.genesis", '{"key":"k","seal":"s","more":1}'],
    ["ledger.seal", "{}"],
    ["ledger.epoch", '{"root":"AAAA","size":1}'],
    ["ledger.tenant", `{"root":"${OPENING.salt}","size":1}`],
    ["ledger.prune", '{"from":0,"hashes":[""],"to":2}'],
    ["privacy.erasure", '{"count":"2"}'],
  ])("refuses a body of %s that says %s", (type, body) => {
    const leaf = parseLeaf(`{${sound.replace("site.start", type)},"body":${body}}`);
    expect(() => ledgerFact(leaf)).toThrow(expect.objectContaining({ code: "bad-leaf" }));
  });

  it("reads the bodies of the vectors", () => {
    const kinds = new Set([...LEAVES, ...SITE_LEAVES].map((line) => ledgerFact(parseLeaf(line)).kind));
    expect(kinds).toEqual(new Set(["genesis", "seal", "epoch", "tenant", "prune", "plain"]));
  });
});

describe("a commitment", () => {
  it("is that of the vectors", () => {
    const { field, salt, value, seq, draft, commitmentHex } = OPENING;
    expect(field).toBe("recipient");
    expect(commitment("recipient", Buffer.from(salt, "base64"), value)).toBe(commitmentHex);
    expect(parseLeaf(LEAVES[seq] ?? "").drafts?.[draft]?.sd?.recipient).toBe(commitmentHex);
  });

  it.each([0, 1, 2_700, 2_800, 300_000])(
    "is SHA-256 of its field, salt and value: %i characters, after others",
    (length) => {
      const salt = Buffer.alloc(32, length % 251);
      for (const value of ["x".repeat(length), "é€".repeat(length / 2), ""]) {
        const whole = Buffer.concat([Buffer.from("ledger-sd/v1\0event\0"), salt, Buffer.from(value)]);
        expect(commitment("event", salt, value)).toBe(createHash("sha256").update(whole).digest("hex"));
      }
    },
  );

  it("has a salt of 32 bytes", () => {
    expect(() => commitment("event", new Uint8Array(31), "")).toThrow(expect.objectContaining({ code: "bad-salt" }));
  });
});

describe("a reason", () => {
  it("has a code of the list and a sentence for people", () => {
    for (const code of Object.keys(REASONS)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(isReasonCode(code) && reasonText(code)).toMatch(/^[A-Z].*\.$/);
    }
    expect(isReasonCode("toString")).toBe(false);
  });
});

/** The writer's type is narrower than the reader's (closed reasons and statuses); the vectors' words are examples. */
function inputOf(said: object): LeafInput {
  const typed: { readonly input: LeafInput } = Object.assign(
    { input: { type: "site.start", actor: "" } as const },
    { input: said },
  );
  return typed.input;
}
