import { expect, test } from "vitest";
import { tokenService } from "../../src/app/tokens.ts";
import { openTenantSite } from "../support/tenants.ts";

const CALLER = { tenant: "default", actor: "local:0" } as const;
const BY = { beyond: [] } as const;

test("a revocation is done, and loses nothing, where the token is edited after it was looked at", async () => {
  const site = await openTenantSite();
  const { store } = site.parts;
  const { id } = await site.mint("default", { role: "admin" });
  let edits = 0;
  const edit = async (): Promise<void> => {
    const to = { name: "edited", scopes: ["notify.viewer"] };
    await tokenService(site.parts).edit(CALLER, id, { to, by: BY });
  };
  const watched: typeof store = {
    ...store,
    read: {
      ...store.read,
      cell: async (noun, tenant, key) => {
        const found = await store.read.cell(noun, tenant, key);
        if (noun === "token" && edits++ === 0) await edit();
        return found;
      },
    },
  };
  const service = tokenService({ ...site.parts, store: watched });
  const revoked = await service.edit(CALLER, id, { to: "revoked", by: BY });
  expect(edits).toBeGreaterThan(0);
  expect(revoked).toMatchObject({ state: "revoked", record: { name: "edited", scopes: ["notify.viewer"] } });
  await site.close();
  site.remove();
});
