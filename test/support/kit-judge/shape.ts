/**
 * Shapes of JSON, as small tests that are put together. Nothing here comes from the product.
 * @module
 */
import { type Fields, isFields, isList, type Value } from "./json.ts";

export type Shape = (value: Value | undefined) => boolean;

export const text =
  (form = /^[^]*$/): Shape =>
  (value) =>
    typeof value === "string" && form.test(value);
export const whole =
  (least: number): Shape =>
  (value) =>
    typeof value === "number" && Number.isSafeInteger(value) && value >= least;
export const list =
  (item: Shape, least = 0, most = Number.POSITIVE_INFINITY): Shape =>
  (value) =>
    isList(value) && value.length >= least && value.length <= most && value.every(item);
export const record =
  (key: Shape, item: Shape): Shape =>
  (value) =>
    isFields(value) && [...value].every(([name, member]) => key(name) && item(member));
export const either =
  (...shapes: readonly Shape[]): Shape =>
  (value) =>
    shapes.some((shape) => shape(value));
export const is =
  (...values: readonly (string | boolean | null)[]): Shape =>
  (value) =>
    values.some((one) => one === value);
export const absent: Shape = (value) => value === undefined;
/** Exactly these fields; one that may be `absent` can be left out. */
export const fields =
  (of: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    isFields(value) &&
    Object.entries(of).every(([name, shape]) => shape(value.get(name))) &&
    [...value.keys()].every((name) => Object.hasOwn(of, name));

export const ID = "[a-z0-9][a-z0-9-]{0,62}";
export const id = text(new RegExp(`^${ID}$`));
export const stream = text(new RegExp(`^${ID}(/${ID}){1,3}$`));
export const hash = text(/^[0-9a-f]{64}$/);
export const instant: Shape = (value) => typeof value === "string" && !Number.isNaN(instantOf(value));

/** Epoch ms of `YYYY-MM-DDTHH:MM:SSZ`, else NaN. */
export function instantOf(value: string): number {
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? Date.parse(value) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString() === value.replace("Z", ".000Z") ? ms : Number.NaN;
}

const NONE: Fields = new Map();

export function fieldsIn(value: Value | undefined): Fields {
  return isFields(value) ? value : NONE;
}
export function listIn(value: Value | undefined): readonly Value[] {
  return isList(value) ? value : [];
}
export function textIn(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}
export function textsIn(value: Value | undefined): readonly string[] {
  return listIn(value).map(textIn);
}
export function numberIn(value: Value | undefined): number {
  return typeof value === "number" ? value : Number.NaN;
}
