import { pino } from "pino";
import type { Json } from "../core/json.ts";
import type { Log } from "../ports.ts";

export type LogLevel = "silent" | "error" | "warn" | "info";

/** Where log lines go, and from which level on. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly write: (line: string) => void;
}

const HIDDEN = "[secret]";
/** Names of fields whose value is never logged. */
const SECRET_NAME = /token|secret|password|passphrase|authorization|cookie|private|masterkey|master_key/i;
/** Our tokens and PEM bodies, wherever they stand in a text. */
const SECRET_TEXT =
  /spk_[A-Za-z0-9]+_[A-Za-z0-9_-]+|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?/g;

/** A log that writes one JSON document a line (`level`, `time` in epoch ms, `msg`, fields), secrets blotted out. */
export function createLog({ level, write }: LogOptions): Log {
  const logger = pino(
    { level, base: null, formatters: { level: (label) => ({ level: label }) } },
    { write: (line: string) => write(line) },
  );
  return {
    isInfo: level === "info",
    info: (message, fields = {}) => logger.info(redactFields(fields), redactText(message)),
    warn: (message, fields = {}) => logger.warn(redactFields(fields), redactText(message)),
    error: (message, fields = {}) => logger.error(redactFields(fields), redactText(message)),
  };
}

/** A log that says nothing. */
export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function redactFields(fields: Readonly<Record<string, Json>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, SECRET_NAME.test(name) ? HIDDEN : redact(value)]),
  );
}

function redact(value: Json): Json {
  if (typeof value === "string") return redactText(value);
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map(redact);
  return redactFields(value);
}

/** A text without tokens and private keys. */
export function redactText(text: string): string {
  return text.replaceAll(SECRET_TEXT, HIDDEN);
}

/** Array.isArray does not narrow readonly arrays. */
function isList(value: readonly Json[] | Readonly<Record<string, Json>>): value is readonly Json[] {
  return Array.isArray(value);
}
