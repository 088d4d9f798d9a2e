/**
 * What an explanation is made of: what was recorded, and what is known now of all that it names.
 * @module
 */
import { type CompiledAction, compileAction } from "./action.ts";
import type { ChannelState, MaintenanceRecord, SilenceRecord, SuppressionRecord } from "./cells.ts";
import type { WindowRecord } from "./window-record.ts";
import type { CompiledChannel } from "./config.ts";
import type { Delivery, TraceEntry } from "./delivery.ts";
import type { Event } from "./event.ts";
import type { CompiledRule } from "./index.ts";
import type { CompiledPolicy } from "./policy.ts";
import { isHandSent } from "./hand-sent.ts";

/** One try that reached the other side. */
export interface TriedOnce {
  readonly n: number;
  readonly at: number;
  readonly status: string;
  readonly out?: { readonly code: string; readonly st: string; readonly ms: number };
}

/** A channel as it is now. */
export interface ChannelNow {
  /** Absent where the configuration has no such channel. */
  readonly compiled?: CompiledChannel;
  readonly state?: ChannelState;
  /** `host:port` of the other side; absent where it is the site's and not this tenant's to read. */
  readonly address?: string;
  /** How the other side answered, or did not, when the channel went down. */
  readonly answer?: { readonly code: string; readonly st: string };
}

/** The configuration that decided, as far as it is kept. */
export interface DecidedBy {
  /** 16 hex digits, as in leaves. */
  readonly cfg: string;
  /** `unfound`: it may be kept, among what was not looked at. */
  readonly state: "current" | "replaced" | "purged" | "unfound";
  /** Where it was not found: configurations that were looked at. */
  readonly looked?: number;
  /** Objects of it that are not kept any more: `<kind>/<id>`. */
  readonly missing: readonly string[];
  /** In the order of decision, those that are not enabled among them. */
  readonly rules: readonly CompiledRule[];
  /** Ids of rules that are the site's: a tenant's people use them and do not read them. */
  readonly globals: ReadonlySet<string>;
  readonly policy: CompiledPolicy;
}

/** All that is known when something is explained. What is not in a map is not kept any more. */
export interface Known {
  /** When the question was asked, epoch ms. */
  readonly now: number;
  /** Sum of all jumps of the clock, ms: instants of windows are steady. */
  readonly offset: number;
  readonly decided: DecidedBy;
  /** Zones of the calendars, by id. */
  readonly zones: ReadonlyMap<string, string>;
  readonly deliveries: ReadonlyMap<string, Delivery>;
  /** By the id that was named; one whose items moved on stands for the one that they moved to. */
  readonly windows: ReadonlyMap<string, WindowRecord>;
  readonly silences: ReadonlyMap<string, SilenceRecord>;
  readonly maintenance: ReadonlyMap<string, MaintenanceRecord>;
  readonly suppressions: ReadonlyMap<string, SuppressionRecord>;
  readonly channels: ReadonlyMap<string, ChannelNow>;
  /** By delivery. */
  readonly tries: ReadonlyMap<string, readonly TriedOnce[]>;
}

/** One (rule, action) that was judged, with its deliveries in order of their addressees. */
export interface DraftFacts {
  /** The first of its deliveries. */
  readonly delivery: Delivery;
  readonly deliveries: readonly Delivery[];
  /** Absent for the message of a window. */
  readonly event?: Event;
  readonly isResolution: boolean;
}

/** What is named by a delivery and must be read to tell of it; keys by noun. */
export interface References {
  readonly deliveries: Set<string>;
  readonly windows: Set<string>;
  readonly silences: Set<string>;
  readonly maintenance: Set<string>;
  readonly suppressions: Set<string>;
  readonly channels: Set<string>;
}

export function noReferences(): References {
  return {
    deliveries: new Set(),
    windows: new Set(),
    silences: new Set(),
    maintenance: new Set(),
    suppressions: new Set(),
    channels: new Set(),
  };
}

/** Adds all that a delivery names: its channel, its window, and what its stages looked at. */
export function collectReferences({ channel, window, reason, trace }: Delivery, into: References): void {
  into.channels.add(channel);
  if (window !== undefined) into.windows.add(windowId(window));
  if (reason?.by?.startsWith("digest:") === true) into.windows.add(windowId(reason.by));
  for (const entry of trace ?? []) collectFromTrace(entry, into);
}

function collectFromTrace({ stage, code, by }: TraceEntry, into: References): void {
  if (by === undefined) return;
  if (by.startsWith("digest:")) into.windows.add(windowId(by));
  if (stage === "dedupe" || stage === "debounce") into.deliveries.add(by);
  if (stage === "silence") into.silences.add(by);
  if (stage === "maintenance") into[code === "maintenance" ? "maintenance" : "suppressions"].add(by);
}

/** The rule of an id in the configuration that decided; undefined where it is not kept. */
export function decidingRule({ decided }: Pick<Known, "decided">, id: string): CompiledRule | undefined {
  return decided.rules.find(({ rule }) => rule.id === id);
}

/** The window of an id that may end in an addressee's ordinal. */
export function windowId(id: string): string {
  return id.split(":", 5).join(":");
}

/** The action that made a delivery, as the configuration had it that decided; undefined where it is not kept. */
export function actionOfDelivery(
  { decided }: Pick<Known, "decided">,
  { rule: ref, action: id }: Delivery,
): CompiledAction | undefined {
  const found = decided.rules.find((compiled) => compiled.ref === ref);
  const action = found?.rule.actions.find((one) => one.id === id);
  if (found === undefined || action === undefined) return undefined;
  return compileAction({ rule: found.rule, ref }, action, { policy: decided.policy, calendars: new Map() });
}

/** Whether rules are asked about an event: not where it follows its firing, and not where a person named who sends it. */
export function asksRules(event: Pick<Event, "alertState" | "source">, decided: Pick<DecidedBy, "policy">): boolean {
  return !isFollowed(event, decided) && !isHandSent(event);
}

/** Whether an event goes where its firing was announced, whatever rules say. */
export function isFollowed({ alertState }: Pick<Event, "alertState">, { policy }: Pick<DecidedBy, "policy">): boolean {
  return alertState === "resolved" && policy.resolutions === "follow";
}
