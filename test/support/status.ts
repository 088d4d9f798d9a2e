/**
 * What a status page may have to show: nothing, or everything, with a text of the test's choice wherever one comes from outside.
 * @module
 */
import { FOREVER } from "../../src/core/mute.ts";
import { recordId } from "../../src/core/id.ts";
import type { SiteStatus, StatusService, TenantStatus } from "../../src/http/status-services.ts";

const NOW = Date.UTC(2026, 10, 20, 12);
const HOUR = 3_600_000;

/** A site without kits. */
export const QUIET_SITE: SiteStatus = { site: "plant-7", version: "1.2.3", tenants: ["_site", "acme"], kits: [] };

/** A tenant in which nothing has happened. */
export const QUIET_TENANT: TenantStatus = {
  at: NOW,
  zone: "UTC",
  sources: { items: [], count: 0, looked: 0, isAll: true },
  stats: {
    since: NOW - 24 * HOUR,
    byStatus: {},
    backlog: 0,
    byRule: [],
    openDigestCount: 0,
    openWindows: { digest: 0, group: 0, quiet: 0, flap: 0 },
    downChannels: [],
    ruleFaults: [],
  },
  failures: { items: [], count: 0, isCut: false },
  windows: { items: [], count: 0 },
  mutes: { items: [], count: 0 },
  maintenance: { items: [], count: 0 },
  setup: { channels: 0, rules: 0, unbound: [] },
};

/** A site with a kit, whose texts from outside are `text`. */
export function fullSite(text: string): SiteStatus {
  const kit = { epoch: 1, sequence: 12, manifest: "c".repeat(64), createdAt: NOW - 48 * HOUR };
  return {
    ...QUIET_SITE,
    site: text,
    version: text,
    startedAt: NOW - 30 * HOUR,
    tenants: ["_site", "acme", text],
    kits: [
      {
        ...kit,
        stream: text,
        importedAt: NOW - 24 * HOUR,
        expiresAt: NOW + 24 * HOUR,
        signers: [{ keyId: text, owner: text }],
      },
      { ...kit, stream: "hq/base" },
    ],
  };
}

/** A tenant with something in every section, whose texts from outside are `text`. */
export function fullTenant(text: string): TenantStatus {
  const stated = {
    id: text,
    startsAt: NOW - HOUR,
    endsAt: NOW + HOUR,
    author: text,
    comment: text,
    updatedAt: NOW - HOUR,
  };
  const window = {
    id: `digest:acme:${text}:1h:${NOW}`,
    window: text,
    actionKey: text,
    action: text,
    rule: text,
    channel: text,
    openedAt: NOW - HOUR,
    due: NOW,
    dueAt: NOW + HOUR,
    count: 1234,
    frontier: "",
    severity: "high" as const,
    state: "open" as const,
  };
  const failure = { at: NOW - HOUR, channel: text, rule: text };
  return {
    ...QUIET_TENANT,
    zone: "Europe/Berlin",
    sources: {
      items: [{ source: text, lastAt: NOW - HOUR, lastType: text, lastSeverity: "critical", events: 1000 }],
      count: 3,
      looked: 1000,
      isAll: false,
    },
    stats: {
      ...QUIET_TENANT.stats,
      byStatus: { sent: 12345, dead: 1, retrying: 2, held: 3, sending: 1 },
      backlog: 6,
      openDigestCount: 1,
      openWindows: { digest: 1, group: 1, quiet: 1, flap: 1 },
      downChannels: [
        { id: text, since: NOW - HOUR, reason: text },
        { id: "ops", since: NOW - HOUR, reason: "connect" },
      ],
    },
    failures: {
      items: [
        {
          ...failure,
          id: text,
          status: "dead",
          attempts: 5,
          reason: { code: "exhausted", by: text },
          failureReason: text,
        },
        {
          ...failure,
          id: recordId("dl", NOW, ["r"]),
          status: "retrying",
          attempts: 1,
          reason: { code: "temporary" },
          failureReason: text,
          dueAt: NOW + HOUR,
        },
      ],
      count: 12,
      isCut: true,
    },
    windows: {
      items: [
        { ...window, kind: "digest", isPutOff: true },
        { ...window, kind: "group", group: { [text]: text } },
        { ...window, kind: "quiet" },
        { ...window, kind: "flap" },
      ],
      count: 40,
    },
    mutes: {
      items: [
        { kind: "silence", state: "active", record: { ...stated, matchers: [text, text] } },
        { kind: "suppression", state: "active", record: { ...stated, rule: text } },
      ],
      count: 2,
    },
    maintenance: {
      items: [{ state: "active", record: { ...stated, matchers: [text], endsAt: FOREVER } }],
      count: 1,
    },
    ledger: { origin: text, size: 1300, signed: { size: 1299, root: "q".repeat(43) + "=", lastAt: NOW - HOUR } },
    setup: { channels: 3, channel: "ops", rules: 17, unbound: [{ id: text, values: ["host", text] }] },
  };
}

/** Answers with what it is given; as it is at each call. */
export function memoryStatus(shown: { site: SiteStatus; tenant: TenantStatus }): StatusService {
  return { site: async () => shown.site, tenant: async () => shown.tenant };
}
