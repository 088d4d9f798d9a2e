/**
 * What the demo plays with: a site in a folder, its server as a process of its own, and a mail relay in this process.
 * @module
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import type { Settings } from "../config.ts";
import { systemClock } from "../system/clock.ts";
import { dataDir } from "../system/data-dir.ts";
import { type Child, type Exit, startSelf } from "../system/process.ts";
import { sleep } from "../system/timeout.ts";
import { type Client, createClient } from "./client.ts";
import { createRelay, type Relay } from "./demo-relay.ts";
import { CliError } from "./error.ts";
import type { Io } from "./io.ts";
import { httpTransport, socketTransport } from "./transport-http.ts";
import { Secret } from "../core/secret.ts";

const TENANT = "default";
const LOOPBACK = "127.0.0.1";
/** How long anything may take before the demo gives it up, ms. */
const PATIENCE = 20_000;
const LOOK = 10;
const Ready = z.looseObject({ url: z.string() });

/** The stage of the demo. */
export interface World extends Omit<Relay, "remove"> {
  readonly dir: string;
  /** Folder of the hub, beside the site's. */
  readonly hubDir: string;
  readonly settings: Settings;
  readonly io: Io;
  /** The tenant's first token. */
  token: string;
  /** Starts the server, or starts it again; answers when it serves. */
  readonly serve: () => Promise<void>;
  /** Ends the server and answers how it ended. */
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Promise<Exit>;
  /** The site's own principal, over the socket. */
  readonly local: () => Client;
  /** The holder of the token, over TCP. */
  readonly remote: () => Client;
  /** Ends what still runs. */
  readonly close: () => Promise<void>;
}

/** A world in a folder; nothing runs yet. */
export function createWorld(dir: string, settings: Settings, io: Io): World {
  const relay = createRelay(path.join(path.dirname(dir), `${path.basename(dir)}-relay`));
  const hubDir = path.join(path.dirname(dir), `${path.basename(dir)}-hub`);
  const at: { child?: Child; local?: Client; remote?: Client } = {};
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<Exit> => {
    const child = demand(at.child);
    child.kill(signal);
    const exit = await child.exited;
    await Promise.all([at.local?.close(), at.remote?.close()]);
    delete at.child;
    return exit;
  };
  const world: World = {
    ...relay,
    dir,
    hubDir,
    settings,
    io,
    token: "",
    serve: async () => {
      at.child = startSelf(["serve", "--data", dir, "--listen", `${LOOPBACK}:0`, "--json"], childEnv(io.env));
      const { url } = Ready.parse(JSON.parse(await at.child.firstLine));
      const socket = await socketTransport(dataDir(dir).socket);
      if (socket === undefined) throw new CliError("unreachable", "the server does not answer on its socket");
      at.local = createClient(socket, TENANT);
      at.remote = createClient(httpTransport(url, new Secret(world.token)), TENANT);
    },
    end,
    local: () => demand(at.local),
    remote: () => demand(at.remote),
    close: async () => {
      if (at.child !== undefined) await end("SIGKILL");
      fs.rmSync(hubDir, { recursive: true, force: true });
      await relay.remove();
    },
  };
  return world;
}

/** Waits until something holds, `patience` ms at most. Throws CliError `failed` with why it does not. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  why: () => string | Promise<string>,
  patience: number = PATIENCE,
): Promise<void> {
  const end = systemClock.mono() + patience;
  while (!(await holds())) {
    if (systemClock.mono() > end) throw new CliError("failed", `${await why()}, after ${patience / 1000} s`);
    await sleep(LOOK);
  }
}

/** The server of a demo must not take settings meant for another site. */
function childEnv(env: Io["env"]): Record<string, string | undefined> {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith("SEALPOST_") || name === "SEALPOST_NATIVE_DIR");
  return Object.fromEntries(kept);
}

function demand<T>(value: T | undefined): T {
  if (value === undefined) throw new CliError("failed", "the server does not run");
  return value;
}
