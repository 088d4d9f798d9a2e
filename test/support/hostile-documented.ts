/**
 * What the served OpenAPI document says that a request may be answered with.
 * @module
 */
import { z } from "zod";

const Reference = z.looseObject({ $ref: z.string().optional() });
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({ responses: z.record(z.string(), z.unknown()) }),
});
const Operation = z.looseObject({ responses: z.record(z.string(), Reference) });

/** Whether an answer of a request (its first line) is documented; undefined where no operation is meant. */
export type Documented = (line: string, status: number, code: string | undefined) => boolean | undefined;

/** Reads the document's text. */
export function readDocument(text: string): Documented {
  const { paths, components } = Document.parse(JSON.parse(text));
  const known = Object.entries(paths).map(([path, operations]) => ({
    operations,
    pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{[^}]+\}/g, "[^/]+")}$`),
  }));
  return (line, status, code) => {
    const [method = "", target = ""] = line.split(" ");
    const path = target.split("?", 1)[0] ?? "";
    const given = known.find(({ pattern }) => pattern.test(path))?.operations;
    const operation = Operation.safeParse(given?.[method.toLowerCase()] ?? given?.[method === "HEAD" ? "get" : ""]);
    if (!operation.success) return undefined;
    const response = operation.data.responses[String(status)];
    if (response === undefined) return false;
    const name = response.$ref?.split("/").at(-1);
    const body = JSON.stringify(name === undefined ? response : components.responses[name]);
    return code === undefined || body.includes(JSON.stringify(code));
  };
}
