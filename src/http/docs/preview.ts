import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import { PreviewBody } from "../preview.ts";
import type { RouteDoc } from "./doc.ts";

const Item = z.strictObject({
  locale: z.string(),
  used: z.string().exactOptional().meta({ description: "The language of the template that the locale leads to" }),
  subject: z.string(),
  text: z.string(),
  html: z.string().exactOptional(),
  problems: z.array(z.strictObject({ pointer: z.string().exactOptional(), detail: z.string() })),
});
const Preview = z
  .strictObject({ items: z.array(Item) })
  .meta({ id: "TemplatePreview", description: "A message for each language, in their order" });

const OWN = {
  schema: "template/v1",
  id: "short",
  subject: "{{event.type}}",
  text: "{{title}} ({{event.source}})",
};
const EVENT = { specversion: "1.0", id: "1", source: "/hosts/db-01", type: "host.disk.full", data: { free: 3 } };

export const PREVIEW_DOCS = {
  "POST /api/v1/templates/preview": {
    summary: "What a template makes of an event",
    tag: "Templates",
    description:
      "Rendered as delivery does; nothing is sent or kept. `template`: the id of a saved one, or a whole one. `event`: `{id}` of an accepted one, `{sample}` a platform type, or a CloudEvent. Without `locale` and `locales`: every language that the template has. `digest`: as the message of an hourly digest that holds this event; a template for digests is shown so anyway.",
    body: {
      "application/json": {
        schema: PreviewBody,
        examples: {
          sample: {
            summary: "A saved template with a sample, in Bulgarian",
            value: { template: "tmpl-event", event: { sample: "scanner.report.ready" }, locale: "bg" },
          },
          unsaved: { summary: "A template that is not saved", value: { template: OWN, event: EVENT } },
        },
      },
    },
    answers: { 200: { description: "The messages", schema: Preview } },
    problems: ["invalid", "not-found"],
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
