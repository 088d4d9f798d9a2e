import { describe, expect, test } from "vitest";
import { type Failure, outcomeOf, sentOutcome } from "../../src/channels/email/outcome.ts";

const words = { to: "bob.the-builder@example.org", ms: (): number => 3.4 };
const failure = (given: Partial<Failure>): Failure => ({ code: "", command: "", reply: 0, response: "", ...given });

const CASES: readonly (readonly [given: Partial<Failure>, isOnItsWay: boolean, kind: string, code: string])[] = [
  [{ code: "ECONNECTION" }, false, "down", "ECONNECTION"],
  [{ code: "ECONNECTION" }, true, "failed", "ECONNECTION"],
  [{ code: "EABORT" }, false, "down", "ETIMEDOUT"],
  [{ code: "EABORT" }, true, "failed", "ETIMEDOUT"],
  [{ code: "EPROTOCOL", reply: 554, response: "554 go away" }, false, "down", "554"],
  [{ code: "ECONNECTION", reply: 421, response: "421 bye" }, true, "down", "421"],
  [{ code: "EAUTH", reply: 535, response: "535 no" }, false, "down", "EAUTH"],
  [{ code: "EENVELOPE", command: "MAIL FROM", reply: 530, response: "530 login first" }, false, "down", "530"],
  [{ code: "EENVELOPE", command: "MAIL FROM", reply: 550, response: "550 who are you" }, false, "down", "550"],
  [{ code: "EENVELOPE", command: "MAIL FROM", reply: 552, response: "552 too large" }, false, "refused", "552"],
  [{ code: "EENVELOPE", command: "MAIL FROM", reply: 452, response: "452 full" }, false, "failed", "452"],
  [{ code: "EENVELOPE", command: "RCPT TO", reply: 550, response: "550 no" }, false, "refused", "550"],
  [{ code: "EENVELOPE", command: "RCPT TO", reply: 450, response: "450 later" }, false, "failed", "450"],
  [{ code: "EENVELOPE", command: "DATA", reply: 503, response: "503 bad sequence" }, false, "failed", "503"],
  [{ code: "EENVELOPE", command: "API" }, false, "refused", "EENVELOPE"],
  [{ code: "EMESSAGE", command: "DATA", reply: 451, response: "451 scanner down" }, true, "failed", "451"],
  [{ code: "EMESSAGE", command: "DATA", reply: 554, response: "554 spam" }, true, "refused", "554"],
  [{ code: "EMESSAGE", command: "MAIL FROM" }, false, "refused", "EMESSAGE"],
  [{ code: "" }, false, "failed", "EUNKNOWN"],
  [{ code: "ESTREAM" }, true, "failed", "ESTREAM"],
];

describe("what a failed send means", () => {
  test.each(CASES)("%j, on its way: %s: %s %s", (given, isOnItsWay, kind, code) => {
    const outcome = outcomeOf(failure(given), isOnItsWay, words);
    expect(outcome).toMatchObject({ kind, out: { code, ms: 3 } });
    expect(outcome.out.st).not.toBe("");
  });

  test.each([
    ["550 5.1.1 <bob.the-builder@example.org>: no such user", "5.1.1 (address) no such user"],
    ["550-Bob.The-Builder is gone\n550 for good", "(address) is gone for good"],
    ["550 SRS0=x=40example.org=bob bounces+bob%40example.org", "(address) (address)"],
    ["550 a\u0000b\u001b[31mc\u202ed", "a b [31mc d"],
    [`550 ${"x".repeat(300)}`, "x".repeat(160)],
    ["550 ", "the address cannot be written in an envelope"],
  ])("%j is told as %j", (response, st) => {
    const outcome = outcomeOf(failure({ code: "EENVELOPE", command: "RCPT TO", reply: 550, response }), false, words);
    expect(outcome.out).toEqual({ code: "550", st, ms: 3 });
  });

  test("a short name is a word like others", () => {
    const outcome = outcomeOf(failure({ code: "EENVELOPE", reply: 550, response: "550 it is not here" }), false, {
      ...words,
      to: "it@example.org",
    });
    expect(outcome.out.st).toBe("it is not here");
  });

  test("what was taken", () => {
    expect(sentOutcome("250 2.0.0 queued as 1", words)).toEqual({
      kind: "sent",
      out: { code: "250", st: "2.0.0 queued as 1", ms: 3 },
    });
    expect(sentOutcome("", words)).toEqual({ kind: "sent", out: { code: "250", st: "taken", ms: 3 } });
  });
});
