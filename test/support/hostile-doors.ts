/**
 * The other doors: the form that people log in with, and the unix socket.
 * @module
 */
import { asked, EVENT_TYPE, type Expected, type HostileRequest, row, type Said } from "./hostile-request.ts";

const FORM_TYPE = "application/x-www-form-urlencoded";
const DROP: Said = { headers: { "if-match": "*" } };

function login(
  name: string,
  expected: Expected,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): HostileRequest {
  const own = { "sec-fetch-site": "same-origin", ...headers };
  return asked(name, expected, ["POST /login", undefined, { body, type: FORM_TYPE, headers: own }], { isOnce: true });
}

const FORMS: readonly HostileRequest[] = [
  login("a form of another site", "403 forbidden", "token=x", { "sec-fetch-site": "cross-site" }),
  login("a form of a site beside", "403 forbidden", "token=x", { "sec-fetch-site": "same-site" }),
  login("a form of another origin", "403 forbidden", "token=x", {
    "sec-fetch-site": "",
    origin: "https://evil.example",
  }),
  login("a form whose origin begins like ours", "403 forbidden", "token=x", {
    "sec-fetch-site": "cross-site",
    origin: "http://localhost.evil.example",
  }),
  login("a form with two fields", "422 invalid", "token=x&token=y"),
  login("a form with another field", "422 invalid", "password=x"),
  login("a form that is not encoded", "422 invalid", "token=%zz"),
  login("a form with a byte that is no UTF-8", "422 invalid", "token=%ff"),
  login("a form of 5,000 bytes", "413 body-too-large", `token=${"x".repeat(5000)}`),
  login("an empty form", "400 empty-body", ""),
  asked("a form as JSON", "415 unsupported-media-type", [
    "POST /login",
    undefined,
    { body: '{"token":"x"}', headers: { "sec-fetch-site": "same-origin" } },
  ]),
  asked("a form in parts", "415 unsupported-media-type", [
    "POST /login",
    undefined,
    { body: "--x\r\n\r\n--x--", type: "multipart/form-data; boundary=x", headers: { "sec-fetch-site": "same-origin" } },
  ]),
  login("a login by a token of nobody", "401", "token=spk_nobody_0000000000000000"),
  asked("leaving from another site", "403 forbidden", [
    "POST /logout",
    undefined,
    { body: "", type: FORM_TYPE, headers: { "sec-fetch-site": "cross-site" } },
  ]),
  asked("the page of a forged session", "200", [
    "GET /",
    undefined,
    { headers: { cookie: `sealpost=${"A".repeat(43)}; sealpost=x` } },
  ]),
];

/** Over the unix socket its owner may do all: of that his headers change nothing. */
const LOCAL: readonly HostileRequest[] = [
  asked("locally, without a tenant", "400 tenant-required", ["DELETE /api/v1/rules/desk", undefined, DROP], {
    isLocal: true,
  }),
  asked(
    "locally, an unknown tenant",
    "404 tenant-unknown",
    ["DELETE /api/v1/rules/desk", undefined, { ...DROP, tenant: "nobody" }],
    { isLocal: true },
  ),
  asked(
    "locally, tenants for one tenant",
    "400 tenant-required",
    ["POST /api/v1/tenants", undefined, { body: "{}", tenant: "default" }],
    { isLocal: true },
  ),
  asked("locally, bad JSON", "400 bad-json", ["POST /api/v1/rules", undefined, { body: "{", tenant: "default" }], {
    isLocal: true,
  }),
  asked(
    "locally, 10 MiB of events",
    "413 body-too-large",
    ["POST /api/v1/events", undefined, { body: "x".repeat(10 * 2 ** 20), type: EVENT_TYPE, tenant: "default" }],
    { isLocal: true, mayClose: true },
  ),
  row(
    "locally, a length and chunks",
    "400 bad-request",
    () =>
      "POST /api/v1/tenants HTTP/1.1\r\nhost: x\r\nsealpost-tenant: _site\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    { isLocal: true, mayClose: true },
  ),
];

export const HOSTILE_DOORS: readonly HostileRequest[] = [...FORMS, ...LOCAL];
