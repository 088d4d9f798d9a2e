/**
 * Requests that mean another version than the one that stands, or another request than the one of their key.
 * @module
 */
import { ask, asked, type Expected, type HostileRequest, row, type Said } from "./hostile-request.ts";
import type { TokenName } from "./hostile-served.ts";

const RULE = { schema: "rule/v1", id: "planted", actions: [{ id: "planted-mail", channel: "desk" }] };

/** A change of the rule `desk` under a condition; `if-none-match` and others go in `headers`. */
function conditional(
  name: string,
  expected: Expected,
  headers: Readonly<Record<string, string>>,
  line = "PUT /api/v1/rules/desk",
): HostileRequest {
  const body = JSON.stringify({ ...RULE, id: "desk", actions: [{ id: "desk-mail", channel: "off" }] });
  return asked(`conditions: ${name}`, expected, [
    line,
    "admin",
    { headers, ...(line.startsWith("PUT") ? { body } : {}) },
  ]);
}

const STALE = `"${"0".repeat(64)}"`;
const CONDITIONS: readonly HostileRequest[] = [
  conditional("none", "428 precondition-required", {}),
  conditional("none, to delete", "428 precondition-required", {}, "DELETE /api/v1/rules/desk"),
  conditional("another version", "412 precondition-failed", { "if-match": STALE }),
  conditional(
    "another version, to delete",
    "412 precondition-failed",
    { "if-match": STALE },
    "DELETE /api/v1/rules/desk",
  ),
  conditional("a weak version", "412 precondition-failed", { "if-match": `W/${STALE}` }),
  conditional("a list of versions", "412 precondition-failed", { "if-match": `${STALE}, "x"` }),
  conditional("a version without quotes", "412 precondition-failed", { "if-match": "0".repeat(64) }),
  conditional("an empty condition", "412 precondition-failed", { "if-match": "" }),
  conditional("everything twice", "412 precondition-failed", { "if-match": "*, *" }),
  conditional("8 KiB of a version", "412 precondition-failed", { "if-match": `"${"x".repeat(8000)}"` }),
  conditional("two fields", "412 precondition-failed", { "if-match": STALE, "If-Match": "*" }),
  conditional("that it is not there", "412 precondition-failed", { "if-none-match": "*" }),
  conditional("that it is not there, and that it is", "400 bad-request", { "if-none-match": "*", "if-match": "*" }),
  conditional("that it is not this version", "400 bad-request", { "if-none-match": STALE }),
  conditional(
    "any version of what is not there",
    "412 precondition-failed",
    { "if-match": "*" },
    "PUT /api/v1/rules/nowhere",
  ),
  conditional(
    "any version of what is not there, to delete",
    "404 not-found",
    { "if-match": "*" },
    "DELETE /api/v1/rules/nowhere",
  ),
];

/** A request with an Idempotency-Key that is refused leaves its key free. */
function keyed(
  name: string,
  expected: Expected | readonly Expected[],
  key: string,
  who: readonly TokenName[],
  said: Said,
): HostileRequest {
  return row(
    `keys: ${name}`,
    expected,
    (facts) =>
      Buffer.concat(
        who.map((one) => ask(facts, "POST /api/v1/rules", one, { ...said, headers: { "idempotency-key": key } })),
      ),
    { isOnce: true },
  );
}

const KEYS: readonly HostileRequest[] = [
  keyed("an empty one", "400 bad-request", "", ["admin"], { body: JSON.stringify(RULE) }),
  keyed("one of 10 KiB", "400 bad-request", "k".repeat(10_240), ["admin"], { body: JSON.stringify(RULE) }),
  keyed("one with a space", "400 bad-request", "a b", ["admin"], { body: JSON.stringify(RULE) }),
  keyed("one that is not ASCII", "400 bad-request", "\u00e9", ["admin"], { body: JSON.stringify(RULE) }),
  keyed("one of a request that is refused", "422 invalid", "refused", ["admin"], { body: "{}" }),
  keyed("the same, whose refusal is not kept", "422 invalid", "refused", ["admin"], { body: "{}" }),
  keyed("the same, for another request", "400 bad-json", "refused", ["admin"], { body: "{" }),
  keyed("of two principals", ["422 invalid", "422 invalid"], "of-two", ["admin", "acme"], { body: "{}" }),
  keyed("of one who may not", "403 forbidden", "of-viewer", ["viewer"], { body: "{}" }),
  row("keys: two of them", "400 bad-request", (facts) =>
    ask(facts, "POST /api/v1/rules", "admin", {
      body: JSON.stringify(RULE),
      headers: { "idempotency-key": "a", "Idempotency-Key": "b" },
    }),
  ),
];

export const HOSTILE_CONDITIONS: readonly HostileRequest[] = [...CONDITIONS, ...KEYS];
