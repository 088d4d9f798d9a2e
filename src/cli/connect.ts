import * as path from "node:path";
import type { Settings } from "../config.ts";
import { checkDataDir } from "../system/data-dir.ts";
import { sleep } from "../system/timeout.ts";
import type { Transport } from "./client.ts";
import { CliError } from "./error.ts";
import type { Io } from "./io.ts";
import { services, type Site } from "./services.ts";
import { httpTransport, socketTransport } from "./transport-http.ts";

/** How long a folder may be held by another command, ms. */
const PATIENCE = 10_000;
const PAUSE = 50;

/** Where a command looks for its site; a flag goes before the environment, an address before a folder. */
export interface Reach {
  readonly settings: Settings;
  readonly io: Io;
  /** Flags as given. */
  readonly flags: { readonly url?: string; readonly data?: string };
}

/** Reaches the site that flags and environment name. Throws CliError `usage` or `unreachable`, SystemError for a bad folder. */
export async function connect({ settings, io, flags }: Reach): Promise<Transport> {
  if (flags.url !== undefined && flags.data !== undefined)
    throw new CliError("usage", "--url and --data name two sites: give one");
  const dir = folderOf(settings, flags);
  if (dir !== undefined) return openFolder(dir, settings, io);
  if (settings.url !== undefined) return httpTransport(settings.url, settings.token);
  throw new CliError(
    "usage",
    "no site named: give --data DIR, or --url URL with SEALPOST_TOKEN (or set SEALPOST_DATA, SEALPOST_URL)",
  );
}

/** The folder of the site that flags and environment name, absolute; undefined where it is reached by an address, or none is named. */
export function folderOf(settings: Settings, flags: Reach["flags"]): string | undefined {
  const isAddressed = settings.url !== undefined && flags.data === undefined;
  return isAddressed || settings.data === undefined ? undefined : path.resolve(settings.data);
}

/** The server on the folder's socket; without one the site is opened here. Waits while another process is about to do either. */
async function openFolder(dir: string, settings: Settings, io: Io): Promise<Transport> {
  const files = checkDataDir(dir);
  for (let waited = 0; ; waited += PAUSE) {
    const served = await socketTransport(files.socket);
    if (served !== undefined) return served;
    try {
      const { openSite } = await services();
      return inProcess(dir, await openSite({ dir, settings, io }));
    } catch (error) {
      if (!isLocked(error)) throw error;
      if (waited >= PATIENCE)
        throw new CliError("unreachable", `${dir} is in use by another process that does not answer`, { cause: error });
      if (!(await sleep(PAUSE, io.stop))) throw new CliError("failed", "stopped", { cause: error });
    }
  }
}

/** Whether another process has the folder. */
function isLocked(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "locked";
}

/** The API of a site in this process: the same requests without a wire. */
export function inProcess(dir: string, site: Site): Transport {
  return {
    place: dir,
    isLocal: true,
    exchange: async ({ method, path: at, headers, body }) => {
      const request = new Request(new URL(at, "http://sealpost.invalid"), {
        method,
        headers: { ...headers },
        ...(body === undefined
          ? {}
          : { body: body instanceof Uint8Array ? Buffer.from(body) : ReadableStream.from(body), duplex: "half" }),
      });
      const response = await site.fetch(request);
      return {
        status: response.status,
        headers: response.headers,
        bytes: new Uint8Array(await response.arrayBuffer()),
      };
    },
    close: () => site.close(),
  };
}
