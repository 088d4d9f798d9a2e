/**
 * Sessions of people with a browser, in memory: a cookie stands for a token, which is looked up again with each request.
 * @module
 */
import { sha256Hex } from "../core/hash.ts";
import type { Clock, Random, TokenRecord } from "../ports.ts";

const COOKIE = "sealpost";
const COOKIE_BYTES = 32;
const COOKIE_VALUE = /^[A-Za-z0-9_-]{43}$/;
const SESSION_MS = 12 * 3_600_000;
const MAX_SESSIONS = 1000;
/** So that nobody can end the sessions of others by beginning many. */
const MAX_OF_TOKEN = 50;

/** A session is of a token as it was: its id and the hash of its secret. */
export type SessionToken = Pick<TokenRecord, "id" | "hash">;
interface Session {
  readonly token: SessionToken;
  /** On the clock that never steps, ms. */
  readonly endsAt: number;
}

/** Sessions by the value of their cookie; values are held as hashes only. */
export interface Sessions {
  /** Begins one and answers its value. */
  readonly begin: (token: SessionToken) => string;
  /** The token of a session that has not ended. */
  readonly find: (value: string) => SessionToken | undefined;
  readonly end: (value: string) => void;
}

/** At most 1,000 sessions of 12 hours; the one that was not used for longest makes room. */
export function createSessions({ clock, random }: { readonly clock: Clock; readonly random: Random }): Sessions {
  /** In the order of their last use. */
  const held = new Map<string, Session>();
  return {
    begin: (token) => {
      const others = [...held].filter(([, session]) => session.token.id === token.id);
      makeRoom(held, others, MAX_OF_TOKEN);
      makeRoom(held, [...held], MAX_SESSIONS);
      const value = Buffer.from(random.bytes(COOKIE_BYTES)).toString("base64url");
      held.set(sha256Hex(value), { token, endsAt: clock.mono() + SESSION_MS });
      return value;
    },
    find: (value) => {
      const key = sha256Hex(value);
      const session = held.get(key);
      held.delete(key);
      if (session === undefined || clock.mono() >= session.endsAt) return undefined;
      held.set(key, session);
      return session.token;
    },
    end: (value) => void held.delete(sha256Hex(value)),
  };
}

function makeRoom(held: Map<string, Session>, among: readonly (readonly [string, Session])[], most: number): void {
  for (const [key] of among.slice(0, Math.max(0, among.length - most + 1))) held.delete(key);
}

/**
 * What the cookie of a site is called: browsers do not tell cookies of a host's ports apart, so that the port of the `Host`
 * that was asked for stands in its name.
 */
export function cookieName(host: string | undefined): string {
  const [, port] = /:([0-9]{1,5})$/.exec(host ?? "") ?? [];
  return port === undefined ? COOKIE : `${COOKIE}-${port}`;
}

/** The session's value in a `Cookie` header; undefined where there is none of that name that could be one. */
export function cookieValue(wanted: string, given: string | undefined): string | undefined {
  for (const pair of (given ?? "").split(";")) {
    const [name = "", value = ""] = pair.trim().split("=", 2);
    if (name === wanted && COOKIE_VALUE.test(value)) return value;
  }
  return undefined;
}

/** A `Set-Cookie` header for a session, or without a value one that takes it away. It has no Max-Age: it goes with the browser. */
export function cookieHeader(name: string, value: string | undefined, isTls: boolean): string {
  const attributes = `Path=/; HttpOnly; SameSite=Strict${isTls ? "; Secure" : ""}`;
  return value === undefined ? `${name}=; ${attributes}; Max-Age=0` : `${name}=${value}; ${attributes}`;
}

const WINDOW_MS = 60_000;
const MAX_WRONG = 10;
const MAX_ADDRESSES = 10_000;

/** Counts tries of tokens by address. */
export interface Tries {
  /** Counts one; answers 0, or where there were too many how many ms to wait. */
  readonly take: (address: string) => number;
  /** The one that was just taken was right. */
  readonly forgive: (address: string) => void;
}

/** Ten wrong tries a minute and address; of 10,000 addresses the one that tried first is forgotten. */
export function createTries({ clock }: { readonly clock: Pick<Clock, "mono"> }): Tries {
  /** Instants of the last tries, oldest first; on the clock that never steps. */
  const tried = new Map<string, readonly number[]>();
  return {
    take: (address) => {
      const now = clock.mono();
      const recent = (tried.get(address) ?? []).filter((at) => at > now - WINDOW_MS);
      const [oldest = now] = recent;
      if (recent.length >= MAX_WRONG) return oldest + WINDOW_MS - now;
      tried.delete(address);
      if (tried.size >= MAX_ADDRESSES) for (const first of [...tried.keys()].slice(0, 1)) tried.delete(first);
      tried.set(address, [...recent, now]);
      return 0;
    },
    forgive: (address) => {
      const left = (tried.get(address) ?? []).slice(0, -1);
      if (left.length === 0) tried.delete(address);
      else tried.set(address, left);
    },
  };
}

/** Whose tries are counted together: an address, of IPv6 the network of 64 bits that one machine usually has. */
export function triesOf(address: string | undefined): string {
  if (address === undefined || !address.includes(":") || address.includes(".")) return address ?? "";
  const [head = "", tail] = address.split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - last.length;
  return [...groups, ...Array.from({ length: zeros }, () => "0"), ...last].slice(0, 4).join(":");
}
