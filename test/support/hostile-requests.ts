/**
 * Every table of hostile requests, by what they abuse.
 * @module
 */
import { HOSTILE_BODIES } from "./hostile-bodies.ts";
import { HOSTILE_CONDITIONS } from "./hostile-conditions.ts";
import { HOSTILE_DOORS } from "./hostile-doors.ts";
import { HOSTILE_EVENTS } from "./hostile-events.ts";
import { HOSTILE_FRAMING } from "./hostile-framing.ts";
import { HOSTILE_OBJECTS } from "./hostile-objects.ts";
import { HOSTILE_PRINCIPALS } from "./hostile-principals.ts";
import { HOSTILE_QUERIES } from "./hostile-queries.ts";
import { HOSTILE_RULES } from "./hostile-rules.ts";
import { HOSTILE_SENDS } from "./hostile-sends.ts";
import { HOSTILE_TARGETS } from "./hostile-targets.ts";
import type { HostileRequest } from "./hostile-request.ts";

export const HOSTILE_REQUESTS: Readonly<Record<string, readonly HostileRequest[]>> = {
  framing: HOSTILE_FRAMING,
  targets: HOSTILE_TARGETS,
  queries: HOSTILE_QUERIES,
  principals: HOSTILE_PRINCIPALS,
  doors: HOSTILE_DOORS,
  bodies: HOSTILE_BODIES,
  events: HOSTILE_EVENTS,
  rules: HOSTILE_RULES,
  objects: HOSTILE_OBJECTS,
  conditions: HOSTILE_CONDITIONS,
  sends: HOSTILE_SENDS,
};
