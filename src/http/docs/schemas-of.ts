/**
 * From zod to the schemas of the document: what has an id becomes a component, everything else stands where it is used.
 * @module
 */
import { z } from "zod";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";

type Io = "input" | "output";
/** Any JSON, as zod writes it down for itself. */
const ANY_JSON = /^__schema\d+$/;
const HERE = "#/components/schemas/";

/** Collects schemas, and names their components once all are known. */
export class SchemaBook {
  readonly #components: Readonly<Record<Io, Map<string, Json>>> = { input: new Map(), output: new Map() };

  /** The schema of what is sent (`input`) or answered (`output`); a placeholder for `finish` stands where components are named. */
  draw(schema: z.ZodType, io: Io): Json {
    const document = drawn(schema, io);
    for (const [name, component] of Object.entries(objectOf(document["$defs"])))
      if (!ANY_JSON.test(name)) this.#components[io].set(name, tidy(component, io));
    return tidy(objectOf(document["properties"])["it"] ?? {}, io);
  }

  /** All components. Of two that share a name and differ, what is sent is called `<name>Input`. */
  components(): JsonObject {
    const renamed = this.#renamed();
    const all = [...this.#components.output, ...this.#components.input].map(
      ([name, schema], at) =>
        [at < this.#components.output.size ? name : nameOf(name, renamed), named(schema, renamed)] as const,
    );
    return Object.fromEntries(all.toSorted(([left], [right]) => (left < right ? -1 : 1)));
  }

  /** A part of the document with the components by their names. */
  finish(part: Json): Json {
    return named(part, this.#renamed());
  }

  /** Names of what is sent that are answered otherwise, or lead to such. */
  #renamed(): ReadonlySet<string> {
    const { input, output } = this.#components;
    const plain = new Set<string>();
    const differ = new Set(
      [...input].flatMap(([name, schema]) => {
        const other = output.get(name);
        return other !== undefined && textOf(schema, plain) !== textOf(other, plain) ? [name] : [];
      }),
    );
    for (let before = -1; before < differ.size; ) {
      before = differ.size;
      for (const [name, schema] of input)
        if (output.has(name) && [...refsIn(schema)].some((ref) => differ.has(ref))) differ.add(name);
    }
    return differ;
  }
}

function drawn(schema: z.ZodType, io: Io): JsonObject {
  const around = z.strictObject({ it: schema });
  return objectOf(z.json().parse(JSON.parse(JSON.stringify(z.toJSONSchema(around, { io, unrepresentable: "any" })))));
}

/** Components are named `input:X` and `output:X` until all are known. */
function tidy(value: Json, io: Io): Json {
  if (isList(value)) return value.map((item) => tidy(item, io));
  if (!isJsonObject(value)) return value;
  const ref = value["$ref"];
  if (typeof ref === "string") {
    const name = ref.slice(ref.lastIndexOf("/") + 1);
    const { $ref: _ref, ...beside } = value;
    return ANY_JSON.test(name) ? beside : { $ref: `${io}:${name}`, ...beside };
  }
  const kept = Object.entries(value).filter(([key, one]) => !isNoise(key, one));
  return Object.fromEntries(
    kept.map(([key, one]) => [key, key === "properties" ? fieldsOf(objectOf(one), io) : tidy(one, io)]),
  );
}

/**
 * Fields tell their default in words: generators take a field with a default for one that is always there, and neither what
 * is sent nor what was saved has it.
 */
function fieldsOf(fields: JsonObject, io: Io): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, inWords(tidy(field, io))]));
}

function inWords(field: Json): Json {
  if (!isJsonObject(field) || field["default"] === undefined) return field;
  const { default: preset, description, ...rest } = field;
  const words = `Default: \`${JSON.stringify(preset)}\``;
  return { ...rest, description: typeof description === "string" ? `${description}. ${words}` : words };
}

/** What zod adds and nobody needs to read: bounds of whole numbers that are exact anyhow, keys that are texts. */
function isNoise(key: string, value: Json): boolean {
  if (key === "minimum" || key === "maximum") return Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;
  if (key === "id") return typeof value === "string";
  return key === "propertyNames" && JSON.stringify(value) === '{"type":"string"}';
}

function named(value: Json, renamed: ReadonlySet<string>): Json {
  if (isList(value)) return value.map((item) => named(item, renamed));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === "$ref" && typeof one === "string" ? refOf(one, renamed) : named(one, renamed),
    ]),
  );
}

function refOf(ref: string, renamed: ReadonlySet<string>): string {
  const [, io, name = ""] = /^(input|output):(.+)$/.exec(ref) ?? [];
  if (io === undefined) return ref;
  return `${HERE}${io === "input" ? nameOf(name, renamed) : name}`;
}

function nameOf(name: string, renamed: ReadonlySet<string>): string {
  return renamed.has(name) ? `${name}Input` : name;
}

function textOf(schema: Json, renamed: ReadonlySet<string>): string {
  return JSON.stringify(named(schema, renamed));
}

function* refsIn(value: Json): Iterable<string> {
  if (isList(value)) for (const item of value) yield* refsIn(item);
  else if (isJsonObject(value))
    for (const [key, one] of Object.entries(value))
      if (key === "$ref" && typeof one === "string") yield one.replace(/^\w+:/, "");
      else yield* refsIn(one);
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
