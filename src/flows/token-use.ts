import type { Flow } from "../ports.ts";
import { SITE_TENANT } from "../ports.ts";

/** When tokens were used last, epoch ms, by token id. */
export interface TokenUseInput {
  readonly uses: readonly (readonly [id: string, at: number])[];
}

/** Keeps when tokens were used last. A counter, so it leaves no leaf; of what is no token any more nothing is kept. */
export const tokenUse: Flow<TokenUseInput, null> = {
  prepare: (_context, { uses }) => ({
    cells: uses.flatMap(([key]) => [
      { noun: "token" as const, tenant: SITE_TENANT, key },
      { noun: "use" as const, tenant: SITE_TENANT, key },
    ]),
    decide: (view) => {
      for (const [id, at] of uses) {
        if (view.get("token", SITE_TENANT, id) === undefined) continue;
        view.put("use", SITE_TENANT, id, { lastUsedAt: at }); // as told: a clock that was set back is right now
      }
      return null;
    },
  }),
};
