import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { EXAMPLE_ORIGIN } from "./common.ts";
import type { ParamDoc, RouteDoc } from "./doc.ts";

const Count = z.int().min(0);
const LogSize = z
  .strictObject({ origin: z.string(), tenant: z.string(), size: Count })
  .meta({ id: "LogSize", description: "A tenant's log" });
const Opening = z
  .strictObject({
    seq: Count,
    draft: Count.exactOptional(),
    field: z.enum(["event", "recipient"]),
    salt: z.base64(),
    value: z.string(),
  })
  .meta({ id: "Opening", description: "What a commitment in a leaf was made of" });

const ORIGIN: ParamDoc = { description: "Origin of the log", schema: z.string(), example: EXAMPLE_ORIGIN };

export const LEDGER_DOCS = {
  "GET /api/v1/ledger": {
    summary: "Logs that may be read",
    tag: "Ledger",
    description: "A tenant's own; for `_site` all of them.",
    query: {},
    answers: { 200: { description: "The logs", schema: z.strictObject({ items: z.array(LogSize) }) } },
  },
  "GET /api/v1/ledger/:origin/checkpoint": {
    summary: "The newest signed note of a log",
    tag: "Ledger",
    path: { origin: ORIGIN },
    answers: {
      200: { description: "C2SP tlog-checkpoint", type: "text/plain; charset=utf-8", schema: z.string() },
    },
  },
  "GET /api/v1/ledger/:origin/tile/:path{.+}": {
    summary: "A tile of a log",
    tag: "Ledger",
    description:
      "C2SP tlog-tiles: hashes, or with `entries/` the leaves themselves. Slashes of the path stay as they are. A full tile never changes and may be kept.",
    path: {
      origin: ORIGIN,
      path: { description: "`<level>/<index>[.p/<width>]` or `entries/...`", schema: z.string(), example: "0/000.p/1" },
    },
    answers: { 200: { description: "The tile", type: "application/octet-stream" } },
  },
  "GET /api/v1/ledger/:origin/openings": {
    summary: "What the commitments of leaves were made of",
    tag: "Ledger",
    description: "Personal data: who manages the ledger may read it. `next` is the leaf to go on from.",
    path: { origin: ORIGIN },
    query: {
      from: {
        description: "First leaf",
        schema: z.int().min(0).max(999_999_999_999_999).default(0),
        example: 0,
      },
      count: { description: "How many leaves at most", schema: z.int().min(1).max(1000).default(1000), example: 10 },
    },
    answers: {
      200: {
        description: "The openings",
        schema: z.strictObject({ items: z.array(Opening), next: Count.exactOptional() }),
      },
    },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
