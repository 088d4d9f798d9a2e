/**
 * Events that are none, in each of the three ways of sending them.
 * @module
 */
import {
  asked,
  BATCH_TYPE,
  event,
  EVENT_TYPE,
  eventWith,
  type Expected,
  type HostileRequest,
} from "./hostile-request.ts";
import type { Bytes } from "./hostile-exchange.ts";

const MIB = 2 ** 20;

function posted(
  name: string,
  body: Bytes,
  expected: Expected = "422 invalid-event",
  type: string = EVENT_TYPE,
): HostileRequest {
  return asked(name, expected, ["POST /api/v1/events", "admin", { body, type }]);
}

const EVENTS: readonly HostileRequest[] = [
  posted("an event that does not end", '{"specversion":', "400 bad-json"),
  posted("an event with a key twice", '{"id":"1","\\u0069d":"2"}', "400 bad-json"),
  posted("an event with a prototype in its labels", eventWith("data", '{"labels":{"__proto__":"x"}}'), "400 bad-json"),
  posted("an event of 33 levels", eventWith("data", `${"[".repeat(32)}1${"]".repeat(32)}`), "400 bad-json"),
  posted("an event of bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0x7d]), "400 bad-utf8"),
  posted("half a surrogate pair in an event", eventWith("data", '"\\udfff"')),
  posted("a NUL in a type", event({ type: "a\u0000b" })),
  posted("a NUL in an id", event({ id: "a\u0000b" })),
  posted("a noncharacter in a subject", event({ subject: "a\uffff" })),
  posted("an id of 2,000 characters", event({ id: "x".repeat(2000) })),
  posted("an id that is a number", eventWith("id", "9007199254740993").replace('"id":"hostile",', "")),
  posted("a version of the future", event({ specversion: "2.0" })),
  posted("a source that is no reference", event({ source: "http://[::1" })),
  posted("a source with a space", event({ source: "/a b" })),
  posted("the year 275760", event({ time: "+275760-09-13T00:00:00Z" })),
  posted("a leap second at noon", event({ time: "2026-06-30T12:00:60Z" })),
  posted("the 30th of February", event({ time: "2026-02-30T00:00:00Z" })),
  posted("a time without a zone", event({ time: "2026-01-01T00:00:00" })),
  posted("an offset of a hundred hours", event({ time: "2026-01-01T00:00:00+99:00" })),
  posted("a severity that is none", event({ severitytext: "__proto__" })),
  posted("an alert state that is none", event({ alertstate: "FIRING" })),
  posted("an extension beyond 32 bits", eventWith("big", "9007199254740993")),
  posted("an extension that is no whole number", eventWith("half", "0.5")),
  posted("an extension with a capital", eventWith("Big", "1")),
  posted("an extension that is an object", eventWith("deep", "{}")),
  posted("data twice", event({ data: 1, data_base64: "AA==" })),
  posted("base64 that is none", event({ data_base64: "A===" })),
  posted("labels that are a list", event({ data: { labels: ["x"] } })),
  posted("a label that is a number", event({ data: { labels: { a: 1 } } })),
  posted(
    "a thousand labels",
    event({ data: { labels: Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`l${n}`, "x"])) } }),
  ),
  posted("a scope that is a text", event({ data: { scope: "everything" } })),
  posted("a list that is no batch", "[]"),
  posted("10 MiB of an event", event({ data: "x".repeat(10 * MIB) }), "413 body-too-large"),
  posted("a batch that is no list", event(), "422 invalid-event", BATCH_TYPE),
  posted("a batch of lists", "[[[]]]", "422 invalid-event", BATCH_TYPE),
  posted(
    "a batch of 1,001",
    `[${Array.from({ length: 1001 }, (_, n) => event({ id: `h${n}` })).join(",")}]`,
    "422 batch-too-large",
    BATCH_TYPE,
  ),
  posted(
    "a batch whose last event is none",
    `[${Array.from({ length: 999 }, (_, n) => event({ id: `h${n}` })).join(",")},{}]`,
    "422 invalid-event",
    BATCH_TYPE,
  ),
  posted("an event as plain JSON", event(), "415 unsupported-media-type", "application/json"),
  posted("an event in Latin-1", event(), "415 unsupported-charset", `${EVENT_TYPE}; charset=iso-8859-1`),
  posted(
    "an event with two charsets",
    event(),
    "415 unsupported-charset",
    `${EVENT_TYPE}; charset=utf-8; charset=utf-16`,
  ),
  posted(
    "an event with quotes that do not close",
    event(),
    "415 unsupported-media-type",
    `${EVENT_TYPE}; charset="utf-8`,
  ),
];

type Attributes = Readonly<Record<string, string>>;

function binary(
  name: string,
  attributes: Attributes,
  expected: Expected = "422 invalid-event",
  body: Bytes = "{}",
): HostileRequest {
  const sound = { "ce-specversion": "1.0", "ce-id": "hostile", "ce-source": "/hostile", "ce-type": "desk.hostile" };
  return asked(name, expected, ["POST /api/v1/events", "admin", { body, headers: { ...sound, ...attributes } }]);
}

const BINARY: readonly HostileRequest[] = [
  binary("a binary event of another version", { "ce-specversion": "0.3" }),
  binary("a binary event without an id", { "ce-id": "" }),
  binary("a binary event with a NUL in its subject", { "ce-subject": "a%00b" }),
  binary("a binary event of bytes that are no UTF-8", { "ce-subject": "%ff%fe" }),
  binary("a binary event with a slash that is written too long", { "ce-subject": "%c0%af" }),
  binary("a binary event with half a surrogate pair", { "ce-subject": "%ed%a0%80" }),
  binary("a binary event with data in a header", { "ce-data": "{}" }),
  binary("a binary event with a prototype", { "ce-__proto__": "x" }),
  binary("a binary event with two ids", { "CE-ID": "other" }),
  binary("a binary event of the year 275760", { "ce-time": "+275760-09-13T00:00:00Z" }),
  binary("a binary event with a severity that is none", { "ce-severitytext": "loud" }),
  binary("a binary event with bad JSON", {}, "400 bad-json", "{"),
  binary("a binary event with JSON that is no UTF-8", {}, "400 bad-utf8", Buffer.from([0x22, 0xff, 0x22])),
  binary("a binary event in UTF-16", { "content-type": "application/json; charset=utf-16" }, "415 unsupported-charset"),
  binary("a binary event of gzip", { "content-encoding": "gzip" }, "415 unsupported-encoding"),
  binary(
    "10 MiB of a binary event",
    { "content-type": "application/octet-stream" },
    "413 body-too-large",
    Buffer.alloc(10 * MIB),
  ),
];

export const HOSTILE_EVENTS: readonly HostileRequest[] = [...EVENTS, ...BINARY];
