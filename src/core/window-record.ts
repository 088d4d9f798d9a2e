/**
 * The rows of windows and of what they hold.
 * @module
 */
import type { DeliveryStatus } from "./delivery.ts";
import type { AlertState, Scope, Severity } from "./event.ts";

/** What becomes of what a gate gathers: a digest, a group, what quiet hours hold, or what debouncing swallowed. */
export type WindowKind = "digest" | "group" | "quiet" | "flap";

/**
 * A window, open or ended; its members are rows of their own. Instants but `openedAt` and `endedAt` are steady ms
 * (`Deciding.offset`): they move with the clock when that is set.
 */
export interface WindowRecord {
  /** `digest:<tenant>:<actionKey>:<window>:<openedAt>`. */
  readonly id: string;
  readonly kind: WindowKind;
  /** Cadence, `group`, `quiet` or `flap`. */
  readonly window: string;
  /** Id of the action; of a group `~` and 8 hex digits after it. */
  readonly actionKey: string;
  readonly action: string;
  /** Version of the rule whose action it last was. */
  readonly rule: string;
  readonly channel: string;
  /** Wall clock, unique for the action. */
  readonly openedAt: number;
  readonly due: number;
  readonly count: number;
  /** Right edge of the RFC 6962 tree over the members' delivery ids, as `Frontier` writes it, base64. */
  readonly frontier: string;
  /** Highest of its members. */
  readonly severity: Severity;
  /** Holds a resolution: its message is not refused by a bucket. */
  readonly hasResolution?: true;
  /** A member passes quiet hours, so it does. */
  readonly isUrgent?: true;
  /** Its time came in quiet hours: it waits for their end. */
  readonly isPutOff?: true;
  /** The calendar that it waits for, and the hash of its object. */
  readonly calendar?: { readonly id: string; readonly hash: string };
  /** Of a group: label and value. */
  readonly group?: Readonly<Record<string, string>>;
  /** Of a flap window: key of its cell, the labels of its last member, and whether that is a resolution. */
  readonly flap?: {
    readonly key: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly isResolved?: true;
  };
  readonly state: "open" | "flushed" | "dropped" | "merged";
  /** Once ended: status that its delivery got. */
  readonly status?: DeliveryStatus;
  readonly endedAt?: number;
  readonly endedSteady?: number;
  /** Once flushed: its deliveries; the one of the event that told of it. */
  readonly deliveries?: readonly string[];
  /** Once flushed: its message lists so many items and counts the rest. */
  readonly itemCap?: number;
  /** Once merged: the window that its items moved to. */
  readonly into?: string;
  /** Once released: so many of its first members were too old to be told: those taken in before `freshFrom`. */
  readonly stale?: number;
  readonly freshFrom?: number;
}

/** What a window's message says of a member, beside its deliveries. Rows of `member`, by window and number from 0. */
export interface WindowMember {
  readonly event: string;
  /** One for each addressee. */
  readonly deliveries: readonly string[];
  /** Deciding instant, wall clock; and steady. */
  readonly at: number;
  readonly steady: number;
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  /** What happened, in one line, as the event's data says it. */
  readonly title?: string;
  readonly severity: Severity;
  readonly alertState?: AlertState;
  readonly scope: Scope;
  readonly delta?: Readonly<Record<string, number>>;
}
