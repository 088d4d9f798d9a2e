import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import type { RouteDoc } from "./doc.ts";

export const OPENAPI_DOCS = {
  "GET /api/v1/openapi.json": {
    summary: "This document",
    tag: "Health",
    answers: {
      200: {
        description: "OpenAPI 3.1",
        schema: z.looseObject({ openapi: z.literal("3.1.1"), paths: z.record(z.string(), z.unknown()) }),
      },
    },
  },
  "GET /api/v1/docs": {
    summary: "The API as a page",
    tag: "Health",
    answers: { 200: { description: "The page", type: "text/html; charset=utf-8", schema: z.string() } },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
