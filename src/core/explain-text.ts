/**
 * Explanations as text for people: the cause first, then what led to it.
 * @module
 */
import type {
  ChannelExplanation,
  DeliveryExplanation,
  DraftExplanation,
  EventBrief,
  EventExplanation,
  Explanation,
} from "./explain.ts";
import type { RuleVerdict } from "./explain-rules.ts";
import { afterColon } from "./explain-words.ts";

/** Rules that did not match and are listed; the rest is counted. */
const MAX_RULES = 20;

/** The text of an explanation: lines without a line end at the last. */
export function explanationText(explanation: Explanation): string {
  return linesOf(explanation).map(oneLine).join("\n");
}

function linesOf(explanation: Explanation): string[] {
  switch (explanation.kind) {
    case "event":
      return eventLines(explanation);
    case "delivery":
      return deliveryLines(explanation);
    case "window":
      return [explanation.id, ...askedLine(explanation), ...causeLines(explanation)];
  }
}

/** Labels, matchers and answers may hold line ends: what they say must not pass for a line of ours. */
function oneLine(line: string): string {
  return line.replaceAll(/[\n\v\f\r\u0085\u2028\u2029]+/g, " ");
}

function askedLine({ askedAt }: Pick<Explanation, "askedAt">): string[] {
  return askedAt === undefined ? [] : [`Asked at ${askedAt}`];
}

function causeLines({ cause }: Pick<Explanation, "cause">): string[] {
  return ["", cause.sentence, ...(cause.next === undefined ? [] : [`Next: ${cause.next}`])];
}

function eventLines(explanation: EventExplanation): string[] {
  const { event, also, config, drafts, rules, rulesDecided } = explanation;
  return [
    briefLine(event),
    ...askedLine(explanation),
    ...causeLines(explanation),
    ...also.map((line) => `Also: ${line}`),
    "",
    config.sentence,
    ...(rulesDecided ? ruleLines(rules) : [`Rules: not asked, because ${whyUnasked(explanation)}.`]),
    ...drafts.flatMap(draftLines),
  ];
}

function whyUnasked({ isHandSent }: EventExplanation): string {
  return isHandSent === true ? "a person sent it and named who is told" : "a resolution goes where its firing was sent";
}

function deliveryLines(explanation: DeliveryExplanation): string[] {
  const { id, event, config, draft, tries, channel } = explanation;
  return [
    `${id} by channel ${draft.channel}`,
    ...(event === undefined ? [] : [`of ${briefLine(event)}`]),
    ...askedLine(explanation),
    ...causeLines(explanation),
    "",
    config.sentence,
    ...draftLines(draft),
    ...tries.map(
      ({ n, at, status, answer }) =>
        `  try ${n} at ${at}: ${status}${answer === undefined ? "" : `, answered ${answer}`}`,
    ),
    `  channel ${channelWords(channel)}`,
  ];
}

function briefLine({ id, type, severity, source, subject, alertState, receivedAt }: EventBrief): string {
  const about = [
    type,
    severity,
    ...(alertState === undefined ? [] : [alertState]),
    ...(subject === undefined ? [] : [`about ${subject}`]),
  ];
  return `${id}: ${about.join(", ")}, from ${source}, received ${receivedAt}`;
}

function ruleLines(rules: readonly RuleVerdict[]): string[] {
  if (rules.length === 0) return [];
  let shown = 0;
  const isShown = ({ verdict, wouldMatch }: RuleVerdict): boolean =>
    verdict !== "not-matched" || wouldMatch === true || ++shown <= MAX_RULES;
  const lines = rules.filter(isShown).map(ruleLine);
  const more = shown - MAX_RULES;
  return ["Rules, in order:", ...lines, ...(more > 0 ? [`  and ${more} more that did not match`] : [])];
}

function ruleLine({ id, verdict, sentence, failed }: RuleVerdict): string {
  if (verdict === "matched") return `  ${id}: ${sentence === "It matched." ? "matched" : "matched, and stops"}`;
  if (verdict === "not-asked") return `  ${id}: not asked. ${sentence}`;
  return `  ${id}: did not match, at ${failed?.pointer ?? ""}. ${sentence}`;
}

function draftLines({ rule, action, channel, stages, window, deliveries, isResolution }: DraftExplanation): string[] {
  const told = stages.filter(({ isSilent }) => isSilent !== true);
  const what = isResolution === true ? ", of the end" : "";
  return [
    `Rule ${rule.id}, action ${action}, channel ${channel}${what}:`,
    ...told.map(({ stage, outcome, sentence }) => `  ${stage}: ${outcome}. ${sentence}`),
    ...(told.length === 0 && stages.length > 0 ? ["  every stage let it pass"] : []),
    ...(window === undefined ? [] : [`  ${afterColon(window.sentence)}`]),
    ...deliveries.map(
      ({ id, recipient, status }) => `  ${id}${recipient === undefined ? "" : ` to ${recipient}`}: ${status}`,
    ),
  ];
}

function channelWords({ id, state, since, reason }: ChannelExplanation): string {
  const why = reason === undefined ? "" : ` (${reason.code}: ${reason.text.replace(/\.$/, "")})`;
  return `${id}: ${state}${since === undefined ? "" : ` since ${since}`}${why}`;
}
