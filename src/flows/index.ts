import { accessDenied } from "./access-denied.ts";
import { answerClaim, answerKeep } from "./answer-keep.ts";
import { attempt } from "./attempt.ts";
import { clockJump } from "./clock-jump.ts";
import { configSwitch } from "./config-switch.ts";
import { digestFlush } from "./digest-flush.ts";
import { expire } from "./expire.ts";
import { flapFlush } from "./flap-flush.ts";
import { memberSettle } from "./member-settle.ts";
import { quietRelease } from "./quiet-release.ts";
import { windowCommand } from "./window-command.ts";
import { windowFollow } from "./window-follow.ts";
import { ingest } from "./ingest.ts";
import { kitImport, kitRefuse } from "./kit-import.ts";
import { kitIssue } from "./kit-issue.ts";
import { muteChange } from "./mute-change.ts";
import { noteKeep } from "./note-keep.ts";
import { notifySend } from "./notify-send.ts";
import { siteInit, siteStart, siteStop } from "./site-run.ts";
import { tenantChange } from "./tenant-change.ts";
import { tenantOpen } from "./tenant-open.ts";
import { tokenChange } from "./token-change.ts";
import { tokenEdit } from "./token-edit.ts";
import { tokenUse } from "./token-use.ts";
import { trustChange } from "./trust-change.ts";

/** Every flow by its name; a new one is one file and one line. */
export const FLOWS = {
  "access-denied": accessDenied,
  "answer-claim": answerClaim,
  "answer-keep": answerKeep,
  attempt,
  "clock-jump": clockJump,
  "config-switch": configSwitch,
  "digest-flush": digestFlush,
  expire,
  "flap-flush": flapFlush,
  "member-settle": memberSettle,
  "quiet-release": quietRelease,
  "window-command": windowCommand,
  "window-follow": windowFollow,
  ingest,
  "kit-import": kitImport,
  "kit-issue": kitIssue,
  "kit-refuse": kitRefuse,
  "mute-change": muteChange,
  "note-keep": noteKeep,
  "notify-send": notifySend,
  "site-init": siteInit,
  "site-start": siteStart,
  "site-stop": siteStop,
  "tenant-change": tenantChange,
  "tenant-open": tenantOpen,
  "token-change": tokenChange,
  "token-edit": tokenEdit,
  "token-use": tokenUse,
  "trust-change": trustChange,
} as const;

/** The table by which the store knows the questions and their answers. */
export type Flows = typeof FLOWS;
