import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import type { RouteDoc } from "./doc.ts";

export const HEALTH_DOCS = {
  "GET /healthz": {
    summary: "Whether the process lives",
    tag: "Health",
    answers: { 200: { description: "It lives", schema: z.strictObject({ status: z.literal("ok") }) } },
  },
  "GET /readyz": {
    summary: "Whether events are accepted",
    tag: "Health",
    description: "While they are not, the problem `not-ready` names each reason.",
    answers: { 200: { description: "They are", schema: z.strictObject({ status: z.literal("ready") }) } },
    problems: ["not-ready"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
