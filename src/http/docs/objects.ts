import { z } from "zod";
import { canonicalJson } from "../../core/canonical-json.ts";
import { sha256Hex } from "../../core/hash.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ObjectKind } from "../object-services.ts";
import { Revert, schemaOf } from "../objects.ts";
import type { RouteName } from "../permissions.ts";
import { PAGE_QUERY, pageAnswer } from "./common.ts";
import { Changes } from "./config.ts";
import type { BodyDoc, ParamDoc, RouteDoc } from "./doc.ts";
import { HistoryRow, readableObject, sentObject, shownObject } from "./object-schemas.ts";

/** How one kind is described. */
interface Noun {
  readonly kind: ObjectKind;
  readonly one: string;
  readonly tag: string;
  /** What a POST makes in the examples, and what a PUT makes of it. */
  readonly made: JsonObject & { readonly id: string };
  readonly edit: JsonObject;
  readonly filters: Readonly<Record<string, ParamDoc>>;
}

const ENABLED: ParamDoc = {
  description: "Only those that are on, or off",
  schema: z.enum(["true", "false"]),
  example: "true",
};
const CHANNEL: ParamDoc = { description: "With an action on this channel", schema: z.string(), example: "ops-mail" };
const TYPE: ParamDoc = { description: "Of this type", schema: z.string(), example: "email" };
const PURPOSE: ParamDoc = { description: "Of this purpose", schema: z.string(), example: "digest" };

const RULE: Noun = {
  kind: "rules",
  one: "rule",
  tag: "Rules",
  made: {
    id: "disk-full",
    name: "Disks that fill up",
    match: { types: ["com.example.disk.*"], minSeverity: "medium" },
    actions: [{ id: "disk-full-mail", channel: "ops-mail" }],
  },
  edit: { priority: 50 },
  filters: { channel: CHANNEL, isEnabled: ENABLED },
};
const CHANNEL_NOUN: Noun = {
  kind: "channels",
  one: "channel",
  tag: "Channels",
  made: {
    id: "night-mail",
    name: "The night shift by mail",
    type: "email",
    bind: ["host", "port", "from", "to"],
  },
  edit: { concurrency: 2 },
  filters: { type: TYPE, isEnabled: ENABLED },
};
const TEMPLATE: Noun = {
  kind: "templates",
  one: "template",
  tag: "Templates",
  made: { id: "tmpl-short", subject: "{{event.type}}", text: "{{event.type}} from {{event.source}}" },
  edit: { subject: "[{{event.severity}}] {{event.type}}" },
  filters: { purpose: PURPOSE },
};
const CALENDAR: Noun = {
  kind: "calendars",
  one: "calendar",
  tag: "Calendars",
  made: { id: "weekends", zone: "Europe/Berlin", weekly: [{ days: ["sat", "sun"], from: "00:00", to: "24:00" }] },
  edit: { holidays: ["2030-12-25"] },
  filters: {},
};
const POLICY: Noun = {
  kind: "policies",
  one: "policy",
  tag: "Policies",
  made: { id: "default", zone: "Europe/Berlin", quotas: [{ count: 500, per: "1h" }] },
  edit: { itemCap: 100 },
  filters: {},
};

const ETAG = { ETag: "Its version: what If-Match takes" };
const WHY: Readonly<Record<string, ParamDoc>> = {
  why: { description: "Why, for its history", schema: z.string().min(1).max(1000), example: "agreed with the shift" },
};
const RULES_OF_KITS =
  "What the site's own starter kit brought becomes the tenant's own by an edit; what another stream brought is refused (409): a kit of that stream changes it.";

function pathOf({ one, made }: Noun): Readonly<Record<string, ParamDoc>> {
  return { id: { description: `Id of the ${one}`, schema: z.string(), example: made.id } };
}

function list({ kind, tag, filters }: Noun): RouteDoc {
  return {
    summary: `${tag}, in order of their ids`,
    tag,
    description:
      "The tenant's own and the site's for all tenants, each of which an own one of that id covers. To a tenant's principal the site's show id and name; filters that ask for more do not find them.",
    query: {
      ...PAGE_QUERY,
      name: { description: "With this in its name or id, in any case", schema: z.string(), example: "a" },
      scope: { description: "The tenant's own, or the site's", schema: z.enum(["own", "global"]) },
      stream: { description: "Brought by this stream", schema: z.string() },
      ...filters,
    },
    answers: { 200: pageAnswer(`A page of ${kind}; it may be short and have a next one`, readableObject(kind)) },
  };
}

function create({ kind, one, tag, made }: Noun): RouteDoc {
  return {
    summary: `Create a ${one}`,
    tag,
    description: `Refused (409) where the tenant has one of that id; one of the site's is covered. \`schema\` may be left out. ${checksOf(kind)}`,
    query: WHY,
    body: bodyOf(kind, "new", made),
    answers: {
      201: {
        description: `The ${one}`,
        schema: shownObject(kind),
        headers: { ...ETAG, Location: "Where it is shown" },
      },
    },
    problems: ["invalid", "conflict"],
  };
}

function checksOf(kind: ObjectKind): string {
  if (kind === "rules")
    return "A rule that names a missing channel, template or calendar, or that can never match, is refused with the place.";
  return kind === "templates" ? "One that does not compile is refused with the place." : "";
}

function bodyOf(kind: ObjectKind, summary: "new" | "edit", value: JsonObject): Readonly<Record<string, BodyDoc>> {
  const words = summary === "new" ? "A new one" : "Another version";
  return { "application/json": { schema: sentObject(kind), examples: { [summary]: { summary: words, value } } } };
}

function show(noun: Noun): RouteDoc {
  const { kind, one, tag } = noun;
  return {
    summary: `One ${one}`,
    tag,
    description:
      "As it was saved: it can be edited and put back as it is, `meta` too. ETag names the version of the fields; what `meta` counts changes without it.",
    path: pathOf(noun),
    query: {},
    answers: { 200: { description: `The ${one}`, schema: readableObject(kind), headers: ETAG } },
  };
}

function replace(noun: Noun): RouteDoc {
  const { kind, one, tag, made, edit } = noun;
  return {
    summary: `Put another version of a ${one} in its place`,
    tag,
    description: `If-Match names the version that was looked at (428 without it, 412 with the present ETag where it is another); \`If-None-Match: *\` creates one where the tenant has none. ${RULES_OF_KITS} What is the site's for all tenants is changed in tenant \`_site\` alone (409).`,
    path: pathOf(noun),
    query: WHY,
    headers: ["If-Match", "If-None-Match"],
    body: bodyOf(kind, "edit", { ...made, ...edit }),
    answers: {
      200: { description: `The ${one} as it is now`, schema: shownObject(kind), headers: ETAG },
      201: {
        description: "It was created",
        schema: shownObject(kind),
        headers: { ...ETAG, Location: "Where it is shown" },
      },
    },
    problems: ["invalid", "conflict"],
  };
}

function remove(noun: Noun): RouteDoc {
  const { kind, one, tag } = noun;
  const off =
    kind === "rules" || kind === "channels" ? "switch it off with `isEnabled: false` instead" : "edit it instead";
  const bound = kind === "channels" ? " The values that the tenant has bound to it go too." : "";
  return {
    summary: `Delete a ${one}`,
    tag,
    description: `What a rule still names is refused (422), and the answer says which rule. Where the site has one of that id for all tenants, that one holds again.${bound} What the site's own starter kit brought comes back with the next starter kit: ${off}.`,
    path: pathOf(noun),
    query: {
      ...WHY,
      dryRun: {
        description: "With `true` nothing is deleted: what would go is answered",
        schema: z.enum(["true", "false"]),
      },
    },
    headers: ["If-Match"],
    answers: {
      200: { description: "What would go, of a dry run", schema: z.strictObject({ changes: Changes }) },
      204: { description: "It is gone; its history stays", type: "none" },
    },
    problems: ["invalid", "conflict"],
  };
}

function history(noun: Noun): RouteDoc {
  const { one, tag } = noun;
  return {
    summary: `Who changed a ${one}, when, why and what`,
    tag,
    description:
      "The newest first, whichever way the change came in; also of one that was deleted. A page may be short, even empty, and have a next one. Of a channel, what one change did to it and to its bound values stands on one page, which may have one row more than `limit`.",
    path: pathOf(noun),
    query: PAGE_QUERY,
    answers: { 200: pageAnswer("A page of changes", HistoryRow) },
  };
}

function revert(noun: Noun): RouteDoc {
  const { kind, one, tag, made } = noun;
  const bound = kind === "channels" ? " Values that the site has bound stay as they are." : "";
  const hash = sha256Hex(canonicalJson({ schema: schemaOf(kind), ...made }));
  return {
    summary: `Bring a former version of a ${one} back`,
    tag,
    description: `As it was after a change of the tenant, by its number \`n\`, or a version by its hash, which is looked for in the newest 5,000 changes. If-Match as for PUT; it may be left out where the tenant has none now. It is a change like any other: checked, and in the history. Pointers of faults lead into the former version, but for \`/to\` where there is none.${bound}`,
    path: pathOf(noun),
    query: WHY,
    headers: ["If-Match", "If-None-Match"],
    body: {
      "application/json": {
        schema: Revert,
        examples: { version: { summary: "A version by its hash", value: { to: hash } } },
      },
    },
    answers: {
      200: { description: `The ${one} as it is now`, schema: shownObject(kind), headers: ETAG },
      201: {
        description: "It is there again",
        schema: shownObject(kind),
        headers: { ...ETAG, Location: "Where it is shown" },
      },
    },
    problems: ["invalid", "conflict"],
  };
}

/** How the routes of rules, channels, templates, calendars and policies are described. */
export const OBJECTS_DOCS = {
  "GET /api/v1/rules": list(RULE),
  "POST /api/v1/rules": create(RULE),
  "GET /api/v1/rules/:id": show(RULE),
  "PUT /api/v1/rules/:id": replace(RULE),
  "DELETE /api/v1/rules/:id": remove(RULE),
  "GET /api/v1/rules/:id/history": history(RULE),
  "POST /api/v1/rules/:id/revert": revert(RULE),
  "GET /api/v1/channels": list(CHANNEL_NOUN),
  "POST /api/v1/channels": create(CHANNEL_NOUN),
  "GET /api/v1/channels/:id": show(CHANNEL_NOUN),
  "PUT /api/v1/channels/:id": replace(CHANNEL_NOUN),
  "DELETE /api/v1/channels/:id": remove(CHANNEL_NOUN),
  "GET /api/v1/channels/:id/history": history(CHANNEL_NOUN),
  "POST /api/v1/channels/:id/revert": revert(CHANNEL_NOUN),
  "GET /api/v1/templates": list(TEMPLATE),
  "POST /api/v1/templates": create(TEMPLATE),
  "GET /api/v1/templates/:id": show(TEMPLATE),
  "PUT /api/v1/templates/:id": replace(TEMPLATE),
  "DELETE /api/v1/templates/:id": remove(TEMPLATE),
  "GET /api/v1/templates/:id/history": history(TEMPLATE),
  "POST /api/v1/templates/:id/revert": revert(TEMPLATE),
  "GET /api/v1/calendars": list(CALENDAR),
  "POST /api/v1/calendars": create(CALENDAR),
  "GET /api/v1/calendars/:id": show(CALENDAR),
  "PUT /api/v1/calendars/:id": replace(CALENDAR),
  "DELETE /api/v1/calendars/:id": remove(CALENDAR),
  "GET /api/v1/calendars/:id/history": history(CALENDAR),
  "POST /api/v1/calendars/:id/revert": revert(CALENDAR),
  "GET /api/v1/policies": list(POLICY),
  "POST /api/v1/policies": create(POLICY),
  "GET /api/v1/policies/:id": show(POLICY),
  "PUT /api/v1/policies/:id": replace(POLICY),
  "DELETE /api/v1/policies/:id": remove(POLICY),
  "GET /api/v1/policies/:id/history": history(POLICY),
  "POST /api/v1/policies/:id/revert": revert(POLICY),
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
