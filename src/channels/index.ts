import type { ChannelType } from "../ports.ts";
import { emailChannel } from "./email.ts";

/** Every kind of channel; a new one is one file and one line. */
export const CHANNEL_TYPES: readonly ChannelType[] = [emailChannel];
