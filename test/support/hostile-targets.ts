/**
 * Versions, methods, targets, paths and queries that lead elsewhere than they seem to.
 * @module
 */
import { ask, asked, event, EVENT_TYPE, type Expected, type HostileRequest, row, unparsed } from "./hostile-request.ts";
import type { Facts } from "./hostile-served.ts";

/** A first line as it is, of one who may do all. */
function line(
  name: string,
  text: string,
  expected: Expected = "400 bad-request",
  head = "Host: localhost\r\n",
): HostileRequest {
  return row(
    name,
    expected,
    (facts) => `${text}\r\n${head}If-Match: *\r\nAuthorization: Bearer ${facts.token("admin")}\r\n\r\n`,
    { mayClose: true },
  );
}

/** A target that leads nowhere, whoever asks. */
function nowhere(target: string, expected: Expected = "404 not-found", method = "DELETE"): HostileRequest {
  return asked(`${method} ${target.slice(0, 60)}`, expected, [
    `${method} ${target}`,
    "admin",
    { headers: { "if-match": "*" } },
  ]);
}

/** A target that leads elsewhere once it is resolved. */
function winding(target: string): HostileRequest {
  return asked(`DELETE ${target}`, "400 bad-request", [`DELETE ${target}`, "admin", { headers: { "if-match": "*" } }], {
    mayClose: true,
  });
}

const BODY = { type: EVENT_TYPE, body: event() };

const VERSIONS: readonly HostileRequest[] = [
  unparsed("HTTP/0.9", () => "GET /healthz\r\n\r\n"),
  unparsed(
    "the preface of HTTP/2",
    () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000",
  ),
  unparsed("TLS on a plain port", () => Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3])),
  unparsed("SSH", () => "SSH-2.0-OpenSSH_9.9\r\n"),
  unparsed("nothing but NUL", () => Buffer.alloc(4096)),
  line("HTTP/1.2", "DELETE /api/v1/rules/desk HTTP/1.2"),
  line("HTTP/3.7", "DELETE /api/v1/rules/desk HTTP/3.7"),
  line("a version in lower case", "DELETE /api/v1/rules/desk http/1.1"),
  line("a method in lower case", "delete /api/v1/rules/desk HTTP/1.1"),
  line("a method that is none", "BREW /api/v1/rules/desk HTTP/1.1"),
  line("a space in the target", "DELETE /api/v1/rules/desk x HTTP/1.1"),
  line("a NUL in the target", "DELETE /api/v1/rules/desk\u0000 HTTP/1.1"),
  line("bytes that are not ASCII in the target", "DELETE /api/v1/rules/\u00ff\u00fe HTTP/1.1"),
  line("a target with a backslash", "DELETE /api\\v1\\rules\\desk HTTP/1.1"),
  line("a target that is no path", "DELETE rules/desk HTTP/1.1"),
  line("an authority as the target", "DELETE localhost:80 HTTP/1.1"),
  line("an asterisk as the target", "DELETE * HTTP/1.1"),
  line("another scheme", "DELETE ftp://localhost/api/v1/rules/desk HTTP/1.1"),
  line("a path of 20 KiB", `DELETE /api/v1/rules/${"a".repeat(20_000)} HTTP/1.1`, "431 headers-too-large"),
  line("no Host", "DELETE /api/v1/rules/desk HTTP/1.1", "400 bad-request", ""),
  line("an empty Host", "DELETE /api/v1/rules/desk HTTP/1.1", "400 bad-request", "Host:\r\n"),
  line(
    "two Hosts",
    "DELETE /api/v1/rules/desk HTTP/1.1",
    "400 bad-request",
    "Host: localhost\r\nHost: evil.example\r\n",
  ),
  line("a Host with a path", "DELETE /api/v1/rules/desk HTTP/1.1", "400 bad-request", "Host: localhost/x\r\n"),
  line("a Host with a user", "DELETE /api/v1/rules/desk HTTP/1.1", "400 bad-request", "Host: a@localhost\r\n"),
  line(
    "a Host with a port that is none",
    "DELETE /api/v1/rules/desk HTTP/1.1",
    "400 bad-request",
    "Host: localhost:99999\r\n",
  ),
  line("a tunnel", "CONNECT example.org:443 HTTP/1.1", "405 method-not-allowed"),
  line("a trace", "TRACE /api/v1/rules/desk HTTP/1.1", "405 method-not-allowed"),
  row(
    "the whole address of another host, without a token",
    "401 unauthenticated",
    () => "GET http://evil.example/api/v1/rules HTTP/1.1\r\nHost: localhost\r\n\r\n",
  ),
];

const METHODS: readonly HostileRequest[] = [
  asked("PATCH", "405 method-not-allowed", ["PATCH /api/v1/rules/desk", "admin", { body: "{}" }]),
  asked("DELETE of a list", "405 method-not-allowed", ["DELETE /api/v1/rules", "admin"]),
  asked("POST of one", "405 method-not-allowed", ["POST /api/v1/rules/desk", "admin", { body: "{}" }]),
  asked("PROPFIND", "405 method-not-allowed", ["PROPFIND /api/v1/rules", "admin"]),
  asked("POST to what is only read", "405 method-not-allowed", ["POST /healthz", "admin", { body: "{}" }]),
  asked("a method in a header", "405 method-not-allowed", [
    "POST /api/v1/rules/desk",
    "admin",
    {
      body: "{}",
      headers: {
        "x-http-method-override": "DELETE",
        "x-http-method": "DELETE",
        "x-method-override": "DELETE",
        "if-match": "*",
      },
    },
  ]),
  asked("a method in a header of a GET", "200", [
    "GET /api/v1/rules/desk",
    "admin",
    { headers: { "x-http-method-override": "DELETE", "if-match": "*" } },
  ]),
  asked("a path in a header", "200", [
    "GET /healthz",
    undefined,
    { headers: { "x-original-url": "/api/v1/rules", "x-rewrite-url": "/api/v1/rules" } },
  ]),
  asked("an upgrade to a web socket", "405 method-not-allowed", [
    "DELETE /healthz",
    "admin",
    { headers: { connection: "upgrade", upgrade: "websocket" } },
  ]),
  asked("an upgrade to HTTP/2", "401 unauthenticated", [
    "GET /api/v1/rules",
    undefined,
    { headers: { connection: "Upgrade, HTTP2-Settings", upgrade: "h2c", "http2-settings": "AAMAAABkAAQAAP__" } },
  ]),
  asked("a range of an answer", "200", ["GET /api/v1/stats", "viewer", { headers: { range: "bytes=0-1,2-3,4-5" } }]),
  asked("a field that a proxy would take away", "401 unauthenticated", [
    "GET /api/v1/rules",
    undefined,
    { headers: { connection: "keep-alive, authorization" } },
  ]),
  asked("a page of another site", "401 unauthenticated", [
    "GET /api/v1/rules",
    undefined,
    { headers: { origin: "https://evil.example", cookie: "sealpost=x" } },
  ]),
  asked("what a browser asks before a request of another site", "405 method-not-allowed", [
    "OPTIONS /api/v1/rules",
    undefined,
    { headers: { origin: "https://evil.example", "access-control-request-method": "DELETE" } },
  ]),
];

const PATHS: readonly HostileRequest[] = [
  nowhere("//api/v1/rules/desk"),
  nowhere("/api/v1//rules/desk"),
  nowhere("/api/v1/rules//desk"),
  nowhere("/api/v1/rules/desk/"),
  winding("/api/v1/rules/../../rules/desk"),
  winding("/api/v1/healthz/../rules/desk"),
  winding("/api/v1/calendars/%2e%2e/rules/desk"),
  winding("/api/v1/calendars/.%2e/rules/desk"),
  winding("/api/v1/rules/./desk"),
  winding("/api/v1/rules/%2E/desk"),
  winding("/api/v1/rules/desk/.."),
  winding("/api/v1/rules/desk#x"),
  winding("/api/v1/calendars/..?/../rules/desk"),
  nowhere("/api/v1/%72ules%2fdesk"),
  nowhere("/api/v1/rules%2Fdesk"),
  nowhere("/api/v1/rules/..%2frules%2fdesk"),
  nowhere("/api/v1/rules/%64esk%00"),
  nowhere("/api/v1/rules/%00"),
  nowhere("/api/v1/rules/desk%0d%0aset-cookie:x"),
  nowhere("/api/v1/rules/desk%20"),
  nowhere("/api/v1/rules/%20desk"),
  nowhere("/api/v1/rules/desk;x=y"),
  nowhere("/api/v1/rules/desk%3fx"),
  nowhere("/api/v1/rules/desk%23"),
  nowhere("/api/v1/rules/%c0%af"),
  nowhere("/api/v1/rules/%ff"),
  nowhere("/api/v1/rules/%"),
  nowhere("/api/v1/rules/%zz"),
  nowhere("/api/v1/rules/%e2%80%ae"),
  nowhere("/api/v1/rules/%ef%bc%8e%ef%bc%8e"),
  nowhere("/api/v1/rules/%e2%80%a4%e2%80%a4"),
  nowhere("/api/v1/rules/DESK"),
  nowhere("/API/V1/rules/desk"),
  nowhere("/api/v1/Rules/desk"),
  nowhere("/api/v1/rules/__proto__"),
  nowhere("/api/v1/rules/constructor"),
  nowhere("/api/v1/__proto__/desk"),
  nowhere("/api/v2/rules/desk"),
  nowhere(`/api/v1/rules/${"a".repeat(5000)}`),
  nowhere("/api/v1/silences/9007199254740993"),
  nowhere("/api/v1/silences/__proto__"),
  nowhere("/api/v1/tokens/..%2f..%2ftokens%2fadmin"),
  nowhere("/notifications/rules/nowhere"),
  winding("/api/v1/notifications/rules/../../rules/desk"),
  winding("/notifications/rules/%2e%2e/rules/desk"),
  nowhere("/api/v1/events/__proto__", "404 not-found", "GET"),
  nowhere("/api/v1/deliveries/toString/attempts", "404 not-found", "GET"),
  nowhere("/api/v1/schemas/__proto__", "404 not-found", "GET"),
  nowhere("/api/v1/schemas/..%2f..%2fpackage.json", "404 not-found", "GET"),
  nowhere("/api/v1/maildrop/..%2f..%2fmaster.key", "404 not-found", "GET"),
  winding("/api/v1/ledger/x/tile/../../../master.key"),
  nowhere("/api/v1/digests/desk-mail~__proto__", "404 not-found"),
  nowhere("/master.key", "404 not-found", "GET"),
  winding("/../../../../etc/passwd"),
  nowhere("/.git/config", "404 not-found", "GET"),
  asked("a tile that is no number", "404 not-found", [
    (facts) => `GET /api/v1/ledger/${facts.origin}/tile/0/x1e9`,
    "admin",
  ]),
  asked("a tile of a level that no log has", "404 not-found", [
    (facts) => `GET /api/v1/ledger/${facts.origin}/tile/99/000`,
    "admin",
  ]),
  asked("a tile beyond the end", "404 not-found", [
    (facts) => `GET /api/v1/ledger/${facts.origin}/tile/0/x999/x999/999`,
    "admin",
  ]),
  asked("files of a stream, up the folders", "404 not-found", [
    "GET /api/v1/kits/plant-7.starter/files/..%2f..%2fmaster.key",
    "site",
    { tenant: "_site" },
  ]),
];

const DOUBLES: readonly HostileRequest[] = [
  row(
    "two tokens, the first of them good",
    "400 bad-request",
    (facts) => twice(facts, "Authorization", [`Bearer ${facts.token("admin")}`, `Bearer ${facts.token("viewer")}`]),
    { mayClose: true },
  ),
  row(
    "two tokens, the last of them good",
    "400 bad-request",
    (facts) => twice(facts, "Authorization", ["Bearer spk_x_0000000000000000", `Bearer ${facts.token("admin")}`]),
    { mayClose: true },
  ),
  row(
    "two media types",
    "400 bad-request",
    (facts) =>
      ask(facts, "POST /api/v1/events", "admin", {
        ...BODY,
        headers: { "Content-Type": "text/plain", "content-type": EVENT_TYPE },
      }),
    { mayClose: true },
  ),
];

function twice(facts: Facts, name: string, [first = "", second = ""]: readonly string[]): Uint8Array {
  return ask(facts, "DELETE /api/v1/rules/desk", undefined, {
    headers: { "if-match": "*", [name.toLowerCase()]: first, [name]: second },
  });
}

export const HOSTILE_TARGETS: readonly HostileRequest[] = [...VERSIONS, ...METHODS, ...PATHS, ...DOUBLES];
