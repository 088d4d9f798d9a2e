import { describe, expect, test } from "vitest";
import { downReason, failingAfter, retrySettings, transition, waitMs, type Tried } from "../../src/core/retry.ts";

const MAIL = { attempts: 8, base: 2000, cap: 300_000 };
const tried = (kind: Tried["kind"], given: Partial<Tried> = {}): Tried => ({
  kind,
  out: { code: "451", st: "later", ms: 3 },
  ...given,
});
const delivery = (
  attempts: number,
  given: { readonly event?: string } = { event: "ev_1" },
): { id: string; attempts: number; event?: string } => ({ id: "dl_1", attempts, ...given });

describe("retrySettings", () => {
  test.each([
    [undefined, MAIL],
    [{ type: "email" as const, retry: undefined }, MAIL],
    [
      { type: "email" as const, retry: { attempts: 3, base: "1s", cap: "1m" } },
      { attempts: 3, base: 1000, cap: 60_000 },
    ],
    [
      { type: "email" as const, retry: { cap: "10s" } },
      { ...MAIL, cap: 10_000 },
    ],
  ])("%j", (channel, expected) => {
    expect(retrySettings(channel)).toEqual(expected);
  });
});

describe("waitMs", () => {
  test("grows fourfold from 2 s to 5 min, at most a quarter is taken off", () => {
    const full = [2000, 8000, 32_000, 128_000, 300_000, 300_000, 300_000];
    for (let at = 0; at < 200; at++) {
      full.forEach((longest, before) => {
        const wait = waitMs(`dl_${at}`, before + 1, MAIL);
        expect(wait).toBeLessThanOrEqual(longest);
        expect(wait).toBeGreaterThanOrEqual(longest * 0.75);
        expect(Number.isSafeInteger(wait)).toBe(true);
      });
    }
  });

  test("belongs to delivery and attempt: always the same, and spread", () => {
    expect(waitMs("dl_a", 1, MAIL)).toBe(waitMs("dl_a", 1, MAIL));
    const waits = new Set(Array.from({ length: 100 }, (_, at) => waitMs(`dl_${at}`, 3, MAIL)));
    expect(waits.size).toBeGreaterThan(90);
    expect(waitMs("dl_01kafw9h7e0123456789abcdef", 1, MAIL)).toBe(1579);
    expect(waitMs("dl_01kafw9h7e0123456789abcdef", 8, MAIL)).toBe(299_878);
  });

  test.each([
    [0, false],
    [1, false],
    [60_000.2, true],
    [10 * 86_400_000, true],
  ])("the other side asks for %d ms", (retryAfter, isLonger) => {
    const own = waitMs("dl_a", 1, MAIL);
    expect(waitMs("dl_a", 1, MAIL, retryAfter)).toBe(isLonger ? Math.min(Math.ceil(retryAfter), 86_400_000) : own);
  });
});

describe("transition", () => {
  test("a try makes of a delivery", () => {
    const now = 1000;
    expect(transition(delivery(0), MAIL, tried("sent"), now)).toEqual({ status: "sent", attempts: 1 });
    expect(transition(delivery(2, {}), MAIL, tried("sent"), now)).toEqual({ status: "digested", attempts: 3 });
    expect(transition(delivery(0), MAIL, tried("refused"), now)).toEqual({
      status: "dead",
      attempts: 1,
      reason: { code: "refused" },
    });
    expect(transition(delivery(6), MAIL, tried("failed"), now)).toEqual({
      status: "retrying",
      attempts: 7,
      dueAt: now + waitMs("dl_1", 7, MAIL),
      reason: { code: "temporary" },
    });
    expect(transition(delivery(7), MAIL, tried("failed"), now)).toEqual({
      status: "dead",
      attempts: 8,
      reason: { code: "exhausted" },
    });
    const late = tried("failed", { out: { code: "ETIMEDOUT", st: "", ms: 1 }, retryAfter: 50_000 });
    expect(transition(delivery(0), MAIL, late, now)).toMatchObject({
      dueAt: now + 50_000,
      reason: { code: "timeout" },
    });
  });
});

describe("failingAfter", () => {
  test.each([
    [[], "a", "failed", ["a"]],
    [["a"], "a", "failed", ["a"]],
    [["a", "b"], "a", "failed", ["b", "a"]],
    [["a", "b", "c", "d", "e"], "f", "failed", ["b", "c", "d", "e", "f"]],
    [["a", "b"], "c", "sent", []],
    [["a", "b"], "c", "refused", []],
  ] as const)("%j after %s %s", (failing, id, kind, expected) => {
    expect(failingAfter(failing, id, kind)).toEqual(expected);
  });
});

describe("downReason", () => {
  test.each([
    ["421", "unavailable"],
    ["450", "unavailable"],
    ["EDNS", "dns"],
    ["ETLS", "tls"],
    ["EAUTH", "auth"],
    ["ETIMEDOUT", "timeout"],
    ["unbound", "unbound"],
    ["channel-disabled", "channel-disabled"],
    ["ECONNECTION", "connect"],
    ["whatever", "connect"],
  ])("%s: %s", (code, reason) => {
    expect(downReason(code)).toBe(reason);
  });
});
