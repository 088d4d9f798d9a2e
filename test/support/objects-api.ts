/**
 * Configuration objects over the API of a real site, as its local principal or by the token of tenant `default`.
 * @module
 */
import { z } from "zod";
import type { JsonObject } from "../../src/core/json.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "./site.ts";

const Meta = z.looseObject({
  hash: z.string(),
  isGlobal: z.boolean(),
  ownerId: z.string(),
  stream: z.string().optional(),
});
const Row = z.looseObject({
  n: z.number(),
  at: z.string(),
  actor: z.string(),
  why: z.string().optional(),
  via: z.string().optional(),
  change: z.string(),
  hash: z.string().optional(),
  before: z.string().optional(),
  diff: z.array(z.looseObject({ pointer: z.string() })),
});
const Body = z.looseObject({
  id: z.string().optional(),
  name: z.string().optional(),
  meta: Meta.optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
  errors: z.array(z.looseObject({ pointer: z.string(), detail: z.string() })).optional(),
  items: z.array(z.looseObject({})).optional(),
  cursor: z.string().optional(),
});

/** What was answered; `etag` with its quotes. */
export interface ObjectAnswered {
  readonly status: number;
  readonly body: z.infer<typeof Body>;
  readonly etag: string;
  readonly headers: Headers;
}

/** What a request may carry. */
export interface AskOptions {
  readonly json?: JsonObject | readonly string[];
  readonly tag?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tenant?: string;
}
export type Ask = (method: string, path: string, options?: AskOptions) => Promise<ObjectAnswered>;

export interface ObjectsSite {
  readonly site: RunningSite;
  /** As the site's local principal. */
  readonly ask: Ask;
  /** As an admin of tenant `default`. */
  readonly own: Ask;
  readonly token: string;
  readonly close: () => Promise<void>;
}

/** Asks as the principal that `fetchBy` and the headers make. */
export function asker(fetchBy: (request: Request) => Promise<Response>, given: Readonly<Record<string, string>>): Ask {
  return async (method, path, { json, tag, headers = {}, tenant } = {}) => {
    const sent = new Headers({ ...given, ...headers });
    if (tenant !== undefined) sent.set("sealpost-tenant", tenant);
    if (tag !== undefined) sent.set("if-match", tag);
    if (json !== undefined && !sent.has("content-type")) sent.set("content-type", "application/json");
    const body = json === undefined ? {} : { body: JSON.stringify(json) };
    const response = await fetchBy(new Request(`http://local/api/v1${path}`, { method, headers: sent, ...body }));
    const text = await response.text();
    return {
      status: response.status,
      body: Body.parse(text === "" ? {} : JSON.parse(text)),
      etag: response.headers.get("etag") ?? "",
      headers: response.headers,
    };
  };
}

/** A fresh site `plant-7` without limits of requests. */
export async function makeObjectsSite(): Promise<ObjectsSite> {
  const { dir, remove } = temporaryFolder();
  const token = await makeSite(dir);
  const site = await openSite(dir, { SEALPOST_REQUESTS_PER_MINUTE: "0" });
  return {
    site,
    token,
    ask: asker(site.fetch, { "sealpost-tenant": "default" }),
    own: asker(async (request) => await site.app.fetch(request), { authorization: `Bearer ${token}` }),
    close: async () => {
      await site.close();
      remove();
    },
  };
}

/** The history of an object, page by page until its end. */
export async function wholeHistory(ask: Ask, path: string, limit = 1000): Promise<z.infer<typeof Row>[]> {
  const rows: z.infer<typeof Row>[] = [];
  for (let cursor = ""; ; ) {
    const query = new URLSearchParams({ limit: String(limit), ...(cursor === "" ? {} : { cursor }) });
    const { body } = await ask("GET", `${path}/history?${query.toString()}`);
    rows.push(...z.array(Row).parse(body.items));
    if (body.cursor === undefined) return rows;
    cursor = body.cursor;
  }
}

/** What was answered as what is sent. */
export function fieldsOf({ body }: ObjectAnswered): JsonObject {
  return z.record(z.string(), z.json()).parse(body);
}

/** A rule that tells of a type by mail. */
export function mailRule(id: string, more: JsonObject = {}): JsonObject {
  return { id, match: { types: [`com.example.${id}`] }, actions: [{ id: `${id}-mail`, channel: "ops-mail" }], ...more };
}
