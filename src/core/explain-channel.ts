/**
 * What keeps a channel from sending: switched off, not bound, or down, with what the other side said and when it is tried.
 * @module
 */
import type { Cause } from "./explain-cause.ts";
import type { ChannelNow } from "./explain-facts.ts";
import { at, quoted } from "./explain-words.ts";
import { isReasonCode, reasonText } from "./reason.ts";

/** What keeps a channel from sending anything now; undefined where nothing does. */
export function closedCause(id: string, now: ChannelNow | undefined): Cause | undefined {
  const compiled = now?.compiled;
  if (now === undefined || compiled === undefined) return undefined;
  if (!compiled.channel.isEnabled)
    return {
      code: "channel-disabled",
      sentence: `The channel "${id}" is switched off; the message waits.`,
      next: `Switch the channel "${id}" on: what waits is sent then.`,
    };
  if (compiled.unbound.length > 0) {
    const values = compiled.unbound.map((name) => `${name}=...`).join(" ");
    return {
      code: "unbound",
      sentence: `The channel "${id}" needs values that this site has not filled in: ${compiled.unbound.join(", ")}; the message waits.`,
      next: `Fill them in, and what waits is sent: sealpost channels bind ${id} ${values}`,
    };
  }
  return downCause(id, now);
}

function downCause(id: string, now: ChannelNow): Cause | undefined {
  const down = now.state?.down;
  if (down === undefined) return undefined;
  const text = isReasonCode(down.reason) ? `: ${reasonText(down.reason).replace(/\.$/, "")}` : "";
  const answer = answerText(now.answer);
  const said = answer === "" ? "" : `; ${answer}`;
  const where = now.address === undefined ? "" : ` to ${now.address}`;
  const since = `The channel "${id}"${where} has been down since ${at(down.since)} (${down.reason}${text}${said})`;
  return {
    code: "channel-down",
    sentence: `${since}. It is tried again every 30 s or sooner; the message waits, and goes out by itself once the channel is back.`,
    next: `${NEXT[down.reason] ?? "See to what the other side answers"}${now.address === undefined ? "" : ` (${now.address})`}. Nothing is lost meanwhile.`,
  };
}

/** `"451 try later"`, or nothing. */
export function answerText(out: { readonly code: string; readonly st: string } | undefined): string {
  const text = out === undefined ? "" : `${out.code} ${out.st}`.trim();
  return text === "" ? "" : quoted(text);
}

/** What to look at, by the reason of a channel that is down. */
const NEXT: Readonly<Record<string, string>> = {
  connect: "See that the other side runs and can be reached from this machine",
  timeout: "See that the other side runs and can be reached from this machine",
  dns: "See that this machine can resolve the other side's name",
  tls: "See to the other side's certificate, or to `tls` of the channel",
  auth: "See that the other side accepts this channel's credentials and sender",
};
