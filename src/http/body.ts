/**
 * Bodies of requests, read strictly: from Node's own request where there is one, else from the web Request that a
 * caller in the same process made. Nothing is kept beyond the limit.
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Json } from "../core/json.ts";
import { decodeUtf8, parseStrictJson } from "../core/strict-json.ts";
import type { Timeout } from "../ports.ts";
import { bindings, type Context, header } from "./context.ts";
import { HttpError } from "./error.ts";
import { acceptedType, requirePlain } from "./media-type.ts";

/** What a body may be. `ms`: how long it may take, or in `readChunks` its next piece. */
export interface BodyRules {
  readonly mediaTypes: readonly string[];
  readonly limit: number;
  readonly ms: number;
  readonly timeout: Timeout;
}

export interface Body {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

const JSON_DEPTH = 64;

/** What is done with a body once it has been read, before anybody else sees it. */
type Hook = (bytes: Uint8Array) => Promise<void>;
const hooks = new WeakMap<Context, Hook>();

/** Has `hook` see the body of a request as soon as it has been read whole; what it throws is thrown to who reads. */
export function onBody(c: Context, hook: Hook): void {
  hooks.set(c, hook);
}

/** What must still hold when the last byte of a body has come, however long it took. */
type Guard = () => Promise<void>;
const guards = new WeakMap<Context, Guard>();

/** Has `guard` look once the body of a request has been read, before anything is done; what it throws is thrown to who reads. */
export function onceRead(c: Context, guard: Guard): void {
  guards.set(c, guard);
}

/** The whole body. Throws HttpError of 400, 408, 413 or 415, or what the guard throws. */
export async function readBody(c: Context, rules: BodyRules): Promise<Body> {
  const mediaType = checkHeaders(c, rules);
  const bytes = await readWhole(c, rules);
  if (bytes.length === 0) throw new HttpError("empty-body", "");
  await hooks.get(c)?.(bytes);
  return { mediaType, bytes };
}

/** A body of any media type, or none at all. Throws HttpError of 400, 408, 413 or 415. */
export async function readData(c: Context, rules: Omit<BodyRules, "mediaTypes">): Promise<Uint8Array> {
  requirePlain(header(c, "content-encoding"));
  requireLength(c, rules.limit);
  const bytes = await readWhole(c, rules);
  await hooks.get(c)?.(bytes);
  return bytes;
}

async function readWhole(c: Context, rules: Omit<BodyRules, "mediaTypes">): Promise<Uint8Array> {
  const { incoming } = bindings(c);
  invite(c);
  const bytes = await (incoming === undefined ? collect(webChunks(c), rules) : collectIncoming(incoming, rules));
  await guards.get(c)?.();
  return bytes;
}

/** The body as strict JSON. Throws HttpError of 400, 408, 413 or 415. */
export async function readJson(c: Context, rules: Omit<BodyRules, "mediaTypes">): Promise<Json> {
  const { bytes } = await readBody(c, { ...rules, mediaTypes: ["application/json"] });
  const text = decodeUtf8(bytes);
  if (text === undefined) throw new HttpError("bad-utf8", "");
  const parsed = parseStrictJson(text, { depth: JSON_DEPTH });
  if (parsed.ok) return parsed.value;
  const { code, pointer, detail } = parsed.fault;
  if (code === "empty") throw new HttpError("empty-body", "");
  throw new HttpError(code === "lone-surrogate" ? "invalid" : "bad-json", detail, { errors: [{ pointer, detail }] });
}

/** A large body piece by piece, as fast as it is taken. Throws HttpError of 400, 408, 413 or 415, or what the guard throws. */
export function readChunks(c: Context, rules: BodyRules): AsyncGenerator<Uint8Array, void, undefined> {
  checkHeaders(c, rules);
  const { incoming } = bindings(c);
  invite(c);
  return guarded(c, limited(incoming === undefined ? webChunks(c) : nodeChunks(incoming), rules));
}

async function* guarded(
  c: Context,
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
  await guards.get(c)?.();
}

/** Length that the request declares, in bytes. */
export function declaredLength(c: Context): number | undefined {
  const length = header(c, "content-length");
  return length === undefined ? undefined : Number(length);
}

function checkHeaders(c: Context, { mediaTypes, limit }: BodyRules): string {
  const mediaType = acceptedType(
    { contentType: header(c, "content-type"), contentEncoding: header(c, "content-encoding") },
    mediaTypes,
  );
  requireLength(c, limit);
  return mediaType;
}

/** Throws HttpError `body-too-large` where a request declares more bytes than `limit`. */
export function requireLength(c: Context, limit: number): void {
  if ((declaredLength(c) ?? 0) > limit) throw tooLarge(limit);
}

/** A client that asked whether to go on is told so only now: what is refused above is never sent. */
function invite(c: Context): void {
  const { incoming, outgoing } = bindings(c);
  if (incoming?.headers.expect !== undefined) outgoing?.writeContinue();
}

function tooLarge(limit: number): HttpError {
  return new HttpError("body-too-large", `at most ${limit} bytes`);
}

function tooSlow(): HttpError {
  return new HttpError("body-timeout", "", { headers: { connection: "close" } });
}

function aborted(cause?: unknown): HttpError {
  return new HttpError("aborted", "", { cause });
}

/** Events of the stream are a third of the cost of its iterator, which matters for small bodies. */
function collectIncoming(
  incoming: IncomingMessage,
  { limit, ms, timeout }: Omit<BodyRules, "mediaTypes">,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (act: () => void): void => {
      cancel();
      incoming.off("data", take).off("end", end).off("close", close).off("error", close);
      act();
    };
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > limit) settle(() => reject(tooLarge(limit)));
    };
    const end = (): void => settle(() => resolve(whole(chunks)));
    const close = (cause?: Error): void => settle(() => reject(aborted(cause)));
    const late = (): void => settle(() => reject(tooSlow()));
    const cancel = timeout(ms, late);
    if (incoming.destroyed) return close();
    incoming.on("data", take).on("end", end).on("close", close).on("error", close);
  });
}

function whole(chunks: readonly Buffer[]): Uint8Array {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}

async function collect(chunks: AsyncIterator<Uint8Array>, rules: Omit<BodyRules, "mediaTypes">): Promise<Uint8Array> {
  const kept: Buffer[] = [];
  for await (const chunk of limited(chunks, rules)) kept.push(Buffer.from(chunk));
  return whole(kept);
}

async function* limited(
  chunks: AsyncIterator<Uint8Array>,
  { limit, ms, timeout }: Omit<BodyRules, "mediaTypes">,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  for (;;) {
    const step = await within(chunks.next(), { ms, timeout });
    if (step.done === true) return;
    size += step.value.length;
    if (size > limit) throw tooLarge(limit);
    yield step.value;
  }
}

/** What a promise answers within `ms`; a body that breaks off is `aborted`. */
function within<T>(promise: Promise<T>, { ms, timeout }: Pick<BodyRules, "ms" | "timeout">): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = timeout(ms, () => reject(tooSlow()));
    promise.then(resolve, (cause: unknown) => reject(aborted(cause))).finally(cancel);
  });
}

/** Leaves the request alive where reading stops early, so that it can still be answered. */
function nodeChunks(incoming: IncomingMessage): AsyncIterator<Uint8Array> {
  return incoming.iterator({ destroyOnReturn: false });
}

async function* webChunks(c: Context): AsyncGenerator<Uint8Array, void, undefined> {
  const { body } = c.req.raw;
  if (body !== null) yield* body;
}
