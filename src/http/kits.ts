import { type FileHandle, open, rm } from "node:fs/promises";
import * as path from "node:path";
import { Readable } from "node:stream";
import { z } from "zod";
import { KitInstant, StreamName } from "../core/kit.ts";
import { kitInstantMs } from "../core/kit-time.ts";
import type { StreamRecord } from "../core/kit-site.ts";
import { instant, json } from "./answer.ts";
import { declaredLength, readChunks, requireLength } from "./body.ts";
import type { Context } from "./context.ts";
import { HttpError } from "./error.ts";
import type { HeldKit, IssuedKit, KitRequest, PlannedKit } from "./kit-services.ts";
import { codeOf } from "./problem.ts";
import { readQuery } from "./query.ts";
import { type Call, type Http, param, route } from "./route.ts";
import { parsed, readSmall } from "./small-body.ts";

export const MEDIA_TYPES = [
  "application/x-tar",
  "application/gzip",
  "application/zstd",
  "application/octet-stream",
] as const;
const NAME_BYTES = 12;
const MAX_WHY = 1000;
const Hash = z.string().regex(/^[0-9a-f]{64}$/, "SHA-256 in hex");
export const Issued = z.strictObject({
  stream: StreamName,
  epoch: z.int().min(0),
  sequence: z.int().min(1),
  manifest: Hash,
  prev: Hash.nullable(),
  createdAt: KitInstant,
});

/** `GET /kits`, one stream and its files; `POST /kits/plan`, `/kits/import`, whose body is the kit, and `/kits/issue`. */
export function routeKits(http: Http): void {
  const { kits } = http.services;
  route(http, "GET /api/v1/kits", async ({ c }) => {
    readQuery(c, []);
    return json({
      items: (await kits.list()).map(presentStream),
      known: await kits.known(),
      issued: (await kits.issued()).map(presentIssued),
    });
  });
  route(http, "POST /api/v1/kits/plan", (call) =>
    receiving(http, call, (file, request) => kits.plan(file, request), ["override"]),
  );
  route(http, "POST /api/v1/kits/import", (call) =>
    receiving(http, call, (file, request) => kits.importFile(call.caller, file, request), ["plan", "override", "why"]),
  );
  route(http, "POST /api/v1/kits/issue", async ({ c, caller }) => {
    http.requireDisk();
    const { createdAt, ...given } = parsed(Issued, await readSmall(http, c));
    const kit = { ...given, createdAt: kitInstantMs(createdAt) ?? 0 };
    await kits.issue(caller, kit);
    return json(presentIssued(kit));
  });
  route(http, "GET /api/v1/kits/:stream{[a-z0-9-]+[.][a-z0-9.-]+}", async ({ c }) => {
    readQuery(c, []);
    const held = await kits.get(streamOf(c));
    if (held === undefined) throw new HttpError("not-found", "no kit of this stream was taken in");
    return json(presentHeld(held));
  });
  route(http, "GET /api/v1/kits/:stream{[a-z0-9-]+[.][a-z0-9.-]+}/files/:sha", async ({ c }) => {
    readQuery(c, []);
    const file = await kits.file(streamOf(c), param(c, "sha"));
    return await fileAnswer(c, file);
  });
}

/** A kept file as it is; a later kit may have swept it meanwhile. */
async function fileAnswer(c: Context, file: string | undefined): Promise<Response> {
  const handle = file === undefined ? undefined : await opened(file);
  if (handle === undefined) throw new HttpError("not-found", "the kit of this stream brought no such file");
  const { size } = await handle.stat();
  const headers = {
    "content-length": String(size),
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
  };
  if (c.req.method !== "HEAD") return new Response(Readable.toWeb(handle.createReadStream()), { headers });
  await handle.close(); // nobody reads the body of a HEAD
  return new Response(null, { headers });
}

async function opened(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r");
  } catch (error) {
    if (error instanceof Error && codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** A stream as paths write it: `/` as `.`. */
function streamOf(c: Context): string {
  return param(c, "stream").replaceAll(".", "/");
}

async function receiving(
  http: Http,
  call: Call,
  work: (file: string, request: KitRequest) => Promise<PlannedKit>,
  parameters: readonly ("plan" | "override" | "why")[],
): Promise<Response> {
  const request = readRequest(call.c, parameters);
  requireLength(call.c, http.limits.kitBytes); // which no room on the disk will help
  http.requireDisk(declaredLength(call.c));
  const file = path.join(http.uploads, `upload-${Buffer.from(http.random.bytes(NAME_BYTES)).toString("hex")}.kit`);
  try {
    await receive(http, call, file);
    return json(presentPlan(await work(file, request)));
  } catch (error) {
    throw isDiskFull(error) ? new HttpError("disk-full", "the kit does not fit", { cause: error }) : error;
  } finally {
    await rm(file, { force: true });
  }
}

function readRequest(c: Context, known: readonly ("plan" | "override" | "why")[]): KitRequest {
  const { plan, override = "false", why = "" } = readQuery(c, known);
  if (plan !== undefined && !Hash.safeParse(plan).success) throw badQuery("/plan", "must be the hash of a plan");
  if (override !== "true" && override !== "false") throw badQuery("/override", "must be true or false");
  const needsWhy = override === "true" && known.includes("why");
  if (needsWhy !== (why !== "") || why.length > MAX_WHY)
    throw badQuery(
      "/why",
      needsWhy ? "overriding needs a reason of at most 1000 characters" : "goes with override=true",
    );
  return {
    ...(plan === undefined ? {} : { plan }),
    ...(override === "true" ? { override: why } : {}),
  };
}

function badQuery(pointer: string, detail: string): HttpError {
  return new HttpError("bad-query", "the query is not valid", { errors: [{ pointer, detail }] });
}

function presentStream({ createdAt, expiresAt, importedAt, ...rest }: StreamRecord): object {
  return {
    ...rest,
    createdAt: instant(createdAt),
    expiresAt: ending(expiresAt),
    ...(importedAt === undefined ? {} : { importedAt: instant(importedAt) }),
  };
}

function presentIssued({ stream, epoch, sequence, manifest, createdAt }: IssuedKit): object {
  return { stream, epoch, sequence, manifest, createdAt: instant(createdAt) };
}

function presentHeld({ held, ...record }: HeldKit): object {
  const { kinds, tenants, audience, prev, minApp, provenance, files } = held;
  return { ...presentStream(record), kinds, tenants, audience, prev, minApp, provenance, table: files };
}

function presentPlan({ createdAt, expiresAt, ...rest }: PlannedKit): object {
  return { ...rest, createdAt: instant(createdAt), expiresAt: ending(expiresAt) };
}

function ending(expiresAt: number | null | undefined): string | null {
  return expiresAt === null || expiresAt === undefined ? null : instant(expiresAt);
}

/** What may wait for the disk at once: a commit of events that comes meanwhile waits for it too. */
const SYNC_BYTES = 8 * 2 ** 20;

/** Writes the body to a new file as it arrives: one piece is in memory at a time. */
async function receive(http: Http, { c }: Call, file: string): Promise<void> {
  const chunks = readChunks(c, {
    mediaTypes: MEDIA_TYPES,
    limit: http.limits.kitBytes,
    ms: http.limits.bodyMs,
    timeout: http.timeout,
  });
  const handle = await open(file, "wx", 0o600);
  try {
    let unsynced = 0;
    for await (const chunk of chunks) {
      await handle.writeFile(chunk);
      unsynced += chunk.length;
      if (unsynced < SYNC_BYTES) continue;
      await handle.datasync();
      unsynced = 0;
    }
  } finally {
    await handle.close();
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && (codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT");
}
