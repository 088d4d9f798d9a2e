import type { CompiledAction } from "../action.ts";
import type { CompiledChannel } from "../config.ts";
import type { Reason } from "../delivery.ts";
import { PASS, type Stage } from "../stage.ts";

/** Before all gates: a draft whose channel is missing, switched off or without an addressee is dropped. */
export const channelStage: Stage = {
  name: "channel",
  check: ({ action, channel }) => {
    const reason = channelFault(action, channel);
    return reason === undefined ? PASS : { verdict: "drop", status: "dropped", reason };
  },
};

/** Addressees that the action names, else its channel. */
export function namedAddressees({ action }: CompiledAction, channel: CompiledChannel | undefined): readonly string[] {
  const own = action.to ?? [];
  return own.length > 0 ? own : (channel?.to ?? []);
}

/** Why nothing can be sent by a channel, if so. */
export function channelFault(action: CompiledAction, channel: CompiledChannel | undefined): Reason | undefined {
  if (channel === undefined) return { code: "channel-missing", by: action.action.channel };
  if (!channel.channel.isEnabled) return { code: "channel-disabled", by: channel.id };
  if (namedAddressees(action, channel).length > 0 || channel.unbound.includes("to")) return undefined;
  return { code: "no-recipient", by: channel.id };
}
