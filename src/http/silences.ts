import { z } from "zod";
import { instant, json } from "./answer.ts";
import { Comment, Matchers, type MuteBody, oneEnd, readMutes, routeMutes, STATED } from "./mutes.ts";
import { type Http, route } from "./route.ts";
import type { MutePreview } from "./services.ts";
import { parsed } from "./small-body.ts";

export const Silence: z.ZodType<MuteBody> = z
  .strictObject({
    ...STATED,
    matchers: Matchers.min(1),
    comment: Comment.min(1),
    /** It may mute more than the policy allows; only for who may ask for that. */
    force: z.boolean().optional(),
  })
  .superRefine(oneEnd)
  .transform((given) => ({ kind: "silences" as const, ...given }));

export const Preview = z.strictObject({ matchers: Matchers.min(1) });

/** `GET|POST /silences`, `GET|PUT|DELETE /silences/{id}` (DELETE ends it), `POST /silences/preview`. */
export function routeSilences(http: Http): void {
  routeMutes(http, { kind: "silences", one: "silence", body: Silence, filter: "matcher" });
  route(http, "POST /api/v1/silences/preview", async (call) => {
    const { matchers } = parsed(Preview, await readMutes(http, call));
    return json(presentPreview(await http.services.mutes.preview(call.tenant, matchers)));
  });
}

function presentPreview({ events, windows }: MutePreview): object {
  const items = events.items.map(({ id, receivedAt, severity, type, source, subject, labels }) => ({
    id,
    receivedAt: instant(receivedAt),
    severity,
    type,
    source,
    ...(subject === undefined ? {} : { subject }),
    labels,
  }));
  return { events: { ...events, items }, windows };
}
