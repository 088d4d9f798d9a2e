import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { EXAMPLE_MAIL, Instant, PAGE_QUERY, pageAnswer } from "./common.ts";
import type { RouteDoc } from "./doc.ts";

const FIELDS = {
  id: z.string(),
  at: Instant,
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  bytes: z.int().min(0),
};
const MailSummary = z.strictObject(FIELDS).meta({ id: "MailSummary" });
const Mail = z
  .strictObject({
    ...FIELDS,
    headers: z.array(z.strictObject({ name: z.string(), value: z.string() })),
    text: z.string().exactOptional(),
    html: z.string().exactOptional(),
  })
  .meta({ id: "Mail" });

export const MAILDROP_DOCS = {
  "GET /api/v1/maildrop": {
    summary: "Mails that the embedded sink took, newest first",
    tag: "Maildrop",
    description: "A tenant sees those of its own deliveries, the site all.",
    query: PAGE_QUERY,
    answers: { 200: pageAnswer("A page of mails", MailSummary) },
  },
  "GET /api/v1/maildrop/:id": {
    summary: "One mail",
    tag: "Maildrop",
    path: { id: { description: "Id of the mail", schema: z.string(), example: EXAMPLE_MAIL } },
    answers: { 200: { description: "The mail", schema: Mail } },
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
