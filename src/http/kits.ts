import { open, rm } from "node:fs/promises";
import * as path from "node:path";
import { instant, json } from "./answer.ts";
import { declaredLength, readChunks } from "./body.ts";
import { HttpError } from "./error.ts";
import { codeOf } from "./problem.ts";
import { readQuery } from "./query.ts";
import { type Call, type Http, route } from "./route.ts";
import type { KitStream } from "./services.ts";

const MEDIA_TYPES = ["application/x-tar", "application/gzip", "application/zstd", "application/octet-stream"] as const;
const NAME_BYTES = 12;

/** `GET /kits` and `POST /kits/import`, whose body is the kit. */
export function routeKits(http: Http): void {
  route(http, "GET /api/v1/kits", async ({ c }) => {
    readQuery(c, []);
    const { list, known } = http.services.kits;
    return json({ items: (await list()).map(presentStream), known: await known() });
  });
  route(http, "POST /api/v1/kits/import", (call) => importKit(http, call));
}

async function importKit(http: Http, call: Call): Promise<Response> {
  http.requireDisk(declaredLength(call.c));
  const file = path.join(http.uploads, `upload-${Buffer.from(http.random.bytes(NAME_BYTES)).toString("hex")}.kit`);
  try {
    await receive(http, call, file);
    return json(presentStream(await http.services.kits.importFile(call.caller, file)));
  } finally {
    await rm(file, { force: true });
  }
}

function presentStream({ createdAt, ...rest }: KitStream): object {
  return { ...rest, createdAt: instant(createdAt) };
}

/** Writes the body to a new file as it arrives: one piece is in memory at a time. */
async function receive(http: Http, { c }: Call, file: string): Promise<void> {
  const chunks = readChunks(c, {
    mediaTypes: MEDIA_TYPES,
    limit: http.limits.kitBytes,
    ms: http.limits.bodyMs,
    timeout: http.timeout,
  });
  const handle = await open(file, "wx", 0o600);
  let size = 0;
  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      await handle.writeFile(chunk);
    }
  } catch (error) {
    throw isDiskFull(error) ? new HttpError("disk-full", "the kit does not fit", { cause: error }) : error;
  } finally {
    await handle.close();
  }
  if (size === 0) throw new HttpError("empty-body", "");
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && (codeOf(error) === "ENOSPC" || codeOf(error) === "EDQUOT");
}
