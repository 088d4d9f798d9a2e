import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { differences } from "../../scripts/scenario/compare.ts";
import type { Outcome } from "../../scripts/scenario/outcome.ts";
import { playScenario } from "../../scripts/scenario/play.ts";
import { type Expect, readScenario } from "../../scripts/scenario/read.ts";
import { temporaryFolder } from "../support/folder.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const VECTOR = path.join(ROOT, "test/vectors/stories/digest-cap-then-commands.json");
const FLAP = path.join(ROOT, "test/vectors/decisions/debounce-sixth-is-the-aggregate.json");

async function played(file: string): Promise<{ readonly expect: Expect; readonly outcome: Outcome }> {
  const scenario = readScenario(fs.readFileSync(file, "utf8"));
  return { expect: scenario.expect, outcome: await playScenario(scenario, { engine: "memory", looks: "lazy" }) };
}

let digest: Awaited<ReturnType<typeof played>>;
let flap: typeof digest;
beforeAll(async () => {
  digest = await played(VECTOR);
  flap = await played(FLAP);
});

type Changed = (expected: Expect) => Expect;
const changeWindow =
  (at: number, change: (window: Expect["windows"][number]) => Expect["windows"][number]): Changed =>
  (expected) => ({ ...expected, windows: expected.windows.map((window, n) => (n === at ? change(window) : window)) });

describe("a planted difference is found and told", () => {
  const cases: readonly [string, Changed, string][] = [
    [
      "a status",
      (expected) => ({ ...expected, events: { ...expected.events, e1: [{ status: "pending", end: "coalesced" }] } }),
      "event e1, draft 1 (ops), status: expected pending, came coalesced",
    ],
    [
      "the status at the end",
      (expected) => ({ ...expected, events: { ...expected.events, e1: [{ status: "coalesced", end: "dropped" }] } }),
      "event e1, draft 1 (ops), status at the end: expected dropped, came coalesced",
    ],
    [
      "who decided",
      (expected) => ({ ...expected, events: { ...expected.events, e1: [{ status: "coalesced", by: "nights" }] } }),
      "event e1, draft 1 (ops), by: expected nights, came digest:plant-7:ops:15m:1780308060000",
    ],
    [
      "an addressee",
      (expected) => ({ ...expected, events: { ...expected.events, e1: [{ to: ["ana@plant-7.example"] }] } }),
      "event e1, draft 1 (ops), to: expected [ana@plant-7.example], came [ops@plant-7.example]",
    ],
    [
      "a draft too many",
      (expected) => ({ ...expected, events: { ...expected.events, e1: [] } }),
      "event e1: expected drafts [], came [ops coalesced by digest:plant-7:ops:15m:1780308060000]",
    ],
    [
      "another action",
      (expected) => ({ ...expected, events: { ...expected.events, e1: [{ action: "log", status: "pending" }] } }),
      "event e1: expected drafts [log pending], came [ops coalesced by digest:plant-7:ops:15m:1780308060000]",
    ],
    [
      "an event that is not expected",
      (expected) => ({
        ...expected,
        events: Object.fromEntries(Object.entries(expected.events).filter(([name]) => name !== "e1")),
      }),
      "event e1: not expected, came with ops coalesced by digest:plant-7:ops:15m:1780308060000",
    ],
    [
      "an event that never came",
      (expected) => ({ ...expected, events: { ...expected.events, e7: [] } }),
      "event e7: expected no draft, it was never decided",
    ],
    [
      "members in another order",
      changeWindow(3, (window) => ({ ...window, members: ["e4", "e6"] })),
      "window digest:plant-7:ops:15m:1780308480000, members: expected [e4, e6], came [e6, e4]",
    ],
    [
      "an opening",
      changeWindow(0, (window) => ({ ...window, openedAt: 1_780_308_060_001 })),
      "window digest:plant-7:ops:15m:1780308060000, openedAt: expected 2026-06-01T10:01:00.001Z, came 2026-06-01T10:01:00Z",
    ],
    [
      "a delivery",
      changeWindow(0, (window) => ({ ...window, deliveries: [] })),
      "window digest:plant-7:ops:15m:1780308060000, deliveries: expected [], came [digest:plant-7:ops:15m:1780308060000]",
    ],
    [
      "an open window",
      changeWindow(0, (window) => ({ ...window, open: true })),
      "window digest:plant-7:ops:15m:1780308060000, open: expected true, came false",
    ],
    [
      "no history",
      changeWindow(0, (window) => ({ ...window, history: [] })),
      "window digest:plant-7:ops:15m:1780308060000: expected no history, came flush pending 2026-06-01T10:03:00Z",
    ],
    [
      "the instant of a step",
      changeWindow(0, ({ history, ...window }) => ({
        ...window,
        history: history.map((step) => ({ ...step, at: 1_780_308_180_001 })),
      })),
      "window digest:plant-7:ops:15m:1780308060000, history 1 (flush), at: expected 2026-06-01T10:03:00.001Z, came 2026-06-01T10:03:00Z",
    ],
    [
      "what was done",
      changeWindow(0, ({ history, ...window }) => ({
        ...window,
        history: history.map((step) => ({ ...step, did: "drop" as const })),
      })),
      "window digest:plant-7:ops:15m:1780308060000, history 1, did: expected drop, came flush",
    ],
    [
      "where items went",
      changeWindow(1, ({ history, ...window }) => ({
        ...window,
        history: history.map((step) => (step.did === "merge" ? { ...step, with: "digest:other" } : step)),
      })),
      "window digest:plant-7:ops:15m:1780308240000, history 2 (merge), with: expected digest:other, came digest:plant-7:ops:15m:1780308480000",
    ],
    [
      "a window that was never opened",
      (expected) => ({ ...expected, windows: [...expected.windows, { id: "digest:x", history: [] }] }),
      "window digest:x: expected, never opened",
    ],
    [
      "a window that is not expected",
      (expected) => ({ ...expected, windows: expected.windows.slice(1) }),
      "window digest:plant-7:ops:15m:1780308060000: not expected, with members [e1, e2, e3] and flush pending 2026-06-01T10:03:00Z",
    ],
    [
      "a command that was refused",
      (expected) => ({ ...expected, refused: Array.isArray(expected.refused) ? expected.refused.slice(1) : 0 }),
      "refused: not expected, came input 5 (flush at 2026-06-01T10:05:01Z)",
    ],
    [
      "a command that was not refused",
      (expected) => ({ ...expected, refused: [...(Array.isArray(expected.refused) ? expected.refused : []), 4] }),
      "refused: expected 4, it was not",
    ],
    ["a duplicate", (expected) => ({ ...expected, duplicates: ["e1"] }), "duplicates: expected [e1], came []"],
  ];

  test("none where none was planted", () => {
    expect(differences(digest.expect, digest.outcome)).toEqual([]);
    expect(differences(flap.expect, flap.outcome)).toEqual([]);
  });

  test.each(cases)("%s", (_, change, told) => {
    expect(differences(change(digest.expect), digest.outcome)).toEqual([told]);
  });

  test("the event that told of a flap", () => {
    const wrong = changeWindow(0, ({ history, ...window }) => ({
      ...window,
      history: history.map((step) => ({ ...step, with: "e5" })),
    }));
    expect(differences(wrong(flap.expect), flap.outcome)).toEqual([
      "window digest:plant-7:ops:flap:1780308003000, history 1 (flush), with: expected e5, came e6",
    ]);
  });
});

describe("refused commands may be named in several ways", () => {
  test.each([
    ["by number of input", [5, 8, 10, 11, 13]],
    ["by instant", ["10:05:01", "10:07:01", "10:09:00", "10:10:00", "10:12:00"].map((at) => `2026-06-01T${at}.000Z`)],
    ["by name", ["flush", "drop", "reopen", "reopen", "reopen"]],
    ["by fields", [{ command: "flush" }, { index: 8 }, { openedAt: "2026-06-01T10:06:00Z" }, { input: 11 }, {}]],
    ["by count", 5],
  ] as const)("%s", (_, named) => {
    const refused = typeof named === "number" ? named : [...named];
    expect(differences({ ...digest.expect, refused }, digest.outcome)).toEqual([]);
  });
});

function run(...files: string[]): { readonly status: number | null; readonly lines: string[] } {
  const { status, stdout } = spawnSync(process.execPath, ["scripts/scenario.ts", ...files], { cwd: ROOT });
  return { status, lines: stdout.toString().trim().split("\n") };
}

describe("npm run scenario", () => {
  test("ends with 0 and a line for each file and engine", () => {
    expect(run(VECTOR, FLAP)).toEqual({
      status: 0,
      lines: [VECTOR, FLAP].flatMap((file) =>
        ["memory", "libsql"].map((engine) => `${file}: ${engine}: no differences`),
      ),
    });
  });

  test("ends with 1 and every difference", () => {
    const file = path.join(temporaryFolder(), "wrong.json");
    fs.writeFileSync(file, fs.readFileSync(FLAP, "utf8").replace('"status": "debounced"', '"status": "pending"'));
    const told = [
      "  event e2, draft 1 (ops), status: expected pending, came debounced",
      "  event e2, draft 1 (ops), status at the end: expected pending, came debounced",
    ];
    expect(run(file)).toEqual({
      status: 1,
      lines: ["memory", "libsql"].flatMap((engine) => [`${file}: ${engine}: 2 differences`, ...told]),
    });
  });

  test("a file that is no scenario differs, and no file at all is a wrong call", () => {
    const file = path.join(temporaryFolder(), "none.json");
    fs.writeFileSync(file, "{}");
    expect(run(file).status).toBe(1);
    expect(run().status).toBe(2);
  });
});
