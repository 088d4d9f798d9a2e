/**
 * A site that trusts a hub, over its API.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { expect } from "vitest";
import { z } from "zod";
import type { TrustPolicy } from "../../src/core/trust.ts";
import { type Hub, makeHub } from "./hub.ts";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "./site.ts";

const Body = z.looseObject({ code: z.string().optional(), detail: z.string().optional() });
export interface Answered {
  readonly status: number;
  readonly body: z.infer<typeof Body>;
}

export interface HubSite {
  readonly site: RunningSite;
  readonly hub: Hub;
  readonly dir: string;
  readonly ask: (method: string, route: string, body?: string | Uint8Array<ArrayBuffer>) => Promise<Answered>;
  readonly plan: (file: string, query?: string) => Promise<Answered>;
  readonly take: (file: string, query?: string) => Promise<Answered>;
  readonly close: () => Promise<void>;
}

/** A site `plant-7` in a folder of its own that trusts a new hub. */
export async function makeHubSite(change: Partial<TrustPolicy> = {}): Promise<HubSite> {
  const folder = temporaryFolder();
  await makeSite(path.join(folder.dir, "data"));
  const site = await openSite(path.join(folder.dir, "data"));
  const hub = makeHub(path.join(folder.dir, "hub"), change);
  const ask: HubSite["ask"] = async (method, route, body) => {
    const type = typeof body === "string" ? "application/json" : "application/x-tar";
    const answer = await site.request(method, `/api/v1${route}`, {
      tenant: "_site",
      ...(body === undefined ? {} : { body, type }),
    });
    return { status: answer.status, body: Body.parse(await answer.json()) };
  };
  const send =
    (verb: string) =>
    (file: string, query = "") =>
      ask("POST", `/kits/${verb}${query}`, new Uint8Array(fs.readFileSync(file)));
  const given = { policy: hub.policy, fingerprint: hub.fingerprint };
  expect((await ask("POST", "/trust", JSON.stringify(given))).status).toBe(200);
  const close = async (): Promise<void> => {
    await site.close();
    folder.remove();
  };
  return { site, hub, dir: folder.dir, ask, plan: send("plan"), take: send("import"), close };
}
