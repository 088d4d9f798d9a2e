// What came against what was expected: every difference is one line.
import { instantMs, instantText } from "../../src/core/instant.ts";
import type { Json } from "../../src/core/json.ts";
import type { DraftSeen, Outcome, Refused, StepSeen, WindowSeen } from "./outcome.ts";
import type { Expect, ExpectedDraft, ExpectedRefusal, ExpectedStep, ExpectedWindow } from "./read.ts";

/** Every difference, in words; none where all that is fixed came. */
export function differences(expect: Expect, outcome: Outcome): string[] {
  return [
    ...eventDifferences(expect, outcome),
    ...windowDifferences(expect.windows, outcome.windows),
    ...refusalDifferences(expect.refused, outcome.refused),
    ...duplicateDifference(expect.duplicates, outcome.duplicates),
  ];
}

/** An event that was repeated twice may be named once or twice. */
function duplicateDifference(expected: readonly string[], came: readonly string[]): string[] {
  const isEachOnce = new Set(expected).size === expected.length;
  return listDifference("duplicates", expected.toSorted(), (isEachOnce ? [...new Set(came)] : came).toSorted());
}

function eventDifferences({ events: expected }: Expect, { events: came }: Outcome): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(came)])];
  return names.flatMap((name) => {
    const [wanted, seen] = [expected[name], came[name]];
    const label = `event ${name}`;
    if (seen === undefined)
      return [`${label}: expected ${(wanted ?? []).map(draftText).join(" + ") || "no draft"}, it was never decided`];
    if (wanted === undefined)
      return [`${label}: not expected, came with ${seen.map(draftText).join(" + ") || "no draft"}`];
    if (
      wanted.length !== seen.length ||
      wanted.some(({ action }, at) => action !== undefined && action !== seen[at]?.action)
    )
      return [`${label}: expected drafts ${listText(wanted.map(draftText))}, came ${listText(seen.map(draftText))}`];
    return wanted.flatMap((draft, at) => draftDifferences(`${label}, draft ${at + 1}`, draft, seen[at]));
  });
}

function draftDifferences(label: string, wanted: ExpectedDraft, seen: DraftSeen | undefined): string[] {
  if (seen === undefined) return [`${label}: missing`];
  const named = `${label} (${seen.action})`;
  return [
    ...fieldDifference(`${named}, rule`, wanted.rule, seen.rule.replace(/@[0-9a-f]+$/, "")),
    ...fieldDifference(`${named}, status`, wanted.status, seen.status),
    ...fieldDifference(`${named}, by`, wanted.by, seen.by),
    ...(wanted.to === undefined ? [] : listDifference(`${named}, to`, wanted.to, seen.to)),
    ...fieldDifference(`${named}, status at the end`, wanted.end ?? wanted.status, seen.end),
  ];
}

function windowDifferences(expected: readonly ExpectedWindow[], came: readonly WindowSeen[]): string[] {
  const missing = expected
    .filter(({ id }) => !came.some((one) => one.id === id))
    .map((one) => `window ${one.id}: expected, never opened`);
  const others = came
    .filter(({ id }) => !expected.some((one) => one.id === id))
    .map((one) => `window ${one.id}: not expected, with members ${listText(one.members)} and ${historyText(one)}`);
  const both = expected.flatMap((wanted) => {
    const seen = came.find(({ id }) => id === wanted.id);
    return seen === undefined ? [] : oneWindow(wanted, seen);
  });
  return [...missing, ...others, ...both];
}

function oneWindow(wanted: ExpectedWindow, seen: WindowSeen): string[] {
  const label = `window ${wanted.id}`;
  const { members, deliveries, history } = wanted;
  const found = [
    ...instantDifference(`${label}, openedAt`, wanted.openedAt, seen.openedAt),
    ...(members === undefined ? [] : listDifference(`${label}, members`, members, seen.members)),
    ...(deliveries === undefined ? [] : listDifference(`${label}, deliveries`, deliveries, seen.deliveries)),
    ...fieldDifference(`${label}, open`, wanted.open, seen.open),
  ];
  if (history.length !== seen.history.length)
    return [...found, `${label}: expected ${historyText({ history })}, came ${historyText(seen)}`];
  return [
    ...found,
    ...history.flatMap((step, at) => stepDifferences(`${label}, history ${at + 1}`, step, seen.history[at])),
  ];
}

function stepDifferences(label: string, wanted: ExpectedStep, seen: StepSeen | undefined): string[] {
  if (seen === undefined) return [`${label}: missing`];
  return [
    ...instantDifference(`${label} (${seen.did}), at`, wanted.at, seen.at),
    ...fieldDifference(`${label}, did`, wanted.did, seen.did),
    ...fieldDifference(`${label} (${seen.did}), status`, wanted.status, seen.status),
    ...fieldDifference(`${label} (${seen.did}), with`, wanted.with, seen.with),
    ...fieldDifference(`${label} (${seen.did}), by`, wanted.by, seen.by),
  ];
}

/** Each refused command must be meant by one expectation, and each expectation mean one. */
function refusalDifferences(expected: readonly ExpectedRefusal[] | number, came: readonly Refused[]): string[] {
  if (typeof expected === "number")
    return expected === came.length
      ? []
      : [`refused: expected ${expected} commands, came ${listText(came.map(refusedText))}`];
  const left = [...came];
  const missing = expected.filter((one) => {
    const at = left.findIndex((refused) => isMeant(one, refused));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [
    ...missing.map((one) => `refused: expected ${JSON.stringify(one)}, it was not`),
    ...left.map((one) => `refused: not expected, came ${refusedText(one)}`),
  ];
}

function isMeant(expected: ExpectedRefusal, { index, input }: Refused): boolean {
  if (typeof expected === "number") return expected === index;
  if (typeof expected === "string") return expected === input.command || instantMs(expected) === input.at;
  const { at, command, input: place, index: other = place, ...fields } = expected;
  if (at !== undefined && !isInstant(at, input.at)) return false;
  if (command !== undefined && command !== input.command) return false;
  if (other !== undefined && other !== index) return false;
  return Object.entries(fields).every(([name, value]) => {
    const own = input.fields[name];
    return own === undefined || JSON.stringify(own) === JSON.stringify(value); // what the input does not name is ours to word
  });
}

function isInstant(value: Json, ms: number): boolean {
  return value === ms || (typeof value === "string" && instantMs(value) === ms);
}

function fieldDifference(
  label: string,
  wanted: string | boolean | undefined,
  seen: string | boolean | undefined,
): string[] {
  if (wanted === undefined || wanted === seen) return [];
  return [`${label}: expected ${wanted}, came ${seen ?? "none"}`];
}

function instantDifference(label: string, wanted: number | undefined, seen: number): string[] {
  if (wanted === undefined || wanted === seen) return [];
  return [`${label}: expected ${instantText(wanted)}, came ${instantText(seen)}`];
}

function listDifference(label: string, wanted: readonly string[], seen: readonly string[]): string[] {
  if (wanted.length === seen.length && wanted.every((one, at) => one === seen[at])) return [];
  return [`${label}: expected ${listText(wanted)}, came ${listText(seen)}`];
}

function listText(list: readonly string[]): string {
  return `[${list.join(", ")}]`;
}

function draftText({ action, status, by, end }: ExpectedDraft | DraftSeen): string {
  const whose = by === undefined ? "" : ` by ${by}`;
  return `${action ?? "any"} ${status ?? "any"}${whose}${end === undefined || end === status ? "" : ` then ${end}`}`;
}

function historyText({ history }: { readonly history: readonly (ExpectedStep | StepSeen)[] }): string {
  if (history.length === 0) return "no history";
  return history
    .map(({ at, did, status }) => [did, status, at === undefined ? undefined : instantText(at)].join(" "))
    .join(", ");
}

function refusedText({ index, input }: Refused): string {
  return `input ${index} (${input.command} at ${instantText(input.at)})`;
}
