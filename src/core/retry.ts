import type { Channel } from "./channel.ts";
import type { Delivery, DeliveryStatus, Reason } from "./delivery.ts";
import { sha256 } from "./hash.ts";
import { durationMs } from "./object.ts";
import type { ReasonCode } from "./reason.ts";

/** How one channel tries again: tries in all, first and longest wait in ms. */
export interface RetrySettings {
  readonly attempts: number;
  readonly base: number;
  readonly cap: number;
}

/** What became of one try that reached the other side, as a channel tells it: `out.code` is the other side's, `retryAfter` in ms. */
export interface Tried {
  readonly kind: "sent" | "failed" | "refused";
  readonly out: { readonly code: string; readonly st: string; readonly ms: number };
  readonly retryAfter?: number;
}

/** What a try makes of its delivery; `dueAt` (epoch ms) only with `retrying`. */
export interface Transition {
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly dueAt?: number;
  readonly reason?: Reason;
}

const BASE_MS = 2000;
const FACTOR = 4;
const CAP_MS = 300_000;
const ATTEMPTS = 5;
const MAIL_ATTEMPTS = 8;
/** The other side may ask for a longer wait than ours, up to a day. */
const MAX_RETRY_AFTER_MS = 86_400_000;
/** This share of a wait, at most, is taken off it, so that what failed together does not come back together. */
const JITTER = 0.25;
/** Failed messages in a row, of different deliveries, that park a channel. */
export const FAILING_LIMIT = 5;

/** The channel's own retry settings over those of its type; those of mail for a channel that is gone. */
export function retrySettings(
  channel: (Pick<Channel, "retry"> & { readonly type: string }) | undefined,
): RetrySettings {
  const { attempts, base, cap } = channel?.retry ?? {};
  return {
    attempts: attempts ?? ((channel?.type ?? "email") === "email" ? MAIL_ATTEMPTS : ATTEMPTS),
    base: base === undefined ? BASE_MS : durationMs(base),
    cap: cap === undefined ? CAP_MS : durationMs(cap),
  };
}

/** What a try at `now` (epoch ms) makes of a delivery. Where the channel was down, nothing is counted: such a try never comes here. */
export function transition(
  delivery: Pick<Delivery, "id" | "attempts" | "event">,
  settings: RetrySettings,
  tried: Tried,
  now: number,
): Transition {
  const attempts = delivery.attempts + 1;
  switch (tried.kind) {
    case "sent":
      return { status: delivery.event === undefined ? "digested" : "sent", attempts };
    case "refused":
      return { status: "dead", attempts, reason: { code: "refused" } };
    case "failed":
      if (attempts >= settings.attempts) return { status: "dead", attempts, reason: { code: "exhausted" } };
      return {
        status: "retrying",
        attempts,
        dueAt: now + waitMs(delivery.id, attempts, settings, tried.retryAfter),
        reason: { code: failedReason(tried.out.code) },
      };
  }
}

/** ms to wait after the given attempt (from 1): the same for the same delivery and attempt, at every site. */
export function waitMs(id: string, attempt: number, settings: RetrySettings, retryAfter = 0): number {
  const full = Math.min(settings.cap, settings.base * FACTOR ** (attempt - 1));
  const [high = 0, low = 0] = sha256(JSON.stringify([id, attempt]));
  const wait = Math.ceil(full * (1 - (JITTER * (high * 256 + low)) / 65_536));
  return Math.max(wait, Math.min(Math.ceil(retryAfter), MAX_RETRY_AFTER_MS));
}

/** The failed deliveries in a row of a channel after one more try; ids newest last, each once. */
export function failingAfter(failing: readonly string[], delivery: string, kind: Tried["kind"]): readonly string[] {
  if (kind !== "failed") return [];
  return [...failing.filter((id) => id !== delivery), delivery].slice(-FAILING_LIMIT);
}

const DOWN: ReadonlyMap<string, ReasonCode> = new Map([
  ["EDNS", "dns"],
  ["ETLS", "tls"],
  ["EAUTH", "auth"],
  ["ETIMEDOUT", "timeout"],
  ["unbound", "unbound"],
  ["channel-disabled", "channel-disabled"],
]);

/** Why a channel is down, from the code that a try came back with; the other side's own digits mean that it is not available. */
export function downReason(code: string): ReasonCode {
  return DOWN.get(code) ?? (/^\d+$/.test(code) ? "unavailable" : "connect");
}

function failedReason(code: string): ReasonCode {
  return code === "ETIMEDOUT" ? "timeout" : "temporary";
}
