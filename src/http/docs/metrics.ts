import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import type { RouteDoc } from "./doc.ts";

export const METRICS_DOCS = {
  "GET /metrics": {
    summary: "Figures for Prometheus",
    tag: "Stats",
    description: "Of the whole site. Configuration can open it to everybody.",
    query: {},
    answers: {
      200: {
        description: "The text format of Prometheus",
        type: "text/plain; version=0.0.4; charset=utf-8",
        schema: z.string(),
      },
    },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
