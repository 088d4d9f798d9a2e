import { describe, expect, test } from "vitest";
import type { CheckedObject } from "../../src/core/objects.ts";
import { moving, type Moving, windowStates } from "../support/moving.ts";
import { acting, channel, input, nights, policy, rule, template } from "../support/objects.ts";

const NIGHT = Date.parse("2026-06-01T23:00:00Z");
const MINUTE = 60_000;

const BASE = [channel(), template()];

describe("what a switch of the site brings to its tenants", () => {
  const tenants = ["_site", "default", "globex"];

  /** Two tenants with windows, whose calendar and policy are the site's. */
  async function siteOf(...site: readonly CheckedObject[]): Promise<Moving> {
    const made = await moving({ tenants });
    await made.configure(site, "_site");
    for (const tenant of ["default", "globex"])
      await made.configure(
        [
          ...BASE,
          rule("hosts", {
            actions: [
              { id: "held", channel: "ops-mail", calendar: "nights" },
              { id: "daily", channel: "ops-mail", digest: "1d" },
            ],
          }),
        ],
        tenant,
      );
    for (const tenant of ["default", "globex"]) {
      await made.at(NIGHT, tenant);
      await made.post([input("1")], tenant);
    }
    return made;
  }

  test("its calendar, edited, ends the quiet hours of all of them", async () => {
    const site = await siteOf(nights("06:00", "UTC"));
    await site.configure([nights("23:30", "UTC")], "_site");
    for (const tenant of ["default", "globex"]) {
      await site.at(NIGHT + 10 * MINUTE, tenant);
      expect(await windowStates(site, tenant)).toEqual(["daily:1d open 00:00", "held:quiet open 23:30"]);
      await site.at(NIGHT + 30 * MINUTE, tenant);
      expect(await windowStates(site, tenant)).toEqual(["daily:1d open 00:00", "held:quiet flushed pending 23:30"]);
    }
  });

  test("a tenant with a calendar of its own is not concerned", async () => {
    const site = await siteOf(nights("06:00", "UTC"));
    const own = site.configurations.objects("globex").find(({ kind }) => kind === "rules");
    expect(own?.id).toBe("hosts");
    await site.configure(
      [
        ...BASE,
        nights("07:00", "UTC"),
        rule("hosts", { actions: [{ id: "held", channel: "ops-mail", calendar: "nights" }] }),
      ],
      "globex",
    );
    await site.at(NIGHT + MINUTE, "globex");
    await site.configure([nights("22:30", "UTC")], "_site");
    for (const tenant of ["default", "globex"]) await site.at(NIGHT + 2 * MINUTE, tenant);
    expect(await windowStates(site, "default")).toEqual(["daily:1d open 00:00", "held:quiet flushed pending 23:01"]);
    expect(await windowStates(site, "globex")).toEqual(["daily:1d flushed pending 23:00", "held:quiet open 07:00"]);
  });

  test("its policy's zone, edited, moves the quiet hours of calendars that have none of their own, and no digest", async () => {
    const site = await siteOf(nights("06:00"), policy({ zone: "UTC" }));
    expect(await windowStates(site)).toEqual(["daily:1d open 00:00", "held:quiet open 06:00"]);
    await site.configure([nights("06:00"), policy({ zone: "Asia/Kathmandu" })], "_site"); // 04:45 there
    await site.at(NIGHT + MINUTE);
    expect(await windowStates(site)).toEqual(["daily:1d open 00:00", "held:quiet open 00:15"]);
    await site.configure([nights("06:00"), policy({ zone: "Asia/Tokyo" })], "_site"); // 08:01 there
    await site.at(NIGHT + 2 * MINUTE);
    expect(await windowStates(site)).toEqual(["daily:1d open 00:00", "held:quiet flushed pending 23:01"]);
  });

  test("its rule, deleted, is deleted for all of them", async () => {
    const site = await moving({ tenants });
    await site.configure([...BASE, acting({ digest: "1d" })], "_site");
    for (const tenant of ["default", "globex"]) {
      await site.at(NIGHT, tenant);
      await site.post([input("1")], tenant);
    }
    await site.configure(BASE, "_site");
    for (const tenant of ["default", "globex"]) {
      await site.at(NIGHT + 1, tenant);
      expect(await windowStates(site, tenant)).toEqual(["ops:1d flushed pending 23:00"]);
    }
  });

  test("sets no timer for a tenant that has nothing open", async () => {
    const site = await moving({ tenants });
    await site.configure([...BASE, acting({ digest: "1d" })], "_site");
    await site.post([input("1")]);
    await site.configure(BASE, "_site");
    expect(site.timers("default").map(({ flow, key }) => `${flow} ${key}`)).toContain("window-follow config");
    expect(site.timers("globex")).toEqual([]);
  });
});
