import { z } from "zod";
import { KIT_SENTENCES } from "../../core/kit-code.ts";
import type { Json, JsonObject } from "../../core/json.ts";
import { PROBLEMS } from "../problem.ts";
import { problemHeaders } from "./headers.ts";
import type { SchemaBook } from "./schemas-of.ts";

const TITLES: ReadonlyMap<string, string> = new Map(
  Object.entries(PROBLEMS).map(([code, { title }]) => [code, title] as const),
);

const Problem = z
  .strictObject({
    type: z.string().meta({ description: "`urn:sealpost:problem:` and the code" }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().exactOptional().meta({ description: "What is wrong here, and what to do next" }),
    code: z.string(),
    instance: z.string().exactOptional().meta({ description: "Where the log has more" }),
    errors: z
      .array(
        z.strictObject({
          pointer: z.string().meta({ description: "RFC 6901, into the body; of a query `/` and the parameter" }),
          detail: z.string(),
        }),
      )
      .exactOptional(),
  })
  .meta({ id: "Problem", description: "What is refused, and why (RFC 9457)" });

/** Collects the problems that operations answer with: one response for each set of codes. */
export class ProblemBook {
  readonly #responses = new Map<string, Json>();
  readonly #problem: Json;

  constructor(schemas: SchemaBook) {
    this.#problem = schemas.draw(Problem, "output");
  }

  /** The reference to the response of one status with these codes. */
  refer(status: number, codes: readonly string[], { hasPages }: { readonly hasPages: boolean }): Json {
    const own = codes.filter((code) => !Object.hasOwn(KIT_SENTENCES, code));
    const name = [
      status,
      ...own,
      ...(own.length < codes.length ? ["kit-refused"] : []),
      ...(hasPages ? ["page"] : []),
    ].join("_");
    if (!this.#responses.has(name)) {
      const pages = hasPages ? { "text/html; charset=utf-8": { schema: { type: "string" } } } : {};
      const response = this.#response(status, codes, own);
      this.#responses.set(name, { ...response, content: { ...response.content, ...pages } });
    }
    return { $ref: `#/components/responses/${name}` };
  }

  responses(): JsonObject {
    return Object.fromEntries([...this.#responses].toSorted(([left], [right]) => (left < right ? -1 : 1)));
  }

  #response(
    status: number,
    codes: readonly string[],
    own: readonly string[],
  ): JsonObject & { readonly content: JsonObject } {
    const lines = own.map((code) => `- \`${code}\`: ${TITLES.get(code) ?? code}`);
    if (own.length < codes.length) lines.push("- any other: the kit or the trust policy is refused");
    const code = { type: "object", properties: { code: { enum: codes } } };
    return {
      description: lines.join("\n"),
      headers: problemHeaders(status),
      content: { "application/problem+json": { schema: { allOf: [this.#problem, code] } } },
    };
  }
}
