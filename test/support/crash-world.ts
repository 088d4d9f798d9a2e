/**
 * A site whose windows are all due at one instant, made by the real store over a real relay.
 * @module
 */
import { planChange } from "../../src/core/config-plan.ts";
import { switchTo } from "../../src/flows/config-apply.ts";
import type { EventInput } from "../../src/core/event.ts";
import type { CheckedObject } from "../../src/core/objects.ts";
import type { Flows } from "../../src/flows/index.ts";
import type { Store } from "../../src/ports.ts";
import { logVerifierKey, sealVerifierKey } from "../../src/signing/checkpoint.ts";
import { type CrashSite, DUE, openCrashSite } from "./crash-site.ts";
import { TENANT } from "./cut-store.ts";
import { channel, checked, input, rule, template } from "./objects.ts";
import { LOG_KEY, seal, TINY_ORIGIN, TINY_SITE_ORIGIN } from "./tiny-log.ts";

/** Drafts that quiet hours hold: more than settling takes in one step. */
export const HELD = 250;

const MINUTE = 60_000;

/** Makes the site in an empty folder, up to a minute before its windows are due; its relay is on that port. */
export async function makeCrashSite(folder: string, port: number): Promise<void> {
  await during(folder, before(200), async ({ store, configurations }) => {
    for (const [id, origin] of [
      ["_site", TINY_SITE_ORIGIN],
      [TENANT, TINY_ORIGIN],
    ] as const) {
      const keys = { key: logVerifierKey(origin, LOG_KEY.publicKey), seal: sealVerifierKey(origin, seal(0).publicKey) };
      const asked = { actor: "job:test", id, origin, ...keys };
      await store.transact({ flow: "tenant-open", tenant: "_site", input: asked });
    }
    const objects = objectsOf(port);
    const { base, candidate, changes } = planChange(configurations.own(TENANT), { objects, prune: true });
    const asked = { actor: "job:test", base, candidate, changes };
    await switchTo({ store, configurations }, { objects, candidates: [{ tenant: TENANT, candidate }] }, () =>
      store.transact({ flow: "config-switch", tenant: TENANT, input: asked }),
    );
    await post(
      store,
      Array.from({ length: HELD }, (_, n) => event(`held-${n}`, "night")),
    );
  });
  await during(folder, before(20), async ({ store }) => await post(store, events("hourly", 5)));
  await during(folder, before(10), async ({ store }) => await post(store, events("grouped", 3)));
  await during(folder, before(1), async ({ store, work }) => {
    await post(store, events("flapping", 3)); // the first is sent at once
    await work();
  });
}

async function during(folder: string, now: number, act: (site: CrashSite) => Promise<void>): Promise<void> {
  const site = await openCrashSite({ folder, now });
  await act(site);
  await site.close();
}

/** So many minutes before windows are due, epoch ms. */
function before(minutes: number): number {
  return DUE - minutes * MINUTE;
}

/** Rules here match one type of event. */
function only(type: string): { readonly match: { readonly types: string[] } } {
  return { match: { types: [type] } };
}

function objectsOf(port: number): CheckedObject[] {
  const mail = { channel: "ops-mail" };
  const weekly = [{ days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "22:00", to: "07:00" }];
  return [
    channel("ops-mail", { config: { host: "127.0.0.1", port, from: "alerts@plant.example" }, concurrency: 1 }),
    template(),
    checked("calendars", { schema: "calendar/v1", id: "nights", zone: "UTC", weekly }),
    rule("night", { ...only("night"), actions: [{ ...mail, id: "night", calendar: "nights" }] }),
    rule("hourly", {
      ...only("hourly"),
      actions: [
        {
          ...mail,
          id: "hourly",
          digest: "1h",
          to: ["a@plant.example", "b@plant.example"],
          throttle: { burst: 1, per: "1h" },
        },
      ],
    }),
    rule("grouped", {
      ...only("grouped"),
      actions: [{ ...mail, id: "grouped", group: { by: ["host"], wait: "10m", interval: "1h" } }],
    }),
    rule("flapping", {
      ...only("flapping"),
      actions: [{ ...mail, id: "flapping", debounce: { window: "1m", after: 5, cooldown: "1h" } }],
    }),
  ];
}

function event(id: string, type: string): EventInput {
  return input(id, { type, scope: { resource: "db" }, alertState: "firing", correlationId: type });
}

function events(type: string, count: number): EventInput[] {
  return Array.from({ length: count }, (_, n) => event(`${type}-${n}`, type));
}

async function post(store: Store<Flows>, all: readonly EventInput[]): Promise<void> {
  const asked = { actor: "source:test", horizon: 604_800_000, events: all };
  await store.transact({ flow: "ingest", tenant: TENANT, input: asked });
}
