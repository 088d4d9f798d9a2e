import { expect, test } from "vitest";
import { httpContext } from "../../src/app/site.ts";
import { createHttp } from "../../src/http/server.ts";
import { createInstantClock, createStamper } from "../../src/store/stamper.ts";
import { systemRandom } from "../../src/system/random.ts";
import { openTenantSite } from "../support/tenants.ts";

test("a token that has expired stays so when the clock is set back a little", async () => {
  const site = await openTenantSite();
  const began = Date.now();
  const { token } = await site.mint("default", { role: "admin", expiresAt: new Date(began + 3_600_000).toISOString() });
  const at = { now: began, mono: 0 };
  const clock = { now: () => at.now, mono: () => at.mono };
  const instants = createInstantClock(clock, createStamper({ clock, random: systemRandom }));
  const app = createHttp(
    httpContext({ ...site.parts, clock, instants }, site.services, () => []),
    [],
  );
  const ask = async (passed: number, back = 0): Promise<number> => {
    Object.assign(at, { now: began + passed - back, mono: passed });
    const headers = { authorization: `Bearer ${token}` };
    return (await app.request("/api/v1/events", { headers })).status;
  };
  expect(await ask(3_599_000)).toBe(200);
  expect(await ask(3_600_000)).toBe(401);
  expect(await ask(3_600_001, 60_000)).toBe(401);
  await site.close();
  site.remove();
});
