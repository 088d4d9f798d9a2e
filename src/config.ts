/**
 * Settings: from flags, else from the environment, else the default. Objects that people edit are elsewhere (`config apply`).
 * @module
 */
import { z } from "zod";
import { Duration, durationMs, Id } from "./core/object.ts";
import { Secret } from "./core/secret.ts";

/** Where to listen; port 0 lets the system choose. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const UNITS: Readonly<Record<string, number>> = { "": 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

const Size = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,12})(KiB|MiB|GiB)?$/, "a size is a whole number of bytes, or of KiB, MiB or GiB")
  .transform((text) => Number.parseInt(text, 10) * (UNITS[text.replace(/^[0-9]+/, "")] ?? 1));

const Count = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,8})$/, "must be a whole number")
  .transform(Number);

const Flag = z.enum(["true", "false"]).transform((text) => text === "true");

const Span = Duration.transform(durationMs);

const ListenAddress = z.string().transform((text, context): Address => {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]/]+)):([0-9]{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  context.addIssue({ code: "custom", message: "an address is HOST:PORT or [IPV6]:PORT" });
  return z.NEVER;
});

/** Ids, separated by commas or spaces. */
const Ids = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((id) => id !== ""))
  .pipe(z.array(Id).max(100));

const Url = z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" });

const Hidden = z
  .string()
  .regex(/^[\x21-\x7e]+$/, "must be printable ASCII without spaces")
  .transform((text) => new Secret(text));

/** Every setting, its environment variable and its default: the one list. */
const SCHEMA = z.object({
  /** Data folder of a site. */
  data: z.string().optional(),
  /** Base address of a server, for commands. */
  url: Url.optional(),
  token: Hidden.optional(),
  listen: ListenAddress.prefault("127.0.0.1:8080"),
  /** Where the mail sink listens; without a value there is none (but with `serve --demo`). */
  maildrop: ListenAddress.optional(),
  logLevel: z.enum(["silent", "error", "warn", "info"]).optional(),
  /** Bytes of questions waiting to be committed, beyond which events are refused (503). */
  maxWaitingBytes: Size.prefault("64MiB"),
  /** Free bytes of the data folder's disk, below which events are refused (503). */
  minFreeDisk: Size.prefault("64MiB"),
  /** Bytes of a request body (413 beyond); kits have a limit of their own. */
  maxBodyBytes: Size.prefault("1MiB"),
  maxKitBytes: Size.prefault("8GiB"),
  /** Groups that this site belongs to: kits for `group:<id>` are for it too. */
  groups: Ids.prefault(""),
  /** Requests per minute and token (429 beyond); 0 turns the limit off. */
  requestsPerMinute: Count.prefault("600"),
  /** Whether everybody may read /metrics; else principals of the site alone. */
  openMetrics: Flag.prefault("false"),
  /** How long a repeated (tenant, source, sourceId) is known, ms. */
  duplicateHorizon: Span.prefault("7d"),
  /** How long a stop waits for sends in flight, ms. */
  stopGrace: Span.prefault("10s"),
  /** The master key itself, base64 of 32 bytes; else it is a credential or a file. */
  masterKey: Hidden.optional(),
  /** Folder of systemd credentials. */
  credentials: z.string().optional(),
});

/** What a process is told from outside. Sizes are bytes, spans ms. */
export type Settings = z.output<typeof SCHEMA>;
type Name = keyof Settings;

/** The environment variable of each setting. */
export const VARIABLES: Readonly<Record<Name, string>> = {
  data: "SEALPOST_DATA",
  url: "SEALPOST_URL",
  token: "SEALPOST_TOKEN",
  listen: "SEALPOST_LISTEN",
  maildrop: "SEALPOST_MAILDROP",
  logLevel: "SEALPOST_LOG",
  maxWaitingBytes: "SEALPOST_MAX_WAITING_BYTES",
  minFreeDisk: "SEALPOST_MIN_FREE_DISK",
  maxBodyBytes: "SEALPOST_MAX_BODY_BYTES",
  maxKitBytes: "SEALPOST_MAX_KIT_BYTES",
  groups: "SEALPOST_GROUPS",
  requestsPerMinute: "SEALPOST_REQUESTS_PER_MINUTE",
  openMetrics: "SEALPOST_OPEN_METRICS",
  duplicateHorizon: "SEALPOST_DUPLICATE_HORIZON",
  stopGrace: "SEALPOST_STOP_GRACE",
  masterKey: "SEALPOST_MASTER_KEY",
  credentials: "CREDENTIALS_DIRECTORY",
};

/** A setting that cannot be used; names the variable, never its value. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "bad-setting" as const;
}

/** Settings of a process: a flag (by the setting's name) goes before its variable; empty is unset. Throws ConfigError. */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  flags: Partial<Readonly<Record<Name, string | undefined>>> = {},
): Settings {
  const given: Partial<Record<Name, string>> = {};
  for (const name of SCHEMA.keyof().options) {
    const value = flags[name] ?? env[VARIABLES[name]];
    if (value !== undefined && value !== "") given[name] = value;
  }
  const parsed = SCHEMA.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = SCHEMA.keyof().safeParse(issue?.path[0]).data;
  throw new ConfigError(`${name === undefined ? "settings" : nameOf(name, flags)}: ${issue?.message}`);
}

function nameOf(name: Name, flags: Partial<Readonly<Record<Name, string | undefined>>>): string {
  return flags[name] === undefined ? VARIABLES[name] : `--${name}`;
}
