import type { Json } from "./json.ts";
import { sha256Hex } from "./hash.ts";
import { canonicalJson } from "./canonical-json.ts";

/** Severities from lowest to highest; the index is the rank. */
export const SEVERITIES = ["info", "low", "medium", "high", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Words that sources use for our severities (Alertmanager, syslog, OpenTelemetry, PagerDuty). */
const ALIASES: ReadonlyMap<string, Severity> = new Map([
  ["debug", "info"],
  ["trace", "info"],
  ["none", "info"],
  ["information", "info"],
  ["informational", "info"],
  ["notice", "low"],
  ["minor", "low"],
  ["warn", "medium"],
  ["warning", "medium"],
  ["moderate", "medium"],
  ["error", "high"],
  ["err", "high"],
  ["major", "high"],
  ["crit", "critical"],
  ["fatal", "critical"],
  ["alert", "critical"],
  ["emerg", "critical"],
  ["emergency", "critical"],
  ["page", "critical"],
]);

export interface Scope {
  readonly namespace?: string;
  readonly repo?: string;
  readonly digest?: string;
  readonly resource?: string;
}

export type AlertState = "firing" | "resolved";

/** What a platform event says of vulnerabilities. */
export interface Vuln {
  /** In the list of known exploited vulnerabilities. */
  readonly kev?: boolean;
  readonly verdict?: string;
  readonly vex?: { readonly status?: string; readonly justification?: string };
  /** Counts of what changed: `newCritical`, `kev`, `quieted`, ... */
  readonly delta?: Readonly<Record<string, number>>;
}

/** What a source yields of one event: everything but what acceptance adds (id, tenant, receivedAt). */
export interface EventInput {
  readonly source: string;
  /** The CloudEvents id: unique for (tenant, source) within the horizon. */
  readonly sourceId: string;
  readonly type: string;
  /** Default: the type. */
  readonly kind: string;
  readonly subject?: string;
  /** RFC 3339, as the source wrote it: data, never used to decide. */
  readonly time?: string;
  readonly severity: Severity;
  readonly alertState?: AlertState;
  readonly labels: Readonly<Record<string, string>>;
  readonly scope: Scope;
  readonly vuln?: Vuln;
  readonly correlationId: string;
  readonly data?: Json;
}

/** An accepted event; `receivedAt` is the instant of its question, epoch ms. */
export interface Event extends EventInput {
  readonly id: string;
  readonly tenant: string;
  readonly receivedAt: number;
}

/** The severity that a word means, case-insensitive, or undefined for an unknown word. */
export function severityOf(word: string): Severity | undefined {
  const lower = word.toLowerCase();
  return SEVERITIES.find((severity) => severity === lower) ?? ALIASES.get(lower);
}

/** Rank of a severity: 0 (info) to 4 (critical). */
export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** The key that ties a firing to its resolution: `correlationid`, else a SHA-256 of what the event is about (RFC 8785). */
export function correlationKey(event: Omit<EventInput, "correlationId">, given: string | undefined): string {
  if (given !== undefined) return given;
  const { source, subject, labels, type, scope } = event;
  const names = Object.keys(labels);
  if (subject === undefined && names.length === 0)
    return sha256Hex(canonicalJson({ scope: { ...scope }, source, type }));
  // Written out: this stands on the way of every event, and the keys of the object are known to be in order.
  const about = subject === undefined ? "" : `,"subject":${JSON.stringify(subject)}`;
  return sha256Hex(`{"labels":${labelsText(labels, names)},"source":${JSON.stringify(source)}${about}}`);
}

/** RFC 8785 text of labels; `names` are its keys in any order. */
function labelsText(labels: Readonly<Record<string, string>>, names: readonly string[]): string {
  let text = "";
  for (const name of names.length > 1 ? names.toSorted() : names)
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${JSON.stringify(labels[name])}`;
  return `{${text}}`;
}
