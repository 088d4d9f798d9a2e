/**
 * Bodies that are not what they say: bytes, JSON, sizes, codings; and events that are none.
 * @module
 */
import { gzipSync } from "node:zlib";
import { ask, asked, type Expected, type HostileRequest, KIT_TYPE, row } from "./hostile-request.ts";
import type { Bytes } from "./hostile-exchange.ts";
import type { TokenName } from "./hostile-served.ts";

const MIB = 2 ** 20;

/** Routes that take JSON, and what one who may use them must say besides. */
const JSON_ROUTES: readonly (readonly [line: string, who: TokenName, headers?: Readonly<Record<string, string>>])[] = [
  ["POST /api/v1/rules", "admin"],
  ["PUT /api/v1/rules/desk", "admin", { "if-match": "*" }],
  ["POST /api/v1/rules/desk/revert", "admin", { "if-match": "*" }],
  ["POST /api/v1/channels", "admin"],
  ["POST /api/v1/channels/desk/bind", "admin"],
  ["POST /api/v1/templates", "admin"],
  ["POST /api/v1/templates/preview", "admin"],
  ["POST /api/v1/calendars", "admin"],
  ["PUT /api/v1/policies/default", "admin", { "if-match": "*" }],
  ["POST /api/v1/tokens", "admin"],
  ["POST /api/v1/tenants", "site", { "sealpost-tenant": "_site" }],
  ["POST /api/v1/silences", "admin"],
  ["POST /api/v1/silences/preview", "admin"],
  ["PUT /api/v1/silences/later", "admin"],
  ["POST /api/v1/maintenance", "admin"],
  ["POST /api/v1/suppressions", "admin"],
  ["POST /api/v1/config/plan", "admin"],
  ["POST /api/v1/config/apply", "admin"],
  ["POST /api/v1/digests", "admin"],
  ["POST /api/v1/notify/send", "admin"],
  ["POST /api/v1/trust", "site", { "sealpost-tenant": "_site" }],
  ["POST /api/v1/kits/issue", "site", { "sealpost-tenant": "_site" }],
];

/** What no JSON may be; `type` another one than JSON's. */
const JSON_FAULTS: readonly (readonly [
  name: string,
  expected: Expected,
  body: Bytes,
  type?: string,
  more?: Readonly<Record<string, string>>,
])[] = [
  ["JSON that does not end", "400 bad-json", '{"id":'],
  ["a key twice", "400 bad-json", '{"id":"x","id":"y"}'],
  ["a key twice, once in disguise", "400 bad-json", '{"id":"x","\\u0069d":"y"}'],
  ["a prototype", "400 bad-json", '{"__proto__":{"isSite":true}}'],
  ["a prototype in disguise, deeper", "400 bad-json", '{"a":[{"\\u005f_proto__":{}}]}'],
  ["a hundred thousand levels", "400 bad-json", "[".repeat(100_000) + "]".repeat(100_000)],
  ["half a surrogate pair", "422 invalid", '{"id":"\\ud800"}'],
  ["bytes that are no UTF-8", "400 bad-utf8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ["a slash that is written too long", "400 bad-utf8", Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
  ["UTF-16", "400 bad-json", Buffer.from("{}", "utf16le")],
  ["a byte order mark", "400 bad-json", "\ufeff{}"],
  ["a number that no double holds", "400 bad-json", '{"n":1e400}'],
  ["NaN", "400 bad-json", '{"n":NaN}'],
  ["a comment", "400 bad-json", "{/* x */}"],
  ["a comma too many", "400 bad-json", '{"a":1,}'],
  ["two documents", "400 bad-json", "{}{}"],
  ["a control character in a text", "400 bad-json", '{"a":"\u0001"}'],
  ["nothing", "400 empty-body", ""],
  ["white space", "400 empty-body", " \n\t"],
  ["YAML", "415 unsupported-media-type", "id: x", "application/yaml"],
  ["a form in parts", "415 unsupported-media-type", "--x--", "multipart/form-data; boundary=x"],
  ["no media type", "415 unsupported-media-type", "{}", ""],
  ["another charset", "415 unsupported-charset", "{}", "application/json; charset=utf-16"],
  [
    "a gzip bomb",
    "415 unsupported-encoding",
    gzipSync(Buffer.alloc(MIB)),
    "application/json",
    { "content-encoding": "gzip" },
  ],
  [
    "a coding of brotli in gzip",
    "415 unsupported-encoding",
    "{}",
    "application/json",
    { "content-encoding": "br, gzip" },
  ],
  ["a number", "422 invalid", "9007199254740993"],
  ["null", "422 invalid", "null"],
  ["a text", "422 invalid", '"x"'],
  ["an empty object", "422 invalid", "{}"],
  ["fields that nobody knows", "422 invalid", '{"constructor":{"prototype":{}},"nobody":1}'],
];

/** What a route makes of what others refuse. */
const TAKES: ReadonlySet<string> = new Set([
  "PUT /api/v1/policies/default: an empty object", // a policy that says nothing
]);

/** Each fault at two routes, so that each route has some; the first routes have all. */
function jsonFaults(): HostileRequest[] {
  return JSON_FAULTS.flatMap(([name, expected, body, type, more], at) =>
    JSON_ROUTES.filter(([line], n) => isPicked(n, at) && !TAKES.has(`${line}: ${name}`)).map(([line, who, headers]) =>
      asked(`${line}: ${name}`, expected, [
        line,
        who,
        { body, ...(type === undefined ? {} : { type }), headers: { ...headers, ...more } },
      ]),
    ),
  );
}

function isPicked(route: number, fault: number): boolean {
  return route === 0 || (fault + route) % 6 === 0;
}

const SIZES: readonly HostileRequest[] = [
  asked("10 MiB of a rule", "413 body-too-large", [
    "POST /api/v1/rules",
    "admin",
    { body: `{"a":"${"x".repeat(10 * MIB)}"}` },
  ]),
  asked("20 MiB of configuration", "413 body-too-large", [
    "POST /api/v1/config/apply",
    "admin",
    { body: `{"a":"${"x".repeat(20 * MIB)}"}` },
  ]),
  row(
    "10 MiB of a rule in chunks",
    "413 body-too-large",
    (facts) => [
      ask(facts, "POST /api/v1/rules", "admin", {
        headers: { "content-type": "application/json", "transfer-encoding": "chunked" },
      }),
      ...Array.from({ length: 160 }, () => `10000\r\n${"[".repeat(2 ** 16)}\r\n`),
      "0\r\n\r\n",
    ],
    { mayClose: true },
  ),
  asked(
    "a declared length of 2^52",
    "413 body-too-large",
    [
      "POST /api/v1/rules",
      "admin",
      { headers: { "content-type": "application/json", "content-length": String(2 ** 52) } },
    ],
    { mayClose: true },
  ),
  asked(
    "a kit of 2^52 bytes",
    "413 body-too-large",
    [
      "POST /api/v1/kits/plan",
      "site",
      { tenant: "_site", headers: { "content-type": KIT_TYPE, "content-length": String(2 ** 52) } },
    ],
    { mayClose: true },
  ),
  asked("a kit as JSON", "415 unsupported-media-type", [
    "POST /api/v1/kits/import",
    "site",
    { body: "{}", tenant: "_site" },
  ]),
  asked("a kit of another coding", "415 unsupported-encoding", [
    "POST /api/v1/kits/import",
    "site",
    { body: "x", type: KIT_TYPE, tenant: "_site", headers: { "content-encoding": "gzip" } },
  ]),
  asked("a kit that is overridden without a reason", "400 bad-query", [
    "POST /api/v1/kits/import?override=true",
    "site",
    { body: "x", type: KIT_TYPE, tenant: "_site" },
  ]),
  asked("a kit for a plan that is no hash", "400 bad-query", [
    "POST /api/v1/kits/import?plan=x",
    "site",
    { body: "x", type: KIT_TYPE, tenant: "_site" },
  ]),
  asked("a plan of 4 KiB of NUL", "422", [
    "POST /api/v1/kits/plan",
    "site",
    { body: Buffer.alloc(4096), type: KIT_TYPE, tenant: "_site" },
  ]),
  asked("a plan of what is no archive", "422", [
    "POST /api/v1/kits/plan",
    "site",
    { body: "PK\u0003\u0004 no kit", type: KIT_TYPE, tenant: "_site" },
  ]),
  asked("a plan of a gzip bomb", "422", [
    "POST /api/v1/kits/plan",
    "site",
    { body: gzipSync(Buffer.alloc(64 * MIB)), type: "application/gzip", tenant: "_site" },
  ]),
];

export const HOSTILE_BODIES: readonly HostileRequest[] = [...jsonFaults(), ...SIZES];
