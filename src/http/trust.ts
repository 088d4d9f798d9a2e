import { z } from "zod";
import { fingerprintWords } from "../core/pgp-words.ts";
import { json } from "./answer.ts";
import { readJson } from "./body.ts";
import type { ShownPolicy } from "./kit-services.ts";
import { readQuery } from "./query.ts";
import { type Http, route } from "./route.ts";
import { parsed } from "./small-body.ts";

export const Given = z
  .strictObject({
    policy: z.json(),
    fingerprint: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, "a fingerprint is SHA256: and 43 characters"),
    replace: z.boolean().default(false),
    why: z.string().min(1).max(1000).optional(),
  })
  .refine(({ replace, why }) => !replace || why !== undefined, { path: ["why"], message: "replacing needs a reason" });

/** `GET /trust` and `POST /trust`. */
export function routeTrust(http: Http): void {
  const { trust } = http.services;
  route(http, "GET /api/v1/trust", async ({ c }) => {
    readQuery(c, []);
    const { site, groups, local, upstream } = await trust.show();
    return json({
      site,
      groups,
      ...(local === undefined ? {} : { local: present(local) }),
      ...(upstream === undefined ? {} : { upstream: present(upstream) }),
    });
  });
  route(http, "POST /api/v1/trust", async ({ c, caller }) => {
    http.requireDisk();
    const { configBytes: limit, bodyMs: ms } = http.limits;
    const { why, ...given } = parsed(Given, await readJson(c, { limit, ms, timeout: http.timeout }));
    return json(present(await trust.add(caller, { ...given, ...(why === undefined ? {} : { why }) })));
  });
}

function present({ fingerprint, policy }: ShownPolicy): object {
  return { fingerprint, version: policy.version, words: fingerprintWords(fingerprint), policy };
}
