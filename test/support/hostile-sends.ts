/**
 * Previews and messages sent by hand that are no good: bombs in templates, addressees that are none.
 * @module
 */
import { asked, type Expected, type HostileRequest, type Members } from "./hostile-request.ts";

const TEMPLATE = { schema: "template/v1", id: "planted", subject: "s", text: "t" };

function preview(name: string, body: unknown, expected: Expected = "422 invalid"): HostileRequest {
  return asked(`preview: ${name}`, expected, [
    "POST /api/v1/templates/preview",
    "admin",
    { body: JSON.stringify(body) },
  ]);
}

const NOTE = { specversion: "1.0", id: "hostile", source: "/hostile", type: "desk.hostile" };
const shown = (source: string): Members => ({ ...TEMPLATE, text: source });
const PREVIEWS: readonly HostileRequest[] = [
  preview("a template that is not there", { template: "nowhere", event: NOTE }, "404 not-found"),
  preview("an event that is not there", { template: "desk", event: { id: "ev_nowhere" } }, "404 not-found"),
  preview("a sample that is none", { template: "desk", event: { sample: "__proto__" } }, "404 not-found"),
  preview(
    "an event of another tenant",
    { template: "desk", event: { ...NOTE, tenant: "acme" } },
    "403 tenant-mismatch",
  ),
  preview("an event that is none", { template: "desk", event: { ...NOTE, type: "" } }),
  preview("a zone that is a file", { template: "desk", event: NOTE, zone: "../../etc/passwd" }),
  preview("a locale and locales", { template: "desk", event: NOTE, locale: "en", locales: ["de"] }),
  preview("41 locales", { template: "desk", event: NOTE, locales: Array.from({ length: 41 }, () => "en") }),
  preview("a locale that is a path", { template: "desk", event: NOTE, locale: "../x" }),
  preview("a block that does not close", { template: shown("{{#if event}}"), event: NOTE }),
  preview("a thousand blocks in each other", {
    template: shown(`${"{{#if event}}".repeat(1000)}x${"{{/if}}".repeat(1000)}`),
    event: NOTE,
  }),
  preview(
    "four loops in each other over a thousand",
    {
      template: shown(`${"{{#each @root.event.data.l}}".repeat(4)}x${"{{/each}}".repeat(4)}`),
      event: { ...NOTE, data: { l: Array.from({ length: 1000 }, (_, n) => n) } },
    },
    "200",
  ),
  preview(
    "a thousand times 60,000 characters",
    {
      template: shown(`{{#each @root.event.data.l}}${"y".repeat(60_000)}{{/each}}`),
      event: { ...NOTE, data: { l: Array.from({ length: 1000 }, (_, n) => n) } },
    },
    "200",
  ),
  preview("a partial", { template: shown("{{> x}}"), event: NOTE }),
];

function sending(name: string, body: unknown, expected: Expected = "422 invalid"): HostileRequest {
  return asked(`send: ${name}`, expected, ["POST /api/v1/notify/send", "admin", { body: JSON.stringify(body) }]);
}

const SENDS: readonly HostileRequest[] = [
  sending("to nobody", { message: "x", dryRun: false }),
  sending("by a rule and by channels", { message: "x", rule: "desk", channels: ["desk"], dryRun: false }),
  sending("by a channel twice", { message: "x", channels: ["desk", "desk"], dryRun: false }),
  sending("to an addressee with a line end", {
    message: "x",
    channels: ["desk"],
    to: ["a@b.example\r\nBcc: c@d.example"],
    dryRun: false,
  }),
  sending("a subject with a line end", {
    message: "x",
    subject: "a\r\nBcc: c@d.example",
    channels: ["desk"],
    dryRun: false,
  }),
  sending("a message of 5,000 characters", { message: "x".repeat(5000), channels: ["desk"], dryRun: false }),
  sending("a severity that is none", { message: "x", severity: "LOUD", channels: ["desk"], dryRun: false }),
  sending("a dry run that is a text", { message: "x", channels: ["desk"], dryRun: "false" }),
  sending("a scope with a prototype's name", {
    message: "x",
    channels: ["desk"],
    scope: { constructor: "x" },
    dryRun: false,
  }),
  sending("by a channel that is not there", { message: "x", channels: ["nowhere"], dryRun: false }, "404 not-found"),
  sending("by a rule that is not there", { message: "x", rule: "nowhere", dryRun: false }, "404 not-found"),
];

export const HOSTILE_SENDS: readonly HostileRequest[] = [...PREVIEWS, ...SENDS];
