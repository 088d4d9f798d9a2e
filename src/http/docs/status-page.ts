import { z } from "zod";
import type { RouteName } from "../permissions.ts";
import type { RouteDoc } from "./doc.ts";

const PAGE = { type: "text/html; charset=utf-8", schema: z.string() } as const;
const BROWSERS = "A browser (`Accept: text/html`) gets problems as pages too.";
const OWN_FORM =
  "Taken from the page's own form alone: `Sec-Fetch-Site` must be `same-origin` or `none`; where a browser sends none, `Origin`, else `Referer`, must be of the host that is asked.";

export const STATUS_PAGE_DOCS = {
  "GET /": {
    summary: "The status page, or the form to log in",
    tag: "Status page",
    description: `For people with a browser; no script is needed. Without a session of \`POST /login\` it is a form that tells nothing of the site; over the site's socket no session is needed. It shows what the permissions of the token grant. ${BROWSERS}`,
    query: {
      tenant: {
        description: "The tenant that is shown; only a principal of the site may choose",
        schema: z.string().min(1).max(1024),
      },
    },
    answers: { 200: { description: "The page", ...PAGE } },
    problems: ["unauthenticated", "forbidden", "tenant-mismatch", "tenant-unknown", "rate-limited", "stopping"],
    hasProblemPages: true,
  },
  "POST /login": {
    summary: "Begin a session of the status page",
    tag: "Status page",
    headers: ["Sec-Fetch-Site"],
    description: `The cookie stands for the token on the status page alone, for 12 hours at most. Ten wrong tokens a minute and address are answered. ${OWN_FORM} ${BROWSERS}`,
    body: {
      "application/x-www-form-urlencoded": {
        description: "At most 4 KiB",
        schema: z.strictObject({ token: z.string().meta({ description: "`spk_<id>_<secret>`" }) }),
      },
    },
    answers: {
      303: {
        description: "Logged in",
        type: "none",
        headers: { location: "`/`", "set-cookie": "`sealpost-<port>=...`, HttpOnly, SameSite=Strict, over TLS Secure" },
      },
    },
    problems: ["unauthenticated", "forbidden", "empty-body", "invalid", "rate-limited"],
    hasProblemPages: true,
  },
  "POST /logout": {
    summary: "End the session of the status page",
    tag: "Status page",
    headers: ["Sec-Fetch-Site"],
    description: `${OWN_FORM} ${BROWSERS}`,
    answers: {
      303: {
        description: "Logged out",
        type: "none",
        headers: { location: "`/`", "set-cookie": "takes the cookie away" },
      },
    },
    problems: ["forbidden"],
    hasProblemPages: true,
  },
} as const satisfies Partial<Record<RouteName, RouteDoc>>;
