/**
 * A real site with tenants, and requests of its principals.
 * @module
 */
import { z } from "zod";
import { makeSite, openSite, type RunningSite, temporaryFolder } from "./site.ts";

const Made = z.looseObject({ id: z.string(), token: z.string() });
const Leaf = z.looseObject({
  type: z.string(),
  actor: z.string(),
  id: z.string().optional(),
  body: z.record(z.string(), z.unknown()).optional(),
});
export type SeenLeaf = z.infer<typeof Leaf>;

/** Who asks: a token's text; or nobody with a token, `local`. */
export type Asker = "local" | { readonly token?: string };

export interface Sent {
  readonly tenant?: string;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface TenantSite extends RunningSite {
  readonly dir: string;
  readonly first: string;
  /** A request under /api/v1. */
  readonly ask: (asker: Asker, method: string, path: string, sent?: Sent) => Promise<Response>;
  /** Makes a token as the local principal, and answers it. */
  readonly mint: (
    tenant: string,
    body: Readonly<Record<string, unknown>>,
  ) => Promise<{ readonly id: string; readonly token: string }>;
  readonly leaves: (tenant: string, type: string) => Promise<SeenLeaf[]>;
  readonly remove: () => void;
}

/** Opens a new site; `close` and `remove` are the caller's. */
export async function openTenantSite(env: Record<string, string> = {}): Promise<TenantSite> {
  const { dir, remove } = temporaryFolder();
  const first = await makeSite(dir);
  const site = await openSite(dir, env);
  const ask: TenantSite["ask"] = async (asker, method, path, { tenant, json, headers = {} } = {}) =>
    await site.app.request(
      `/api/v1${path}`,
      {
        method,
        headers: {
          ...(asker !== "local" && asker.token !== undefined ? { authorization: `Bearer ${asker.token}` } : {}),
          ...(tenant === undefined ? {} : { "sealpost-tenant": tenant }),
          ...(json === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      },
      asker === "local" ? { local: { uid: 1000 } } : {},
    );
  return {
    ...site,
    dir,
    first,
    remove,
    ask,
    mint: async (tenant, body) => {
      const response = await ask("local", "POST", "/tokens", { tenant, json: { name: "test", ...body } });
      return Made.parse(await response.json());
    },
    leaves: async (tenant, type) => {
      const { read } = site.parts.store;
      const size = (await read.log(tenant))?.size ?? 0;
      const lines = await read.leaves(tenant, 0, size);
      return lines.map((line) => Leaf.parse(JSON.parse(line))).filter((leaf) => leaf.type === type);
    },
  };
}
