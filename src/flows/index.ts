import { attempt } from "./attempt.ts";
import { clockJump } from "./clock-jump.ts";
import { configSwitch } from "./config-switch.ts";
import { ingest } from "./ingest.ts";
import { kitImport, kitRefuse } from "./kit-import.ts";
import { noteKeep } from "./note-keep.ts";
import { siteInit, siteStart, siteStop } from "./site-run.ts";
import { tenantOpen } from "./tenant-open.ts";
import { tokenChange } from "./token-change.ts";
import { trustChange } from "./trust-change.ts";

/** Every flow by its name; a new one is one file and one line. */
export const FLOWS = {
  attempt,
  "clock-jump": clockJump,
  "config-switch": configSwitch,
  ingest,
  "kit-import": kitImport,
  "kit-refuse": kitRefuse,
  "note-keep": noteKeep,
  "site-init": siteInit,
  "site-start": siteStart,
  "site-stop": siteStop,
  "tenant-open": tenantOpen,
  "token-change": tokenChange,
  "trust-change": trustChange,
} as const;

/** The table by which the store knows the questions and their answers. */
export type Flows = typeof FLOWS;
