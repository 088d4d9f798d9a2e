/**
 * Queries of what is not there: pages without end, words that nobody knows, cursors that were forged or are another list's.
 * @module
 */
import { asked, type HostileRequest } from "./hostile-request.ts";
import type { Facts, TokenName } from "./hostile-served.ts";

function query(target: string | ((facts: Facts) => string), name: string, who: TokenName = "admin"): HostileRequest {
  return asked(name, "400 bad-query", [(facts) => `GET ${typeof target === "string" ? target : target(facts)}`, who]);
}

export const HOSTILE_QUERIES: readonly HostileRequest[] = [
  query("/api/v1/rules?_method=DELETE", "a method in the query"),
  query("/api/v1/events?limit=1000000000", "a page of a billion"),
  query("/api/v1/events?limit=0", "a page of none"),
  query("/api/v1/events?limit=-1", "a page of less than none"),
  query("/api/v1/events?limit=1e3", "a limit with an exponent"),
  query("/api/v1/events?limit=0x10", "a hexadecimal limit"),
  query("/api/v1/events?limit=10&limit=20", "a limit twice"),
  query("/api/v1/events?limit[]=10", "a limit as a list"),
  query("/api/v1/events?limit=", "an empty limit"),
  query("/api/v1/events?__proto__=x", "a prototype in the query"),
  query("/api/v1/events?constructor=x", "a constructor in the query"),
  query("/api/v1/events?type=a%00b", "a NUL in the query"),
  query("/api/v1/events?type=%0d%0aset-cookie:x", "a line end in the query"),
  query(`/api/v1/events?type=${"a".repeat(2000)}`, "a long value in the query"),
  query("/api/v1/events?severity=__proto__", "a severity of events that is none"),
  query("/api/v1/events?cursor=forged", "a forged cursor of events"),
  query("/api/v1/events?cursor=%7B%7D", "a cursor of braces"),
  query("/api/v1/deliveries?cursor=99999999999999999999", "a forged cursor of deliveries"),
  query("/api/v1/deliveries?status=sendinG", "a status that is none"),
  query("/api/v1/rules?cursor=templates/desk", "a cursor of templates for rules"),
  query("/api/v1/rules?cursor=rules/../desk", "a forged cursor of rules"),
  query((facts) => `/api/v1/rules?cursor=${facts.cursor}`, "a cursor of events for rules"),
  query((facts) => `/api/v1/events?cursor=${facts.rulesCursor}`, "a cursor of rules for events"),
  query((facts) => `/api/v1/deliveries?cursor=${facts.cursor}`, "a cursor of events for deliveries"),
  query("/api/v1/digests?cursor=forged", "a forged cursor of digests"),
  query("/api/v1/silences?cursor=%ff", "a forged cursor of silences"),
  query("/api/v1/silences?state=ALL", "a state that is none"),
  query("/api/v1/silences?matcher=a%3D~(", "a pattern that does not close, in the query"),
  query("/api/v1/maildrop?cursor=../../master.key", "a cursor of mails that leads up the folders"),
  query("/api/v1/tokens?cursor=forged..", "a forged cursor of tokens"),
  asked("a forged cursor of tenants", "400 bad-query", [
    "GET /api/v1/tenants?cursor=%ff/..",
    "site",
    { tenant: "_site" },
  ]),
  query("/api/v1/rules/desk/history?cursor=-1", "a forged cursor of a history"),
  query(
    (facts) => `/api/v1/deliveries/${facts.delivery}/receipt?format=dsse`,
    "a receipt in a format that is not built",
  ),
  query((facts) => `/api/v1/deliveries/${facts.delivery}/receipt?leaf=1e9`, "a receipt of a leaf that is no number"),
  query((facts) => `/api/v1/ledger/${facts.origin}/openings?from=-1`, "openings before the first leaf"),
  query(
    (facts) => `/api/v1/ledger/${facts.origin}/openings?count=99999999`,
    "openings of all leaves there may ever be",
  ),
  query((facts) => `/api/v1/events/${facts.event}?pretty=true`, "a parameter that a route has not"),
  query((facts) => `/api/v1/deliveries/${facts.delivery}?pretty=true`, "a parameter that a delivery has not"),
  asked("a why of 2,000 characters", "400 bad-query", [
    `DELETE /api/v1/rules/desk?why=${"y".repeat(2000)}`,
    "admin",
    { headers: { "if-match": "*" } },
  ]),
];
