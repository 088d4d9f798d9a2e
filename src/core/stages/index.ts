import type { Stage } from "../stage.ts";
import { channelStage } from "./channel.ts";

/** The stages that each draft goes through, in this order. A new one is one file and one line. */
export const STAGES: readonly Stage[] = [channelStage];
