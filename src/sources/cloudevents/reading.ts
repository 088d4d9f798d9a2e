import type { Json } from "../../core/json.ts";
import type { Fault, NamedTenant } from "../../core/source.ts";

/** Faults that one answer names; reading stops there. */
const MAX_FAULTS = 20;
/** A longer name of a member is not repeated in a pointer. */
const MAX_NAME = 256;

/** What is found while the events of one request are read. */
export interface Reading {
  readonly faults: Fault[];
  readonly tenants: NamedTenant[];
}

/** An empty reading. */
export function createReading(): Reading {
  return { faults: [], tenants: [] };
}

/** Whether enough faults were found to stop. */
export function isFull({ faults }: Reading): boolean {
  return faults.length >= MAX_FAULTS;
}

/** Notes a fault of the member `name` of what stands at pointer `at`. */
export function refuse(reading: Reading, at: string, name: string, detail: string): undefined {
  if (!isFull(reading)) reading.faults.push({ pointer: pointerTo(at, name), detail });
  return undefined;
}

/** RFC 6901 pointer of a member; the parent's where the name is too long to repeat. */
export function pointerTo(at: string, name: string): string {
  return name.length > MAX_NAME ? at : `${at}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Where a text stands and how long it may be, in UTF-16 units. */
export interface TextPlace {
  readonly at: string;
  readonly name: string;
  readonly max: number;
}

/** A text of 1 to `max` characters without forbidden ones; undefined where it is unset (`null`) or refused. */
export function readText(value: Json | undefined, place: TextPlace, reading: Reading): string | undefined {
  if (value === undefined || value === null) return undefined;
  const fault = textFault(value, place.max);
  if (fault === undefined && typeof value === "string" && value !== "") return value;
  return refuse(reading, place.at, place.name, fault ?? "must not be empty");
}

const PLAIN_ASCII = /^[ -~]*$/;
/** What a CloudEvents String must not hold: control characters, lone surrogates, noncharacters. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** Why a value is not a text of at most `max` characters without forbidden ones, or undefined. An empty text is one. */
export function textFault(value: Json, max: number): string | undefined {
  if (typeof value !== "string") return "must be a string";
  if (value.length > max) return `is longer than ${max} characters`;
  if (PLAIN_ASCII.test(value) || !FORBIDDEN.test(value)) return undefined;
  return "holds a control character, half a surrogate pair or a noncharacter";
}
