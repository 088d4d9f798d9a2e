/**
 * How people write keys, roles, rows, floors and ends of validity on the command line.
 * @module
 */
import { CONTENT_KINDS, KIT_KINDS, type KitKind } from "../core/kit.ts";
import { KitError } from "../core/kit-code.ts";
import { kitInstant, kitInstantMs } from "../core/kit-time.ts";
import type { Delegation, Floor } from "../core/trust.ts";
import type { NewKey, RoleEdit } from "../core/trust-edit.ts";
import { systemClock } from "../system/clock.ts";
import { CliError } from "./error.ts";
import { publicKeyOf } from "./key-file.ts";

const DAY_MS = 86_400_000;
/** Without `kinds=`: whatever is configuration, and the heads of ledgers that may go with it. */
const DEFAULT_KINDS: readonly KitKind[] = [...CONTENT_KINDS, "witness"];

export const KEY_FORM = "<owner=file>";
export const ROLE_FORM = "<role=who,who[:n[:keys]]>";
export const ROW_FORM = "<stream=role[:kinds=k,k][:tenants=t,t]>";
export const END_FORM = "<when>";

/** An owner, the first 8 characters of a key's id, or the whole id. */
const WHO = /^(?:[^:]+|(?:SHA256|SPKI256):[A-Za-z0-9+/]{43})$/;

/** Collects an option that may be given several times. */
export function several(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function wrong(option: string, text: string, form: string): CliError {
  return new CliError("usage", `${option} ${text}: it is written ${form}`);
}

/** `alice=alice.pub.pem`: a public key and its owner. Throws CliError. */
export function keyFlag(option: string, text: string, notAfter: string | null): NewKey {
  const [, owner = "", file = ""] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (file === "") throw wrong(option, text, "OWNER=FILE, like alice=alice.pub.pem");
  return { spki: publicKeyOf(file).spki, owner: owner.trim(), notAfter };
}

/** `rules=carol,dave:2` and `rules=carol,dave:2:keys`: a role, who is in it, how many of them must sign. Throws CliError. */
export function roleFlag(option: string, text: string): readonly [name: string, role: RoleEdit] {
  const [, name = "", names = "", threshold, unit] =
    /^([^=]+)=(.+?)(?::(\d{1,9})(?::(owners|keys))?)?$/.exec(text) ?? [];
  const who = names.split(",").map((one) => one.trim());
  if (!who.every((one) => WHO.test(one)))
    throw wrong(option, text, "ROLE=WHO,WHO:N or ROLE=WHO,WHO:N:keys, like rules=carol,dave:2");
  return [
    name,
    { who, ...(threshold === undefined ? {} : { threshold: Number(threshold) }), distinctOwners: unit !== "keys" },
  ];
}

/** `hq/rules=rules:kinds=rules,templates:tenants=acme`: who signs a stream; without more all content kinds of all tenants. Throws CliError. */
export function rowFlag(option: string, text: string): Delegation {
  const form = "STREAM=ROLE, like 'hq/*=signers' or hq/rules=rules:kinds=rules,templates:tenants=acme";
  const [, stream = "", role = "", more = ""] = /^([^=]+)=([^:=]+)((?::[a-z]+=[^:=]+)*)$/.exec(text) ?? [];
  if (stream === "") throw wrong(option, text, form);
  const parts = more
    .split(":")
    .slice(1)
    .map((part) => part.split("="));
  const names = parts.map(([name = ""]) => name);
  if (new Set(names).size < names.length || names.some((name) => name !== "kinds" && name !== "tenants"))
    throw wrong(option, text, form);
  const listed = (name: string): string[] | undefined => parts.find(([one]) => one === name)?.[1]?.split(",");
  const kinds = listed("kinds")?.map((kind) => kindOf(option, kind)) ?? [...DEFAULT_KINDS];
  return { stream, role, kinds, tenants: listed("tenants") ?? ["*"] };
}

function kindOf(option: string, text: string): KitKind {
  const kind = KIT_KINDS.find((one) => one === text);
  if (kind === undefined)
    throw new CliError("usage", `${option}: there is no kind ${text}; kinds: ${KIT_KINDS.join(", ")}`);
  return kind;
}

/** `hq/rules=0.12`: a stream and its lowest place, epoch and sequence. Throws CliError. */
export function floorFlag(option: string, text: string): readonly [stream: string, floor: Floor] {
  const [, stream = "", epoch, sequence] = /^([^=]+)=(\d{1,9})\.(\d{1,9})$/.exec(text) ?? [];
  if (stream === "") throw wrong(option, text, "STREAM=EPOCH.SEQUENCE, like hq/rules=0.12");
  return [stream, { epoch: Number(epoch), sequence: Number(sequence) }];
}

/** The end of a validity: an instant, a date (its last second), `730d` from `made` on, or `never` (null). Throws CliError. */
export function endFlag(option: string, text: string, made: string): string | null {
  if (text === "never") return null;
  const instant = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59Z` : text;
  if (kitInstantMs(instant) !== undefined) return instant;
  const [, days] = /^([1-9]\d{0,4})d$/.exec(text) ?? [];
  if (days === undefined) throw wrong(option, text, "2028-12-31, 2028-12-31T12:00:00Z, 730d or never");
  return kitInstant((kitInstantMs(made) ?? 0) + Number(days) * DAY_MS);
}

/** An instant of an option; without one it is now. Throws CliError. */
export function instantFlag(option: string, text: string | undefined): string {
  if (text === undefined) return kitInstant(systemClock.now());
  if (kitInstantMs(text) === undefined) throw wrong(option, text, "YYYY-MM-DDTHH:MM:SSZ");
  return text;
}

/** Entries by name; one name given twice is wrong usage. Throws CliError. */
export function byName<T>(option: string, entries: readonly (readonly [name: string, value: T])[]): Record<string, T> {
  const twice = entries.find(([name], at) => entries.findIndex(([other]) => other === name) !== at);
  if (twice !== undefined) throw new CliError("usage", `${option} names ${twice[0]} twice`);
  return Object.fromEntries(entries);
}

/** A whole number from 0 on. Throws CliError. */
export function countFlag(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw wrong(option, text, "as a whole number");
  return Number(text);
}

/** What is asked for; where it could never work, the reason as wrong usage. */
export function orUsage<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof KitError ? new CliError("usage", error.detail, { cause: error }) : error;
  }
}
