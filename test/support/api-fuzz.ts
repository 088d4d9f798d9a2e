/**
 * Asks a real site what its document allows, nearly allows and does not know, and holds every answer to the document.
 * @module
 */
import fc from "fast-check";
import { z } from "zod";
import { mintToken } from "../../src/app/token.ts";
import { EXAMPLE_DELIVERY, EXAMPLE_EVENT, EXAMPLE_MAIL, EXAMPLE_ORIGIN } from "../../src/http/docs/common.ts";
import { openApiDocument } from "../../src/http/docs/document.ts";
import type { Json } from "../../src/core/json.ts";
import type { Log } from "../../src/ports.ts";
import { examplesOf, postGathered, replay } from "./api-examples.ts";
import { type DrawnRequest, requestsOf } from "./api-request.ts";
import { type DemoSite, makeDemoSite } from "./demo-site.ts";
import { documentChecker, exchangeOf } from "./documented.ts";
import type { RunningSite } from "./site.ts";

/** What is not as the document says, with the smallest request that showed it. */
export interface ApiFinding {
  readonly what: string;
  readonly times: number;
  readonly request: string;
}
export interface ApiFuzzReport {
  readonly requests: number;
  readonly statuses: ReadonlyMap<number, number>;
  /** Problem codes that were seen. */
  readonly codes: ReadonlyMap<string, number>;
  /** Operations that were asked, and those that answered well at least once. */
  readonly asked: ReadonlySet<string>;
  readonly good: ReadonlySet<string>;
  readonly findings: readonly ApiFinding[];
}

/** Requests after which a fresh site takes over: what was closed, revoked or filled is gone with the old one. */
const SITE_LASTS = 500;
/** Those who may do much ask most. */
const ASKING = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 3, 4, 4, 5, 6];
const PRINCIPALS = ["local", "admin", "viewer", "writer", "site", "none", "bad"] as const;

interface Known {
  readonly site: RunningSite;
  /** Authorization of each principal; undefined: none. */
  readonly tokens: readonly (string | undefined)[];
  readonly words: Map<string, string>;
  readonly failed: string[];
}

/** Sends `count` requests, drawn from `seed`. */
export async function fuzzApi({
  count,
  seed,
}: {
  readonly count: number;
  readonly seed: number;
}): Promise<ApiFuzzReport> {
  const document = openApiDocument();
  const check = documentChecker(document);
  const drawing = requestsOf(document, ASKING);
  const demo = await makeDemoSite();
  const tally = new Tally();
  try {
    for (let from = 0; from < count; from += SITE_LASTS) {
      const known = await openFor(demo);
      const requests = fc.sample(drawing, { seed: seed + from, numRuns: Math.min(SITE_LASTS, count - from) });
      try {
        for (const drawn of requests) await ask(known, drawn, { check, tally });
      } finally {
        await known.site.close();
      }
    }
  } finally {
    demo.remove();
  }
  return tally.report();
}

async function openFor(demo: DemoSite): Promise<Known> {
  const failed: string[] = [];
  const note = (message: string, fields: Readonly<Record<string, Json>> = {}): void =>
    void failed.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { info: () => undefined, warn: () => undefined, error: note };
  const site = await demo.fresh(log);
  const mint = async (name: string, tenant: string, scopes: readonly string[]): Promise<string> =>
    `Bearer ${await mintToken(site.parts, { name, tenant, scopes }, "job:test")}`;
  const tokens = [
    undefined,
    await mint("admin", "default", ["notify.admin", "events:write"]),
    await mint("viewer", "default", ["notify.viewer"]),
    await mint("writer", "default", ["events:write"]),
    await mint("site", "_site", ["notify.admin"]),
    undefined,
    "Bearer spk_nobody_0123456789abcdef",
  ];
  const { event, delivery, origin, mail } = demo.ids;
  const words = new Map([
    [EXAMPLE_EVENT, event],
    [EXAMPLE_DELIVERY, delivery],
    [EXAMPLE_ORIGIN, origin],
    [EXAMPLE_MAIL, mail],
    ["@event", event],
    ["@delivery", delivery],
    ["@origin", origin],
    ["@mail", mail],
    ["@etag", '"none"'],
  ]);
  for (const example of examplesOf(openApiDocument())) {
    if (!example.title.startsWith("create")) continue;
    const { method, path, response } = await replay(site, example, demo.ids);
    learn(words, await exchangeOf(method, path, response));
  }
  await postGathered(site);
  return { site, tokens, words, failed };
}

interface Judging {
  readonly check: ReturnType<typeof documentChecker>;
  readonly tally: Tally;
}

async function ask(known: Known, drawn: DrawnRequest, { check, tally }: Judging): Promise<void> {
  const { site, tokens, words, failed } = known;
  const authorization = tokens[drawn.who];
  const drawnPath = withWords(drawn.path, wordsFor(drawn.path, words));
  const headers = Object.entries(drawn.headers).map(([name, value]) => [name, withWords(value, words)] as const);
  const request = new Request(`http://local${drawnPath}`, {
    method: drawn.method,
    headers: [
      ...headers.map(([name, value]): [string, string] => [name, value]),
      ...(authorization === undefined ? [] : [["authorization", authorization] as [string, string]]),
    ],
    ...(drawn.body === undefined ? {} : { body: bodyOf(drawn.body, words) }),
  });
  const { pathname, search } = new URL(request.url); // dots are gone from it
  const path = `${pathname}${search}`;
  const isLocal = PRINCIPALS[drawn.who] === "local";
  const response = isLocal ? await site.fetch(request) : await site.app.fetch(request, {});
  const exchange = await exchangeOf(drawn.method, path, response);
  learn(words, exchange);
  const text = Buffer.from(exchange.body).toString();
  const faults = check(exchange);
  if (exchange.status >= 500) faults.push(`${exchange.status}: ${failed.splice(0).join(" ")}`);
  tally.add(
    drawn,
    { status: exchange.status, text },
    faults.map((fault) => `${drawn.operation}: ${fault}`),
  );
}

/** `@made` is what was made last of the noun that the path names. */
function wordsFor(path: string, words: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map(words).set("@made", words.get(`/${nounOf(path)}`) ?? "default");
}

function nounOf(path: string): string {
  return path.split(/[/?]/)[3] ?? "";
}

function withWords(text: string, words: ReadonlyMap<string, string>): string {
  return [...words].reduce((done, [word, value]) => (word.startsWith("/") ? done : done.replaceAll(word, value)), text);
}

function bodyOf(body: string | Uint8Array, words: ReadonlyMap<string, string>): string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" ? withWords(body, words) : new Uint8Array(body);
}

const Made = z.looseObject({ id: z.string().regex(/^[\w-]{1,80}$/) });

/** What was made or shown last can be asked for next. */
function learn(
  words: Map<string, string>,
  { path, status, headers, body }: Awaited<ReturnType<typeof exchangeOf>>,
): void {
  if (status >= 300 || headers["content-type"] !== "application/json") return;
  const made = Made.safeParse(JSON.parse(Buffer.from(body).toString() || "null"));
  if (made.success) words.set(`/${nounOf(path)}`, made.data.id);
  const { etag } = headers;
  if (etag !== undefined) words.set("@etag", etag);
}

const Code = z.looseObject({ code: z.string() });

class Tally {
  readonly #statuses = new Map<number, number>();
  readonly #codes = new Map<string, number>();
  readonly #asked = new Set<string>();
  readonly #good = new Set<string>();
  readonly #findings = new Map<string, { times: number; request: string }>();
  #requests = 0;

  add(
    drawn: DrawnRequest,
    { status, text }: { readonly status: number; readonly text: string },
    faults: readonly string[],
  ): void {
    this.#requests++;
    this.#asked.add(drawn.operation);
    if (status < 400) this.#good.add(drawn.operation);
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
    const code =
      status < 400 || text === "" || !text.startsWith("{") ? undefined : Code.safeParse(JSON.parse(text)).data?.code;
    if (code !== undefined) this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    for (const fault of new Set(faults)) this.#note(fault, drawn, `${status} ${text.slice(0, 300)}`);
  }

  #note(what: string, { who, ...drawn }: DrawnRequest, answered: string): void {
    const body = typeof drawn.body === "string" ? drawn.body : drawn.body && Buffer.from(drawn.body).toString("hex");
    const request = `${PRINCIPALS[who] ?? ""} ${JSON.stringify({ ...drawn, body })} -> ${answered}`;
    const before = this.#findings.get(what);
    const smaller = before === undefined || request.length < before.request.length ? request : before.request;
    this.#findings.set(what, { times: (before?.times ?? 0) + 1, request: smaller });
  }

  report(): ApiFuzzReport {
    return {
      requests: this.#requests,
      statuses: this.#statuses,
      codes: this.#codes,
      asked: this.#asked,
      good: this.#good,
      findings: [...this.#findings].map(([what, found]) => ({ what, ...found })),
    };
  }
}
