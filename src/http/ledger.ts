import { SITE_TENANT } from "../core/cells.ts";
import { entryBundle, parseTilePath, TILE_WIDTH, type TilePath } from "../core/tile.ts";
import type { Opening } from "../ports.ts";
import { answer, json, jsonText, text } from "./answer.ts";
import { HttpError } from "./error.ts";
import { ANSWER_BYTES } from "./large-answer.ts";
import { readQuery, wholeNumber } from "./query.ts";
import { type Call, type Http, param, route } from "./route.ts";
import type { LedgerService, LogSize } from "./services.ts";

const MAX_OPENINGS = 1000;
/** Leaves whose openings are held at once, beside those of the answer. */
const LEAVES_AT_ONCE = 32;
/** A full tile never changes; only the browser of who may read it may keep it. */
const FOREVER = { "cache-control": "private, max-age=31536000, immutable" } as const;

/** `GET /ledger`, and of each log its checkpoint, tiles (C2SP tlog-tiles) and openings. */
export function routeLedger(http: Http): void {
  const { ledger } = http.services;
  // a tenant sees its own log; `_site` sees all
  route(http, "GET /api/v1/ledger", async ({ c, tenant }) => {
    readQuery(c, []);
    if (tenant === SITE_TENANT) return json({ items: await ledger.logs() });
    const own = await ledger.log(tenant);
    return json({ items: own === undefined ? [] : [own] });
  });
  route(http, "GET /api/v1/ledger/:origin/checkpoint", async (call) => {
    const log = await logOf(http, call);
    return text(found(await ledger.checkpoint(log.tenant), "there is no checkpoint yet"));
  });
  route(http, "GET /api/v1/ledger/:origin/tile/:path{.+}", async (call) => {
    const tile = found(parseTilePath(`tile/${param(call.c, "path")}`), "there is no such tile");
    const bytes = found(await tileBytes(http, (await logOf(http, call)).tenant, tile), "there is no such tile");
    return answer(200, "application/octet-stream", bytes, tile.width === TILE_WIDTH ? FOREVER : {});
  });
  route(http, "GET /api/v1/ledger/:origin/openings", async (call) => {
    const { from: start, count } = readQuery(call.c, ["from", "count"]);
    const from = wholeNumber(start, { name: "from", min: 0, max: Number.MAX_SAFE_INTEGER, preset: 0 });
    const most = wholeNumber(count, { name: "count", min: 1, max: MAX_OPENINGS, preset: MAX_OPENINGS });
    const log = await logOf(http, call);
    return await openingsAnswer(ledger, log, { from, to: Math.min(from + most, log.size) });
  });
}

/** The log of the path, where the tenant may see it. Only for `_site`, which sees all, are all asked for. */
async function logOf({ services: { ledger } }: Http, { c, tenant }: Call): Promise<LogSize> {
  const origin = param(c, "origin");
  const own = await ledger.log(tenant);
  if (own?.origin === origin) return own;
  const others = tenant === SITE_TENANT ? await ledger.logs() : [];
  return found(
    others.find((log) => log.origin === origin),
    "there is no such log",
  );
}

function found<T>(value: T | undefined, detail: string): T {
  if (value === undefined) throw new HttpError("not-found", detail);
  return value;
}

async function tileBytes(
  { services }: Http,
  tenant: string,
  path: TilePath,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { index, width } = path;
  if (path.kind === "tile") {
    const hashes = await services.ledger.tile(tenant, { level: path.level, index, width });
    return hashes === undefined ? undefined : new Uint8Array(hashes);
  }
  const lines = await services.ledger.leaves(tenant, index * TILE_WIDTH, width);
  return lines.length === width ? new Uint8Array(entryBundle(lines)) : undefined;
}

/** Openings of leaves [from, to); where more than about 8 MiB open them, `next` is the leaf to go on from. */
async function openingsAnswer(
  ledger: LedgerService,
  { tenant }: LogSize,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Response> {
  const texts: string[] = [];
  let room = ANSWER_BYTES;
  let last = from;
  for (let at = from; at < to; at += LEAVES_AT_ONCE) {
    for (const opening of await ledger.openings(tenant, at, Math.min(LEAVES_AT_ONCE, to - at))) {
      if (room <= 0 && opening.seq !== last) return jsonText(`{"items":[${texts.join(",")}],"next":${opening.seq}}`);
      last = opening.seq;
      const shown = JSON.stringify(presentOpening(opening));
      room -= Buffer.byteLength(shown);
      texts.push(shown);
    }
  }
  return jsonText(`{"items":[${texts.join(",")}]}`);
}

function presentOpening({ salt, ...opening }: Opening): object {
  return { ...opening, salt: Buffer.from(salt).toString("base64") };
}
