/**
 * What a person sends by hand: an event like others, decided by the actions that the person named and by nothing else.
 * Gates that cut noise are not asked, because a person who sends means it; what other people stated (a silence, a
 * maintenance window, a suppression) counts, and the answer says so.
 * @module
 */
import { z } from "zod";
import { type CompiledAction, compileAction } from "./action.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Compiled } from "./config.ts";
import { SEND_RULE, SEND_SOURCE, SEND_TYPE } from "./hand-sent.ts";
import { sha256Hex } from "./hash.ts";
import { instantMs } from "./instant.ts";
import type { Action, Rule } from "./rule.ts";
import type { Stage } from "./stage.ts";
import { channelStage } from "./stages/channel.ts";
import { STAGES } from "./stages/index.ts";
import { maintenanceStage } from "./stages/maintenance.ts";
import { silenceStage } from "./stages/silence.ts";

/** By which actions: those of a rule, whatever it matches, or one for each channel with the default template. */
export type SendBy =
  | { readonly rule: string }
  | { readonly channels: readonly string[] /** Absent: each channel's own. */; readonly to?: readonly string[] };

/** The stages that judge it, in their order. */
export const SEND_STAGES: readonly Stage[] = [channelStage, silenceStage, maintenanceStage];

/** Names of the stages that do not judge it. */
export const SPARED_STAGES: readonly string[] = STAGES.filter((stage) => !SEND_STAGES.includes(stage)).map(
  ({ name }) => name,
);

/** The actions, in their order, or why there are none; `now` in epoch ms. */
export type SendActions =
  | { readonly ok: true; readonly actions: readonly CompiledAction[] }
  | { readonly ok: false; readonly code: "missing" | "conflict"; readonly detail: string };

/** Finds the actions that a person named in a configuration. */
export function sendActions(by: SendBy, index: Compiled, now: number): SendActions {
  return "rule" in by ? ofRule(by.rule, index, now) : ofChannels(by, index);
}

function ofRule(id: string, index: Compiled, now: number): SendActions {
  const actions = [...index.actions.values()].filter(({ rule }) => rule === id);
  const source = actions[0]?.source;
  if (source === undefined) return { ok: false, code: "missing", detail: `there is no rule "${id}"` };
  const conflict = (why: string): SendActions => ({
    ok: false,
    code: "conflict",
    detail: `rule "${id}" ${why}; nothing was sent`,
  });
  if (!source.isEnabled) return conflict("is switched off");
  if (now < (instantMs(source.validFrom ?? "") ?? now)) return conflict("is not valid yet");
  if (now >= (instantMs(source.validUntil ?? "") ?? Number.POSITIVE_INFINITY)) return conflict("is not valid any more");
  const place = ({ id: action }: CompiledAction): number => source.actions.findIndex((one) => one.id === action);
  return { ok: true, actions: actions.toSorted((a, b) => place(a) - place(b)) };
}

function ofChannels({ channels, to }: Exclude<SendBy, { readonly rule: string }>, index: Compiled): SendActions {
  const unknown = channels.find((id) => !index.channels.has(id));
  if (unknown !== undefined) return { ok: false, code: "missing", detail: `there is no channel "${unknown}"` };
  const rule = ruleFor(channels);
  const ref = `${SEND_RULE}@${sha256Hex(canonicalJson(z.json().parse(rule))).slice(0, 12)}`;
  const named = to === undefined ? {} : { to: [...to] };
  const actions = rule.actions.map((action) => compileAction({ rule, ref }, { ...action, ...named }, index));
  return { ok: true, actions };
}

/** The rule that stands for named channels, the same for the same channels: it is kept, so it names no addressee. */
function ruleFor(channels: readonly string[]): Rule {
  const actions = channels.map((id): Action => ({ id, channel: id }));
  const match = { types: [SEND_TYPE], sources: [SEND_SOURCE] };
  return { schema: "rule/v1", id: SEND_RULE, priority: 0, isEnabled: true, match, actions };
}
