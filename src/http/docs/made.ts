/**
 * The document and its page as they are answered. The build makes them once and puts what they came to in the place of this
 * module, so that no server spends time on hundreds of schemas.
 * @module
 */
import { pageAnswer } from "../status-layout.ts";
import { openApiDocument } from "./document.ts";
import { apiPage } from "./page.ts";

/** `json`: the OpenAPI document; `page`: the same for people, with its headers. */
export interface MadeDocument {
  readonly json: string;
  readonly page: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Both, made now. */
export async function madeDocument(): Promise<MadeDocument> {
  const document = openApiDocument();
  const answer = pageAnswer(200, { title: "Sealpost API", main: apiPage(document) });
  return {
    json: JSON.stringify(document),
    page: await answer.text(),
    headers: Object.fromEntries(answer.headers.entries()),
  };
}
