/**
 * Requests whose framing means one thing to one reader and another to the next: smuggling, chunks, lines and fields.
 * @module
 */
import { ask, asked, EVENT_TYPE, event, type HostileRequest, raw, row, unparsed } from "./hostile-request.ts";
import type { Facts } from "./hostile-served.ts";

/** What is smuggled behind a body: it must never be answered. */
const SMUGGLED = "DELETE /api/v1/rules/desk HTTP/1.1\r\nhost: localhost\r\nif-match: *\r\n\r\n";
const POST = "POST /api/v1/events";

type Field = readonly [string, string];

/** An event of one who may send it, with fields as they are written and a body as it is. */
function sent(facts: Facts, fields: readonly Field[], body: string | Uint8Array): Uint8Array {
  const own: Field[] = [
    ["Host", "localhost"],
    ["Authorization", `Bearer ${facts.token("admin")}`],
    ["Content-Type", EVENT_TYPE],
  ];
  return raw(POST, [...own, ...fields], body);
}

/** No request: framed so that two readers would part it in two ways. */
function framed(name: string, fields: readonly Field[], body: string = `0\r\n\r\n${SMUGGLED}`): HostileRequest {
  return unparsed(name, (facts) => sent(facts, fields, body));
}

/** No request: chunks that are none. */
function chunked(name: string, body: string): HostileRequest {
  return framed(name, [["Transfer-Encoding", "chunked"]], body);
}

/** No request: lines as they are written, of a request that would do harm. */
function lines(name: string, line: string): HostileRequest {
  return unparsed(
    name,
    (facts) =>
      `DELETE /api/v1/rules/desk HTTP/1.1\r\nHost: localhost\r\nIf-Match: *\r\nAuthorization: Bearer ${facts.token("admin")}\r\n${line}\r\n\r\n`,
  );
}

const SOUND = event();
const CHUNKS: Field = ["Transfer-Encoding", "chunked"];

export const HOSTILE_FRAMING: readonly HostileRequest[] = [
  framed("a length and chunks", [["Content-Length", "5"], CHUNKS]),
  framed("chunks and a length", [CHUNKS, ["Content-Length", "5"]]),
  framed("two lengths", [
    ["Content-Length", "1"],
    ["Content-Length", "5"],
  ]),
  framed("the same length twice", [
    ["Content-Length", "5"],
    ["Content-Length", "5"],
  ]),
  framed("a list of lengths", [["Content-Length", "5, 5"]]),
  framed("a length with a sign", [["Content-Length", "+5"]]),
  framed("a negative length", [["Content-Length", "-1"]]),
  framed("a hexadecimal length", [["Content-Length", "0x5"]]),
  framed("a length that no integer holds", [["Content-Length", "99999999999999999999999"]]),
  framed("an empty length", [["Content-Length", ""]]),
  framed("chunked twice", [["Transfer-Encoding", "chunked, chunked"]]),
  framed("chunked in two fields", [CHUNKS, CHUNKS]),
  framed("chunked, then identity", [["Transfer-Encoding", "chunked, identity"]]),
  framed("almost chunked", [["Transfer-Encoding", "xchunked"]]),
  framed("chunked after a vertical tab", [["Transfer-Encoding", "\u000bchunked"]]),
  framed("chunked in quotes", [["Transfer-Encoding", '"chunked"']]),
  framed("an unknown coding alone", [["Transfer-Encoding", "gzip"]]),
  lines("a space before the colon", "Transfer-Encoding : chunked"),
  lines("a folded line", "X-Folded: a\r\n b"),
  lines("a folded Transfer-Encoding", "Transfer-Encoding:\r\n chunked"),
  lines("a space before the first field's name", " X-Late: a"),
  lines("a carriage return alone", "X-A: b\rX-B: c"),
  lines("a NUL in a value", "X-A: b\u0000c"),
  lines("a NUL in a name", "X\u0000A: b"),
  lines("an escape in a value", "X-A: \u001b[2J"),
  lines("a field without a name", ": b"),
  lines("a field without a colon", "nonsense"),
  lines("a name that is not ASCII", "X-\u00e9: b"),
  lines("a name with a slash", "X/A: b"),
  unparsed("line feeds alone", () => "GET /healthz HTTP/1.1\nHost: localhost\n\n"),
  chunked("a negative chunk size", "-1\r\n\r\n"),
  chunked("a chunk size that overflows", `ffffffffffffffffff\r\n${SOUND}`),
  chunked("a chunk size with 0x", `0x5\r\nhello\r\n0\r\n\r\n`),
  chunked("a chunk size with a space before it", ` 5\r\nhello\r\n0\r\n\r\n`),
  chunked("a chunk that is longer than its size", "1\r\nabc\r\n0\r\n\r\n"),
  chunked("a chunk that ends in a line feed", "5\nhello\n0\n\n"),
  chunked("a chunk size that is no number", "zz\r\n\r\n"),
  unparsed("a chunk extension of 1 MiB", (facts) =>
    sent(facts, [CHUNKS], `1;a=${"x".repeat(2 ** 20)}\r\n{\r\n0\r\n\r\n`),
  ),
  row("chunk extensions of 1 MiB in all", "400 bad-json", (facts) =>
    sent(facts, [CHUNKS], `${`1;a=${"x".repeat(1000)}\r\n{\r\n`.repeat(1000)}0\r\n\r\n`),
  ),
  unparsed("a NUL in a chunk extension", (facts) => sent(facts, [CHUNKS], "1;a=\u0000\r\n{\r\n0\r\n\r\n")),
  unparsed(
    "trailers of 100 KiB",
    (facts) => sent(facts, [CHUNKS], `1\r\n{\r\n0\r\n${`x-t: ${"y".repeat(1000)}\r\n`.repeat(100)}\r\n`),
    "431 headers-too-large",
  ),
  row("a token in the trailers", "401 unauthenticated", (facts) =>
    raw(
      POST,
      [["Host", "localhost"], ["Content-Type", EVENT_TYPE], CHUNKS, ["Trailer", "authorization"]],
      `${SOUND.length.toString(16)}\r\n${SOUND}\r\n0\r\nauthorization: Bearer ${facts.token("admin")}\r\n\r\n`,
    ),
  ),
  unparsed("a length in the trailers", (facts) => sent(facts, [CHUNKS], "1\r\n{\r\n0\r\ncontent-length: 100\r\n\r\n")),
  row("ten thousand chunks of one byte that are no JSON", "400 bad-json", (facts) =>
    sent(facts, [CHUNKS], `${"1\r\n[\r\n".repeat(10_000)}0\r\n\r\n`),
  ),
  row(
    "a length that ends in the middle; the rest is no request",
    ["400 bad-json", "400 bad-request"],
    (facts) => sent(facts, [["Content-Length", "5"]], SOUND),
    { mayClose: true },
  ),
  row("a body of one that may not send holds a request", ["403 forbidden"], (facts) =>
    ask(facts, POST, "viewer", { type: EVENT_TYPE, body: SMUGGLED }),
  ),
  row("a body of a GET holds a request", ["200"], (facts) =>
    ask(facts, "GET /api/v1/stats", "viewer", { body: SMUGGLED }),
  ),
  row(
    "a HEAD with a body that holds a request",
    ["200"],
    (facts) => ask(facts, "HEAD /api/v1/stats", "viewer", { body: SMUGGLED }),
    { isHead: true },
  ),
  row("a DELETE with a body that holds another", ["404 not-found"], (facts) =>
    ask(facts, "DELETE /api/v1/rules/nowhere", "admin", { body: SMUGGLED, headers: { "if-match": "*" } }),
  ),
  row(
    "a hundred requests in one packet, every other refused",
    Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? "200" : "401 unauthenticated")),
    (facts) =>
      Buffer.concat(
        Array.from({ length: 100 }, (_, at) => ask(facts, "GET /api/v1/stats", at % 2 === 0 ? "viewer" : "revoked")),
      ),
  ),
  row(
    "sound, then bad JSON, then no request",
    ["200", "400 bad-json", "400 bad-request"],
    (facts) =>
      Buffer.concat([
        ask(facts, "GET /api/v1/stats", "viewer"),
        ask(facts, POST, "admin", { type: EVENT_TYPE, body: "{" }),
        Buffer.from("\u0000\u0000\r\n\r\n"),
      ]),
    { mayClose: true },
  ),
  unparsed(
    "a thousand fields",
    (facts) =>
      ask(facts, "GET /api/v1/stats", "viewer", {
        headers: Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`x-${at}`, "y".repeat(20)])),
      }),
    "431 headers-too-large",
  ),
  unparsed(
    "a megabyte of fields",
    (facts) =>
      ask(facts, "GET /api/v1/stats", "viewer", {
        headers: Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`x-${at}`, "y".repeat(1000)])),
      }),
    "431 headers-too-large",
  ),
  unparsed(
    "one field of 64 KiB",
    (facts) => ask(facts, "GET /api/v1/stats", "viewer", { headers: { "x-long": "y".repeat(2 ** 16) } }),
    "431 headers-too-large",
  ),
  unparsed(
    "a token behind four thousand fields",
    (facts) =>
      `GET /api/v1/stats HTTP/1.1\r\nhost: localhost\r\n${"a:\r\n".repeat(3900)}authorization: Bearer ${facts.token("viewer")}\r\n\r\n`,
    "431 headers-too-large",
  ),
  row(
    "a token with 1 MiB of secret",
    "431 headers-too-large",
    (facts) =>
      ask(facts, "GET /api/v1/stats", undefined, {
        headers: { authorization: `Bearer spk_admin_${"x".repeat(2 ** 20)}` },
      }),
    { mayClose: true },
  ),
  asked(
    "an unknown expectation",
    "417 expectation-failed",
    [POST, "admin", { type: EVENT_TYPE, body: "{", headers: { expect: "the-spanish-inquisition" } }],
    { mayClose: true },
  ),
  asked(
    "two expectations",
    "417 expectation-failed",
    [POST, "admin", { type: EVENT_TYPE, body: "{", headers: { expect: "100-continue, x" } }],
    { mayClose: true },
  ),
  asked(
    "a body that waits to be invited, of another type",
    "415 unsupported-media-type",
    [POST, "admin", { headers: { expect: "100-continue", "content-length": "5", "content-type": "text/plain" } }],
    { mayClose: true },
  ),
  asked(
    "a body that waits to be invited, too large",
    "413 body-too-large",
    [POST, "admin", { headers: { expect: "100-continue", "content-length": "5000000", "content-type": EVENT_TYPE } }],
    { mayClose: true },
  ),
  asked(
    "a body that waits to be invited, of nobody",
    "401 unauthenticated",
    [POST, undefined, { headers: { expect: "100-continue", "content-length": "5", "content-type": EVENT_TYPE } }],
    { mayClose: true },
  ),
];
