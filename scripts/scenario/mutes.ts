// Silences, maintenance windows and suppressions of a scenario, as changes that the site is asked for.
import { z } from "zod";
import { Weekly } from "../../src/core/calendar.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { FOREVER } from "../../src/core/mute.ts";
import type { MuteChange } from "../../src/flows/mute-change.ts";
import { idOf, Instant, type Objects } from "./read.ts";

const MINUTE_MS = 60_000;
const MUTES = ["silences", "maintenance", "suppressions"] as const;
type MuteKind = (typeof MUTES)[number];

const Given = z.looseObject({
  id: z.string(),
  startsAt: Instant.optional(),
  endsAt: Instant.optional(),
  author: z.string().default("scenario"),
  comment: z.string().default("scenario"),
  matchers: z.array(z.string()).default([]),
  rule: z.string().optional(),
  zone: z.string().default("UTC"),
  weekly: Weekly.optional(),
});

/** What must be asked so that the mutes of `before` become those of the kinds that `after` names. */
export function mutesOf(before: Objects, after: Objects): MuteChange[] {
  return MUTES.flatMap((kind) => {
    const wanted = after[kind];
    if (wanted === undefined) return [];
    const kept = new Set(wanted.map(idOf));
    const gone = (before[kind] ?? []).filter((one) => !kept.has(idOf(one)));
    return [...gone.map((one) => expireOf(kind, idOf(one))), ...wanted.map((one) => putOf(kind, one, 0))];
  });
}

/** What must be asked so that this one stands; a beginning that is not given is `at` (epoch ms). */
export function putOf(kind: MuteKind, given: JsonObject, at: number): MuteChange {
  const { id, startsAt = at, endsAt, author, comment, matchers, rule, zone, weekly } = Given.parse(given);
  const stated = { id, startsAt, endsAt: endsAt ?? FOREVER, author, comment };
  switch (kind) {
    case "silences":
      return { kind, put: { ...stated, matchers } };
    case "suppressions":
      return { kind, put: { ...stated, rule: z.string().parse(rule) } };
    case "maintenance": {
      const times = weekly === undefined ? {} : { weekly: { zone, weekly } };
      return { kind, put: { ...stated, matchers, ...times } };
    }
  }
}

/** `silence RULE --minutes N`. */
export function suppressionOf(given: JsonObject, at: number): MuteChange {
  const { id = `suppression-${at}`, minutes, ...rest } = given;
  const ends = minutes === undefined ? {} : { endsAt: at + z.int().parse(minutes) * MINUTE_MS };
  return putOf("suppressions", { id, startsAt: at, ...rest, ...ends }, at);
}

export function expireOf(kind: MuteKind, id: string): MuteChange {
  return { kind, expire: id };
}
