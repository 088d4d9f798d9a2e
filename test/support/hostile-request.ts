/**
 * What the tables of hostile requests are made of.
 * @module
 */
import type { HttpErrorCode } from "../../src/http/error.ts";
import type { Bytes } from "./hostile-exchange.ts";
import type { Facts, TokenName } from "./hostile-served.ts";

/** What must be answered: a status, of a refusal with its code. */
export type Expected = `${number}` | `${number} ${HttpErrorCode}`;

/** One hostile request. */
export interface HostileRequest {
  readonly name: string;
  /** What is sent. */
  readonly bytes: (facts: Facts) => Bytes | readonly Bytes[];
  /** One for each answer, in order. */
  readonly answers: readonly Expected[];
  /** The connection may end with the answer; else it must serve the next request. */
  readonly mayClose: boolean;
  /** Over the unix socket, as its owner. */
  readonly isLocal: boolean;
  readonly isHead: boolean;
  /** It counts against a limit of tries, so it is not sent again and again. */
  readonly isOnce: boolean;
}
type More = Partial<Pick<HostileRequest, "mayClose" | "isLocal" | "isHead" | "isOnce">>;

/** A row of a table. */
export function row(
  name: string,
  answers: Expected | readonly Expected[],
  bytes: HostileRequest["bytes"],
  more: More = {},
): HostileRequest {
  const list = typeof answers === "string" ? [answers] : answers;
  return { name, answers: list, bytes, mayClose: false, isLocal: false, isHead: false, isOnce: false, ...more };
}

/** Of bytes that no parser of HTTP may take: the connection ends. */
export function unparsed(
  name: string,
  bytes: HostileRequest["bytes"],
  expected: Expected = "400 bad-request",
): HostileRequest {
  return row(name, expected, bytes, { mayClose: true });
}

type Headers = Readonly<Record<string, string>>;

/** What a request says beside its line. */
export interface Said {
  readonly headers?: Headers;
  readonly body?: Bytes;
  /** The media type of the body. */
  readonly type?: string;
  readonly tenant?: string;
}

export const JSON_TYPE = "application/json";
export const EVENT_TYPE = "application/cloudevents+json";
export const BATCH_TYPE = "application/cloudevents-batch+json";
export const KIT_TYPE = "application/x-tar";

/** A request with a token, or without one. */
export function ask(
  facts: Facts,
  line: string,
  who: TokenName | undefined,
  { headers = {}, body, type, tenant }: Said = {},
): Uint8Array {
  const bytes = Buffer.from(body ?? "");
  const fields: Record<string, string> = {
    host: "localhost",
    ...(who === undefined ? {} : { authorization: `Bearer ${facts.token(who)}` }),
    ...(tenant === undefined ? {} : { "sealpost-tenant": tenant }),
    ...(body === undefined ? {} : { "content-type": type ?? JSON_TYPE, "content-length": String(bytes.length) }),
    ...headers,
  };
  return raw(line, Object.entries(fields), bytes);
}

/** A request with fields as they are, and nothing else. */
export function raw(line: string, fields: readonly (readonly [string, string])[], body: Bytes = ""): Uint8Array {
  const head = fields.filter(([name]) => name !== "").map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${line} HTTP/1.1\r\n${head.join("")}\r\n`, "latin1"), Buffer.from(body)]);
}

/** A row that one principal asks. */
export function asked(
  name: string,
  expected: Expected,
  [line, who, said]: readonly [line: string | ((facts: Facts) => string), who: TokenName | undefined, said?: Said],
  more: More = {},
): HostileRequest {
  return row(name, expected, (facts) => ask(facts, typeof line === "string" ? line : line(facts), who, said), more);
}

/** A sound event, with members added or replaced; `id` is that of no event that stands. */
export function event(members: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ specversion: "1.0", id: "hostile", source: "/hostile", type: "desk.hostile", ...members });
}

/** A sound event with one member more, as it is written. */
export function eventWith(name: string, json: string): string {
  return `{"specversion":"1.0","id":"hostile","source":"/hostile","type":"desk.hostile","${name}":${json}}`;
}

/** Fields of an object that a row replaces. */
export type Members = Readonly<Record<string, unknown>>;

/** Rows that create something of a noun, sound but for some fields. */
export function made(
  noun: string,
  sound: Members,
): (name: string, members: Members, expected?: Expected) => HostileRequest {
  return (name, members, expected = "422 invalid") =>
    asked(`${noun}: ${name}`, expected, [
      `POST /api/v1/${noun}`,
      "admin",
      { body: JSON.stringify({ ...sound, ...members }) },
    ]);
}
