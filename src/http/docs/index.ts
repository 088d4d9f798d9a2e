import type { RouteName } from "../permissions.ts";
import { CONFIG_DOCS } from "./config.ts";
import { DELIVERIES_DOCS } from "./deliveries.ts";
import { DIGESTS_DOCS } from "./digests.ts";
import type { RouteDoc } from "./doc.ts";
import { EVENTS_IN_DOCS, SCHEMAS_DOCS } from "./events-in.ts";
import { EVENTS_DOCS } from "./events.ts";
import { EXPLAIN_DOCS } from "./explain.ts";
import { HEALTH_DOCS } from "./health.ts";
import { KITS_DOCS } from "./kits.ts";
import { LEDGER_DOCS } from "./ledger.ts";
import { MAILDROP_DOCS } from "./maildrop.ts";
import { METRICS_DOCS } from "./metrics.ts";
import { MUTES_DOCS } from "./mutes.ts";
import { OBJECTS_DOCS } from "./objects.ts";
import { OPENAPI_DOCS } from "./openapi.ts";
import { PREVIEW_DOCS } from "./preview.ts";
import { SEND_DOCS } from "./send.ts";
import { STATS_DOCS } from "./stats.ts";
import { STATUS_PAGE_DOCS } from "./status-page.ts";
import { TRUST_DOCS } from "./trust.ts";
import { TENANTS_DOCS } from "./tenants.ts";
import { TOKENS_DOCS } from "./tokens.ts";

/** What is said of each route: one without a description is a type error here. */
export const DOCS: Readonly<Record<RouteName, RouteDoc>> = {
  ...HEALTH_DOCS,
  ...OPENAPI_DOCS,
  ...EVENTS_DOCS,
  ...EVENTS_IN_DOCS,
  ...SCHEMAS_DOCS,
  ...PREVIEW_DOCS,
  ...SEND_DOCS,
  ...DELIVERIES_DOCS,
  ...EXPLAIN_DOCS,
  ...DIGESTS_DOCS,
  ...STATS_DOCS,
  ...METRICS_DOCS,
  ...STATUS_PAGE_DOCS,
  ...MUTES_DOCS,
  ...CONFIG_DOCS,
  ...OBJECTS_DOCS,
  ...KITS_DOCS,
  ...TRUST_DOCS,
  ...LEDGER_DOCS,
  ...MAILDROP_DOCS,
  ...TENANTS_DOCS,
  ...TOKENS_DOCS,
};
