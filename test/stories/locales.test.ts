import { afterEach, expect, test } from "vitest";
import { z } from "zod";
import { CHANNEL_TYPES } from "../../src/channels/index.ts";
import { channel, type Fields, policy, rule, template } from "../support/objects.ts";
import { deliverJob } from "../../src/jobs/deliver.ts";
import { createScheduler } from "../../src/jobs/scheduler.ts";
import type { Clock } from "../../src/ports.ts";
import { systemTimeout } from "../../src/system/timeout.ts";
import { testLog } from "../support/delivering.ts";
import { SAMPLE_NOW, shippedTemplate } from "../support/samples.ts";
import { type ReceivedMail, smtpPeer } from "../support/smtp-peer.ts";
import { openTestStore } from "../support/store.ts";

const Shipped = z.record(z.string(), z.json());
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** A site at one instant, with real deciding, delivering and SMTP; answers the mails by their addressee. */
async function mailsOf(
  fields: Fields,
  rules: readonly (readonly [id: string, action: Fields])[],
): Promise<ReadonlyMap<string, ReceivedMail>> {
  const relay = await smtpPeer("takes");
  stops.push(relay.close);
  const clock: Clock = { now: () => SAMPLE_NOW, mono: () => performance.now() };
  const { store, configure, configurations } = await openTestStore({ instant: clock.now });
  const config = { host: "127.0.0.1", port: relay.port, from: "sealpost@plant.example", timeout: "5s" };
  await configure([
    policy(fields),
    channel("ops-mail", { config }),
    template("tmpl-event", Shipped.parse(shippedTemplate("tmpl-event"))),
    template("own", { subject: "s", text: OWN, messages: MESSAGES }),
    ...rules.map(([name, action]) =>
      rule(name, { actions: [{ id: name, channel: "ops-mail", to: [`${name}@plant.example`], ...action }] }),
    ),
  ]);
  const log = testLog();
  const job = deliverJob({
    read: store.read,
    record: async (tenant, input) => await store.transact({ flow: "attempt", tenant, input }),
    channelTypes: CHANNEL_TYPES,
    configurations,
    clock,
    timeout: systemTimeout,
    log,
    site: "plant-7",
    head: async (tenant) => await store.read.log(tenant),
  });
  const scheduler = createScheduler({ jobs: [job], clock, timeout: systemTimeout, log });
  store.onCommit((committed) => {
    job.wake(committed);
    scheduler.wake();
  });
  scheduler.start();
  stops.push(async () => {
    await scheduler.stop();
    await job.drain(AbortSignal.timeout(2000));
  });
  const events = [{ ...EVENT, labels: {}, scope: {} }];
  await store.transact({ flow: "ingest", tenant: "default", input: { actor: "source:test", horizon: 1e9, events } });
  for (let waited = 0; relay.received.length < rules.length && waited < 10_000; waited += 20)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(log.lines).toEqual([]);
  return new Map(relay.received.map((mail) => [(mail.to[0] ?? "").replace(/@.*/, ""), mail]));
}

const EVENT = {
  source: "/test",
  sourceId: "1",
  type: "disk.full",
  kind: "disk.full",
  severity: "high",
  correlationId: "1",
} as const;
const OWN = '{{t "disks" n=3}}, {{t "at" at=receivedAt}}, {{t "who"}}, {{t "also"}}';
const MESSAGES = {
  en: { disks: "{n, plural, one {# disk} other {# disks}}", at: "{at, time, ::Hmm}", who: "us", also: "too" },
  de: { disks: "{n, plural, one {# Platte} other {# Platten}}", who: "wir" },
  bg: { disks: "{n, plural, one {# диск} other {# диска}}" },
  "bg-BG": {},
};
const textOf = (mail: ReceivedMail | undefined): string => mail?.mail.text?.trim() ?? "";

test("each mail is in its action's locale, else its tenant's; what that lacks comes from shorter ones, the tenant's and English", async () => {
  const mails = await mailsOf({ locale: "de-AT", zone: "Europe/Sofia" }, [
    ["bulgarian", { template: "own", locale: "bg-BG" }],
    ["german", { template: "own" }],
    ["english", { template: "own", locale: "en-GB" }],
    ["klingon", { template: "own", locale: "tlh" }],
  ]);
  expect(Object.fromEntries([...mails].map(([to, mail]) => [to, textOf(mail)]))).toEqual({
    bulgarian: "3 диска, 09:31, wir, too",
    german: "3 Platten, 09:31, wir, too",
    english: "3 disks, 9:31, us, too",
    klingon: "3 Platten, 09:31, wir, too",
  });
});

test("the shipped template tells in Bulgarian where the tenant asks for it, by its clock", async () => {
  const mails = await mailsOf({ locale: "bg-BG", zone: "Europe/Sofia" }, [["all", {}]]);
  const mail = mails.get("all");
  expect(mail?.mail.subject).toBe("[ВИСОКО] disk.full (plant-7)");
  expect(textOf(mail)).toContain("Получено     20.11.2026 г., 9:31:05 ч.");
  expect(mail?.mail.html).toContain('<html lang="bg">');
});

test("and in English, by UTC, where nobody says a word", async () => {
  const mails = await mailsOf({}, [["all", {}]]);
  expect(mails.get("all")?.mail.subject).toBe("[HIGH] disk.full (plant-7)");
  expect(textOf(mails.get("all"))).toContain("Received   2026-11-20 07:31:05 UTC");
});
