import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { Given } from "../trust.ts";
import type { RouteDoc } from "./doc.ts";
import { HUB_POLICY } from "./trust-example.ts";

const ShownPolicy = z
  .strictObject({
    fingerprint: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/),
    version: z.int().min(1),
    words: z.array(z.string()).meta({ description: "The fingerprint as words, to be read out" }),
    policy: z.looseObject({ schema: z.literal("trust-policy/v1"), version: z.int().min(1) }),
  })
  .meta({ id: "TrustPolicy", description: "A trust policy and what people compare" });

export const TRUST_DOCS = {
  "GET /api/v1/trust": {
    summary: "Who this site is, and whom it trusts",
    tag: "Trust",
    query: {},
    answers: {
      200: {
        description: "The site, its groups and its policies",
        schema: z.strictObject({
          site: z.string(),
          groups: z.array(z.string()),
          local: ShownPolicy.exactOptional(),
          upstream: ShownPolicy.exactOptional(),
        }),
      },
    },
  },
  "POST /api/v1/trust": {
    summary: "Trust a hub's first policy by its fingerprint",
    tag: "Trust",
    description: "The fingerprint must come by another way than the policy. Later versions come with kits.",
    body: {
      "application/json": {
        schema: Given,
        examples: { hub: { summary: "The policy of a hub with one root", value: HUB_POLICY } },
      },
    },
    answers: { 200: { description: "The policy that is trusted now", schema: ShownPolicy } },
    problems: ["invalid", "conflict"],
    hasKitProblems: true,
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
