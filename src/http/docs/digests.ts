import { z } from "zod";
import { Command } from "../digests.ts";
import type { RouteName } from "../permissions.ts";
import { DeliveryStatus, Instant, Labels, PAGE_QUERY, pageAnswer, Severity, Version } from "./common.ts";
import type { ParamDoc, RouteDoc } from "./doc.ts";

const Count = z.int().min(0);
const WindowName = z.enum(["5m", "15m", "1h", "1d", "group", "quiet", "flap"]);

const Window = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["digest", "group", "quiet", "flap"]),
    window: z.string().meta({ description: "Cadence, `group`, `quiet` or `flap`" }),
    actionKey: z.string(),
    action: z.string(),
    rule: Version,
    channel: z.string(),
    openedAt: Instant,
    dueAt: Instant,
    itemCount: Count,
    severity: Severity,
    state: z.enum(["open", "flushed", "dropped", "merged"]),
    isPutOff: z.boolean().meta({ description: "Its time came in quiet hours: it waits for their end" }),
    group: Labels.exactOptional(),
    status: DeliveryStatus.exactOptional(),
    endedAt: Instant.exactOptional(),
    deliveries: z.array(z.string()).exactOptional(),
    into: z.string().exactOptional().meta({ description: "The window that its items moved to" }),
    staleCount: Count.exactOptional().meta({ description: "Items that were too old to be told" }),
  })
  .meta({ id: "Window", description: "A digest, a group, what quiet hours hold, or what debouncing swallowed" });

const KEY: ParamDoc = {
  description: "An action's id; of one group `~` and 8 hex digits after it",
  schema: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}(~[0-9a-f]{8})?$/),
  example: "low-mail",
};
const WHICH = {
  window: { description: "Only windows of this kind", schema: WindowName, example: "1h" },
  openedAt: { description: "Only the one that was opened then", schema: z.string() },
} as const;
const LISTED = { description: "The windows as they are then", schema: z.strictObject({ items: z.array(Window) }) };
const NONE_OPEN = ["not-found", "conflict", "invalid"] as const;

export const DIGESTS_DOCS = {
  "GET /api/v1/digests": {
    summary: "Open windows, the one that is due first before the others",
    tag: "Digests",
    query: PAGE_QUERY,
    answers: { 200: pageAnswer("A page of windows", Window) },
  },
  "POST /api/v1/digests": {
    summary: "Flush open windows of an action, or open one again",
    tag: "Digests",
    description: "`reopen` works while the window's delivery is still `pending`, and names the window by `openedAt`.",
    body: {
      "application/json": {
        schema: Command,
        examples: { flush: { summary: "Tell now what waits", value: { command: "flush", actionKey: "low-mail" } } },
      },
    },
    answers: { 200: LISTED },
    problems: NONE_OPEN,
  },
  "GET /api/v1/digests/:key": {
    summary: "Open windows of an action",
    tag: "Digests",
    path: { key: KEY },
    query: PAGE_QUERY,
    answers: { 200: pageAnswer("A page of windows", Window) },
  },
  "DELETE /api/v1/digests/:key": {
    summary: "Drop open digests and groups of an action",
    tag: "Digests",
    description: "What they hold is not told.",
    path: { key: KEY },
    query: WHICH,
    answers: { 200: LISTED },
    problems: NONE_OPEN,
  },
  "POST /api/v1/digests/:key/flush": {
    summary: "Flush open digests and groups of an action",
    tag: "Digests",
    path: { key: KEY },
    query: WHICH,
    answers: { 200: LISTED },
    problems: NONE_OPEN,
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
