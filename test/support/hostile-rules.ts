/**
 * Rules that would do harm once they stood: bombs, references to nothing, values beyond their range.
 * @module
 */
import { type HostileRequest, made, type Members } from "./hostile-request.ts";

const ACTION = { id: "planted-mail", channel: "desk" };
const RULE = { schema: "rule/v1", id: "planted", actions: [ACTION] };

const rule = made("rules", RULE);
const match = (name: string, members: Members): HostileRequest => rule(name, { match: members });
export const HOSTILE_RULES: readonly HostileRequest[] = [
  rule("an id with capitals", { id: "Planted" }),
  rule("an id that leads up the folders", { id: "../planted" }),
  rule("an id of 64 characters", { id: "a".repeat(64) }),
  rule("an id that is a number", { id: 2 ** 53 }),
  rule("an id with a full stop of another script", { id: "a\uff0eb" }),
  rule("an id that stands", { id: "desk" }, "409 conflict"),
  rule("the schema of another kind", { schema: "channel/v1" }),
  rule("a schema of the future", { schema: "rule/v2" }),
  rule("a priority of -0.5", { priority: -0.5 }),
  rule("a priority beyond 2^53", { priority: 2 ** 53 }),
  rule("a field of a prototype", { constructor: { name: "x" } }),
  rule("no action", { actions: [] }),
  rule("51 actions", { actions: Array.from({ length: 51 }, (_, n) => ({ ...ACTION, id: `a${n}` })) }),
  rule("an action of another rule", { actions: [{ ...ACTION, id: "desk-mail" }] }),
  rule("a channel that is not there", { actions: [{ ...ACTION, channel: "nowhere" }] }),
  rule("a template that is not there", { actions: [{ ...ACTION, template: "nowhere" }] }),
  rule("a calendar that is not there", { actions: [{ ...ACTION, calendar: "nowhere" }] }),
  rule("a digest and a group", { actions: [{ ...ACTION, digest: "1h", group: { by: [] } }] }),
  rule("an addressee with a line end", { actions: [{ ...ACTION, to: ["a@b.example\r\nBcc: c@d.example"] }] }),
  rule("a wait of ten thousand years", { actions: [{ ...ACTION, dedupe: { window: "3650000d" } }] }),
  rule("a throttle of 1e308", { actions: [{ ...ACTION, throttle: { burst: 1e308, per: "1s" } }] }),
  rule("a name with an escape", { name: "a\u001b[2J" }),
  rule("a name of two lines", { name: "a\nb" }),
  rule("a description of half a megabyte", { description: "x".repeat(2 ** 19) }),
  rule("the 30th of February", { validFrom: "2026-02-30T00:00:00Z" }),
  rule("the year 275760", { validFrom: "+275760-09-13T00:00:00Z" }),
  rule("an end before its start", { validFrom: "2030-01-01T00:00:00Z", validUntil: "2029-01-01T00:00:00Z" }),
  match("a glob of 10,000 characters", { types: ["*a".repeat(5000)] }),
  match("a glob that is empty", { types: [""] }),
  match("a thousand globs", { types: Array.from({ length: 1000 }, () => "*") }),
  match("a pattern that looks back", { labels: ['a=~"(x+)+\\\\1"'] }),
  match("a pattern that looks ahead", { labels: ['a=~"(?=x)"'] }),
  match("a pattern of nested repetitions", { labels: ['a=~"((a{100}){100}){100}"'] }),
  match("a pattern of 10,000 characters", { labels: [`a=~"${"(a|b)*".repeat(1600)}"`] }),
  match("a pattern that does not close", { labels: ['a=~"("'] }),
  match("fifty patterns that are dear", { labels: Array.from({ length: 50 }, (_, n) => `a=~"(x{900}){${n + 2}}"`) }),
  match("a matcher that is none", { labels: ["a"] }),
  match("an expression that is none", { when: "event.severity ==" }),
  match("an expression of another language", { when: "process.exit()" }),
  match("an expression that reads a prototype", { when: "event.__proto__.x == 1" }),
  match("an expression of ten thousand brackets", { when: `${"(".repeat(10_000)}true${")".repeat(10_000)}` }),
  match("an expression of a thousand loops", { when: `${"[1,2,3].all(x, ".repeat(1000)}true${")".repeat(1000)}` }),
  match("an expression of three loops in each other", {
    when: "event.data.l.all(x, event.data.l.all(y, event.data.l.all(z, x + y + z > 0)))",
  }),
  match("an expression of half a megabyte", { when: `"${"x".repeat(2 ** 19)}" == ""` }),
  match("a path with an empty name", { conditions: { "data..x": 1 } }),
  match("a path into a prototype", { conditions: { "__proto__x.y": 1 } }),
  match("a condition that is an object", { conditions: { "data.x": {} } }),
];
