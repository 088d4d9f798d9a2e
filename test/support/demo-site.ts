/**
 * A demo site as `serve --demo` leaves it, with a few events told and mailed: copied for each who wants a fresh one.
 * @module
 */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { serve, type ServeFacts } from "../../src/app/serve.ts";
import { readSettings } from "../../src/config.ts";
import type { Log } from "../../src/ports.ts";
import { silentLog } from "../../src/system/log.ts";

import { makeSite, openSite, type RunningSite, temporaryFolder } from "./site.ts";

/** What is in a demo site, by what lists it: ids that examples cannot know. */
export interface DemoIds {
  readonly event: string;
  readonly delivery: string;
  readonly origin: string;
  readonly mail: string;
}
export interface DemoSite {
  readonly ids: DemoIds;
  /** A site of its own over a copy; closed and removed by who asked. */
  readonly fresh: (log?: Log) => Promise<RunningSite>;
  readonly remove: () => void;
}

const SAMPLES = ["01-disk-full.json", "05-backup-done.json", "10-shift-note.json"];
const QUIET = { SEALPOST_MAILDROP: "127.0.0.1:0", SEALPOST_REQUESTS_PER_MINUTE: "0" };
const LOOK_MS = 20;

/** Makes one: served for real until its first mail has arrived. */
export async function makeDemoSite(): Promise<DemoSite> {
  const folder = temporaryFolder();
  const base = path.join(folder.dir, "base");
  const ids = await served(base, told);
  let made = 0;
  return {
    ids,
    fresh: async (log = silentLog) => {
      const copy = path.join(folder.dir, `copy-${++made}`);
      execFileSync("cp", ["-a", base, copy]); // modes of folders too
      return await openSite(copy, QUIET, log);
    },
    remove: folder.remove,
  };
}

/** Serves a demo site in `dir` on any port while `work` runs. */
export async function served<T>(dir: string, work: (facts: ServeFacts & { url: string }) => Promise<T>): Promise<T> {
  await makeSite(dir);
  const stop = new AbortController();
  const ready = Promise.withResolvers<ServeFacts>();
  const serving = serve({
    dir,
    listen: { host: "127.0.0.1", port: 0 },
    demo: true,
    settings: readSettings(QUIET),
    log: silentLog,
    stop: stop.signal,
    ready: ready.resolve,
  });
  serving.catch(ready.reject);
  try {
    const facts = await ready.promise;
    return await work({ ...facts, url: `http://${facts.listen.host}:${facts.listen.port}` });
  } finally {
    stop.abort();
    await serving;
  }
}

const List = z.looseObject({
  items: z.array(z.looseObject({ id: z.string().optional(), origin: z.string().optional() })),
});

async function told({ url, token = "" }: { readonly url: string; readonly token?: string }): Promise<DemoIds> {
  const headers = { authorization: `Bearer ${token}` };
  const list = async (noun: string): Promise<z.infer<typeof List>["items"]> =>
    List.parse(await (await fetch(`${url}/api/v1/${noun}`, { headers })).json()).items;
  for (const sample of SAMPLES) {
    const body = fs.readFileSync(path.join(import.meta.dirname, "../../seeds/events", sample));
    const type = { "content-type": "application/cloudevents+json" };
    await fetch(`${url}/api/v1/events`, { method: "POST", headers: { ...headers, ...type }, body });
  }
  let mails = await list("maildrop");
  while (mails.length === 0 || (await list("deliveries?status=sent")).length === 0) {
    await pause(LOOK_MS);
    mails = await list("maildrop");
  }
  const [event] = await list("events");
  const [delivery] = await list("deliveries?status=sent");
  const [log] = await list("ledger");
  return { event: event?.id ?? "", delivery: delivery?.id ?? "", origin: log?.origin ?? "", mail: mails[0]?.id ?? "" };
}
