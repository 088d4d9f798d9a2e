/**
 * What may be done to what mutes: Alertmanager's rules of which edits leave the past as it was, and what is refused.
 * @module
 */
import { canonicalJson } from "./canonical-json.ts";
import type { MaintenanceRecord, SilenceRecord, SuppressionRecord } from "./cells.ts";
import { matcherParts, parseMatchers } from "./label-matcher.ts";
import { FOREVER, type MuteKind, type MuteRecord } from "./mute.ts";
import type { CompiledPolicy } from "./policy.ts";
import type { Fault } from "./source.ts";

/** What people state; without an id it gets one. Instants are epoch ms. */
type Stated<R> = Omit<R, "id" | "updatedAt"> & { readonly id?: string };
export type MutePut =
  | { readonly kind: "silences"; readonly put: Stated<SilenceRecord> }
  | { readonly kind: "maintenance"; readonly put: Stated<MaintenanceRecord> }
  | { readonly kind: "suppressions"; readonly put: Stated<SuppressionRecord> };

/** `new`: there was none of that id. `edit`: in place. `replace`: the one of that id ends and a new one begins. */
export interface MuteEdit {
  readonly how: "new" | "edit" | "replace";
  /** What is new does not reach into the past; what is edited keeps its beginning. */
  readonly startsAt: number;
}

/** What a put does to `before`, the record of its id, at `now` (epoch ms). */
export function muteEdit({ put }: MutePut, before: MuteRecord | undefined, now: number): MuteEdit {
  const startsAt = Math.max(put.startsAt, now);
  if (before === undefined) return { how: "new", startsAt };
  const kept = keptStart(put, before, now);
  if (kept === undefined || scopeOf(put) !== scopeOf(before)) return { how: "replace", startsAt };
  return { how: "edit", startsAt: kept };
}

/** Beginning after an edit in place; undefined where that would change what was muted before `now`. */
function keptStart(put: MutePut["put"], before: MuteRecord, now: number): number | undefined {
  if (now >= before.endsAt) return undefined;
  if (now < before.startsAt) return put.startsAt < now ? undefined : put.startsAt;
  return secondOf(put.startsAt) === secondOf(before.startsAt) ? before.startsAt : undefined; // others cut to the second
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1000);
}

/** What it mutes, whatever the order and the spelling of its matchers. */
function scopeOf(stated: MutePut["put"]): string {
  if ("rule" in stated) return canonicalJson({ rule: stated.rule });
  const matchers = stated.matchers.map(matcherParts).map(({ name, op, value }) => canonicalJson([name, op, value]));
  const { weekly = null } = "weekly" in stated ? stated : {};
  return canonicalJson({ matchers: matchers.toSorted(), weekly });
}

/** What is wrong with a put that will begin at `startsAt`; pointers into it, `/endsAt` for its length. */
export function muteFaults(
  mute: MutePut,
  { startsAt, now }: { readonly startsAt: number; readonly now: number },
  { maxLength = Number.POSITIVE_INFINITY }: CompiledPolicy["silences"],
): Fault[] {
  const { endsAt } = mute.put;
  const faults: Fault[] = mutesAll(mute)
    ? [{ pointer: "/matchers", detail: "at least one matcher must not match the empty text" }]
    : [];
  const end = (detail: string): void => void faults.push({ pointer: "/endsAt", detail });
  if (endsAt <= mute.put.startsAt) end("must be later than startsAt");
  else if (endsAt <= now) end("is over already");
  else if (endsAt > FOREVER) end("lies too far ahead");
  else if (mute.kind !== "maintenance" && endsAt - startsAt > maxLength)
    end(`makes it longer than the policy allows (${maxLength / 60_000} min)`);
  return faults;
}

/** As Alertmanager sees it: a negative matcher never counts as one that matches the empty text. */
function mutesAll({ kind, put }: MutePut): boolean {
  if (kind !== "silences") return false;
  return parseMatchers(put.matchers).every(({ op, test }) => (op === "=" || op === "=~") && test(""));
}

/** Nouns of cells, and how made ids begin. */
export const MUTE_NOUNS = {
  silences: { noun: "silence", prefix: "sil" },
  maintenance: { noun: "maintenance", prefix: "mnt" },
  suppressions: { noun: "suppression", prefix: "sup" },
} as const satisfies Readonly<Record<MuteKind, { readonly noun: string; readonly prefix: string }>>;
