/**
 * Sends hostile requests and holds what comes to what their tables and the served document say.
 * @module
 */
import { expect } from "vitest";
import { z } from "zod";
import { SECURE_HEADERS } from "../../src/http/answer.ts";
import type { Documented } from "./hostile-documented.ts";
import { type Bytes, type Came, exchange } from "./hostile-exchange.ts";
import type { HostileRequest } from "./hostile-request.ts";
import type { Facts } from "./hostile-served.ts";

const WAIT_MS = 20_000;
const HEALTHZ = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/** A problem, and nothing besides. */
export const Refused = z.strictObject({
  type: z.string(),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string(),
  instance: z.string().optional(),
  errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string().min(1) })).optional(),
});
function piecesOf(bytes: Bytes | readonly Bytes[]): readonly Bytes[] {
  return typeof bytes === "string" || bytes instanceof Uint8Array ? [bytes] : bytes;
}

/** An answer in the words of a table: of a refusal that is no page, its code too, where the table names one. */
function wordsOf({ status, headers, body }: Came, wanted: string): string {
  const isPage = headers.get("content-type") === "text/html; charset=utf-8";
  if (status < 400 || isPage) return String(status);
  const problem = Refused.safeParse(parsed(body)).data;
  if (problem === undefined) return `${status} and no problem`;
  expect(problem).toMatchObject({ status, type: `urn:sealpost:problem:${problem.code}` });
  expect(headers.get("content-type")).toBe("application/problem+json");
  for (const [name, value] of Object.entries(SECURE_HEADERS)) expect(headers.get(name)).toBe(value);
  return wanted.includes(" ") ? `${status} ${problem.code}` : String(status);
}

/** Sends a row and holds what comes to what is expected; the connection then serves the next request, or has ended. */
export async function expectAnswered(row: HostileRequest, served: Facts, documented: Documented): Promise<void> {
  const { answers, isHead, isLocal, mayClose, name } = row;
  const pieces = piecesOf(row.bytes(served));
  const target = isLocal ? served.socket : served.port;
  const got = await exchange(target, pieces, { count: answers.length, isHead, waitMs: WAIT_MS, next: HEALTHZ });
  const came = got.came.slice(0, answers.length);
  expect(
    came.map((one, at) => wordsOf(one, answers[at] ?? "")),
    name,
  ).toEqual(answers);
  const after = got.came.slice(answers.length).map(({ status }) => status);
  expect(after, name).toEqual(mayClose && got.closed ? after.slice(0, 1) : [200]);
  expect(got.rest, name).toBe("");
  expectDocumented(pieces, came, documented);
}

/** Of one request with one answer: the served document has that answer. */
function expectDocumented([first = ""]: readonly Bytes[], came: readonly Came[], documented: Documented): void {
  const [line = ""] = Buffer.from(first).toString("latin1", 0, 1000).split("\r\n", 1);
  const [answer] = came;
  if (came.length !== 1 || answer === undefined) return;
  const code = Refused.pick({ code: true }).safeParse(parsed(answer.body)).data?.code;
  expect({ line, code, documented: documented(line, answer.status, code) ?? true }).toEqual({
    line,
    code,
    documented: true,
  });
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
