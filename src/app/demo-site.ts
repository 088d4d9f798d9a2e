/**
 * What a demo site has besides: a mail sink, a channel bound to it, a token for a day.
 * @module
 */
import type { Address } from "../config.ts";
import { applyConfig, planBinding } from "../flows/config-apply.ts";
import { openMaildrop } from "../sources/maildrop.ts";
import { DEFAULT_TENANT } from "../core/tenants.ts";
import type { Parts } from "./parts.ts";
import { mintToken } from "./token.ts";

const CHANNEL = "ops-mail";
const DEMO_SINK: Address = { host: "127.0.0.1", port: 2525 };
const DAY_MS = 86_400_000;
const ACTOR = "job:serve";

export interface Sink {
  readonly address: Address;
  readonly close: () => Promise<void>;
}

/** Opens the mail sink where one is asked for; a demo takes any free port where its usual one is taken. */
export async function openSink(
  { files }: Parts,
  { address, demo }: { address: Address | undefined; demo: boolean },
): Promise<Sink | undefined> {
  const wanted = address ?? (demo ? DEMO_SINK : undefined);
  if (wanted === undefined) return undefined;
  const open = async (port: number): Promise<Sink> => {
    const drop = await openMaildrop({ dir: files.maildrop, host: wanted.host, port });
    return { address: { host: wanted.host, port: drop.port }, close: drop.close };
  };
  try {
    return await open(wanted.port);
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    if (!isTaken || address !== undefined) throw error;
    return await open(0);
  }
}

/** Binds the starter channel to the sink where nobody has bound it elsewhere. */
export async function bindDemoChannel(parts: Parts, site: string, { address }: Sink): Promise<void> {
  const channel = parts.configurations.of(DEFAULT_TENANT).channels.get(CHANNEL);
  if (channel === undefined) return;
  const values = {
    host: address.host,
    port: String(address.port),
    from: `sealpost@${site}.example`,
    to: `ops@${site}.example`,
  };
  const isOurs = channel.config.from === values.from && channel.to.join() === values.to;
  if (channel.unbound.length === 0 && !isOurs) return;
  if (isOurs && channel.config.host === address.host && channel.config.port === address.port) return;
  await applyConfig(parts, await planBinding(parts, DEFAULT_TENANT, { id: CHANNEL, values }), {
    actor: ACTOR,
    via: "bind",
  });
}

/** An admin token of the default tenant for 24 hours, for the commands that are printed. */
export async function mintDemoToken(parts: Parts): Promise<string> {
  const token = {
    name: "demo",
    tenant: DEFAULT_TENANT,
    scopes: ["notify.admin", "events:write"],
    expiresAt: parts.clock.now() + DAY_MS,
  };
  return await mintToken(parts, token, ACTOR);
}
