import type { Stage } from "../stage.ts";
import { channelStage } from "./channel.ts";
import { debounceStage } from "./debounce.ts";
import { dedupeStage } from "./dedupe.ts";
import { digestStage } from "./digest.ts";
import { maintenanceStage } from "./maintenance.ts";
import { quietStage } from "./quiet.ts";
import { silenceStage } from "./silence.ts";
import { throttleStage } from "./throttle.ts";

/** The stages that each draft goes through, in this order. A new one is one file and one line. */
export const STAGES: readonly Stage[] = [
  channelStage,
  dedupeStage,
  silenceStage,
  maintenanceStage,
  quietStage,
  debounceStage,
  digestStage,
  throttleStage,
];
