/**
 * What a relay's answer, or its silence, means for a message. Its words go into the ledger, so no address stays in them.
 * @module
 */
import type { Answered, Outcome } from "../../ports.ts";

/** What is known of a send that did not end well. */
export interface Failure {
  /** Ours: `ECONNECTION`, `EDNS`, `ETLS`, ... */
  readonly code: string;
  /** The SMTP command that was answered. */
  readonly command: string;
  /** Reply code, 0 where the relay said nothing. */
  readonly reply: number;
  readonly response: string;
}
/** What an outcome's words need: the addressee, who is taken out of them, and how long the send took so far. */
export interface Words {
  readonly to: string;
  readonly ms: () => number;
}

const MAX_WORDS = 160;
const SIZE_EXCEEDED = 552;
const BAD_SEQUENCE = 503;
const AUTH_REPLIES: ReadonlySet<number> = new Set([530, 534, 535, 538]);
/** The connection, not the message: nothing is known of the message but whether it was on its way. */
const CONNECTION_CODES: ReadonlySet<string> = new Set(["EABORT", "ECONNECTION", "EPROTOCOL", "ESOCKET", "ETIMEDOUT"]);
const CHANNEL_CODES: ReadonlySet<string> = new Set(["EAUTH", "EDNS", "ENOAUTH", "EREQUIRETLS", "ETLS"]);
const OUR_WORDS: Readonly<Record<string, string>> = {
  EAUTH: "the credentials were not accepted",
  ECONFIG: "the channel names no relay or no sender",
  ECONNECTION: "no connection, or it was closed",
  EDNS: "the relay's name could not be resolved",
  EENVELOPE: "the address cannot be written in an envelope",
  EMESSAGE: "the message is larger than the relay takes",
  EPROTOCOL: "the relay does not speak SMTP",
  ESOCKET: "the connection failed",
  ETIMEDOUT: "no answer in time",
  ETLS: "no encryption, or a certificate that is not trusted",
};

/** The relay has the message. */
export function sentOutcome(response: string, words: Words): Outcome {
  return {
    kind: "sent",
    out: answered(/^\d{3}/.exec(response)?.[0] ?? "250", wordsOf(response, words.to) || "taken", words),
  };
}

/** The outcome of a failed send; `isOnItsWay` when the relay had taken DATA, so that it may have the message. */
export function outcomeOf(failure: Failure, isOnItsWay: boolean, words: Words): Outcome {
  const ours = failure.code === "EABORT" ? "ETIMEDOUT" : failure.code || "EUNKNOWN";
  const code = failure.reply === 0 || ours === "EAUTH" ? ours : String(failure.reply);
  const st = wordsOf(failure.response, words.to) || (OUR_WORDS[ours] ?? "the send failed");
  return { kind: kindOf(failure, isOnItsWay), out: answered(code, st, words) };
}

function kindOf({ code, command, reply }: Failure, isOnItsWay: boolean): "failed" | "refused" | "down" {
  if (reply === 421 || CHANNEL_CODES.has(code) || AUTH_REPLIES.has(reply)) return "down";
  if (CONNECTION_CODES.has(code)) return isOnItsWay ? "failed" : "down";
  if (code !== "EENVELOPE" && code !== "EMESSAGE") return "failed";
  if (reply === 0) return "refused"; // too large, or an address that cannot be written: it will not get better
  if (reply < 500 || reply === BAD_SEQUENCE) return "failed";
  return command === "MAIL FROM" && reply !== SIZE_EXCEEDED ? "down" : "refused"; // the sender is the channel's, for every message
}

function answered(code: string, st: string, { ms }: Words): Answered {
  return { code, st, ms: Math.max(0, Math.round(ms())) };
}

/** One line of what was said, without reply codes, control characters and anything that could be an address. */
function wordsOf(said: string, to: string): string {
  const local = (to.toLowerCase().split("@")[0] ?? "").replace(/^.{0,2}$/, ""); // a name of one or two letters names nobody
  const tokens = said
    .replace(/^\d{3}[ -]/gm, "")
    .toWellFormed()
    .split(/[\s\p{Cc}\p{Cf}]+/u)
    .filter((token) => token !== "");
  const shown = tokens.map((token) => (isAddress(token.toLowerCase(), local) ? "(address)" : token)).join(" ");
  return Array.from(shown).slice(0, MAX_WORDS).join("");
}

function isAddress(token: string, local: string): boolean {
  return /[@\uFF20]|=40|%40/.test(token) || (local !== "" && token.includes(local));
}
