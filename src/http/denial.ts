import { SITE_TENANT } from "../core/cells.ts";
import type { HttpContext } from "./context.ts";
import { HttpError, type HttpErrorCode } from "./error.ts";
import type { RouteName } from "./permissions.ts";

/** Problems that are refusals of somebody, and not of what he said. */
const DENIALS: ReadonlySet<HttpErrorCode> = new Set<HttpErrorCode>([
  "unauthenticated",
  "forbidden",
  "tenant-mismatch",
  "site-only",
]);

interface Thrown {
  readonly route: RouteName;
  readonly error: unknown;
  /** Who asked, as far as he was recognised. */
  readonly principal: { readonly id: string; readonly tenant: string } | undefined;
}

/** Records a refusal for lack of a token, a permission or the right tenant, before it is answered. Never rejects. */
export async function noteDenial(
  { access }: Pick<HttpContext, "access">,
  { route, error, principal }: Thrown,
): Promise<void> {
  if (!(error instanceof HttpError) || !DENIALS.has(error.code)) return;
  const { id, tenant } = principal ?? error.by ?? { id: "anonymous", tenant: SITE_TENANT };
  await access.denied({ actor: id, tenant, route, why: error.code });
}
