import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { initSite } from "../../src/app/init.ts";
import { answerLocally, openApi, type OpenedSite } from "../../src/app/site.ts";
import { readSettings, type Settings } from "../../src/config.ts";
import type { Log } from "../../src/ports.ts";
import { silentLog } from "../../src/system/log.ts";

export const settings = (env: Record<string, string> = {}): Settings => readSettings(env);

/** A folder of its own that `remove` takes away. */
export function temporaryFolder(): { readonly dir: string; readonly remove: () => void } {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sealpost-test-"));
  return { dir, remove: () => fs.rmSync(dir, { recursive: true, force: true }) };
}

/** A finished site in `dir`; its first token. */
export async function makeSite(dir: string, site = "plant-7"): Promise<string> {
  return (await initSite({ dir, site, settings: settings(), log: silentLog })).token;
}

export interface RunningSite extends OpenedSite {
  readonly request: (
    method: string,
    path: string,
    options?: { readonly tenant?: string; readonly body?: Uint8Array<ArrayBuffer> | string; readonly type?: string },
  ) => Promise<Response>;
  /** Any request, as it is, by the local principal. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly close: () => Promise<void>;
}

/** Opens a site in this process as its local principal. */
export async function openSite(
  dir: string,
  env: Record<string, string> = {},
  log: Log = silentLog,
): Promise<RunningSite> {
  const opened = await openApi({
    dir,
    settings: settings(env),
    log,
    fatal: (error) => {
      throw error;
    },
  });
  return {
    ...opened,
    request: async (method, route, { tenant = "default", body, type } = {}) =>
      await answerLocally(
        opened,
        new Request(`http://local${route}`, {
          method,
          headers: { "sealpost-tenant": tenant, ...(type === undefined ? {} : { "content-type": type }) },
          ...(body === undefined ? {} : { body }),
        }),
      ),
    fetch: (request) => answerLocally(opened, request),
    close: opened.parts.stops.stop,
  };
}
