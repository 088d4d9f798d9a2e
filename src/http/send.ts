import { z } from "zod";
import { Address } from "../core/channel.ts";
import { type EventInput, SEVERITIES } from "../core/event.ts";
import { SEND_SOURCE, SEND_TYPE } from "../core/hand-sent.ts";
import type { JsonObject } from "../core/json.ts";
import { Id, Line, Text } from "../core/object.ts";
import { reasonText } from "../core/reason.ts";
import type { Reason } from "../core/delivery.ts";
import type { SendBy } from "../core/send.ts";
import { json } from "./answer.ts";
import type { Principal } from "./auth.ts";
import { HttpError } from "./error.ts";
import { changedNothing } from "./idempotency.ts";
import { grants } from "./permissions.ts";
import { type Http, route } from "./route.ts";
import type { Rehearsed } from "./send-services.ts";
import { parsed, readSmall } from "./small-body.ts";

const MAX_CHANNELS = 20;
const MAX_TO = 50;
const ID_BYTES = 16;

const Labels = z
  .record(Line(256).min(1), Text(4096))
  .refine((labels) => Object.keys(labels).length <= 100, "holds more than 100 labels");

/** What a person sends: by a rule's actions or by channels. */
export const SendBody = z
  .strictObject({
    rule: Id.optional(),
    channels: z.array(Id).min(1).max(MAX_CHANNELS).optional(),
    to: z.array(Address).min(1).max(MAX_TO).optional(),
    severity: z.enum(SEVERITIES).default("high"),
    message: Text(4000).min(1),
    subject: Line(200).min(1).optional(),
    scope: z
      .strictObject({
        namespace: Line(1024).min(1).optional(),
        repo: Line(1024).min(1).optional(),
        digest: Line(1024).min(1).optional(),
        resource: Line(1024).min(1).optional(),
      })
      .optional(),
    labels: Labels.optional(),
    evidence: z.json().optional(),
    dryRun: z.boolean().default(true),
  })
  .superRefine(({ rule, channels, to }, context) => {
    const fault = (path: string, message: string): void =>
      context.addIssue({ code: "custom", path: path === "" ? [] : [path], message });
    if (rule === undefined && channels === undefined) fault("", "name a rule or channels: who is to be told");
    if (rule !== undefined && channels !== undefined) fault("channels", "name a rule or channels, not both");
    if (to !== undefined && channels === undefined) fault("to", "goes with channels: a rule names its own addressees");
    if (channels !== undefined && new Set(channels).size < channels.length) fault("channels", "names one twice");
  });
type SendBody = z.infer<typeof SendBody>;

/**
 * `POST /notify/send`: shows what would be sent; with `dryRun: false` sends it, each time as an event of its own (that a
 * request is not done twice is left to its Idempotency-Key). Addressees are named by, and to, who may read them.
 */
export function routeSend(http: Http): void {
  const { send } = http.services;
  route(http, "POST /api/v1/notify/send", async (call) => {
    const body = parsed(SendBody, await readSmall(http, call.c));
    const isShown = maySeeAddressees(call.principal);
    if (body.to !== undefined && !isShown) throw noAddressees();
    const sourceId = Buffer.from(http.random.bytes(ID_BYTES)).toString("hex");
    const request = { event: eventOf(body, sourceId), by: byOf(body) };
    if (body.dryRun) {
      const told = await send.rehearse(call.caller, request);
      const deliveries = told.map((one) => presentRehearsed(one, isShown));
      return changedNothing(json({ dryRun: true, gates: send.gates, deliveries }));
    }
    http.requireDisk();
    const receipt = await send.send(call.caller, request);
    return json({ dryRun: false, gates: send.gates, ...receipt }, 202);
  });
}

function maySeeAddressees({ scopes }: Principal): boolean {
  return grants(scopes, "notifications.deliveries.read") || grants(scopes, "notifications.channels.read");
}

function noAddressees(): HttpError {
  const detail =
    "needs notifications.deliveries.read or notifications.channels.read; channels have addressees of their own";
  return new HttpError("forbidden", "nothing was sent: addressees may not be named with this token", {
    errors: [{ pointer: "/to", detail }],
  });
}

function byOf({ rule, channels = [], to }: SendBody): SendBy {
  return rule === undefined ? { channels, ...(to === undefined ? {} : { to }) } : { rule };
}

/** The event: who is told stands in its data but for addresses, which stay in the deliveries. */
function eventOf(body: SendBody, sourceId: string): EventInput {
  const { severity, message, subject, labels = {}, evidence, rule, channels } = body;
  const data: JsonObject = {
    ...(subject === undefined ? {} : { summary: subject }),
    message,
    ...(evidence === undefined ? {} : { evidence }),
    send: rule === undefined ? { channels: channels ?? [] } : { rule },
  };
  const event = {
    source: SEND_SOURCE,
    sourceId,
    type: SEND_TYPE,
    kind: SEND_TYPE,
    ...(subject === undefined ? {} : { subject }),
    severity,
    labels,
    scope: scopeOf(body),
    data,
  };
  return { ...event, correlationId: `send-${sourceId}` };
}

function scopeOf({ scope = {} }: SendBody): EventInput["scope"] {
  const { namespace, repo, digest, resource } = scope;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(repo === undefined ? {} : { repo }),
    ...(digest === undefined ? {} : { digest }),
    ...(resource === undefined ? {} : { resource }),
  };
}

function presentRehearsed({ verdict, problem, recipients, ...told }: Rehearsed, isShown: boolean): object {
  const { reason, ...rest } = verdict;
  return {
    ...told,
    ...(isShown ? { recipients } : {}),
    ...(problem === undefined ? {} : { problem: presentReason(problem) }),
    verdict: { ...rest, ...(reason === undefined ? {} : { reason: presentReason(reason) }) },
  };
}

function presentReason(reason: Reason): object {
  return { ...reason, text: reasonText(reason.code) };
}
