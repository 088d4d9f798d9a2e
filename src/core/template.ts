import { z } from "zod";
import { Id, Text } from "./object.ts";

/** The template of an action that names none. */
export const DEFAULT_TEMPLATE = "tmpl-event";

/** The template of a window's message where the action names none that is made for it. */
export const DIGEST_TEMPLATE = "tmpl-digest-hourly";
const DAILY_TEMPLATE = "tmpl-digest-daily";

/** The shipped template for a window: cadence, `group`, `quiet` or `flap`. */
export function digestTemplateFor(window: string): string {
  return window === "1d" ? DAILY_TEMPLATE : DIGEST_TEMPLATE;
}

/** Whether a template is made for windows: its purpose is `digest`. */
export function isDigestTemplate({ purpose }: Pick<Template, "purpose">): boolean {
  return purpose === "digest";
}

/** `template/v1`: Handlebars sources of one message. Only the fields that are built; another one is refused by name. */
export const Template = z.strictObject({
  schema: z.literal("template/v1"),
  id: Id,
  purpose: Text(200).optional(),
  channelTypes: z
    .array(z.enum(["email"]))
    .min(1)
    .default(["email"]),
  subject: Text(2000).min(1),
  text: Text(64_000).min(1),
  html: Text(64_000).optional(),
});
export type Template = z.infer<typeof Template>;
