import { expect } from "vitest";
import { z } from "zod";
import { SECURE_HEADERS } from "../../src/http/answer.ts";
import type { HttpErrorCode } from "../../src/http/error.ts";
import { PROBLEMS } from "../../src/http/problem.ts";

const Document = z.strictObject({
  type: z.string(),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().optional(),
  code: z.string(),
  instance: z.string().optional(),
  errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string().min(1) })).optional(),
});
export type ProblemDocument = z.infer<typeof Document>;

/** The problem that an answer is: documented, whole, and with the secure headers. */
export async function problemIn(response: Response, code: HttpErrorCode): Promise<ProblemDocument> {
  const text = await response.text();
  expect(text).toContain(code);
  const found = Document.parse(JSON.parse(text));
  expect(found).toMatchObject({
    type: `urn:sealpost:problem:${code}`,
    code,
    status: response.status,
    title: PROBLEMS[code].title,
  });
  expect(response.status).toBe(PROBLEMS[code].status);
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  for (const [name, value] of Object.entries(SECURE_HEADERS)) expect(response.headers.get(name)).toBe(value);
  return found;
}

/** Pointers that a problem names. */
export function pointersIn({ errors = [] }: ProblemDocument): string[] {
  return errors.map(({ pointer }) => pointer);
}
