/**
 * Idempotency-Key: a request that carries one is done once, however often it comes within a day, and is answered as it was
 * the first time. It is begun, durably, when its body has been read and before anything is done.
 * @module
 */
import { sha256Hex } from "../core/hash.ts";
import { aliased } from "./alias.ts";
import type { Claim, KeptAnswer } from "./answer-services.ts";
import { answer as answerWith, bare } from "./answer.ts";
import { onBody } from "./body.ts";
import { bindings, header } from "./context.ts";
import { HttpError } from "./error.ts";
import { problemOf } from "./problem.ts";
import { isKeyed, takesBody, type RouteName } from "./permissions.ts";
import type { Call, Http } from "./route.ts";

const KEY = /^[!-~]{1,255}$/;
/** Headers of an answer that belong to it, and not to the way that it went. */
const KEPT_HEADERS = ["content-type", "etag", "location", "link"] as const;
/** Bytes. Of a longer answer its body is not kept: whoever repeats the request learns that it was done, and no more. */
const MAX_BODY = 64 * 2 ** 10;

/** Answers of requests that changed nothing. */
const idle = new WeakSet<Response>();

/** Says of an answer that its request changed nothing and may be made again: its key is free. */
export function changedNothing(response: Response): Response {
  idle.add(response);
  return response;
}

/** Answers a call, once for its Idempotency-Key where the route takes one. */
export async function answerOnce(
  http: Http,
  call: Call,
  { name, handle }: { readonly name: RouteName; readonly handle: (call: Call) => Promise<Response> },
): Promise<Response> {
  const key = header(call.c, "idempotency-key");
  if (key === undefined || !isKeyed(name)) return await handle(call);
  if (!KEY.test(key))
    throw new HttpError("bad-request", "the header Idempotency-Key has 1 to 255 printable characters, no spaces");
  const once: Once = { http, call, key, isBegun: false };
  try {
    if (!takesBody(name) || isBodyless(call)) await begin(once, new Uint8Array());
    else onBody(call.c, (bytes) => begin(once, bytes));
    const response = await handle(call);
    if (!once.isBegun) throw new HttpError("internal", `${name} did not read its body`);
    return idle.has(response) ? await repeatable(once, response) : await kept(once, response);
  } catch (error) {
    if (error instanceof Replayed) return replay(error.answer);
    if (once.isBegun && isRefusal(error)) await http.services.answers.free(call.caller, key);
    throw error;
  }
}

interface Once {
  readonly http: Http;
  readonly call: Call;
  readonly key: string;
  isBegun: boolean;
}

/** Thrown out of the reading of a body: the request was done already. */
class Replayed extends Error {
  override readonly name = "Replayed";
  readonly answer: KeptAnswer;

  constructor(answer: KeptAnswer) {
    super("done already");
    this.answer = answer;
  }
}

function isBodyless({ c }: Call): boolean {
  const { incoming } = bindings(c);
  if (incoming === undefined) return c.req.raw.body === null;
  const { "content-length": length, "transfer-encoding": encoding } = incoming.headers;
  return encoding === undefined && (length === undefined || length === "0");
}

async function begin(once: Once, bytes: Uint8Array): Promise<void> {
  const { http, call, key } = once;
  http.requireDisk();
  const fingerprint = fingerprintOf(call, bytes);
  const claim = await http.services.answers.claim(call.caller, key, fingerprint);
  if (claim.kind === "new") once.isBegun = true;
  else refuse(claim, fingerprint);
}

function refuse(claim: Claim, fingerprint: string): never {
  if (!("fingerprint" in claim))
    throw new HttpError(
      "keys-full",
      "nothing was done: keys of requests are kept for a day; ask again later, or without an Idempotency-Key",
    );
  if (claim.fingerprint !== fingerprint)
    throw new HttpError("key-reused", "this key was used for another request within a day; take a new key");
  if (claim.kind === "kept") throw again(claim.answer);
  throw new HttpError(
    "key-open",
    "it is being done, or was when the server stopped: look whether it was done before asking with a new key",
  );
}

/** What a repeat of a request that was done is answered with. */
function again(answer: KeptAnswer): Error {
  if (answer.isTooLong !== true) return new Replayed(answer);
  const { status, headers } = answer;
  const where = headers["location"] === undefined ? "look at what it made" : `see ${headers["location"]}`;
  return new HttpError("key-done", `it was done and answered ${status}, too long to be repeated: ${where}`);
}

function fingerprintOf({ c }: Call, bytes: Uint8Array): string {
  const { method, url } = c.req;
  const { pathname, search } = new URL(url);
  const asked = [method, aliased(pathname), search, header(c, "content-type") ?? "", sha256Hex(bytes)];
  const versions = ["if-match", "if-none-match"].map((name) => header(c, name) ?? "");
  return sha256Hex(JSON.stringify([...asked, ...versions]));
}

/** What was refused changed nothing: its key is free again. Of a fault of ours nobody knows: it stays begun. */
function isRefusal(error: unknown): boolean {
  return problemOf(error).status !== 500;
}

async function repeatable({ http, call, key }: Once, response: Response): Promise<Response> {
  await http.services.answers.free(call.caller, key);
  return response;
}

/** The answer as it is, kept for the next time; where that fails the request was done all the same. */
async function kept({ http, call, key }: Once, response: Response): Promise<Response> {
  const body = await response.text();
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  const answer = { status: response.status, headers, body };
  const isTooLong = Buffer.byteLength(body) > MAX_BODY;
  const held: KeptAnswer = isTooLong ? { ...answer, body: "", isTooLong } : answer;
  await http.services.answers.keep(call.caller, key, held).catch((error: unknown) => {
    http.log.error("an answer could not be kept: a repeat of its request will be refused", {
      error: error instanceof Error ? error.name : "unknown",
    });
  });
  return respond(answer, {});
}

function replay(answer: KeptAnswer): Response {
  return respond(answer, { "idempotent-replayed": "true" });
}

function respond({ status, headers, body }: KeptAnswer, more: Readonly<Record<string, string>>): Response {
  const { "content-type": type, ...rest } = headers;
  if (type === undefined) return bare(status, { ...rest, ...more });
  return answerWith(status, type, body, { ...rest, ...more });
}
