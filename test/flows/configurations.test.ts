import { expect, test } from "vitest";
import { SITE_TENANT } from "../../src/core/cells.ts";
import { EMPTY_GENERATION } from "../../src/core/generation.ts";
import { MAX_TENANTS } from "../../src/core/tenants.ts";
import { loadConfigurations } from "../../src/flows/configurations.ts";
import type { CellChange } from "../../src/ports.ts";
import type { Plan } from "../../src/store/engine.ts";
import { createMemoryEngine } from "../../src/store/memory/engine.ts";
import { storeHome } from "../support/store-home.ts";
import { START } from "../support/store.ts";
import { tenantPlan } from "../support/store-plans.ts";
import { noPause } from "../support/pause.ts";

const NAMES = [SITE_TENANT, ...Array.from({ length: MAX_TENANTS - 1 }, (_, n) => `t${n}`)];

function opened(names: readonly string[]): Plan {
  const cells = names.flatMap((tenant): CellChange[] => [
    { noun: "tenant", tenant: SITE_TENANT, key: tenant, value: { id: tenant, createdAt: START } },
    { noun: "generation", tenant, key: "current", value: EMPTY_GENERATION },
  ]);
  return { t: START, cells, tenants: names.map((tenant) => tenantPlan({ tenant, size: 0, open: true }, {})) };
}

test.each(["memory", "libsql"] as const)("%s: a start knows as many tenants as a store takes", async (kind) => {
  const home = storeHome();
  const engine = kind === "memory" ? createMemoryEngine() : await home.open();
  engine.apply(opened(NAMES));
  const { tenants } = await loadConfigurations(engine.read, noPause);
  expect(new Set(tenants())).toEqual(new Set(NAMES));
  if (kind === "libsql") expect(() => engine.apply(opened(["more"]))).toThrow(`more than ${MAX_TENANTS} tenants`);
  engine.close();
  home.remove();
});
