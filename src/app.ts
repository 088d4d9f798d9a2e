/**
 * The application, wired: what commands load when they need a site in this process.
 * @module
 */
import { initSite as makeSite } from "./app/init.ts";
import { answerLocally, openApi } from "./app/site.ts";
import { serve } from "./app/serve.ts";
import type { Settings } from "./config.ts";
import { errorWords } from "./core/error-words.ts";
import type { Address } from "./config.ts";
import type { Log } from "./ports.ts";
import { createLog } from "./system/log.ts";

export { openMaildrop } from "./sources/maildrop.ts";

/** What the application writes to and reads from of its process. */
export interface AppIo {
  readonly stderr: (text: string) => void;
}

/** Opens a site in this process; `fetch` answers as its local principal. */
export async function openSite(at: { readonly dir: string; readonly settings: Settings; readonly io: AppIo }): Promise<{
  readonly fetch: (request: Request) => Promise<Response>;
  readonly close: () => Promise<void>;
}> {
  const log = logOf(at.settings, at.io, "error");
  const opened = await openApi({
    dir: at.dir,
    settings: at.settings,
    log,
    fatal: (error) => log.error("the store failed", { ...errorWords(error) }),
  });
  return {
    fetch: (request) => answerLocally(opened, request),
    close: async () => {
      await opened.parts.checkpoint.signAll();
      await opened.parts.stops.stop();
    },
  };
}

/** Makes a site in a folder; its first token is answered once. */
export async function initSite(at: {
  readonly dir: string;
  readonly site?: string;
  readonly settings: Settings;
  readonly io: AppIo;
}): Promise<{ readonly site: string; readonly token: string; readonly origins: readonly string[] }> {
  const { dir, site, settings, io } = at;
  return await makeSite({ dir, settings, log: logOf(settings, io, "error"), ...(site === undefined ? {} : { site }) });
}

/** Serves a site until `stop`; then drains what is in flight and returns. */
export async function serveSite(at: {
  readonly dir: string;
  readonly listen: Address;
  readonly demo: boolean;
  readonly settings: Settings;
  readonly io: AppIo;
  readonly stop: AbortSignal;
  readonly ready: (facts: {
    readonly site: string;
    readonly listen: Address;
    readonly socket: string;
    readonly maildrop?: Address;
    readonly token?: string;
  }) => void;
}): Promise<void> {
  await serve({ ...at, log: logOf(at.settings, at.io, "warn") });
}

function logOf({ logLevel }: Settings, { stderr }: AppIo, level: "error" | "warn"): Log {
  return createLog({ level: logLevel ?? level, write: stderr });
}
