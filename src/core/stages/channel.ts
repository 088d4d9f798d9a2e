import { PASS, type Stage } from "../stage.ts";

/** Before all gates: a draft whose channel is missing, switched off or without an addressee is dropped. */
export const channelStage: Stage = {
  name: "channel",
  check: ({ action, channel }) => {
    if (channel === undefined)
      return { verdict: "drop", status: "dropped", reason: { code: "channel-missing", by: action.channel } };
    if (!channel.channel.isEnabled)
      return { verdict: "drop", status: "dropped", reason: { code: "channel-disabled", by: channel.id } };
    if ((action.to ?? channel.to).length > 0 || channel.unbound.includes("to")) return PASS;
    return { verdict: "drop", status: "dropped", reason: { code: "no-recipient", by: channel.id } };
  },
};
