/**
 * Hostile manifests: signed as they should be, but what is signed is wrong.
 * @module
 */
import type { Json, JsonObject } from "../../src/core/json.ts";
import { type HostileRow, rowsOf, type Tuple } from "./hostile-row.ts";
import { KIT_LIMITS } from "../../src/core/kit.ts";
import { listOf, objectOf, type Recipe, textOf } from "./kit-forge.ts";

const set = (change: JsonObject): Recipe => ({ manifest: (manifest) => ({ ...manifest, ...change }) });
const without = (field: string): Recipe => ({
  manifest: (manifest) => Object.fromEntries(Object.entries(manifest).filter(([key]) => key !== field)),
});
const text = (change: (text: string) => string | Uint8Array): Recipe => ({ text: change });
const at = (...paths: string[]): Recipe => ({
  content: Object.fromEntries(paths.map((path, index) => [path, `{"n":${index}}`])),
});
const row = (change: JsonObject): Recipe => ({
  rows: ([first, ...rest]) => [{ ...first, ...change }, ...rest.map((other) => ({ ...other }))],
});
/** Paths that no tar header could name are only in the table. */
const listed = (...paths: string[]): Recipe => ({ rows: ([first]) => paths.map((path) => ({ ...first, path })) });
const role = (path: string, name: string, change: JsonObject = {}): Recipe => ({
  content: { [path]: "x" },
  rows: ([first]) => [{ ...first, role: name }],
  manifest: (manifest) => ({ ...manifest, ...change }),
});
const nested = (depth: number): Json => (depth === 0 ? [] : [nested(depth - 1)]);

const PATHS: readonly Tuple[] = [
  ["outside content/", "rules/acme/a.json"],
  ["absolute", "/content/rules/acme/a.json"],
  ["the bare folder", "content/"],
  ["a backslash", "content/rules\\acme\\a.json"],
  ["a colon", "content/rules/acme/a:b.json"],
  ["a star", "content/rules/acme/*.json"],
  ["a question mark", "content/rules/acme/a?.json"],
  ["a quote", 'content/rules/acme/a".json'],
  ["an angle bracket", "content/rules/acme/<a>.json"],
  ["a pipe", "content/rules/acme/a|b.json"],
  ["a control character", "content/rules/acme/a\u0007.json"],
  ["a delete character", "content/rules/acme/a\u007f.json"],
  ["a letter that is not ASCII", "content/rules/acme/ä.json"],
  ["an empty segment", "content/rules//a.json"],
  ["a trailing slash", "content/rules/acme/"],
  ["a dot segment", "content/./rules/acme/a.json"],
  ["two dots", "content/rules/../a.json"],
  ["a leading hyphen", "content/rules/acme/-rf.json"],
  ["a leading tilde", "content/rules/~root/a.json"],
  ["a trailing dot", "content/rules/acme./a.json"],
  ["a DOS device", "content/rules/acme/con.json"],
  ["a DOS device in capitals", "content/rules/LPT1/a.json"],
  ["a DOS device before a space", "content/rules/acme/aux .json"],
  ["over 240 bytes", `content/${"a/".repeat(116)}b`],
  ["a name that no header holds", `content/rules/acme/${"a".repeat(101)}`],
  ["a folder that no header holds", `content/${"a".repeat(150)}/${"b".repeat(60)}`],
].map(([name = "", path = ""]): Tuple => [`a path with ${name}`, "KIT_PATH", listed(path)]);

/** Every field of the format. */
const FIELDS =
  "acks audience createdAt epoch expiresAt files heads kinds minApp omitted prev provenance schema sequence state stream tenants".split(
    " ",
  );
const HEAD = { epoch: 0, sequence: 1, manifest: "0".repeat(64) };
const BLOB = "b".repeat(64);
const omittedTwice: Recipe = {
  content: {},
  rows: () => [{ path: "content/connectors/acme/x.wasm", sha256: BLOB, size: 1, role: "blob" }],
  ...set({ kinds: ["connectors"], omitted: [BLOB, BLOB] }),
};
/** One file more than a kit may list; what is signed does not matter any more. */
const MANY: Recipe = {
  content: { "content/a.txt": "a" },
  rows: ([first]) =>
    Array.from({ length: KIT_LIMITS.files + 1 }, (_, n) => ({ ...first, path: `content/${10_000_000 + n}.txt` })),
  statement: () => ({}),
};

/** Kits whose manifest is hostile and properly signed, and what they must not be confused with. */
export const HOSTILE_MANIFESTS: readonly HostileRow[] = rowsOf([
  ...PATHS,
  ["paths that differ by case", "KIT_PATH_COLLISION", at("content/NOTES.txt", "content/notes.txt")],
  ["a path that is file and folder", "KIT_PATH_COLLISION", at("content/a.txt", "content/a.txt/b.txt")],
  ["a path twice", "KIT_MANIFEST_ORDER", listed("content/rules/acme/a.json", "content/rules/acme/a.json")],
  ["an unsorted table", "KIT_MANIFEST_ORDER", listed("content/rules/acme/b.json", "content/rules/acme/a.json")],
  ["a wrong state root", "KIT_STATE_ROOT", set({ state: { root: "0".repeat(64), count: 2 } })],
  [
    "a wrong count",
    "KIT_STATE_ROOT",
    { manifest: (manifest) => ({ ...manifest, state: { ...objectOf(manifest["state"]), count: 3 } }) },
  ],
  [
    "no UTF-8",
    "KIT_JSON_UTF8",
    text((json) => Buffer.concat([Buffer.from(json.slice(0, -2)), Buffer.from([0xc3, 0x28])])),
  ],
  [
    "an overlong UTF-8 form",
    "KIT_JSON_UTF8",
    text((json) => Buffer.concat([Buffer.from([0xc1, 0xbb]), Buffer.from(json.slice(1))])),
  ],
  ["a nesting of 33", "KIT_JSON_DEPTH", set({ provenance: { builder: "x", source: nested(30) } })],
  ["endless nesting", "KIT_JSON_DEPTH", text(() => "[".repeat(100_000))],
  ["a million escapes", "KIT_JSON_NOT_CANONICAL", text(() => `"${"\\u0061".repeat(1_200_000)}"`)],
  ["half a JSON text", "KIT_JSON_SYNTAX", text((json) => json.slice(0, -1))],
  ["an empty manifest", "KIT_JSON_SYNTAX", text(() => "")],
  ["a byte order mark", "KIT_JSON_SYNTAX", text((json) => `\ufeff${json}`)],
  ["a comment", "KIT_JSON_SYNTAX", text((json) => `${json}//`)],
  [
    "a number that no double holds",
    "KIT_JSON_NOT_CANONICAL",
    text((json) => json.replace('"epoch":0', '"epoch":1e999')),
  ],
  ["a line end", "KIT_JSON_NOT_CANONICAL", text((json) => `${json}\n`)],
  ["pretty-printed", "KIT_JSON_NOT_CANONICAL", text((json) => JSON.stringify(JSON.parse(json), null, 2))],
  ["a key twice", "KIT_JSON_NOT_CANONICAL", text((json) => json.replace('"epoch":0', '"epoch":1,"epoch":0'))],
  [
    "keys in another order",
    "KIT_JSON_NOT_CANONICAL",
    text((json) => `{"tenants":["*"],${json.slice(1).replace(',"tenants":["*"]', "")}`),
  ],
  ["an escape that is not needed", "KIT_JSON_NOT_CANONICAL", text((json) => json.replace("forge", "\\u0066orge"))],
  ["half a surrogate pair", "KIT_JSON_NOT_CANONICAL", text((json) => json.replace("forge", "\\ud800"))],
  ["minus zero", "KIT_JSON_NOT_CANONICAL", text((json) => json.replace('"epoch":0', '"epoch":-0'))],
  ["a number in another form", "KIT_JSON_NOT_CANONICAL", text((json) => json.replace('"epoch":0', '"epoch":0.0'))],
  ["another format version", "KIT_FORMAT_VERSION", set({ schema: "offline-kit/v2" })],
  ["a list", "KIT_MANIFEST", text(() => "[]")],
  ...FIELDS.map((field): Tuple => [`no field ${field}`, "KIT_MANIFEST", without(field)]),
  ...FIELDS.map((field): Tuple => [`true as the field ${field}`, "KIT_MANIFEST", set({ [field]: true })]),
  ["an unknown field", "KIT_MANIFEST", set({ extra: 1 })],
  ["an unknown field whose name steers a terminal", "KIT_MANIFEST", set({ "\u001b[2J\u202e": 1 })],
  ["an unknown field with a name without end", "KIT_MANIFEST", set({ ["x".repeat(60_000)]: 1 })],
  ["another version that steers a terminal", "KIT_FORMAT_VERSION", set({ schema: "\u001b[2J\u202e" })],
  ["an unknown field of a row", "KIT_MANIFEST", row({ mode: 420 })],
  ["a key __proto__", "KIT_MANIFEST", text((json) => json.replace(/^\{/, '{"__proto__":{},'))],
  ["a stream of one segment", "KIT_MANIFEST", set({ stream: "hq" })],
  ["a stream of five segments", "KIT_MANIFEST", set({ stream: "a/b/c/d/e" })],
  ["a stream that ends in a slash", "KIT_MANIFEST", set({ stream: "hq/rules/" })],
  ["a stream with a segment of 64", "KIT_MANIFEST", set({ stream: `hq/${"r".repeat(64)}` })],
  ["a stream that climbs", "KIT_MANIFEST", set({ stream: "hq/../rules" })],
  ["a stream that steers a terminal", "KIT_MANIFEST", set({ stream: "hq/\u001b[2J" })],
  ["a stream in capitals", "KIT_MANIFEST", set({ stream: "HQ/rules" })],
  ["a fraction", "KIT_MANIFEST", set({ sequence: 1.5 })],
  ["2^53", "KIT_MANIFEST", set({ sequence: 2 ** 53 })],
  ["sequence 0", "KIT_MANIFEST", set({ sequence: 0 })],
  ["a negative epoch", "KIT_MANIFEST", set({ epoch: -1 })],
  ["a predecessor that is no hash", "KIT_MANIFEST", set({ prev: "x" })],
  ["a hash in capitals", "KIT_MANIFEST", row({ sha256: "A".repeat(64) })],
  ["a negative size", "KIT_MANIFEST", row({ size: -1 })],
  ["an impossible date", "KIT_MANIFEST", set({ createdAt: "2026-02-30T00:00:00Z" })],
  ["a leap second", "KIT_MANIFEST", set({ createdAt: "2026-06-30T23:59:60Z" })],
  ["a date with a zone", "KIT_MANIFEST", set({ createdAt: "2026-06-30T23:59:00+02:00" })],
  ["an expiry that is no date", "KIT_MANIFEST", set({ expiresAt: "never" })],
  ["an app version of two parts", "KIT_MANIFEST", set({ minApp: "1.0" })],
  ["no audience", "KIT_MANIFEST", set({ audience: [] })],
  ["an audience without a type", "KIT_MANIFEST", set({ audience: ["ship-07"] })],
  ["too large an audience", "KIT_MANIFEST", set({ audience: Array.from({ length: 1001 }, (_, n) => `site:s${n}`) })],
  ["no tenants", "KIT_MANIFEST", set({ tenants: [] })],
  ["all tenants and one more", "KIT_MANIFEST", set({ tenants: ["*", "acme"] })],
  ["no kinds", "KIT_MANIFEST", set({ kinds: [] })],
  ["an unknown kind", "KIT_MANIFEST", set({ kinds: ["rules", "viruses"] })],
  ["unsorted kinds", "KIT_MANIFEST", set({ kinds: ["templates", "rules"] })],
  ["a kind twice", "KIT_MANIFEST", set({ kinds: ["rules", "rules"] })],
  ["rules and trust together", "KIT_MANIFEST", set({ kinds: ["rules", "trust"] })],
  ["an app among rules", "KIT_MANIFEST", set({ kinds: ["app", "rules"] })],
  ["a parity report among rules", "KIT_MANIFEST", set({ kinds: ["parity", "rules"] })],
  ["an audience for all of a kind", "KIT_MANIFEST", set({ audience: ["site:*"] })],
  ["a tenant in capitals", "KIT_MANIFEST", set({ tenants: ["ACME"] })],
  ["the site's own tenant by its name", "KIT_MANIFEST", set({ tenants: ["_site"] })],
  ["an app version with zeros before", "KIT_MANIFEST", set({ minApp: "01.0.0" })],
  ["an app version with a tail", "KIT_MANIFEST", set({ minApp: "0.0.0-rc.1" })],
  ["a head with one field more", "KIT_MANIFEST", set({ heads: { "hq/base": { ...HEAD, createdAt: 0 } } })],
  ["a head at sequence 0", "KIT_MANIFEST", set({ heads: { "hq/base": { ...HEAD, sequence: 0 } } })],
  ["a receipt without a manifest", "KIT_MANIFEST", set({ acks: { "lab/ledger": { sequence: 1 } } })],
  ["a source without a place", "KIT_MANIFEST", set({ provenance: { builder: "x", source: [{}] } })],
  ["an unknown field of the provenance", "KIT_MANIFEST", set({ provenance: { builder: "x", source: [], by: "me" } })],
  ["ledger and trust together", "KIT_MANIFEST", set({ kinds: ["ledger", "trust"] })],
  ["heads of no stream", "KIT_MANIFEST", set({ heads: { x: { epoch: 0, sequence: 1, manifest: "0".repeat(64) } } })],
  ["an unknown role", "KIT_MANIFEST", row({ role: "virus" })],
  ["a file outside the kinds", "KIT_MANIFEST", at("content/templates/acme/a.json")],
  ["a file in an unknown folder", "KIT_MANIFEST", at("content/viruses/acme/a.json")],
  ["an object without a tenant", "KIT_MANIFEST", at("content/rules/a.json")],
  ["an object too deep", "KIT_MANIFEST", at("content/rules/acme/b/a.json")],
  ["an object that is no JSON file", "KIT_MANIFEST", at("content/rules/acme/a.yaml")],
  ["an object with a bad id", "KIT_MANIFEST", at("content/rules/acme/A.json")],
  ["an object of a bad tenant", "KIT_MANIFEST", at("content/rules/_site/a.json")],
  ["an object of a tenant that is not named", "KIT_MANIFEST", set({ tenants: ["beta"] })],
  [
    "an object for all, of a kit for one",
    "KIT_MANIFEST",
    { ...at("content/rules/_/a.json"), ...set({ tenants: ["acme"] }) },
  ],
  ["a sealed file without its ending", "KIT_MANIFEST", role("content/rules/acme/a.json", "sealed")],
  ["a blob among rules", "KIT_MANIFEST", role("content/rules/acme/a.bin", "blob")],
  ["a blob right in its folder's place", "KIT_MANIFEST", role("content/app", "blob", { kinds: ["app"] })],
  ["an object among trust files", "KIT_MANIFEST", role("content/trust/_/a.json", "object", { kinds: ["trust"] })],
  ["a trust file that is no policy", "KIT_MANIFEST", role("content/trust/readme.json", "trust", { kinds: ["trust"] })],
  ["a ledger file among rules", "KIT_MANIFEST", role("content/rules/acme/a.json", "ledger")],
  [
    "one hash with two sizes",
    "KIT_MANIFEST",
    { rows: ([first, second]) => [{ ...first }, { ...second, sha256: first?.sha256 ?? "", size: 1 }] },
  ],
  [
    "an omitted file that is no blob",
    "KIT_MANIFEST",
    { manifest: (manifest) => ({ ...manifest, omitted: [textOf(objectOf(listOf(manifest["files"])[0])["sha256"])] }) },
  ],
  ["an omitted blob twice", "KIT_MANIFEST", omittedTwice],
  ["an omitted hash of nothing", "KIT_MANIFEST", set({ omitted: ["0".repeat(64)] })],
  ["too many files", "KIT_LIMIT_FILES", MANY],
  ["too large a file", "KIT_LIMIT_ENTRY", row({ size: KIT_LIMITS.fileBytes + 1 })],
  ["a size that no header holds", "KIT_LIMIT_ENTRY", row({ size: 2 ** 53 - 1 })],
  [
    "an object too large to judge",
    "CONTENT_INVALID",
    { content: { "content/rules/acme/a.json": Buffer.alloc(KIT_LIMITS.objectBytes + 1, " ") } },
  ],
  ["an object that is not canonical", "CONTENT_INVALID", { content: { "content/rules/acme/a.json": '{ "id": "a" }' } }],
  ["an object that is no JSON", "CONTENT_INVALID", { content: { "content/rules/acme/a.json": "id: a" } }],
  ["an object that is no UTF-8", "CONTENT_INVALID", { content: { "content/rules/acme/a.json": Buffer.from([0xff]) } }],
  ["no files at all", "OK", { content: {} }],
  [
    "one content under two paths",
    "OK",
    { content: { "content/rules/acme/a.json": "{}", "content/rules/acme/b.json": "{}" } },
  ],
  ["a long path that a header holds", "OK", at(`content/${"a".repeat(100)}/${"b".repeat(96)}.txt`)],
]);
