import { HttpError } from "./error.ts";

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z\\-]+";
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(;.*)?$`);
const PARAMETER = new RegExp(`^;[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")[ \\t]*`);

/** What the headers of a body say: its media type, and that it is plain UTF-8. */
export interface BodyHeaders {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

/**
 * The media type of a body, in lower case. Throws HttpError `unsupported-media-type` (missing, malformed or not
 * accepted; the types that are go into `Accept-Post`), `unsupported-charset` or `unsupported-encoding`.
 */
export function acceptedType({ contentType, contentEncoding }: BodyHeaders, accepted: readonly string[]): string {
  requirePlain(contentEncoding);
  if (contentType !== undefined && accepted.includes(contentType)) return contentType;
  const [whole, type, parameters = ""] = MEDIA_TYPE.exec(contentType ?? "") ?? [];
  const mediaType = type?.toLowerCase();
  if (whole === undefined || mediaType === undefined || !accepted.includes(mediaType)) {
    throw new HttpError("unsupported-media-type", `send one of: ${accepted.join(", ")}`, {
      headers: { "accept-post": accepted.join(", ") },
    });
  }
  requireUtf8(parameters);
  return mediaType;
}

/** Throws HttpError `unsupported-encoding` for a body that is not sent as it is. */
export function requirePlain(contentEncoding: string | undefined): void {
  if (contentEncoding === undefined || contentEncoding.toLowerCase() === "identity") return;
  throw new HttpError("unsupported-encoding", "send the body without Content-Encoding", {
    headers: { "accept-encoding": "identity" },
  });
}

function requireUtf8(parameters: string): void {
  let rest = parameters;
  let seen = false;
  while (rest !== "") {
    const [whole, name, token, quoted] = PARAMETER.exec(rest) ?? [];
    if (whole === undefined || name === undefined)
      throw new HttpError("unsupported-media-type", "the parameters of the media type are malformed");
    rest = rest.slice(whole.length);
    if (name.toLowerCase() !== "charset") continue;
    if (seen || (token ?? quoted ?? "").toLowerCase() !== "utf-8")
      throw new HttpError("unsupported-charset", "the charset must be utf-8");
    seen = true;
  }
}
