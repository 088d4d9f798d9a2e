/**
 * JSON Schema to arbitraries, for the subset that the API's document uses: what a schema allows, and what it nearly allows.
 * @module
 */
import fc from "fast-check";
import { z } from "zod";

const Plain = z.looseObject({
  $ref: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  additionalProperties: z.unknown().optional(),
  propertyNames: z.unknown().optional(),
  items: z.unknown().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  pattern: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
});
type Plain = z.infer<typeof Plain>;

/** Texts that mean something here, so that not all that is drawn is noise. */
export interface Lexicon {
  /** The schema that a reference leads to. */
  readonly resolve: (ref: string) => unknown;
  readonly words: readonly string[];
}

const MAX_DEPTH = 6;
const MAX_ITEMS = 3;
const NASTY = [
  "",
  " ",
  "__proto__",
  "constructor",
  "\u0000",
  "\ud83d\ude00",
  "\u202e",
  "..",
  "a/b",
  "%2e%2e",
  "'; --",
  "2026-11-20T12:00:00Z",
  "9999-12-31T23:59:59.999Z",
  "x".repeat(300),
] as const;

/** Any JSON, small; no lone surrogates, which are another matter. */
const anyJson: fc.Arbitrary<unknown> = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => (value === undefined ? null : value));

/** Values that a schema allows, as far as it can say. */
export function valuesOf(schema: unknown, lexicon: Lexicon, depth = 0): fc.Arbitrary<unknown> {
  const parsed = Plain.safeParse(schema);
  if (!parsed.success) return anyJson;
  const plain = parsed.data;
  if (plain.$ref !== undefined)
    return depth > MAX_DEPTH ? fc.constant(null) : valuesOf(lexicon.resolve(plain.$ref), lexicon, depth + 1);
  if (plain.const !== undefined) return fc.constant(plain.const);
  if (plain.enum !== undefined && plain.enum.length > 0) return fc.constantFrom(...plain.enum);
  const choices = plain.anyOf ?? plain.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((one) => valuesOf(one, lexicon, depth + 1)));
  if (plain.allOf?.[0] !== undefined) return valuesOf(plain.allOf[0], lexicon, depth + 1);
  const types = typeof plain.type === "string" ? [plain.type] : (plain.type ?? []);
  if (types.length === 0) return anyJson;
  return fc.oneof(...types.map((type) => ofType(type, plain, { lexicon, depth })));
}

interface Place {
  readonly lexicon: Lexicon;
  readonly depth: number;
}

function ofType(type: string, plain: Plain, { lexicon, depth }: Place): fc.Arbitrary<unknown> {
  switch (type) {
    case "string":
      return textOf(plain, lexicon);
    case "integer":
      return fc.oneof(
        fc.integer({ min: lowest(plain), max: Math.min(plain.maximum ?? 1000, lowest(plain) + 1000) }),
        fc.constant(Math.min(plain.maximum ?? 2 ** 40, Number.MAX_SAFE_INTEGER)),
      );
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: lowest(plain), max: plain.maximum ?? 1e6 });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(valuesOf(plain.items ?? {}, lexicon, depth + 1), {
        minLength: plain.minItems ?? 0,
        maxLength: Math.min(plain.maxItems ?? MAX_ITEMS, Math.max(MAX_ITEMS, plain.minItems ?? 0)),
      });
    default:
      return objectOf(plain, { lexicon, depth });
  }
}

function lowest({ minimum, exclusiveMinimum }: Plain): number {
  return Math.max(minimum ?? -1000, exclusiveMinimum === undefined ? -1000 : exclusiveMinimum + 1);
}

function textOf({ pattern, minLength = 0, maxLength = 60 }: Plain, { words }: Lexicon): fc.Arbitrary<string> {
  const most = Math.max(minLength, Math.min(maxLength, 60));
  const known = words.filter((word) => pattern === undefined || new RegExp(pattern).test(word));
  const drawn =
    pattern === undefined
      ? fc.string({ minLength, maxLength: most, unit: "grapheme" })
      : fc.stringMatching(new RegExp(pattern), { maxLength: 100 });
  return known.length === 0 ? drawn : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, drawn);
}

function objectOf(plain: Plain, { lexicon, depth }: Place): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = plain;
  const known = fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valuesOf(one, lexicon, depth + 1)])),
    { requiredKeys: depth > MAX_DEPTH ? required : required.filter((name) => Object.hasOwn(properties, name)) },
  );
  if (additionalProperties === undefined || additionalProperties === false) return known;
  const name = propertyNames === undefined ? textOf({}, lexicon) : valuesOf(propertyNames, lexicon, depth + 1);
  const more = fc.array(fc.tuple(name.map(String), valuesOf(additionalProperties, lexicon, depth + 1)), {
    maxLength: MAX_ITEMS,
  });
  return fc.tuple(known, more).map(([left, right]) => ({ ...Object.fromEntries(right), ...left }));
}

/** Values that a schema nearly allows: one place of a good one is spoilt. */
export function nearValuesOf(schema: unknown, lexicon: Lexicon): fc.Arbitrary<unknown> {
  return fc
    .tuple(valuesOf(schema, lexicon), fc.nat(), fc.oneof(fc.constantFrom<unknown>(...NASTY), anyJson), fc.nat(3))
    .map(([value, at, spoil, how]) => spoilt(value, { at, spoil, how }));
}

interface Spoiling {
  /** Which place, of all there are. */
  readonly at: number;
  readonly spoil: unknown;
  /** Replaced, removed, added beside, or renamed. */
  readonly how: number;
}

function spoilt(value: unknown, spoiling: Spoiling): unknown {
  const { at, spoil, how } = spoiling;
  if (Array.isArray(value) && value.length > 0) {
    const items: readonly unknown[] = value;
    const place = at % items.length;
    return items.map((item, index) => (index === place ? spoilt(item, { ...spoiling, at: Math.floor(at / 3) }) : item));
  }
  const entries = z.record(z.string(), z.unknown()).safeParse(value);
  if (!entries.success || Object.keys(entries.data).length === 0) return spoil;
  const names = Object.keys(entries.data);
  const name = names[at % names.length] ?? "";
  const { [name]: one, ...rest } = entries.data;
  if (how === 0) return rest;
  if (how === 1) return { ...entries.data, [typeof spoil === "string" ? spoil : "unknown"]: spoil };
  return { ...rest, [name]: at % 2 === 0 ? spoil : spoilt(one, { ...spoiling, at: Math.floor(at / 3) }) };
}
